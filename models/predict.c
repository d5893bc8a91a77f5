/* predict.c - the strongest valid method for a queue, or the reason for none */
#include "models/predict.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "lancet/core/arena.h"
#include "lancet/core/err.h"
#include "lancet/core/option.h"
#include "models/formula.h"
#include "models/queue.h"
#include "models/sim.h"

static char kendall(bool markov, bool constant)
{
	return markov ? 'M' : constant ? 'D' : 'G';
}

static void name_model(const struct queue *q, char *text, size_t size)
{
	char policy[64];

	option_describe(&q->policy, OPTION_UNIT_TIME, policy, sizeof(policy));
	snprintf(
		text, size, "%c/%c/%u %s",
		kendall(queue_poisson(q), q->arrival->flags & ARRIVAL_CONSTANT),
		kendall(queue_service(q, DIST_EXPONENTIAL),
			queue_service(q, DIST_CONSTANT)),
		q->workers, policy);
}

int predict_laws(const struct predict_query *q, struct err *err)
{
	const struct workload *w = q->workload;
	const struct arrival_ops *arrival = (const void *)w->arrival.kind;

	if (arrival->flags & ARRIVAL_FINITE)
		return err_set(err, -EDOM,
			       "arrivals from a trace have no "
			       "steady state; replay them");
	for (size_t i = 0; i < w->nclasses; i++)
		if (!w->class[i].service.ops)
			return err_set(err, -EDOM,
				       "class %s has no service law; set "
				       "workload.service",
				       w->class[i].name);
	if (!(workload_moment(w, 1) > 0) || !isfinite(workload_moment(w, 1)))
		return err_set(err, -EDOM,
			       "the mean service time is %g: no "
			       "queue reaches a steady state",
			       workload_moment(w, 1));
	return 0;
}

static int check_load(const struct predict_query *q, struct err *err)
{
	double capacity = policy_capacity(&q->policy, q->workers, q->workload);

	if (!(q->rate > 0))
		return err_set(err, -EDOM, "the load is 0: nothing arrives");
	if (q->rate < capacity * (1 - 1e-9))
		return 0;
	return err_set(err, -EDOM,
		       "the load is %.4g%% of what %s can sustain: the queue "
		       "grows without bound, there is no steady state; ask for "
		       "less than 100%%",
		       100 * q->rate / capacity, q->policy.kind->name);
}

static int check_asks(const struct predict_query *q, struct err *err)
{
	for (size_t i = 0; i < q->nask; i++) {
		const struct predict_ask *a = &q->ask[i];

		if (a->figure == FIGURE_QUANTILE && !(a->q > 0 && a->q < 1))
			return err_set(err, -EDOM,
				       "quantile %g is not "
				       "between 0 and 1",
				       a->q);
		if (a->class > q->workload->nclasses)
			return err_set(err, -EDOM,
				       "there is no class %u, the last is %zu",
				       a->class - 1, q->workload->nclasses - 1);
	}
	return 0;
}

/*
 * Where short requests wait behind others and the density of service is
 * positive near 0, E[1/S] and with it the mean slowdown diverge; a mean over
 * a simulation would be an accident.
 */
static bool slowdown_diverges(const struct queue *q)
{
	const struct policy_ops *ops = (const void *)q->policy.kind;

	return !(ops->flags & POLICY_AT_ONCE) && !queue_few_small(q);
}

/*
 * Behind one worker that nobody preempts, the mean wait needs E[S^2] and its
 * variance E[S^3] (Pollaczek 1930; Kiefer and Wolfowitz 1956); several
 * workers can do with less.
 */
static bool wait_diverges(const struct queue *q, enum predict_figure figure)
{
	switch (q->shape.of) {
	case POLICY_CENTRAL:
	case POLICY_SJF:
	case POLICY_PRIO_NP:
		if (q->workers > 1)
			return false;
		break;
	case POLICY_SPLIT:
	case POLICY_RANDOM_SPLIT:
	case POLICY_CYCLIC_SPLIT:
		break;
	default:
		return false;
	}
	return !isfinite(figure == FIGURE_MEAN ? q->m2 : q->m3);
}

/* Why a figure does not exist, whatever the method; or NULL. */
static const char *undefined(const struct queue *q,
			     const struct predict_ask *ask)
{
	if (ask->figure != FIGURE_MEAN && ask->figure != FIGURE_VARIANCE)
		return NULL;
	if (ask->of == METRIC_SLOWDOWN && !(ask->given > 0) &&
	    slowdown_diverges(q))
		return "the mean slowdown is infinite: arbitrarily short "
		       "requests wait behind others; ask for a quantile";
	if (wait_diverges(q, ask->figure))
		return "it is infinite, as a moment of the service time is; "
		       "ask for a quantile";
	return NULL;
}

/* --- formulas --------------------------------------------------------------
 */

struct solver {
	const struct predict_query *query;
	const struct queue *queue;
	struct predict_result *result;
	struct arena *arena;
	size_t left; /* asks without an answer */
};

static bool open(const struct predict_answer *a)
{
	return isnan(a->value.value) && !a->refused;
}

static const char *method_of(const struct formula_ops *f, const void *state,
			     struct arena *arena)
{
	char error[96];

	if (f->strength == FORMULA_EXACT)
		return arena_printf(arena, "exact: %s", f->kind.help);
	f->error(state, error, sizeof(error));
	return arena_printf(arena, "approximation: %s, off by %s", f->kind.help,
			    error);
}

