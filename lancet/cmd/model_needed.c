/* model_needed.c - `lancet model --needed`: how many workers a promise needs */
#include "lancet/cmd/model.h"

#include <jansson.h>

#include "lancet/cmd/cmd.h"
#include "lancet/core/err.h"
#include "lancet/core/unit.h"
#include "models/needed.h"

struct question {
	const struct model_request *request;
	const struct model_system *system;
	double rate;
	char rate_text[48];
};

/* 500krps, or as a number how many workers' work arrives: erlangs. */
static int read_rate(struct question *q)
{
	const struct model_system *s = q->system;
	const char *text = q->request->needed;
	double value;

	if (!unit_number(text, &value) && value > 0) {
		q->rate = value / s->mean;
		snprintf(q->rate_text, sizeof(q->rate_text),
			 "work for %.6g workers", value);
		return 0;
	}
	if (unit_rate(text, &value) || !(value > 0))
		return cmd_fail("model", STATUS_USAGE,
				"--needed %s: not a rate; give one (500krps), "
				"or the offered work in workers (12.5)",
				text);
	if (s->unit != UNIT_NS)
		return cmd_fail("model", STATUS_USAGE,
				"--needed %s: a rate needs a service time with "
				"a unit; say --service exp:100us",
				text);
	q->rate = value / 1e9;
	unit_print_rate(value, q->rate_text, sizeof(q->rate_text));
	return 0;
}

static double load_of(const struct question *q,
		      const struct model_policy *policy,
		      const struct needed *found)
{
	return q->rate * q->system->mean /
	       policy_workers(&policy->choice, found->workers);
}

static void print(const struct question *q, const struct model_policy *policy,
		  const struct needed *found)
{
	if (q->system->npolicies > 1)
		printf("%s, ", policy->name);
	printf("%s at %s: ", q->system->slo, q->rate_text);
	if (!found->workers) {
		printf("not even %d workers do\n", NEEDED_MOST);
		return;
	}
	printf("%u workers", found->workers);
	if (found->lo < found->hi)
		printf(" (%u to %u)", found->lo, found->hi);
	printf(", a load of %.4g%%; %s\n", 100 * load_of(q, policy, found),
	       found->method);
}

static json_t *json_of(const struct question *q,
		       const struct model_policy *policy,
		       const struct needed *found, const struct err *err)
{
	json_t *json = json_pack("{ss ss sf}", "policy", policy->name, "expr",
				 q->system->slo, "rate", q->rate);

	if (q->system->unit == UNIT_NS)
		json_object_set_new(json, "rate_rps", json_real(q->rate * 1e9));
	if (*err->text) {
		json_object_set_new(json, "refused", json_string(err->text));
	} else if (!found->workers) {
		json_object_set_new(json, "workers", json_null());
	} else {
		json_object_set_new(
			json, "workers",
			json_pack("{si si si}", "value", (int)found->workers,
				  "lo", (int)found->lo, "hi", (int)found->hi));
		json_object_set_new(json, "load",
				    json_real(load_of(q, policy, found)));
		json_object_set_new(json, "method", json_string(found->method));
	}
	return json;
}

static int ask(const struct question *q, const struct model_policy *policy,
	       json_t *list)
{
	struct predict_query query =
		model_query(q->request, q->system, &policy->choice);
	struct needed found = { 0 };
	struct err err = { 0 };

	query.rate = q->rate;
	model_progress(policy->name, q->system->slo, 0);
	needed(&query, &q->system->promise, &found, &err);
	model_progress(NULL, "", 0);
	if (list)
		json_array_append_new(list, json_of(q, policy, &found, &err));
	else if (!*err.text)
		print(q, policy, &found);
	return *err.text ? cmd_fail("model", STATUS_USAGE, "--needed, %s: %s",
				    policy->name, err.text)
			 : STATUS_FINE;
}

static void print_document(const struct question *q, json_t *list)
{
	json_t *json = json_pack("{ss sf sI so}", "schema", "lancet.model/1",
				 "mean_service", q->system->mean, "seed",
				 (json_int_t)q->request->seed, "needed", list);

	json_dumpf(json, stdout, JSON_INDENT(2) | JSON_REAL_PRECISION(12));
	putchar('\n');
	json_decref(json);
}

int model_needed(const struct model_request *r, const struct model_system *s)
{
	struct question q = { .request = r, .system = s };
	json_t *list = r->json ? json_array() : NULL;
	int status;

	if (!s->slo)
		return cmd_fail("model", STATUS_USAGE,
				"--needed asks how many workers meet an "
				"objective; add --slo 'p99 <= 10x'");
	status = read_rate(&q);
	if (status)
		return status;
	for (size_t i = 0; i < s->npolicies; i++)
		status |= ask(&q, &s->policy[i], list);
	if (list)
		print_document(&q, list);
	return status;
}
