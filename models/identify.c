/* identify.c - which queue a server is, from what it did when it was tried */
#include "models/identify.h"

#include <math.h>
#include <stdlib.h>

#include "lancet/core/arena.h"
#include "lancet/core/rng.h"
#include "lancet/core/stats/order.h"
#include "lancet/core/stats/vector.h"

#define Z95 1.959964		/* of a 95% interval, normal */
#define ATOMS 160u		/* of a law that is written down */
#define REPLICAS 4000u		/* simulated bursts of each size */
#define WORKERS_MOST 1024u
#define SATURATED 1.01		/* twice the callers bring less */
/* A service below this share of the latency drowns in the path's noise. */
#define LAW_LEAST 0.3
/* What a burst may differ from its model besides chance: parts of a
 * latency, and ns for the wakes and sends that no model knows. */
#define BURST_SHARE 0.01
#define BURST_NS 300.0

static struct predict_value around(double value, double half)
{
	return (struct predict_value){ value, value - half, value + half };
}

static double mean_error(const double *x, size_t n)
{
	double mean = vector_mean(x, n), sum = 0;

	for (size_t i = 0; i < n; i++)
		sum += (x[i] - mean) * (x[i] - mean);
	return n > 1 ? sqrt(sum / (double)(n - 1) / (double)n) : INFINITY;
}

/* --- capacity ---------------------------------------------------------------- */

/* Linear in 1/depth, at 1/depth = 0; or what both agree on. */
static struct predict_value capacity_of(const struct identify_data *d)
{
	const struct identify_depth *a = &d->depth[d->ndepths - 2];
	const struct identify_depth *b = &d->depth[d->ndepths - 1];
	double ratio = (double)b->depth / (double)a->depth;
	double slowness = (ratio / b->rate - 1 / a->rate) / (ratio - 1);
	double error = hypot(ratio * b->error / (b->rate * b->rate),
			     a->error / (a->rate * a->rate)) / (ratio - 1);
	double most = 1.25 * b->rate;	/* what noise may not exceed */
	double rate = slowness * most > 1 ? 1 / slowness : most;

	if (b->rate < SATURATED * a->rate ||
	    b->rate - a->rate < 2 * hypot(a->error, b->error))
		return around((a->rate + b->rate) / 2,
			      Z95 * fmax(hypot(a->error, b->error),
					 fabs(a->rate - b->rate)) / 2);
	return around(rate, Z95 * fmin(error * rate * rate, .5 * rate));
}

/* --- the law ------------------------------------------------------------------- */

/*
 * Atoms of 2% each, and of falling weight in the tail, so that quantiles far
 * out keep their places.
 */
static void law_atoms(const double *latency, size_t n, double shift,
		      struct identified *found, struct arena *arena)
{
	struct identify_atom *atom = arena_array(arena, ATOMS, sizeof(*atom));
	double from = 0;

	found->natoms = 0;
	for (uint32_t i = 0; i < ATOMS && from < 1; i++) {
		double step = fmin(.02, fmax((1 - from) / 8, 1 / (double)n));
		double to = i + 1 == ATOMS ? 1 : fmin(from + step, 1);
		size_t first = (size_t)floor(from * (double)n);
		size_t last = (size_t)ceil(to * (double)n);
		double sum = 0;

		for (size_t j = first; j < last; j++)
			sum += fmax(latency[j] - shift, 1);
		if (last == first)
			continue;
		atom[found->natoms++] = (struct identify_atom){
			.value = sum / (double)(last - first),
			.p = to - from,
		};
		from = to;
	}
	found->atom = atom;
}

static void law_moments(struct identified *found)
{
	double mean = 0, second = 0;

	for (size_t i = 0; i < found->natoms; i++) {
		mean += found->atom[i].p * found->atom[i].value;
		second += found->atom[i].p * found->atom[i].value *
			  found->atom[i].value;
	}
	found->scv = second / (mean * mean) - 1;
}

/* All that is not communication, or one value where that cannot be told. */
static void law_of(const struct identify_data *d, struct identified *found,
		   struct arena *arena)
{
	double alone = vector_mean(d->alone, d->nalone);
	struct identify_atom *one;

