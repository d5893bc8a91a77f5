/* queue.c - the queue that a golden row writes in its own short words */
#include "tests/golden/queue.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lancet/core/arena.h"
#include "lancet/core/err.h"
#include "lancet/core/option.h"
#include "lancet/core/preset.h"
#include "lancet/core/unit.h"
#include "models/policy.h"
#include "tests/golden/row.h"

/* What is being read. */
struct reader {
	struct golden_queue *queue;
	const struct golden_row *row;
	struct arena *arena;
	struct err *err;
	char *rest;	 /* of the service: behind the first ';' */
	double workers;	 /* the column k */
	uint32_t places; /* K: in the system; 0: no bound */
	bool preset;	 /* times are in ns, and those of the policy in us */
};

static int parse_kind(struct reader *r, enum kind_class class, const char *text,
		      struct choice *to)
{
	return option_parse_choice(class, OPTION_UNIT_TIME, text, to, r->arena,
				   r->err);
}

static int add_class(struct reader *r, const char *name, double weight,
		     const char *law)
{
	struct workload *w = &r->queue->workload;
	struct class_law *class = &w->class[w->nclasses];
	struct choice choice;
	int rc = parse_kind(r, KIND_DIST, law, &choice);

	class->name = name;
	class->weight = weight;
	if (!rc)
		rc = dist_init(&class->service, &choice, r->arena, r->err);
	if (!rc)
		w->nclasses++;
	return rc;
}

/* --- service ---------------------------------------------------------------
 */

/* "disc:0.5:1,0.5:100 us": without the unit, which is dropped everywhere. */
static char *without_unit(char *text)
{
	size_t len;

	text[strcspn(text, " ")] = 0;
	len = strlen(text);
	if (len > 2 && !strcmp(text + len - 2, "us"))
		text[len - 2] = 0;
	return text;
}

/*
 * "tpcc [disc:... us]", "tpcc:0.44:5.7,..." and "disc:0.44:5.7,..." are one
 * law: the word before is a label.
 */
static char *without_label(struct reader *r, char *text)
{
	char *inner = strchr(text, '['), *colon;

	if (inner) {
		inner[strcspn(inner, "]")] = 0;
		text = inner + 1;
	}
	text = without_unit(text);
	colon = strchr(text, ':');
	if (colon && strchr(text, ','))
		return arena_printf(r->arena, "disc%s", colon);
	return text;
}

/* cs2=0.5: any law of that squared coefficient of variation and mean 1. */
static const char *law_of_scv(struct reader *r, const char *scv)
{
	return atof(scv) == 0 ? "det"
			      : arena_printf(r->arena, "lognormal:%s", scv);
}

static const char *law_of(struct reader *r, char *text)
{
	/* What is true of any law is true of one that is hard. */
	if (!strcmp(text, "any"))
		return "lognormal:4";
	if (!strncmp(text, "cs2=", 4))
		return law_of_scv(r, text + 4);
	return without_label(r, text);
}

/* The value of KEY=VALUE between semicolons; 0 where there is none. */
static double parameter(const struct reader *r, const char *key)
{
	size_t len = strlen(key);
	const char *at = r->rest;

	while (at && (strncmp(at, key, len) || at[len] != '=')) {
		at = strchr(at, ';');
		at += at != NULL;
	}
	return at ? atof(at + len + 1) : 0;
}

/* "leveldb-5050": a label alone is the published workload of that name. */
static int read_preset(struct reader *r)
{
	struct option_problems problems = { 0 };
	const struct config *config =
		preset_config(r->row->service, r->arena, &problems);

	r->preset = true;
	if (!config)
		return err_set(r->err, -EINVAL, "%s", problems.problem[0].text);
	return workload_init(&r->queue->workload, config, r->arena, r->err);
}

/* "exp;rho1=0.3;rho2=0.5": two classes of one law, class 1 the high one. */
static int read_service(struct reader *r)
{
	char *text = arena_strdup(r->arena, r->row->service);
	double rho1, rho2;
	const char *law;
	int rc;

	if (!kind_find(KIND_DIST, text) && preset_find(text, r->arena))
		return read_preset(r);
	r->queue->workload.class =
		arena_array(r->arena, 2, sizeof(struct class_law));
	r->rest = text;
	strsep(&r->rest, ";");
	law = law_of(r, text);
	r->places = (uint32_t)parameter(r, "K");
	rho1 = parameter(r, "rho1");
	rho2 = parameter(r, "rho2");
	if (!(rho1 > 0 && rho2 > 0))
		return add_class(r, "all", 1, law);
	rc = add_class(r, "high", rho1 / (rho1 + rho2), law);
	return rc ? rc : add_class(r, "low", rho2 / (rho1 + rho2), law);
}

/* --- policy --------------------------------------------------------------- */

/* Approximations: the formula's name stands in the place of the policy. */
static const struct {
	const char *golden, *formula;
} formula_names[] = {
	{ "approx_allen_cunneen", "allen-cunneen" },
	{ "approx_kimura", "kimura" },
	{ "approx_cosmetatos", "cosmetatos" },
	{ "approx_whitt_exp_tail", "exponential-tail" },
	{ "kingman-bound", "kingman" },
	{ "heavy-traffic", "heavy-traffic" },
	{ "kraemer-langenbach-belz", "kraemer-langenbach-belz" },
};

