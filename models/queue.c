/* queue.c - what a formula sees of a question: laws, workers, shape */
#include "models/queue.h"

#include <gsl/gsl_errno.h>
#include <gsl/gsl_integration.h>
#include <math.h>
#include <stdlib.h>

#include "lancet/core/arena.h"
#include "lancet/core/err.h"
#include "models/predict.h"
#include "models/root.h"

static struct policy_shape shape_of(const struct predict_query *query,
				    uint32_t workers)
{
	const struct policy_ops *ops = (const void *)query->policy.kind;
	struct policy_shape shape = { .of = POLICY_OTHER };

	if (ops->shape)
		shape = ops->shape(query->policy.options);
	if (workers > 1)
		return shape;
	if (shape.of == POLICY_RANDOM_SPLIT ||
	    shape.of == POLICY_CYCLIC_SPLIT || shape.of == POLICY_SPLIT)
		shape.of = POLICY_CENTRAL;
	else if (shape.of == POLICY_SPLIT_SHARING)
		shape.of = POLICY_SHARING;
	return shape;
}

void queue_init(struct queue *q, const struct predict_query *query)
{
	const struct workload *w = query->workload;
	uint32_t workers = policy_workers(&query->policy, query->workers);

	*q = (struct queue){
		.workload = w,
		.arrival = (const void *)w->arrival.kind,
		.policy = query->policy,
		.shape = shape_of(query, workers),
		.workers = workers,
		.rate = query->rate,
		.mean = workload_moment(w, 1),
		.m2 = workload_moment(w, 2),
		.m3 = workload_moment(w, 3),
	};
	q->rho = q->rate * q->mean / q->workers;
}

bool queue_service(const struct queue *q, enum dist_flag flag)
{
	const struct workload *w = q->workload;

	for (size_t i = 0; i < w->nclasses; i++)
		if (!(w->class[i].service.ops->flags & flag) ||
		    dist_mean(&w->class[i].service) !=
			    dist_mean(&w->class[0].service))
			return false;
	return true;
}

struct gaps {
	const struct arrival_ops *ops;
	const void *state;
	double mean;
};

/* E[X^2] = integral of 2 x P(X > x), in mean gaps. */
static double gap_integrand(double x, void *context)
{
	const struct gaps *g = context;

	return 2 * x * (1 - g->ops->cdf(g->state, x * g->mean));
}

static double gap_square(struct gaps *g)
{
	gsl_function f = { gap_integrand, g };
	gsl_integration_workspace *room = gsl_integration_workspace_alloc(1000);
	/* A heavy tail is no reason to end the program. */
	gsl_error_handler_t *handler = gsl_set_error_handler_off();
	double head, tail, off;
	int rc;

	rc = gsl_integration_qag(&f, 0, 1, 0, 1e-9, 1000, GSL_INTEG_GAUSS31,
				 room, &head, &off);
	rc |= gsl_integration_qagiu(&f, 1, 0, 1e-9, 1000, room, &tail, &off);
	gsl_set_error_handler(handler);
	gsl_integration_workspace_free(room);
	return rc ? NAN : head + tail;
}

double queue_gap_scv(const struct queue *q, struct arena *arena)
{
	/* The law's unit of time stands for the nanosecond of the ops. */
	const struct arrival_share whole = { .rate_rps = q->rate * 1e9,
					     .of = 1 };
	void *state = arena_alloc(arena, q->arrival->state_size);
	struct gaps g = { q->arrival, state, 1 / q->rate };
	struct err err = { 0 };

	if (q->arrival->flags & (ARRIVAL_POISSON | ARRIVAL_CONSTANT))
		return q->arrival->flags & ARRIVAL_POISSON ? 1 : 0;
	if (!(q->arrival->flags & ARRIVAL_RENEWAL) ||
	    q->arrival->init(state, q->workload->arrival.options, &whole, arena,
			     &err))
		return NAN;
	return gap_square(&g) - 1;
}

double queue_cdf(const struct queue *q, double x)
{
	const struct workload *w = q->workload;
	double sum = 0;

	for (size_t i = 0; i < w->nclasses; i++) {
		const struct dist *law = &w->class[i].service;

		sum += w->class[i].weight * law->ops->cdf(law->state, x);
	}
	return sum;
}

