/* check.c - all checks, run one after the other, and held to one level */
#include "coordinator/check.h"

#include <math.h>
#include <string.h>

#include "coordinator/plan.h"
#include "coordinator/point.h"
#include "coordinator/verdict.h"
#include "lancet/core/arena.h"
#include "lancet/core/err.h"
#include "lancet/core/option.h"
#include "lancet/core/stats/multiple.h"

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

static double share(int64_t lost, int64_t of)
{
	return of ? (double)lost / (double)of : 0;
}

void check_missing(const struct wire_stamps *s, double allowed,
		   enum check_status failed, const char *remedy,
		   struct arena *arena, struct check_result *out)
{
	out->effect = fmax(share(s->lost_tx, s->asked),
			   share(s->lost_rx, s->replies));
	out->statistic = (double)(s->lost_tx + s->lost_rx);
	out->threshold = allowed;
	out->status = out->effect <= allowed ? CHECK_PASS : failed;
	out->reason = arena_printf(arena,
		"stamps are missing of %lld of %lld requests and %lld of %lld "
		"replies (%.3g%% allowed)%s", (long long)s->lost_tx,
		(long long)s->asked, (long long)s->lost_rx,
		(long long)s->replies, 100 * allowed,
		out->status == CHECK_PASS ? "" : remedy);
}

static void set_status(struct result_check *check, enum check_status status)
{
	check->status = check_status_name[status];
	check->action = action_of[status];
}

/* Its options as the configuration has them; else as preset. */
static int options_of(const struct kind *kind, const struct config *config,
		      const void **options, struct arena *arena,
		      struct err *err)
{
	const struct choice *said = config->checks.items;
	struct choice preset;

	for (size_t i = 0; i < config->checks.n; i++) {
		if (said[i].kind != kind)
			continue;
		*options = said[i].options;
		return 0;
	}
	if (option_parse_choice(KIND_CHECK, OPTION_UNIT_NONE, kind->name,
				&preset, arena, err) < 0)
		return err->code;
	*options = preset.options;
	return 0;
}

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
		.level = NAN,
	};
	const void *options = NULL;

	if (options_of(kind, data->plan->config, &options, arena, err) < 0)
		return err->code;
	ops->run(data, options, arena, &out);
	*to = (struct result_check){
		.name = kind->name,
		.statistic = out.statistic,
		.p_value = out.p_value,
		.p_adjusted = NAN,
		.threshold = out.threshold,
		.effect = out.effect,
		.level = out.level,
		.reason = out.reason,
	};
	set_status(to, out.status);
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
				       size_t n, bool blind, bool paired)
{
	for (size_t i = 0; i < n; i++) {
		const struct check_ops *ops = ops_of(&checks[i]);

		if (ops && ops->blind == blind && !(paired && ops->left_out) &&
		    check_rejects(&checks[i]))
			return &checks[i];
	}
	return NULL;
}

bool check_client_failed(const struct result_check *checks, size_t n,
			 bool paired)
{
	for (size_t i = 0; i < n; i++) {
		const struct check_ops *ops = ops_of(&checks[i]);

		if (ops && ops->client && !(paired && ops->left_out) &&
		    !strcmp(checks[i].status, "fail"))
			return true;
	}
	return false;
}

static bool is_test(const struct result_check *check)
{
	return !isnan(check->level) && !isnan(check->p_value);
}

/* True where its corrected p_value now fails it. */
static bool correct(struct result_check *check, double p)
{
	check->p_adjusted = p;
	if (!strcmp(check->status, check_status_name[CHECK_FAIL]) ||
	    p > check->level || !(fabs(check->effect) > check->threshold))
		return false;
	set_status(check, CHECK_FAIL);
	return true;
}

/* Of those that were named, or of all that judge such data. */
static bool wanted(const struct point_data *data, const struct kind *kind)
{
	const struct check_ops *ops = (const void *)kind;
	const char *const *only = data->only;

	if (!only)
		return ops->of != (data->rows ? CHECK_RUNS : CHECK_FILES);
	while (*only && strcmp(*only, kind->name))
		only++;
	return *only;
}

int check_all(const struct point_data *data, struct arena *arena,
	      struct result_check **checks, size_t *n, struct err *err)
{
	const struct kind *const *table = kind_table(KIND_CHECK);
	size_t count = 0, tests = 0;

	while (table[count])
		count++;
	*checks = arena_array(arena, count, sizeof(**checks));
	*n = 0;
	for (size_t i = 0; i < count; i++) {
		struct result_check *to = &(*checks)[*n];

		if (!wanted(data, table[i]))
			continue;
		if (check_one(table[i], data, arena, to, err) < 0)
			return err->code;
		tests += is_test(to);
		++*n;
	}
	tests *= data->plan->most;
	for (size_t i = 0; i < *n; i++)
		if (is_test(&(*checks)[i]))
			correct(&(*checks)[i],
				fmin((*checks)[i].p_value * (double)tests, 1));
	return 0;
}

void check_run(struct result_point *points, size_t n, struct arena *arena)
{
	double *p, *adjusted;
	size_t room = 0, tests = 0, next = 0;

	for (size_t i = 0; i < n; i++)
		room += points[i].nchecks;
	p = arena_array(arena, room + 1, sizeof(*p));
	adjusted = arena_array(arena, room + 1, sizeof(*adjusted));
	for (size_t i = 0; i < n; i++)
		for (size_t j = 0; j < points[i].nchecks; j++)
			if (is_test(&points[i].checks[j]))
				p[tests++] = points[i].checks[j].p_value;
	multiple_holm(p, tests, adjusted);
	for (size_t i = 0; i < n; i++) {
		struct result_point *point = &points[i];
		bool failed = false;

		for (size_t j = 0; j < point->nchecks; j++)
			if (is_test(&point->checks[j]))
				failed |= correct(&point->checks[j],
						  adjusted[next++]);
		if (failed)
			verdict_point(point->checks, point->nchecks, arena,
				      &point->verdict);
	}
}