/* quantum:5:1 to quantum:5us:1us. */
static const char *with_units(struct reader *r, const char *text)
{
	char *rest = arena_strdup(r->arena, text);
	const char *all = strsep(&rest, ":");
	char *field;

	while ((field = strsep(&rest, ":")))
		all = arena_printf(r->arena, "%s:%sus", all, field);
	return all;
}

static const char *policy_of(struct reader *r)
{
	const char *text = r->row->policy;

	for (size_t i = 0; i < sizeof(formula_names) / sizeof(*formula_names);
	     i++)
		if (!strcmp(text, formula_names[i].golden)) {
			r->queue->query.formula = formula_names[i].formula;
			return "fcfs";
		}
	if (r->places && !strcmp(text, "fcfs"))
		return arena_printf(r->arena, "bounded:%u",
				    r->places - r->queue->query.workers);
	if (r->preset && !strncmp(text, "quantum:", 8))
		return with_units(r, text);
	return text;
}

static int read_policy(struct reader *r)
{
	if (r->places && r->places < r->queue->query.workers)
		return err_set(r->err, -EINVAL,
			       "K=%u is less than the %u workers", r->places,
			       r->queue->query.workers);
	return parse_kind(r, KIND_POLICY, policy_of(r),
			  &r->queue->query.policy);
}

/* --- tandem --------------------------------------------------------------- */

/* "M/M/1(mu=1.0)->M/M/2(mu=0.8);lambda=0.6" */
static int read_tandem(struct reader *r)
{
	char *text = arena_strdup(r->arena, r->row->service);
	char *stage, *workers = NULL, *later = NULL;
	uint32_t first = 0;

	r->queue->workload.class =
		arena_array(r->arena, 1, sizeof(struct class_law));
	r->rest = text;
	text = strsep(&r->rest, ";");
	while ((stage = strsep(&text, "-"))) {
		unsigned k;
		double mu;
		int rc = 0;

		if (sscanf(stage + (*stage == '>'), "M/M/%u(mu=%lf)", &k,
			   &mu) != 2 ||
		    !k || !(mu > 0))
			return err_set(r->err, -EINVAL,
				       "'%s' is no stage M/M/k(mu=..)", stage);
		if (!first) {
			first = k;
			workers = arena_printf(r->arena, "%u", k);
			rc = add_class(
				r, "all", 1,
				arena_printf(r->arena, "exp:%.17g", 1 / mu));
		} else {
			workers = arena_printf(r->arena, "%s, %u", workers, k);
			later = arena_printf(r->arena,
					     "%s%sexponential: {mean: %.17gns}",
					     later ? later : "",
					     later ? "}, {" : "", 1 / mu);
		}
		if (rc)
			return rc;
	}
	if (!later)
		return err_set(r->err, -EINVAL,
			       "a tandem has two stages or "
			       "more");
	r->queue->query.workers = first;
	return parse_kind(
		r, KIND_POLICY,
		arena_printf(r->arena,
			     "{tandem: {stages: [%s], later: [{%s}]}}", workers,
			     later),
		&r->queue->query.policy);
}

/* --- load ----------------------------------------------------------------- */

static int read_workers(struct reader *r)
{
	if (unit_number(r->row->workers, &r->workers) || r->workers < 0 ||
	    r->workers > 4096 || r->workers != floor(r->workers))
		return err_set(r->err, -EINVAL,
			       "k is '%s', no number of "
			       "workers",
			       r->row->workers);
	/* So many that their number is not asked for: 0. */
	r->queue->query.workers = r->workers > 0 ? (uint32_t)r->workers : 1;
	return 0;
}

/* A load of 1 keeps all workers busy, in racks those of all servers. */
static void set_capacity(struct reader *r)
{
	const struct predict_query *q = &r->queue->query;

	r->queue->capacity = policy_workers(&q->policy, q->workers) /
			     workload_moment(&r->queue->workload, 1);
}

static int read_load(struct reader *r)
{
	struct golden_queue *q = r->queue;
	double lambda = parameter(r, "lambda");

	set_capacity(r);
	q->load = NAN;
	if (*r->row->load &&
	    (unit_number(r->row->load, &q->load) || !(q->load >= 0)))
		return err_set(r->err, -EINVAL, "'%s' is no load",
			       r->row->load);
	q->query.rate = lambda > 0 ? lambda : q->load * q->capacity;
	return 0;
}

int golden_queue_init(struct golden_queue *queue, const struct golden_row *row,
		      struct arena *arena, struct err *err)
{
	struct reader r = {
		.queue = queue, .row = row, .arena = arena, .err = err
	};
	bool tandem = strstr(row->service, "->");
	int rc;

	*queue = (struct golden_queue){ 0 };
	queue->query.workload = &queue->workload;
	rc = read_workers(&r);
	if (!rc)
		rc = tandem ? read_tandem(&r) : read_service(&r);
	if (!rc && !tandem)
		rc = read_policy(&r);
	if (!rc)
		rc = parse_kind(&r, KIND_ARRIVAL, row->arrival,
				&queue->workload.arrival);
	return rc ? rc : read_load(&r);
}
