/* burst.c - requests at once before an idle server of so many workers */
#include "models/burst.h"

#include <math.h>
#include <stdlib.h>

#include "lancet/core/arena.h"
#include "lancet/core/rng.h"
#include "lancet/core/stats/order.h"

#define REPLICAS 8000u		/* simulated requests of each size, and */
#define BURSTS_LEAST 400u	/* bursts */
/* What a burst may differ from its model besides chance. */
#define ALLOWED_SHARE 0.01
#define ALLOWED_NS 300.0
/* The way of a burst against that of single requests: a standard deviation. */
#define WAY_SHARE 0.3
#define WAY_NS 1000.0

const char *const burst_order_name[] = {
	[BURST_FCFS] = "fcfs",
	[BURST_SHARED] = "ps",
	[BURST_SPLIT] = "part",
};

/* --- the queues ---------------------------------------------------------------- */

static size_t earliest(const double *free, size_t k, double at)
{
	size_t first = 0;

	for (size_t w = 1; w < k && free[first] > at; w++)
		if (free[w] < free[first])
			first = w;
	return first;
}

static void serve_queued(const struct burst_server *s, const double *service,
			 uint32_t n, double stagger, struct rng *rng,
			 double *done)
{
	double free[BURST_WORKERS];

	for (size_t w = 0; w < s->workers; w++)
		free[w] = 0;
	for (uint32_t i = 0; i < n; i++) {
		double at = i * stagger;
		size_t w = s->order == BURST_SPLIT
				   ? rng_below(rng, s->workers)
				   : earliest(free, s->workers, at);

		free[w] = fmax(free[w], at) + service[i];
		done[i] = free[w];
	}
}

/* The one that will be done next at equal speed, or n. */
static uint32_t least_left(const double *left, const double *done, uint32_t n)
{
	uint32_t next = n;

	for (uint32_t i = 0; i < n; i++)
		if (isnan(done[i]) && (next == n || left[i] < left[next]))
			next = i;
	return next;
}

/* From event to event: each gets min(1, k / present) of a worker. */
static void serve_shared(const struct burst_server *s, const double *service,
			 uint32_t n, double stagger, double *done)
{
	double left[BURST_SIZE], now = 0;
	uint32_t come = 0, gone = 0;

	while (gone < n) {
		double speed = come > gone
			? fmin(1, (double)s->workers / (come - gone)) : 1;
		uint32_t next = least_left(left, done, come);
		double end = next < come ? now + left[next] / speed
					 : (double)INFINITY;
		double due = come < n ? fmax(come * stagger, now)
				      : (double)INFINITY;
		double until = fmin(end, due);

		for (uint32_t i = 0; i < come; i++)
			left[i] -= (until - now) * speed;
		now = until;
		if (end <= due) {
			done[next] = now;
			gone++;
		} else {
			left[come] = service[come];
			done[come++] = (double)NAN;
		}
	}
}

void burst_serve(const struct burst_server *s, const double *service,
		 uint32_t n, double stagger, struct rng *rng, double *done)
{
	if (s->order == BURST_SHARED)
		serve_shared(s, service, n, stagger, done);
	else
		serve_queued(s, service, n, stagger, rng, done);
}

/* --- beside what was measured ----------------------------------------------------- */

static int ascending(const void *left, const void *right)
{
	double a = *(const double *)left, b = *(const double *)right;

	return a < b ? -1 : a > b;
}

/* The same draws for every server, so that they differ in nothing else. */
static void simulate(const struct burst_server *s, struct identify_burst *b,
		     uint64_t seed, struct arena *arena)
{
	double service[BURST_SIZE], done[BURST_SIZE];
	struct rng rng, draw;

	b->n = REPLICAS / b->size + BURSTS_LEAST;
	b->mean = arena_array(arena, b->n, sizeof(*b->mean));
	b->last = arena_array(arena, b->n, sizeof(*b->last));
	rng_init(&draw, &(struct rng_key){ .seed = seed, .point = b->size });
	rng_init(&rng, &(struct rng_key){ .seed = seed, .point = b->size,
					  .agent = 1 });
	for (size_t r = 0; r < b->n; r++) {
		double sum = 0, last = 0;

		for (uint32_t i = 0; i < b->size; i++)
			service[i] = fmax(s->alone[rng_below(&draw, s->nalone)] -
					  s->communication, 0);
		burst_serve(s, service, b->size, b->stagger, &rng, done);
		for (uint32_t i = 0; i < b->size; i++) {
			sum += done[i] - i * b->stagger;
			last = fmax(last, done[i]);
		}
		b->mean[r] = sum / b->size + s->communication;
		b->last[r] = last + s->communication;
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

/* Weighted: sums of 1, r and r^2 of all differences. */
struct sums {
	double one, r, rr;
};

static void add(struct sums *to, const double *measured, size_t n,
		const double *model, size_t m)
{
	double a = order_quantile(measured, n, .5);
	double r = a - order_quantile(model, m, .5);
	double error = hypot(median_error(measured, n),
			     median_error(model, m));
	double allowed = ALLOWED_SHARE * a + ALLOWED_NS;
	double weight = 1 / (error * error + allowed * allowed);

	to->one += weight;
	to->r += weight * r;
	to->rr += weight * r * r;
}

double burst_misfit(const struct burst_server *s,
		    const struct identify_burst *burst, size_t n,
		    uint64_t seed)
{
	double way = WAY_SHARE * s->communication + WAY_NS;
	struct sums sums = { 0 };
	struct arena scratch;

	arena_init(&scratch);
	for (size_t i = 0; i < n; i++) {
		struct identify_burst b = burst[i];

		simulate(s, &b, seed, &scratch);
		add(&sums, burst[i].mean, burst[i].n, b.mean, b.n);
		if (b.size > 1)
			add(&sums, burst[i].last, burst[i].n, b.last, b.n);
	}
	arena_fini(&scratch);
	/* At the best offset: least squares, itself an observation of 0. */
	return sums.rr - sums.r * sums.r / (sums.one + 1 / (way * way));
}
