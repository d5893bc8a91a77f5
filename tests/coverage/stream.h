/* stream.h - requests to a simulated queue, as an open-loop agent sends them */
#ifndef TESTS_COVERAGE_STREAM_H
#define TESTS_COVERAGE_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lancet/core/arena.h"
#include "lancet/core/kind.h"
#include "lancet/core/rng.h"
#include "models/policy.h"
#include "workloads/schedule.h"

#define STREAM_BURST 128

/* The queue of a cell: who comes, what is asked, who serves. */
struct stream_queue {
	const struct workload *workload;
	struct choice policy;
	uint32_t workers;
	double rate;		/* requests per ns */
};

/* One request, in order of its end. */
struct stream_request {
	uint64_t id;		/* 0, 1, ... in order of the intended instant */
	double at, response;	/* ns */
};

/* The agent stands still: what is due meanwhile is sent at its end. */
struct stream_stalls {
	double every_ns;	/* mean time between two; INFINITY: none */
	double least_ns, most_ns;
};

struct stream {
	const struct stream_queue *queue;
	struct stream_stalls stalls;
	const struct arrival_ops *arrival;
	void *arrival_state;
	struct rng gap, service, pick, stall;
	struct arena arena;
	struct policy policy;
	double at;		/* the last intended instant drawn */
	double stall_ns, until_ns;	/* the present stall, or the next */
	bool stall_told;
	uint64_t n;		/* requests drawn */
	double gaps[STREAM_BURST];	/* drawn, not yet used */
	size_t used;
};

typedef void (*stream_sink)(void *ctx, const struct stream_request *request,
			    size_t n);
typedef void (*stream_stalled)(void *ctx, double start_ns, double length_ns);

void stream_init(struct stream *s, const struct stream_queue *queue,
		 const struct stream_stalls *stalls, uint64_t seed);
void stream_fini(struct stream *s);

/*
 * A segment: the queue is empty, and requests come until until_ns; their
 * numbers go on from segment to segment. Each is handed to the sink when it
 * has ended, each stall to `stalled`, which may be NULL without any.
 */
void stream_run(struct stream *s, double until_ns, stream_sink sink,
		stream_stalled stalled, void *ctx);

#endif
