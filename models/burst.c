/* burst.c - requests at once before an idle server of so many workers */
#include "models/burst.h"

#include <math.h>
#include <stdlib.h>

#include "lancet/core/arena.h"
#include "lancet/core/err.h"
#include "lancet/core/option.h"
#include "lancet/core/rng.h"
#include "lancet/core/stats/order.h"
#include "lancet/core/stats/vector.h"
#include "models/policy.h"
#include "models/predict.h"

#define REPLICAS 8000u		/* simulated requests of each size, and */
#define BURSTS_LEAST 400u	/* bursts */
/* What a burst may differ from its model besides chance. */
#define ALLOWED_SHARE 0.01
#define ALLOWED_NS 300.0
/* The way of a burst against that of single requests: a standard deviation. */
#define WAY_SHARE 0.3
#define WAY_NS 1000.0
/* And of each of its requests besides, as one after the other is read. */
#define EACH_NS 1000.0

const char *const burst_order_name[] = {
	[BURST_FCFS] = "fcfs",
	[BURST_SHARED] = "ps",
	[BURST_SPLIT] = "part",
};

/* --- the queues ----------------------------------------------------------- */

/* One after the other, each when all of the one before must be done. */
static void lay_out(const struct burst_server *s, const struct choice *policy,
		    const struct burst_work *w, struct rng *rng,
		    struct job *job, double *start)
{
	bool picks = ((const struct policy_ops *)policy->kind)->flags &
		     POLICY_PICKS;
	double at = 0;

	for (size_t b = 0; b < w->bursts; b++) {
		start[b] = at;
		for (uint32_t i = 0; i < w->size; i++) {
			size_t id = b * w->size + i;

			/* A job is work, be it next to none. */
			job[id] = (struct job){
				.id = id, .arrival = start[b] + i * w->stagger,
				.service = fmax(w->service[id], 1e-3),
			};
			if (picks)
				policy_pick(policy, (uint32_t)s->workers,
					    rng_next(rng), &job[id].aux);
			at += w->stagger + job[id].service;
		}
	}
}

void burst_serve(const struct burst_server *s, const struct burst_work *w,
		 struct rng *rng, double *done, struct arena *arena)
{
	size_t n = w->bursts * w->size;
	struct job *job = arena_array(arena, n, sizeof(*job));
	double *start = arena_array(arena, w->bursts, sizeof(*start));
	struct choice policy;
	struct err err;

	if (option_parse_choice(KIND_POLICY, OPTION_UNIT_TIME,
				burst_order_name[s->order], &policy, arena,
				&err))
		abort(); /* the names above are policies' */
	lay_out(s, &policy, w, rng, job, start);
	if (replay(&policy, (uint32_t)s->workers, job, n, done, arena, &err))
		abort(); /* in order, and of some work each */
	for (size_t i = 0; i < n; i++)
		done[i] -= start[i / w->size];
}

/* --- what is seen of them ------------------------------------------------- */

static int by_first(const void *left, const void *right)
{
	const struct burst_seen *a = left, *b = right;

	return (a->first > b->first) - (a->first < b->first);
}

void burst_settle(struct identify_burst *b, struct burst_seen *seen, size_t n,
		  struct arena *arena)
{
	b->n = n;
	b->mean = arena_array(arena, n + 1, sizeof(*b->mean));
	b->last = arena_array(arena, n + 1, sizeof(*b->last));
	qsort(seen, n, sizeof(*seen), by_first);
	while (b->size >= BURST_STALL_SIZE && b->n &&
	       seen[b->n - 1].first > BURST_STALL * seen[(n - 1) / 2].first)
		b->n--;
	b->stalled = n - b->n;
	for (size_t i = 0; i < b->n; i++) {
		b->mean[i] = seen[i].mean;
		b->last[i] = seen[i].last;
	}
	vector_sort(b->mean, b->n);
	vector_sort(b->last, b->n);
}

/* --- beside what was measured --------------------------------------------- */

static struct burst_seen see(const double *done, const struct identify_burst *b,
			     double communication)
{
	double sum = 0, first = done[0], last = 0;

	for (uint32_t i = 0; i < b->size; i++) {
		sum += done[i] - i * b->stagger;
		first = fmin(first, done[i]);
		last = fmax(last, done[i]);
	}
	return (struct burst_seen){
		first + communication, sum / b->size + communication,
		last + communication,
	};
}

struct burst_still burst_still(const struct burst_server *s, double late)
{
	double every = s->every > 0 ? s->every : (double)INFINITY;
	double over = fmax(late - s->usual, 0);
	double length = over + fmin(over, every / 2);
	double share = 1 / (double)(s->nlate + s->nalone);

	return (struct burst_still){
		length, share / fmin(every, s->usual + length),
	};
}

/*
 * Standstills come whenever they like, so that a burst that is there for
 * longer meets more of them. What is due meanwhile leaves at their end.
 */
