/* predict.c - the strongest valid method for a queue, or the reason for none */
#include "models/predict.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>

#include "lancet/core/arena.h"
#include "lancet/core/err.h"
#include "lancet/core/option.h"
#include "models/markov.h"
#include "models/sim.h"

static struct predict_value sure(double value)
{
	return (struct predict_value){ value, value, value };
}

static const struct policy_ops *policy_of(const struct predict_query *q)
{
	return (const struct policy_ops *)q->policy.kind;
}

static const struct arrival_ops *arrival_of(const struct predict_query *q)
{
	return (const struct arrival_ops *)q->workload->arrival.kind;
}

static enum policy_shape shape_of(const struct predict_query *q)
{
	const struct policy_ops *ops = policy_of(q);

	return ops->shape ? ops->shape(q->policy.options) : POLICY_OTHER;
}

/* What all classes' laws have in common. */
static unsigned service_flags(const struct workload *w)
{
	unsigned flags = w->class[0].service.ops->flags;
	double mean = dist_mean(&w->class[0].service);

	for (size_t i = 1; i < w->nclasses; i++)
		if (dist_mean(&w->class[i].service) != mean)
			return 0;
		else
			flags &= w->class[i].service.ops->flags;
	return flags;
}

static char kendall(unsigned flags, unsigned markov, unsigned constant)
{
	return flags & markov ? 'M' : flags & constant ? 'D' : 'G';
}

static void name_model(const struct predict_query *q, char *text, size_t size)
{
	char policy[64];

	option_describe(&q->policy, OPTION_UNIT_TIME, policy, sizeof(policy));
	snprintf(text, size, "%c/%c/%u %s",
		 kendall(arrival_of(q)->flags, ARRIVAL_POISSON,
			 ARRIVAL_CONSTANT),
		 kendall(service_flags(q->workload), DIST_EXPONENTIAL,
			 DIST_CONSTANT),
		 q->workers, policy);
}

static int check_laws(const struct predict_query *q, struct err *err)
{
	const struct workload *w = q->workload;

	if (arrival_of(q)->flags & ARRIVAL_FINITE)
		return err_set(err, -EDOM,
			       "arrivals from a trace have no "
			       "steady state; replay them");
	for (size_t i = 0; i < w->nclasses; i++)
		if (!w->class[i].service.ops)
			return err_set(err, -EDOM,
				       "class %s has no service "
				       "law; say workload.service",
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
		       "the load is %.4g%% of what %s can bear: "
		       "the queue grows without bound, there is no steady "
		       "state; ask for less than 100%%",
		       100 * q->rate / capacity, q->policy.kind->name);
}

static int check_quantiles(const struct predict_query *q, struct err *err)
{
	for (size_t i = 0; i < q->nq; i++)
		if (!(q->q[i] > 0 && q->q[i] < 1))
			return err_set(err, -EDOM,
				       "quantile %g is not "
				       "between 0 and 1",
				       q->q[i]);
	return 0;
}

/*
 * The queues with exponential service that have a formula here; NULL for the
 * rest, else its name. A random split of a Poisson process is one of k
 * independent ones; taking turns leaves Erlang gaps to each.
 */
static const char *find_markov(const struct predict_query *q, struct markov *m)
{
	unsigned arrival = arrival_of(q)->flags;
	enum policy_shape shape = shape_of(q);
	bool poisson = arrival & ARRIVAL_POISSON;
	bool constant = arrival & ARRIVAL_CONSTANT;
	uint32_t k = q->workers;
	double rho = q->rate * workload_moment(q->workload, 1) / k;

	if (!(service_flags(q->workload) & DIST_EXPONENTIAL))
		return NULL;
	if (poisson && (shape == POLICY_CENTRAL ||
			(shape == POLICY_RANDOM_SPLIT && k == 1))) {
		*m = markov_mmk(k, rho);
		return "M/M/k, Erlang C";
	}
	if (poisson && shape == POLICY_RANDOM_SPLIT) {
		*m = markov_mmk(1, rho);
		return "k independent M/M/1";
	}
	if (poisson && shape == POLICY_CYCLIC_SPLIT) {
		*m = markov_gm1(k, rho);
		return "k queues E_k/M/1, Kendall";
	}
	if (constant &&
	    (k == 1 ? shape != POLICY_OTHER && shape != POLICY_SHARING
		    : shape == POLICY_CYCLIC_SPLIT)) {
		*m = markov_gm1(0, rho);
		return "D/M/1, Kendall";
	}
	return NULL;
}