	if (d->told) {
		law_atoms(d->work, d->nwork, 0, found, arena);
		law_moments(found);
		found->law = "as the server tells it of each request";
		return;
	}
	if (found->service.value >= LAW_LEAST * alone) {
		law_atoms(d->alone, d->nalone, found->communication.value,
			  found, arena);
		law_moments(found);
		found->law = "latencies of single requests less communication";
		return;
	}
	one = arena_alloc(arena, sizeof(*one));
	*one = (struct identify_atom){ found->service.value, 1 };
	found->atom = one;
	found->natoms = 1;
	found->scv = 0;
	found->law = "its mean alone: it is small beside the time on the way, "
		     "whose noise hides its shape";
}

/* --- with work that is known ------------------------------------------------------ */

static void whole_of(struct identified *found)
{
	double k = round(found->workers.value);

	found->whole = k < 1 ? 1 : k > WORKERS_MOST ? WORKERS_MOST
						    : (uint32_t)k;
}

static void workers_of(struct identified *found, double work, double error)
{
	found->workers = (struct predict_value){
		found->capacity.value * work,
		found->capacity.lo * (work - Z95 * error),
		found->capacity.hi * (work + Z95 * error),
	};
	whole_of(found);
}

static void identify_told(const struct identify_data *d,
			  struct identified *found)
{
	double work = vector_mean(d->work, d->nwork);
	double error = mean_error(d->work, d->nwork);

	found->service = around(work, Z95 * error);
	found->communication = around(vector_mean(d->alone, d->nalone) - work,
				      Z95 * mean_error(d->alone, d->nalone));
	workers_of(found, work * d->luck, error);
	found->count = "capacity times the service that the server tells";
}

static void identify_bare(const struct identify_data *d,
			  struct identified *found)
{
	double alone = vector_mean(d->alone, d->nalone);
	double bare = vector_mean(d->bare, d->nbare);
	double bare_error = mean_error(d->bare, d->nbare);
	double alone_error = mean_error(d->alone, d->nalone);
	double work = vector_mean(d->work, d->nwork);
	/* Beside the work, which is known: little, and known as well. */
	double added = alone - work - bare;

	found->communication = around(bare, Z95 * bare_error);
	found->service = around(alone - bare,
				Z95 * hypot(alone_error, bare_error));
	workers_of(found, work * d->luck + added, bare_error);
	found->count = "capacity times mean service, by requests without work";
}

/* --- with bursts ------------------------------------------------------------------ */

/* `size` requests at once before k workers; the earliest free serves. */
static double burst_once(const struct identify_burst *b, double *free, size_t k,
			 const double *service, double *last)
{
	double sum = 0;

	*last = 0;
	for (size_t w = 0; w < k; w++)
		free[w] = 0;
	for (uint32_t i = 0; i < b->size; i++) {
		double at = i * b->stagger;
		size_t first = 0;

		for (size_t w = 1; w < k && free[first] > at; w++)
			if (free[w] < free[first])
				first = w;
		free[first] = fmax(free[first], at) + service[i];
		sum += free[first] - at;
		*last = fmax(*last, free[first]);
	}
	return sum / b->size;
}

static int ascending(const void *left, const void *right)
{
	double a = *(const double *)left, b = *(const double *)right;

	return a < b ? -1 : a > b;
}

/* Bursts as k workers would serve them, latencies drawn from `alone`. */
static void burst_simulate(const struct identify_data *d, size_t k,
			   double communication, struct identify_burst *b,
			   struct arena *arena)
{
	double *free = arena_array(arena, k, sizeof(*free));
	double *service = arena_array(arena, b->size, sizeof(*service));
	struct rng rng;

	b->n = REPLICAS / b->size + 200;
	b->mean = arena_array(arena, b->n, sizeof(*b->mean));
	b->last = arena_array(arena, b->n, sizeof(*b->last));
	rng_init(&rng, &(struct rng_key){ .seed = d->seed, .point = b->size });
	for (size_t r = 0; r < b->n; r++) {
		for (uint32_t i = 0; i < b->size; i++) {
			uint64_t j = rng_below(&rng, d->nalone);

			service[i] = fmax(d->alone[j] - communication, 0);
		}
		b->mean[r] = burst_once(b, free, k, service, &b->last[r]) +
			     communication;
		b->last[r] += communication;
	}
	qsort(b->mean, b->n, sizeof(*b->mean), ascending);
	qsort(b->last, b->n, sizeof(*b->last), ascending);
}

