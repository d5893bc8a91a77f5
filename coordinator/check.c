/* check.c - all checks, run one after the other */
#include "coordinator/check.h"

#include <math.h>
#include <string.h>

#include "lancet/core/arena.h"
#include "lancet/core/err.h"
#include "lancet/core/option.h"

const char *const check_status_name[] = {
	[CHECK_PASS] = "pass",
	[CHECK_FAIL] = "fail",
	[CHECK_NOT_RUN] = "not_run",
	[CHECK_NOT_APPLICABLE] = "not_run",
};

static const char *const action_of[] = {
	[CHECK_PASS] = "none",
	[CHECK_FAIL] = "point rejected",
	[CHECK_NOT_RUN] = "point rejected",
	[CHECK_NOT_APPLICABLE] = "none",
};

static int check_one(const struct kind *kind, const struct point_data *data,
		     struct arena *arena, struct result_check *to,
		     struct err *err)
{
	const struct check_ops *ops = (const void *)kind;
	struct check_result out = {
		.status = CHECK_NOT_RUN,
		.statistic = NAN,
		.p_value = NAN,
		.threshold = NAN,
		.effect = NAN,
	};
	struct choice choice;

	if (option_parse_choice(KIND_CHECK, OPTION_UNIT_NONE, kind->name,
				&choice, arena, err) < 0)
		return err->code;
	ops->run(data, choice.options, arena, &out);
	*to = (struct result_check){
		.name = kind->name,
		.status = check_status_name[out.status],
		.statistic = out.statistic,
		.p_value = out.p_value,
		.threshold = out.threshold,
		.effect = out.effect,
		.reason = out.reason,
		.action = action_of[out.status],
	};
	return 0;
}

bool check_rejects(const struct result_check *check)
{
	if (!strcmp(check->status, "not_run"))
		return !check->action || strcmp(check->action, "none") != 0;
	return strcmp(check->status, "pass") != 0;
}

static const struct check_ops *ops_of(const struct result_check *check)
{
	return (const void *)kind_find(KIND_CHECK, check->name);
}

const struct result_check *check_fault(const struct result_check *checks,
				       size_t n, bool blind)
{
	for (size_t i = 0; i < n; i++) {
		const struct check_ops *ops = ops_of(&checks[i]);

		if (ops && ops->blind == blind && check_rejects(&checks[i]))
			return &checks[i];
	}
	return NULL;
}

bool check_client_failed(const struct result_check *checks, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const struct check_ops *ops = ops_of(&checks[i]);

		if (ops && ops->client && !strcmp(checks[i].status, "fail"))
			return true;
	}
	return false;
}

int check_all(const struct point_data *data, struct arena *arena,
	      struct result_check **checks, size_t *n, struct err *err)
{
	const struct kind *const *table = kind_table(KIND_CHECK);
	size_t count = 0;

	while (table[count])
		count++;
	*checks = arena_array(arena, count, sizeof(**checks));
	*n = count;
	for (size_t i = 0; i < count; i++)
		if (check_one(table[i], data, arena, &(*checks)[i], err) < 0)
			return err->code;
	return 0;
}