double queue_class_mean(const struct queue *q, uint32_t class)
{
	return class ? dist_mean(&q->workload->class[class - 1].service)
		     : q->mean;
}

static double service_tail(double x, void *context)
{
	return 1 - queue_cdf(context, x);
}

double queue_quantile(const struct queue *q, uint32_t class, double p)
{
	const struct workload *w = q->workload;
	const struct dist *law;

	if (!class && w->nclasses > 1)
		return root_tail(service_tail, (void *)q, 0, q->mean, 1 - p);
	law = &w->class[class ? class - 1 : 0].service;
	return law->ops->quantile(law->state, p);
}

/* A density above 0 near 0 gives 1e-6 of the mean a share of about that. */
bool queue_few_small(const struct queue *q)
{
	const struct workload *w = q->workload;

	for (size_t i = 0; i < w->nclasses; i++) {
		const struct dist *law = &w->class[i].service;

		if (!law->ops->atoms && w->class[i].weight > 0 &&
		    law->ops->cdf(law->state, 1e-6 * q->mean) > 1e-3 * 1e-6)
			return false;
	}
	return true;
}

double complex queue_laplace(const struct queue *q, double complex s)
{
	const struct workload *w = q->workload;
	double complex sum = 0;

	for (size_t i = 0; i < w->nclasses; i++) {
		const struct dist *law = &w->class[i].service;

		if (!law->ops->laplace)
			return NAN;
		sum += w->class[i].weight * law->ops->laplace(law->state, s);
	}
	return sum;
}

double complex queue_laplace_rest(const struct queue *q, double complex s,
				  double *rounding)
{
	const struct workload *w = q->workload;
	double complex sum = 0;

	*rounding = 0;
	for (size_t i = 0; i < w->nclasses; i++) {
		const struct dist_ops *law = w->class[i].service.ops;
		const void *state = w->class[i].service.state;
		double weight = w->class[i].weight;

		if (law->laplace_rest)
			sum += weight * law->laplace_rest(state, s);
		else
			sum += weight * (1 - law->laplace(state, s));
		*rounding += law->laplace_rest ? 0 : 1e-15 * weight;
	}
	*rounding += 1e-15 * cabs(sum);
	return sum;
}

struct point {
	double x, p;
};

static int by_place(const void *a, const void *b)
{
	double x = ((const struct point *)a)->x;
	double y = ((const struct point *)b)->x;

	return (x > y) - (x < y);
}

/* How many points all laws have; 0 where one has none. */
static size_t count_atoms(const struct workload *w)
{
	size_t n = 0;

	for (size_t i = 0; i < w->nclasses; i++) {
		const struct dist *law = &w->class[i].service;

		if (!law->ops->atoms)
			return 0;
		n += law->ops->atoms(law->state, NULL, NULL, 0);
	}
	return n;
}

/* Those of all classes, one behind the other. */
static void collect(const struct workload *w, struct point *point,
		    struct arena *arena)
{
	for (size_t i = 0; i < w->nclasses; i++) {
		const struct dist *law = &w->class[i].service;
		size_t n = law->ops->atoms(law->state, NULL, NULL, 0);
		double *x = arena_array(arena, n, sizeof(*x));
		double *p = arena_array(arena, n, sizeof(*p));

		law->ops->atoms(law->state, x, p, n);
		for (size_t j = 0; j < n; j++) {
			point->x = x[j];
			point++->p = w->class[i].weight * p[j];
		}
	}
}

size_t queue_atoms(const struct queue *q, double **x, double **p,
		   struct arena *arena)
{
	size_t n = count_atoms(q->workload), kept = 0;
	struct point *point = arena_array(arena, n + 1, sizeof(*point));

	if (!n)
		return 0;
	collect(q->workload, point, arena);
	qsort(point, n, sizeof(*point), by_place);
	*x = arena_array(arena, n, sizeof(**x));
	*p = arena_array(arena, n, sizeof(**p));
	for (size_t i = 0; i < n; i++) {
		if (point[i].p <= 0)
			continue;
		if (!kept || point[i].x > (*x)[kept - 1])
			(*x)[kept++] = point[i].x;
		(*p)[kept - 1] += point[i].p;
	}
	return kept;
}
