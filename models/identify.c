/* identify.c - which queue a server is, from what it did when it was tried */
#include "models/identify.h"

#include <math.h>
#include <stdlib.h>

#include "lancet/core/arena.h"
#include "lancet/core/stats/order.h"
#include "lancet/core/stats/vector.h"
#include "models/survey.h"

#define Z95 1.959964		/* of a 95% interval, normal */
#define ATOMS 160u		/* of a law that is written down */
#define WAY_NS 1000.0		/* what a way varies by */
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

/* --- capacity ------------------------------------------------------------- */

/* Looks end when they agree to 3%: what agrees better does so by luck. */
#define AGREE .02
#define DISTURBED .001		/* what others make so unlikely was */
#define LOOKS_LEAST 4u		/* of the others, to say so */

/* About the mean of n looks: where all further ones but a share are. */
static struct predict_value further(const double *look, size_t n, double miss)
{
	double mean = vector_mean(look, n);
	double error = fmax(mean_error(look, n),
			    AGREE * mean / sqrt((double)n));

	return around(mean, quantile_student(miss, (double)n - 1) * error *
			    sqrt((double)n + 1));
}

/* The median of n looks, and where further ones are; see identify.h. */
static struct predict_value level_of(double *look, size_t n)
{
	struct predict_value level;
	double middle;

	vector_sort(look, n);
	if (n > LOOKS_LEAST &&
	    look[0] < further(look + 1, n - 1, DISTURBED).lo)
		look++, n--;
	level = further(look, n, .05);
	middle = order_quantile_linear(look, n, .5);
	return (struct predict_value){
		middle, fmin(fmax(level.lo, 0), middle),
		fmax(level.hi, middle),
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

/* --- the law -------------------------------------------------------------- */

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

/*
 * Of times less a shift, which is known so exactly; the error by the
 * influence of each time (delta method).
 */
static struct predict_value scv_of(const double *x, size_t n,
				   const struct predict_value *shift)
{
	double mean = vector_mean(x, n) - shift->value;
	double deviation = vector_deviation(x, n), sum = 0, half, scv;

	scv = deviation * deviation / (mean * mean);
	for (size_t i = 0; i < n; i++) {
		double at = (x[i] - shift->value - mean) / mean;
		double influence = at * at - scv - 2 * scv * at;

		sum += influence * influence;
	}
	/* As the mean is off by a share, scv is by twice that. */
	half = hypot(Z95 * sqrt(sum) / (double)n,
		     scv * fmin((shift->hi - shift->lo) / fmax(mean, 1), 1));
	return (struct predict_value){ scv, fmax(scv - half, 0), scv + half };
}

/* What each time may be off by, as the way of others, or bursts, show. */
static double noise_of(const struct identify_data *d,
		       const struct identified *found)
{
	return d->nbare ? (order_quantile(d->bare, d->nbare, .75) -
			   order_quantile(d->bare, d->nbare, .25)) / 2
			: sqrt(fmax(found->misfit, 1)) *
			  (WAY_NS + .1 * found->communication.value);
}

/* All that is not communication, or one value where that cannot be told. */
static void law_of(const struct identify_data *d, struct identified *found,
		   struct arena *arena)
{
	size_t n = survey_unstalled(d, found->stalled);
	double alone = vector_mean(d->alone, n);
	struct identify_atom *one;

	if (d->told) {
		const struct predict_value none = { 0, 0, 0 };

		law_atoms(d->work, d->nwork, 0, found, arena);
		found->scv = scv_of(d->work, d->nwork, &none);
		law_fit(d->work, d->nwork, &none, 0, &found->fit, arena);
		found->law = "as the server tells it of each request";
		return;
	}
	if (found->service.value >= LAW_LEAST * alone) {
		double shift = found->communication.value;

		law_atoms(d->alone, n, shift, found, arena);
		found->scv = scv_of(d->alone, n, &found->communication);
		law_fit(d->alone, n, &found->communication,
			noise_of(d, found) + found->stalled * alone,
			&found->fit, arena);
		found->law = "latencies of single requests less communication";
		return;
	}
	if (!found->whole) {
		found->scv = (struct predict_value){
			(double)NAN, 0, (double)INFINITY
		};
		found->law = "the number of workers is not, so that no "
			     "latency can be parted";
		return;
	}
	one = arena_alloc(arena, sizeof(*one));
	*one = (struct identify_atom){ found->service.value, 1 };
	found->atom = one;
	found->natoms = 1;
	found->scv = (struct predict_value){ 0, 0, (double)INFINITY };
	found->law = "its mean alone: it is small beside the time on the way, "
		     "whose noise hides its shape";
}

/* --- with work that is known ---------------------------------------------- */

static void whole_of(struct identified *found)
{
	double k = round(found->workers.value);

	found->whole = k < 1 ? 1 : k > BURST_WORKERS ? BURST_WORKERS
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

/* --- all of it ------------------------------------------------------------ */

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
		survey(data, found, arena);
	law_of(data, found, arena);
}
