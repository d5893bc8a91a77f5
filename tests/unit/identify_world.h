/* identify_world.h - servers that nobody was told about, and what they do */
#ifndef TESTS_UNIT_IDENTIFY_WORLD_H
#define TESTS_UNIT_IDENTIFY_WORLD_H

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

#include "lancet/core/arena.h"
#include "lancet/core/err.h"
#include "lancet/core/option.h"
#include "lancet/core/rng.h"
#include "lancet/core/stats/vector.h"
#include "models/identify.h"
#include "workloads/dist.h"

/* k workers, a law, a way. */
struct server {
	const char *law;
	uint32_t workers;
	double communication, jitter;
	bool vague;	/* what bursts alone cannot tell for sure */
	enum burst_order order;
	double woken;	/* a request alone waits for a sleeper so long */
	double still;	/* share of the time in which no reply leaves */
};

struct world {
	const struct server *server;
	struct dist law;
	struct rng rng;
	struct arena arena;
	struct identify_data data;
};

static double draw(struct world *w)
{
	double x;

	w->law.ops->sample(w->law.state, &w->rng, &x, 1);
	return x;
}

static double away(struct world *w)
{
	return w->server->communication +
	       w->server->jitter * rng_exponential(&w->rng);
}

/* It stands still for 0.5 to 4 ms: where that begins, met while there. */
#define STILL_MIN 5e5
#define STILL_MAX 4e6

struct still {
	double from, to;
};

static struct still still(struct world *w, double there)
{
	double share = w->server->still, length, from;

	if (share <= 0)
		return (struct still){ 0 };
	length = STILL_MIN + (STILL_MAX - STILL_MIN) * rng_uniform(&w->rng);
	from = (there + length) * rng_uniform(&w->rng) - length;
	if (rng_uniform(&w->rng) > share * (there + length) /
				   ((STILL_MIN + STILL_MAX) / 2))
		return (struct still){ 0 };
	return (struct still){ from, from + length };
}

/* After one that ended there: so long apart that they take their share. */
static struct still next_still(struct world *w, double end)
{
	double share = w->server->still, from, length;

	from = end + rng_exponential(&w->rng) * (1 - share) / share *
			     (STILL_MIN + STILL_MAX) / 2;
	length = STILL_MIN + (STILL_MAX - STILL_MIN) * rng_uniform(&w->rng);
	return (struct still){ from, from + length };
}

/* What is due then leaves after it, one after the other. */
static double late(const struct still *s, double at, double each)
{
	return at > s->from && at < s->to ? s->to + each : at;
}

/* Half of the time nobody is there; who is late makes the next one late. */
static double *alone(struct world *w, size_t n, double *work)
{
	double *x = arena_array(&w->arena, n, sizeof(*x));
	double mean = w->law.ops->moment(w->law.state, 1) + away(w);
	double at = 0, sent, share = w->server->still;
	struct still met = { 0 };

	if (share > 0)
		met = next_still(w, 0);
	for (size_t i = 0; i < n; i++, at += 2 * mean) {
		double s = draw(w), done;

		sent = at;
		x[i] = s + away(w) + w->server->woken;
		while (share > 0 && met.to < sent)
			met = next_still(w, met.to);
		done = share > 0 ? late(&met, sent + x[i], 0) : sent + x[i];
		x[i] = done - sent;
		work[i] = s;
		while (at + 2 * mean < done)
			at += 2 * mean;
	}
	w->data.every = at / (double)n;
	vector_sort(x, n);
	vector_sort(work, n);
	return x;
}

/*
 * So many callers before a central queue: replies per ns, and mean work. While
 * it stands still there are none.
 */
static double full(struct world *w, uint32_t depth, size_t n, double *work)
{
	double *caller = arena_array(&w->arena, depth, sizeof(double));
	double *worker = arena_array(&w->arena, w->server->workers,
				     sizeof(double));
	double last = 0;

	*work = 0;
	for (size_t i = 0; i < n; i++) {
		size_t c = 0, k = 0;
		double s = draw(w);

		for (size_t j = 1; j < depth; j++)
			c = caller[j] < caller[c] ? j : c;
		for (size_t j = 1; j < w->server->workers; j++)
			k = worker[j] < worker[k] ? j : k;
		worker[k] = fmax(worker[k], caller[c]) + s;
		caller[c] = worker[k] + away(w);
		last = fmax(last, worker[k]);
		*work += s / (double)n;
	}
	return (1 - w->server->still) * (double)n / last;
}