static void markov_fill(const struct predict_query *q, const struct markov *m,
			struct predict_result *result)
{
	double unit = q->metric == METRIC_SLOWDOWN
			      ? 1
			      : workload_moment(q->workload, 1);

	result->p_wait = sure(m->p_wait);
	result->mean = sure(unit * markov_mean(m, q->metric));
	for (size_t i = 0; i < q->nq; i++)
		result->quantile[i] =
			sure(unit * markov_quantile(m, q->metric, q->q[i]));
}

/*
 * Processor sharing is insensitive to the law of service: the number in the
 * system is M/M/k's, so is the mean sojourn (Kelly 1979). Means only.
 */
static bool fill_sharing(const struct predict_query *q,
			 struct predict_result *result)
{
	double mean = workload_moment(q->workload, 1);
	struct markov m = markov_mmk(q->workers, q->rate * mean / q->workers);

	if (q->nq || q->metric != METRIC_SOJOURN ||
	    !(arrival_of(q)->flags & ARRIVAL_POISSON) ||
	    shape_of(q) != POLICY_SHARING)
		return false;
	result->mean = sure(mean * markov_mean(&m, METRIC_SOJOURN));
	snprintf(result->method, sizeof(result->method),
		 "exact: M/G/k processor sharing, insensitive");
	return true;
}

static bool fill_exact(const struct predict_query *q,
		       struct predict_result *result)
{
	struct markov m;
	const char *formula = find_markov(q, &m);

	if (!formula)
		return fill_sharing(q, result);
	markov_fill(q, &m, result);
	snprintf(result->method, sizeof(result->method), "exact: %s", formula);
	return true;
}

/*
 * Where short requests wait behind others and the density of service is
 * positive near 0, E[1/S] and with it the mean slowdown diverge; a mean over
 * a simulation would be an accident.
 */
static bool slowdown_diverges(const struct predict_query *q)
{
	const struct workload *w = q->workload;
	double tiny = 1e-6 * workload_moment(w, 1);
	enum policy_shape shape = shape_of(q);

	if (shape == POLICY_OTHER || shape == POLICY_SHARING)
		return false;
	for (size_t i = 0; i < w->nclasses; i++) {
		const struct dist *law = &w->class[i].service;

		if (!law->ops->atoms && w->class[i].weight > 0 &&
		    law->ops->cdf(law->state, tiny) > 1e-3 * 1e-6)
			return true;
	}
	return false;
}

static int simulate(const struct predict_query *q,
		    struct predict_result *result, struct err *err)
{
	int rc = sim_run(q, result, err);

	if (q->metric == METRIC_SLOWDOWN && slowdown_diverges(q))
		result->mean = sure(NAN);
	return rc;
}

int predict(const struct predict_query *query, struct predict_result *result,
	    struct arena *arena, struct err *err)
{
	*result = (struct predict_result){ .p_wait = sure(NAN) };
	result->quantile =
		arena_array(arena, query->nq + 1, sizeof(*result->quantile));
	if (check_laws(query, err) || check_load(query, err) ||
	    check_quantiles(query, err))
		return err->code;
	result->utilisation = query->rate *
			      workload_moment(query->workload, 1) /
			      query->workers;
	name_model(query, result->model, sizeof(result->model));
	if (query->method != PREDICT_SIMULATE && fill_exact(query, result))
		return 0;
	if (query->method == PREDICT_EXACT)
		return err_set(err, -EDOM,
			       "no exact formula for %s here; use "
			       "simulation",
			       result->model);
	return simulate(query, result, err);
}
