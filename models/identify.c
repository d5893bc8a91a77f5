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

/* The latest of them may have met a stall rather than long work. */
static size_t unstalled(const struct identify_data *d, double share)
{
	return (size_t)ceil((1 - share) * (double)d->nalone);
}

/* --- capacity ------------------------------------------------------------- */

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

/* What each time may be off by, as the way of others shows. */
static double noise_of(const struct identify_data *d,
		       const struct identified *found)
{
	return d->nbare ? (order_quantile(d->bare, d->nbare, .75) -
			   order_quantile(d->bare, d->nbare, .25)) / 2
			: WAY_NS + .1 * found->communication.value;
}

/* All that is not communication, or one value where that cannot be told. */
static void law_of(const struct identify_data *d, struct identified *found,
		   struct arena *arena)
{
	size_t n = unstalled(d, found->stalled);
	double alone = vector_mean(d->alone, n);
	struct identify_atom *one;

	if (d->told) {
		const struct predict_value none = { 0, 0, 0 };

		law_atoms(d->work, d->nwork, 0, found, arena);
		found->scv = scv_of(d->work, d->nwork, &none);
		law_fit(d->work, d->nwork, 0, 0, &found->fit, arena);
		found->law = "as the server tells it of each request";
		return;
	}
	if (found->service.value >= LAW_LEAST * alone) {
		double shift = found->communication.value;

		law_atoms(d->alone, n, shift, found, arena);
		found->scv = scv_of(d->alone, n, &found->communication);
		law_fit(d->alone, n, shift, noise_of(d, found) +
			found->stalled * alone, &found->fit, arena);
		found->law = "latencies of single requests less communication";
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

/* --- with bursts ---------------------------------------------------------- */

/* So many workers, and how badly they explain the bursts. */
struct candidate {
	size_t workers;
	double capacity;	/* within its interval, that fits best */
	double stalled;		/* share of single requests, as well */
	double misfit[BURST_ORDERS], best;
};

#define EACH 16u		/* up to here; beyond, steps of */
#define STEP 1.08
#define CAPACITIES 5		/* that are tried, over its interval */
#define COARSE .1		/* of the bursts, at first */
#define CLOSE 40.		/* by which these may be off */

/*
 * Shares of the single requests that a stall made late, the latest of all.
 * That there were any has to be worth as much as one more parameter: with n
 * bursts, some thousand, about ln(n) (Schwarz 1978).
 */
static const double stalled[] = { 0, .005, .01, .02, .03, .04, .06, .08, .12 };
#define STALLS (sizeof(stalled) / sizeof(*stalled))
#define STALL_COST 7.
#define STALL_LEAST 1.5		/* misfit; what is less may be chance */

/* Requests that a capacity's distance from the median look counts for. */
static double away_from(const struct predict_value *c, double capacity)
{
	double end = capacity < c->value ? c->lo : c->hi;
	double share = (capacity - c->value) / (end - c->value);

	return end > c->value || end < c->value ? Z95 * Z95 * share * share : 0;
}

/* No request is faster than the way there and back ever is. */
static double least_workers(const struct identify_data *d, double capacity,
			    double late)
{
	double alone = vector_mean(d->alone, unstalled(d, late));
	double quickest = order_quantile(d->alone, d->nalone, .001);
	double service = alone - WAY_SHARE * quickest - WAY_NS;

	return fmax(ceil(service * capacity), 1);
}

static void try_server(const struct identify_data *d,
		       const struct predict_value *capacity, double at,
		       double late, double share, struct candidate *c)
{
	size_t n = unstalled(d, late);
	double alone = vector_mean(d->alone, n), score;
	struct burst_server s = {
		.alone = d->alone,
		.nalone = n,
		.communication = fmax(alone - (double)c->workers / at, 0),
		.workers = c->workers,
	};

	for (s.order = 0; s.order < BURST_ORDERS; s.order++) {
		score = burst_misfit(&s, d->burst, d->nbursts, share,
				     d->seed) + away_from(capacity, at) +
			(late > 0 ? STALL_COST : 0);
		c->misfit[s.order] = fmin(score, c->misfit[s.order]);
		if (score < c->best) {
			c->best = score;
			c->capacity = at;
			c->stalled = late;
		}
	}
}

static void forget(struct candidate *c)
{
	c->best = (double)INFINITY;
	for (size_t i = 0; i < BURST_ORDERS; i++)
		c->misfit[i] = (double)INFINITY;
}

/* Over its interval, so that it takes its place among the others. */
static void try_capacities(const struct identify_data *d,
			   const struct predict_value *capacity, double late,
			   struct candidate *c)
{
	for (int i = 0; i < CAPACITIES; i++) {
		int side = i - CAPACITIES / 2;
		double end = side < 0 ? capacity->lo : capacity->hi;
		double at = capacity->value + abs(side) /
			    (double)(CAPACITIES / 2) * (end - capacity->value);

		if (at > 0)
			try_server(d, capacity, at, late, COARSE, c);
	}
}

/* The most workers whose service still fits into a latency. */
static size_t most_workers(const struct identify_data *d, double capacity)
{
	double most = 1.03 * capacity * vector_mean(d->alone, d->nalone);

	return most < 1 ? 1 : most > WORKERS_MOST ? WORKERS_MOST : (size_t)most;
}

static size_t candidates_of(size_t least, size_t most, struct candidate *c)
{
	size_t n = 0;

	for (size_t k = least; k <= most; n++) {
		c[n].workers = k;
		k = k < EACH ? k + 1 : (size_t)ceil((double)k * STEP);
	}
	return n;
}

static size_t best_of(const struct candidate *c, size_t n)
{
	size_t best = 0;

	for (size_t i = 1; i < n; i++)
		if (c[i].best < c[best].best)
			best = i;
	return best;
}

static void tell(const struct identify_data *d, size_t done, size_t of)
{
	if (d->progress)
		d->progress(d->context, (double)done / (double)of);
}

/* A mean and a last of each size, less an offset and a cost of each. */
static double freedom_of(const struct identify_data *d)
{
	return fmax(2. * (double)d->nbursts - 2, 1);
}

/* All of them roughly, then those exactly that are not far behind. */
static void survey(const struct identify_data *d,
		   const struct predict_value *capacity, size_t stalls,
		   struct candidate *c, size_t n)
{
	double most = (double)c[n - 1].workers, near;

	for (size_t i = 0; i < n; i++) {
		forget(&c[i]);
		for (size_t j = 0; j < stalls; j++)
			if ((double)c[i].workers >=
			    fmin(least_workers(d, capacity->value, stalled[j]),
				 most))
				try_capacities(d, capacity, stalled[j], &c[i]);
		tell(d, i + 1, 2 * n);
	}
	near = 2 * c[best_of(c, n)].best + CLOSE;
	for (size_t i = 0; i < n; i++) {
		double at = c[i].capacity, late = c[i].stalled;

		if (c[i].best <= near) {
			forget(&c[i]);
			try_server(d, capacity, at, late, 1, &c[i]);
		}
		tell(d, n + i + 1, 2 * n);
	}
}

/* With stalls where without them no queue is like the server. */
static void judge(const struct identify_data *d,
		  const struct predict_value *capacity, struct candidate *c,
		  size_t n)
{
	survey(d, capacity, 1, c, n);
	if (c[best_of(c, n)].best > STALL_LEAST * freedom_of(d))
		survey(d, capacity, STALLS, c, n);
}

/*
 * How far behind the best may be what is as likely. A chi square over its
 * degrees of freedom is 1; what is beyond is no chance, and may be as much for
 * another.
 */
static double as_likely(const struct identify_data *d, double best,
			double *birge)
{
	double freedom = freedom_of(d);

	*birge = fmax(1, best / freedom);
	return best + Z95 * Z95 * *birge + (*birge - 1) * freedom;
}

/* The plainest that is as likely as the best, and the others that are. */
static void order_of(const struct candidate *c, size_t n, double allowed,
		     struct identified *found, struct arena *arena)
{
	found->orders = "";
	for (size_t order = 0; order < BURST_ORDERS; order++) {
		bool likely = false;

		for (size_t i = 0; i < n; i++)
			likely |= c[i].misfit[order] <= allowed;
		if (likely && !found->order)
			found->order = burst_order_name[order];
		else if (likely)
			found->orders = arena_printf(arena, "%s%s%s",
				found->orders, *found->orders ? ", " : "",
				burst_order_name[order]);
	}
}

static void identify_bursts(const struct identify_data *d,
			    struct identified *found, struct arena *arena)
{
	const struct predict_value *capacity = &found->capacity;
	double alone, allowed;
	size_t most =
		most_workers(d, fmin(capacity->hi, 1.2 * capacity->value));
	size_t least = (size_t)fmin(least_workers(d, capacity->value,
						  stalled[STALLS - 1]),
				    (double)most);
	size_t first, last, n, best;
	struct candidate *c = arena_array(arena, WORKERS_MOST, sizeof(*c));

	n = candidates_of(least, most, c);
	judge(d, capacity, c, n);
	best = first = last = best_of(c, n);
	allowed = as_likely(d, c[best].best, &found->misfit);
	found->stalled = c[best].stalled;
	alone = vector_mean(d->alone, unstalled(d, found->stalled));
	for (size_t i = 0; i < n; i++) {
		if (c[i].best > allowed)
			continue;
		first = i < first ? i : first;
		last = i > last ? i : last;
	}
	order_of(c, n, allowed, found, arena);
	if (found->misfit > IDENTIFY_UNLIKE) {
		first = 0;
		last = n - 1;
	}
	found->whole = (uint32_t)c[best].workers;
	/* Between two that were tried, whoever is beside one that is likely. */
	found->workers = (struct predict_value){
		(double)c[best].workers,
		first ? (double)c[first - 1].workers + 1
		: found->misfit > IDENTIFY_UNLIKE ? 1
						  : (double)c[0].workers,
		last + 1 < n ? (double)c[last + 1].workers - 1
			     : (double)c[last].workers,
	};
	found->service = (struct predict_value){
		fmin((double)c[best].workers / c[best].capacity, alone),
		fmin(found->workers.lo / capacity->hi, alone),
		fmin(found->workers.hi / fmax(capacity->lo, 1e-12), alone),
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
		identify_bursts(data, found, arena);
	law_of(data, found, arena);
}