static double longest(const double *x, size_t n)
{
	double most = 0;

	for (size_t i = 0; i < n; i++)
		most = fmax(most, x[i]);
	return most;
}

static void burst(struct world *w, struct identify_burst *b, size_t n)
{
	const struct burst_server server = {
		.workers = w->server->workers, .order = w->server->order,
	};
	double *service = arena_array(&w->arena, n * b->size, sizeof(double));
	double *done = arena_array(&w->arena, n * b->size, sizeof(double));
	struct burst_seen *seen = arena_array(&w->arena, n, sizeof(*seen));

	b->stagger = 1000;
	for (size_t i = 0; i < n * b->size; i++)
		service[i] = draw(w);
	burst_serve(&server,
		    &(struct burst_work){ b->size, n, b->stagger, service },
		    &w->rng, done, &w->arena);
	for (size_t r = 0; r < n; r++) {
		const double *all = &done[r * b->size];
		struct still met = still(w, longest(all, b->size));

		seen[r] = (struct burst_seen){ .first = (double)INFINITY };
		for (uint32_t i = 0; i < b->size; i++) {
			double at = late(&met, all[i] + away(w), i * 2000.);

			seen[r].mean += (at - i * b->stagger) / b->size;
			seen[r].first = fmin(seen[r].first, at);
			seen[r].last = fmax(seen[r].last, at);
		}
	}
	burst_settle(b, seen, n, &w->arena);
}

static void world_open(struct world *w, const struct server *server,
		       uint64_t seed)
{
	struct choice choice;
	struct err err;

	*w = (struct world){ .server = server };
	arena_init(&w->arena);
	rng_init(&w->rng, &(struct rng_key){ .seed = seed });
	assert_int_equal(option_parse_choice(KIND_DIST, OPTION_UNIT_TIME,
					     server->law, &choice, &w->arena,
					     &err), 0);
	assert_int_equal(dist_init(&w->law, &choice, &w->arena, &err), 0);
}

#define ALONE 20000u
#define LOOKS 6u
#define CALLERS 64u
#define FULL 30000u		/* replies of each */

enum known { KNOWN_NOTHING, KNOWN_CARRIED, KNOWN_TOLD };

static void measure_bursts(struct world *w)
{
	static const uint32_t size[] = { 1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 64 };
	size_t n = sizeof(size) / sizeof(*size);
	struct identify_burst *bursts =
		arena_array(&w->arena, n, sizeof(*bursts));

	for (size_t i = 0; i < n; i++) {
		bursts[i].size = size[i];
		burst(w, &bursts[i], 400);
	}
	w->data.burst = bursts;
	w->data.nbursts = n;
}

static void measure_bare(struct world *w)
{
	struct server idle = { "{constant: {value: 1ns}}", 1,
			       w->server->communication, w->server->jitter,
			       false, BURST_FCFS, 0, 0 };
	struct world other;
	double work[ALONE];

	world_open(&other, &idle, rng_next(&w->rng));
	w->data.nbare = ALONE;
	w->data.bare = arena_copy(&w->arena, alone(&other, ALONE, work),
				  ALONE * sizeof(double));
	arena_fini(&other.arena);
}

static void measure(struct world *w, enum known known)
{
	struct identify_data *d = &w->data;
	struct identify_look *look =
		arena_array(&w->arena, LOOKS, sizeof(*look));
	double *work = arena_array(&w->arena, ALONE, sizeof(*work)), carried;

	d->nalone = ALONE;
	d->alone = alone(w, ALONE, work);
	for (uint32_t i = 0; i < LOOKS; i++) {
		look[i].rate = full(w, CALLERS, FULL, &carried);
		look[i].busy = known == KNOWN_NOTHING ? 0
						      : look[i].rate * carried;
	}
	d->look = look;
	d->nlooks = LOOKS;
	if (known == KNOWN_NOTHING) {
		measure_bursts(w);
		return;
	}
	d->work = work;
	d->nwork = ALONE;
	d->told = known == KNOWN_TOLD;
	if (!d->told)
		measure_bare(w);
}

#endif
