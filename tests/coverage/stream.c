/* stream.c - requests to a simulated queue, as an open-loop agent sends them */
#include "tests/coverage/stream.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lancet/core/err.h"

#define ROOM (1u << 15) /* jobs at once, of a policy with events */

/* What one segment hands on. */
struct segment {
	stream_sink sink;
	stream_stalled stalled;
	void *ctx;
	double until_ns;
	uint64_t first;			/* number of its first request */
	double *at;			/* intended instants, by number */
	size_t room;
};

static void give_up(const struct err *err)
{
	fprintf(stderr, "coverage: %s\n", err->text);
	exit(4);
}

void stream_init(struct stream *s, const struct stream_queue *queue,
		 const struct stream_stalls *stalls, uint64_t seed)
{
	struct rng_key key = { .seed = seed, .agent = RNG_SIM };
	const struct choice *arrival = &queue->workload->arrival;
	const struct arrival_share whole = { .rate_rps = queue->rate * 1e9,
					     .of = 1 };
	struct err err = { 0 };

	memset(s, 0, sizeof(*s));
	s->queue = queue;
	s->stalls = *stalls;
	s->used = STREAM_BURST;
	key.purpose = RNG_ARRIVAL;
	rng_init(&s->gap, &key);
	key.purpose = RNG_SERVICE;
	rng_init(&s->service, &key);
	key.purpose = RNG_POLICY;
	rng_init(&s->pick, &key);
	key.purpose = RNG_CHECK;
	rng_init(&s->stall, &key);
	arena_init(&s->arena);
	s->arrival = (const struct arrival_ops *)arrival->kind;
	s->arrival_state = arena_alloc(&s->arena, s->arrival->state_size);
	if (s->arrival->init(s->arrival_state, arrival->options, &whole,
			     &s->arena, &err))
		give_up(&err);
	s->stall_ns = s->until_ns = -1;
}

void stream_fini(struct stream *s)
{
	arena_fini(&s->arena);
}

/* --- who comes ------------------------------------------------------------ */

static double next_at(struct stream *s)
{
	if (s->used == STREAM_BURST) {
		s->arrival->gaps(s->arrival_state, &s->gap, s->gaps,
				 STREAM_BURST);
		s->used = 0;
	}
	return s->at + s->gaps[s->used];
}

/* When a request that is due at `at` is sent. */
static double sent(struct stream *s, const struct segment *segment, double at)
{
	const struct stream_stalls *stalls = &s->stalls;

	if (!isfinite(stalls->every_ns))
		return at;
	while (at >= s->until_ns) {
		double from = fmax(s->until_ns, 0);

		s->stall_ns = from + stalls->every_ns *
				     rng_exponential(&s->stall);
		s->until_ns = s->stall_ns + stalls->least_ns +
			      (stalls->most_ns - stalls->least_ns) *
				      rng_uniform(&s->stall);
		s->stall_told = false;
	}
	if (at < s->stall_ns)
		return at;
	if (!s->stall_told)
		segment->stalled(segment->ctx, s->stall_ns,
				 s->until_ns - s->stall_ns);
	s->stall_told = true;
	return s->until_ns;
}

/* The next jobs before the segment's end; at[] are their intended instants. */
static size_t draw(struct stream *s, const struct segment *segment,
		   struct job *job, double *at)
{
	const struct dist *law = &s->queue->workload->class[0].service;
	const struct policy_ops *ops = s->policy.ops;
	double service[STREAM_BURST];
	size_t n = 0;

	for (; n < STREAM_BURST; n++) {
		double due = next_at(s);

		if (due >= segment->until_ns)
			break;
		s->used++;
		s->at = at[n] = due;
	}
	law->ops->sample(law->state, &s->service, service, n);
	for (size_t i = 0; i < n; i++) {
		job[i] = (struct job){ .id = s->n++,
				       .arrival = sent(s, segment, at[i]),
				       .service = service[i] };
		if (ops->flags & POLICY_PICKS)
			ops->pick(s->policy.options, s->policy.workers,
				  rng_next(&s->pick), &job[i].aux);
	}
	return n;
}

/* --- who serves ----------------------------------------------------------- */

static void serve_known(struct stream *s, const struct segment *segment)
{
	struct job job[STREAM_BURST];
	double at[STREAM_BURST], start[STREAM_BURST], end[STREAM_BURST];
	struct stream_request request[STREAM_BURST];
	size_t n;

	while ((n = draw(s, segment, job, at))) {
		s->policy.ops->departures(s->policy.state, job, start, end, n);
		for (size_t i = 0; i < n; i++)
			request[i] = (struct stream_request){
				job[i].id, at[i], end[i] - at[i]
			};
		segment->sink(segment->ctx, request, n);
	}
}

/* Intended instants by number are kept until the request ends. */
static void keep(struct segment *segment, uint64_t id, double at)
{
	size_t i = id - segment->first;

	if (i >= segment->room) {
		segment->room = 2 * segment->room + 4096;
		segment->at = realloc(segment->at,
				      segment->room * sizeof(double));
		if (!segment->at)
			abort();
	}
	segment->at[i] = at;
}

static void end_until(struct stream *s, const struct segment *segment,
		      double t)
{
	const struct policy_ops *ops = s->policy.ops;
	struct done done[STREAM_BURST];
	struct stream_request request[STREAM_BURST];
	size_t n;

	do {
		n = ops->advance(s->policy.state, t, done, STREAM_BURST);
		for (size_t i = 0; i < n; i++) {
			double at = segment->at[done[i].job.id -
						segment->first];

			request[i] = (struct stream_request){
				done[i].job.id, at, done[i].completion - at
			};
		}
		if (n)
			segment->sink(segment->ctx, request, n);
	} while (n == STREAM_BURST || ops->next(s->policy.state) <= t);
}

static void serve_events(struct stream *s, struct segment *segment)
{
	const struct policy_ops *ops = s->policy.ops;
	struct job job[STREAM_BURST];
	double at[STREAM_BURST], next;
	size_t n;

	while ((n = draw(s, segment, job, at))) {
		for (size_t i = 0; i < n; i++) {
			keep(segment, job[i].id, at[i]);
			end_until(s, segment, job[i].arrival);
			ops->arrive(s->policy.state, job[i].arrival, &job[i]);
		}
	}
	while (isfinite(next = ops->next(s->policy.state)))
		end_until(s, segment, next);
}

void stream_run(struct stream *s, double until_ns, stream_sink sink,
		stream_stalled stalled, void *ctx)
{
	struct segment segment = {
		.sink = sink, .stalled = stalled, .ctx = ctx,
		.until_ns = until_ns, .first = s->n,
	};
	struct arena arena;
	struct err err = { 0 };

	arena_init(&arena);
	if (policy_init(&s->policy, &s->queue->policy, s->queue->workers,
			ROOM, &arena, &err))
		give_up(&err);
	if (s->policy.ops->departures)
		serve_known(s, &segment);
	else
		serve_events(s, &segment);
	free(segment.at);
	arena_fini(&arena);
}
