/* identify.c - which queue a server is, from what it did when it was tried */
#include "models/identify.h"

#include <math.h>
#include <stdlib.h>

#include "lancet/core/arena.h"
#include "lancet/core/stats/order.h"
#include "lancet/core/stats/vector.h"

#define Z95 1.959964		/* of a 95% interval, normal */
#define ATOMS 160u		/* of a law that is written down */
#define WORKERS_MOST BURST_WORKERS
/* What the way takes in the mean, over what it takes at least. */
#define WAY_SHARE 1.25
#define WAY_NS 1000.0
/* A service below this share of the latency drowns in the path's noise. */
#define LAW_LEAST 0.3

static struct predict_value around(double value, double half)
{
	return (struct predict_value){ value, value - half, value + half };
}

static double mean_error(const double *x, size_t n)
{
	return n > 1 ? vector_deviation(x, n) / sqrt((double)n)
		     : (double)INFINITY;
}

/* --- capacity ---------------------------------------------------------------- */

/* Looks end when they agree to 3%: what agrees better does so by luck. */
#define AGREE .02

/* The median of n looks, and where further ones are; see identify.h. */
static struct predict_value level_of(double *look, size_t n)
{
	double mean = vector_mean(look, n), middle, half, error;

	error = fmax(mean_error(look, n), AGREE * mean / sqrt((double)n));
	half = quantile_student(.05, (double)n - 1) * error *
	       sqrt((double)n + 1);
	vector_sort(look, n);
	middle = order_quantile_linear(look, n, .5);
	return (struct predict_value){
		middle, fmin(fmax(mean - half, 0), middle),
		fmax(mean + half, middle),
	};
}

static struct predict_value capacity_of(const struct identify_data *d,
					struct arena *arena)
{
	double *rate = arena_array(arena, d->nlooks, sizeof(*rate));

	for (size_t i = 0; i < d->nlooks; i++)
		rate[i] = d->look[i].rate;
	return level_of(rate, d->nlooks);
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

/* Work per time; `more` is what each request takes besides what is known. */
static void workers_of(const struct identify_data *d, double more,
		       struct identified *found, struct arena *arena)
{
	double *busy = arena_array(arena, d->nlooks, sizeof(*busy));

	for (size_t i = 0; i < d->nlooks; i++)
		busy[i] = d->look[i].busy + d->look[i].rate * more;
	found->workers = level_of(busy, d->nlooks);
	whole_of(found);
}

static void identify_told(const struct identify_data *d,
			  struct identified *found, struct arena *arena)
{
	double work = vector_mean(d->work, d->nwork);
	double error = mean_error(d->work, d->nwork);

	found->service = around(work, Z95 * error);
	found->communication = around(vector_mean(d->alone, d->nalone) - work,
				      Z95 * mean_error(d->alone, d->nalone));
	workers_of(d, 0, found, arena);
	found->count = "the work that the server tells, per time while it is "
		       "full";
}

static void identify_bare(const struct identify_data *d,
			  struct identified *found, struct arena *arena)
{
	double alone = vector_mean(d->alone, d->nalone);
	double bare = vector_mean(d->bare, d->nbare);
	double bare_error = mean_error(d->bare, d->nbare);
	double alone_error = mean_error(d->alone, d->nalone);
	double work = vector_mean(d->work, d->nwork);

	found->communication = around(bare, Z95 * bare_error);
	found->service = around(alone - bare,
				Z95 * hypot(alone_error, bare_error));
	/* Beside the work, which is known: little, and known as well. */
	workers_of(d, alone - work - bare, found, arena);
	found->count = "work per time while it is full, beside requests "
		       "without work";
}

/* --- with bursts ------------------------------------------------------------------ */

/* How badly k workers explain the bursts, in the order that fits best. */
static double misfit(const struct identify_data *d, double capacity, size_t k,
		     enum burst_order *order)
{
	double alone = vector_mean(d->alone, d->nalone);
	double best = (double)INFINITY;
	struct burst_server s = {
		.alone = d->alone,
		.nalone = d->nalone,
		.communication = fmax(alone - (double)k / capacity, 0),
		.workers = k,
	};

	for (s.order = 0; s.order < BURST_ORDERS; s.order++) {
		double now = burst_misfit(&s, d->burst, d->nbursts, d->seed);

		/* What looks the same, as all do to exponential services,
		 * is the plainest of them. */
		if (s.order == BURST_FCFS || now < best - Z95 * Z95) {
			best = now;
			*order = s.order;
		}
	}
	return best;
}

/* The capacity is known within its interval only: the best of that. */
static double best_misfit(const struct identify_data *d,
			  const struct predict_value *capacity, size_t k,
			  enum burst_order *order)
{
	double edge = Z95 * Z95;
	enum burst_order other;

	return fmin(misfit(d, capacity->value, k, order),
		    edge + fmin(misfit(d, capacity->lo, k, &other),
				misfit(d, capacity->hi, k, &other)));
}

/* The most workers whose service still fits into a latency. */
static size_t candidates(const struct identify_data *d, double capacity)
{
	double most = 1.03 * capacity * vector_mean(d->alone, d->nalone);

	return most < 1 ? 1 : most > WORKERS_MOST ? WORKERS_MOST : (size_t)most;
}

/* Chi square over its degrees of freedom: a mean and a last of each size. */
static double birge(const struct identify_data *d, double score)
{
	return fmax(1, score / (2. * (double)d->nbursts - 2));
}

static void identify_bursts(const struct identify_data *d,
			    struct identified *found)
{
	double capacity = found->capacity.value;
	double alone = vector_mean(d->alone, d->nalone);
	/* No request is faster than the way there and back ever is. */
	double quickest = order_quantile(d->alone, d->nalone, .001);
	size_t most = candidates(d, capacity), least = most, best, last;
	double score[WORKERS_MOST + 1], allowed;
	enum burst_order order[WORKERS_MOST + 1];

	while (least > 1 && alone - (double)(least - 1) / capacity <=
			    WAY_SHARE * quickest + WAY_NS)
		least--;
	best = last = least;
	for (size_t k = least; k <= most; k++) {
		score[k] = best_misfit(d, &found->capacity, k, &order[k]);
		if (score[k] < score[best])
			best = k;
	}
	found->whole = (uint32_t)best;
	found->workers.value = (double)best;
	allowed = score[best] + Z95 * Z95 * birge(d, score[best]);
	while (least < best && score[least] > allowed)
		least++;
	for (size_t k = best; k <= most; k++)
		if (score[k] <= allowed)
			last = k;
	found->order = burst_order_name[order[best]];
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
		fmax(alone - found->service.lo, 0),
	};
	found->count = "the number whose simulated bursts are like the "
		       "measured ones";
}

void identify(const struct identify_data *data, struct identified *found,
	      struct arena *arena)
{
	*found = (struct identified){
		.capacity = capacity_of(data, arena),
	};
	if (data->told)
		identify_told(data, found, arena);
	else if (data->nbare)
		identify_bare(data, found, arena);
	else
		identify_bursts(data, found);
	law_of(data, found, arena);
}