/* Of a median, from the quartiles, as for a normal law (Kendall, Stuart). */
static double median_error(const double *x, size_t n)
{
	double quartiles = order_quantile(x, n, .75) -
			   order_quantile(x, n, .25);

	return 1.2533 * quartiles / 1.349 / sqrt((double)n);
}

static double squared(const double *measured, size_t n, const double *model,
		      size_t m)
{
	double a = order_quantile(measured, n, .5);
	double b = order_quantile(model, m, .5);
	double ea = median_error(measured, n), eb = median_error(model, m);
	double allowed = BURST_SHARE * a + BURST_NS;

	return (a - b) * (a - b) / (ea * ea + eb * eb + allowed * allowed);
}

/* How badly k workers explain the bursts: a chi square. */
static double misfit(const struct identify_data *d, double capacity, size_t k)
{
	double alone = vector_mean(d->alone, d->nalone);
	double communication = alone - (double)k / capacity;
	double sum = 0;
	struct arena scratch;

	arena_init(&scratch);
	for (size_t i = 0; i < d->nbursts; i++) {
		const struct identify_burst *b = &d->burst[i];
		struct identify_burst s = *b;

		burst_simulate(d, k, fmax(communication, 0), &s, &scratch);
		sum += squared(b->mean, b->n, s.mean, s.n) +
		       squared(b->last, b->n, s.last, s.n);
	}
	arena_fini(&scratch);
	return sum;
}

/* The capacity is known within its interval only: the best of that. */
static double best_misfit(const struct identify_data *d,
			  const struct predict_value *capacity, size_t k)
{
	double edge = Z95 * Z95;

	return fmin(misfit(d, capacity->value, k),
		    edge + fmin(misfit(d, capacity->lo, k),
				misfit(d, capacity->hi, k)));
}

/* The most workers whose service still fits into a latency. */
static size_t candidates(const struct identify_data *d, double capacity)
{
	double most = 1.03 * capacity * vector_mean(d->alone, d->nalone);

	return most < 1 ? 1 : most > WORKERS_MOST ? WORKERS_MOST : (size_t)most;
}

static void identify_bursts(const struct identify_data *d,
			    struct identified *found)
{
	double capacity = found->capacity.value;
	double alone = vector_mean(d->alone, d->nalone);
	/* No request is faster than the way there and back. */
	double quickest = order_quantile(d->alone, d->nalone, .001);
	size_t most = candidates(d, capacity), least = most, best, last;
	double score[WORKERS_MOST + 1];

	while (least > 1 && alone - (double)(least - 1) / capacity <=
			    1.02 * quickest)
		least--;
	best = last = least;
	for (size_t k = least; k <= most; k++) {
		score[k] = best_misfit(d, &found->capacity, k);
		if (score[k] < score[best])
			best = k;
	}
	found->whole = (uint32_t)best;
	found->workers.value = (double)best;
	/* All that are not rejected against the best: chi square, 1 df. */
	while (least < best && score[least] > score[best] + Z95 * Z95)
		least++;
	for (size_t k = best; k <= most; k++)
		if (score[k] <= score[best] + Z95 * Z95)
			last = k;
	found->workers.lo = (double)least;
	found->workers.hi = (double)last;
	found->service = (struct predict_value){
		fmin((double)best / capacity, alone),
		(double)least / found->capacity.hi,
		fmin((double)last / found->capacity.lo, alone),
	};
	found->communication = (struct predict_value){
		alone - found->service.value,
		fmax(alone - found->service.hi, 0),
		alone - found->service.lo,
	};
	found->count = "the number whose simulated bursts are like the "
		       "measured ones";
}

void identify(const struct identify_data *data, struct identified *found,
	      struct arena *arena)
{
	*found = (struct identified){ .capacity = capacity_of(data) };
	if (data->told)
		identify_told(data, found);
	else if (data->nbare)
		identify_bare(data, found);
	else
		identify_bursts(data, found);
	law_of(data, found, arena);
}