static void stand_still(const struct burst_server *s, struct rng *rng,
			double *done, size_t n)
{
	struct burst_still still =
		burst_still(s, s->late[rng_below(rng, s->nlate)]);
	double length = still.length, there = 0, from, met;

	for (size_t i = 0; i < n; i++)
		there = fmax(there, done[i]);
	met = (double)s->nlate * still.rate * (there + length) +
	      rng_uniform(rng);
	for (; met >= 1; met--) {
		from = rng_uniform(rng) * (there + length) - length;
		for (size_t i = 0; i < n; i++)
			if (done[i] > from && done[i] < from + length)
				done[i] = from + length;
	}
}

static size_t replicas(uint32_t size, double share)
{
	return (size_t)(share * (REPLICAS / size + BURSTS_LEAST)) + 1;
}

/* The same draws for every server, so that they differ in nothing else. */
static void simulate(const struct burst_server *s, struct identify_burst *b,
		     double share, uint64_t seed, struct arena *arena)
{
	struct burst_work work = {
		.size = b->size,
		.bursts = replicas(b->size, share),
		.stagger = b->stagger,
	};
	size_t n = work.bursts * work.size;
	double *service = arena_array(arena, n, sizeof(*service));
	double *done = arena_array(arena, n, sizeof(*done));
	struct burst_seen *seen;
	struct rng rng, draw, still;

	rng_init(&still, &(struct rng_key){ .seed = seed, .point = b->size,
					    .agent = 2 });
	rng_init(&draw, &(struct rng_key){ .seed = seed, .point = b->size });
	rng_init(&rng, &(struct rng_key){ .seed = seed, .point = b->size,
					  .agent = 1 });
	for (size_t i = 0; i < n; i++)
		service[i] = s->alone[rng_below(&draw, s->nalone)] -
			     s->communication;
	work.service = service;
	burst_serve(s, &work, &rng, done, arena);
	for (size_t r = 0; s->nlate && r < work.bursts; r++)
		stand_still(s, &still, &done[r * b->size], b->size);
	seen = arena_array(arena, work.bursts, sizeof(*seen));
	for (size_t r = 0; r < work.bursts; r++)
		seen[r] = see(&done[r * b->size], b, s->communication);
	burst_settle(b, seen, work.bursts, arena);
}

/* Of a median, from the quartiles, as for a normal law (Kendall, Stuart). */
static double median_error(const double *x, size_t n)
{
	double quartiles = order_quantile(x, n, .75) -
			   order_quantile(x, n, .25);

	return 1.2533 * quartiles / 1.349 / sqrt((double)n);
}

/*
 * Weighted sums of all differences r, each with the number e of requests that
 * were before it: what makes the best line a + b e through them.
 */
struct sums {
	double one, e, ee, r, re, rr;
};

static void add(struct sums *to, double before, double late,
		const double *measured, size_t n, const double *model, size_t m)
{
	double a = order_quantile(measured, n, .5);
	double r = a - order_quantile(model, m, .5);
	double error = hypot(median_error(measured, n),
			     median_error(model, m));
	double allowed = ALLOWED_SHARE * a + ALLOWED_NS +
			 order_quantile(measured, n, (1 + late) / 2) - a;
	double weight = 1 / (error * error + allowed * allowed);

	to->one += weight;
	to->e += weight * before;
	to->ee += weight * before * before;
	to->r += weight * r;
	to->re += weight * r * before;
	to->rr += weight * r * r;
}

/* Least squares; a and b are themselves observations of 0. */
static double left_over(const struct sums *s, double way)
{
	double one = s->one + 1 / (way * way);
	double ee = s->ee + 1 / (EACH_NS * EACH_NS);
	double det = one * ee - s->e * s->e;

	return s->rr - (ee * s->r * s->r - 2 * s->e * s->r * s->re +
			one * s->re * s->re) / det;
}

double burst_requests(const struct identify_burst *burst, size_t n)
{
	size_t sum = 0;

	for (size_t i = 0; i < n; i++)
		sum += replicas(burst[i].size, 1) * burst[i].size;
	return (double)sum;
}

double burst_left_out(const struct identify_burst *burst, size_t n)
{
	size_t out = 0, of = 1;

	for (size_t i = 0; i < n; i++) {
		if (burst[i].size < BURST_STALL_SIZE)
			continue;
		out += burst[i].stalled;
		of += burst[i].stalled + burst[i].n;
	}
	return (double)out / (double)of;
}

double burst_misfit(const struct burst_server *s,
		    const struct identify_burst *burst, size_t n, double share,
		    uint64_t seed)
{
	struct sums sums = { 0 };
	double late = burst_left_out(burst, n);
	struct arena scratch;

	arena_init(&scratch);
	for (size_t i = 0; i < n; i++) {
		struct identify_burst b = burst[i];

		simulate(s, &b, share, seed, &scratch);
		/* In the mean half of the others were before one. */
		add(&sums, (b.size - 1) / 2., late, burst[i].mean, burst[i].n,
		    b.mean, b.n);
		if (b.size > 1)
			add(&sums, b.size - 1, late, burst[i].last, burst[i].n,
			    b.last, b.n);
	}
	arena_fini(&scratch);
	return left_over(&sums, WAY_SHARE * s->communication + WAY_NS);
}