static bool narrower(const struct predict_value *a,
		     const struct predict_value *b)
{
	return a->hi - a->lo < b->hi - b->lo;
}

/* Of several approximations the one with the least band is taken. */
static void take_answers(struct solver *s, const struct formula_ops *f,
			 const void *state)
{
	const char *method = method_of(f, state, s->arena);

	for (size_t i = 0; i < s->query->nask; i++) {
		struct predict_answer *a = &s->result->answer[i];
		struct predict_value value;

		if (a->refused || (!open(a) && f->strength == FORMULA_EXACT))
			continue;
		value = f->answer(state, &s->query->ask[i]);
		if (isnan(value.value) ||
		    (!open(a) && !narrower(&value, &a->value)))
			continue;
		s->left -= open(a);
		a->value = value;
		a->method = method;
	}
}

static bool wanted(const struct predict_query *q, const struct formula_ops *f)
{
	if (q->formula)
		return kind_find(KIND_FORMULA, q->formula) == &f->kind;
	if (q->method == PREDICT_APPROX)
		return f->strength == FORMULA_APPROXIMATE;
	return q->method != PREDICT_SIMULATE && f->strength == FORMULA_EXACT;
}

/* Why the last of the wanted ones does not hold is left in err. */
static void ask_formulas(struct solver *s, struct err *err)
{
	const struct kind *const *kind = kind_table(KIND_FORMULA);

	for (; *kind; kind++) {
		const struct formula_ops *f = (const void *)*kind;
		void *state;

		if (!wanted(s->query, f) ||
		    (!s->left && f->strength == FORMULA_EXACT))
			continue;
		state = arena_alloc(s->arena, f->state_size);
		if (!f->solve(state, s->queue, s->arena, err))
			take_answers(s, f, state);
	}
}

/* --- simulation ------------------------------------------------------------
 */

/* All asks that are open, in one run. */
static int simulate(struct solver *s, struct err *err)
{
	struct predict_query query = *s->query;
	struct predict_ask *ask = arena_array(s->arena, s->left, sizeof(*ask));
	struct predict_answer *got =
		arena_array(s->arena, s->left, sizeof(*got));
	size_t n = 0;
	int rc;

	for (size_t i = 0; i < query.nask; i++)
		if (open(&s->result->answer[i]))
			ask[n++] = s->query->ask[i];
	query.ask = ask;
	query.nask = n;
	rc = sim_run(&query, got, s->arena, err);
	n = 0;
	for (size_t i = 0; !rc && i < s->query->nask; i++)
		if (open(&s->result->answer[i]))
			s->result->answer[i] = got[n++];
	return rc;
}

/* --- together --------------------------------------------------------------
 */

/* Figures that do not exist. */
static void refuse_asks(struct solver *s)
{
	for (size_t i = 0; i < s->query->nask; i++) {
		struct predict_answer *a = &s->result->answer[i];

		a->value = predict_sure(NAN);
		a->refused = undefined(s->queue, &s->query->ask[i]);
		if (a->refused)
			s->left--;
	}
}

static int refuse_rest(struct solver *s)
{
	for (size_t i = 0; i < s->query->nask; i++)
		if (open(&s->result->answer[i]))
			s->result->answer[i].refused =
				"no formula of this kind has this metric; use "
				"simulation";
	return 0;
}

/* Each method once. */
static const char *all_methods(const struct solver *s)
{
	const char *all = "";

	for (size_t i = 0; i < s->query->nask; i++) {
		const char *method = s->result->answer[i].method;

		if (!method || strstr(all, method))
			continue;
		all = *all ? arena_printf(s->arena, "%s; %s", all, method)
			   : method;
	}
	return all;
}

static int answer_all(struct solver *s, struct err *err)
{
	const struct predict_query *query = s->query;
	struct err why = { 0 };

	refuse_asks(s);
	ask_formulas(s, &why);
	if (!s->left)
		return 0;
	if (!query->formula && (query->method == PREDICT_AUTO ||
				query->method == PREDICT_SIMULATE))
		return simulate(s, err);
	if (s->left < query->nask)
		return refuse_rest(s);
	if (query->formula)
		return err_set(err, -EDOM, "%s: %s", query->formula,
			       *why.text ? why.text
					 : "it does not know this figure");
	return err_set(err, -EDOM, "no %s formula for %s here; use simulation",
		       query->method == PREDICT_EXACT ? "exact" : "approximate",
		       s->result->model);
}

int predict(const struct predict_query *asked, struct predict_result *result,
	    struct arena *arena, struct err *err)
{
	struct predict_query settled = *asked, *query = &settled;
	struct queue queue;
	struct solver s = { query, &queue, result, arena, query->nask };
	int rc;

	*result = (struct predict_result){ .method = "" };
	result->answer =
		arena_array(arena, query->nask + 1, sizeof(*result->answer));
	if (predict_laws(query, err) ||
	    policy_settle(&query->policy, query->workers, query->workload,
			  arena, err) ||
	    check_load(query, err) || check_asks(query, err))
		return err->code;
	queue_init(&queue, query);
	result->utilisation = queue.rho;
	name_model(&queue, result->model, sizeof(result->model));
	rc = answer_all(&s, err);
	result->method = all_methods(&s);
	return rc;
}
