/* bench.h - what the benchmark programs share: clocks, rows, a worker's set-up */
#ifndef BENCH_BENCH_H
#define BENCH_BENCH_H

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "agents/worker.h"
#include "lancet/core/clock.h"
#include "lancet/core/config.h"

/*
 * Programs that are compared run in turns, and the best round of each
 * counts: what else a machine does only ever adds time.
 */
struct bench_best {
	double ns;
};

static inline void bench_round(struct bench_best *best, double ns)
{
	if (best->ns == 0 || ns < best->ns)
		best->ns = ns;
}

/* One line of build/bench.json; floor NAN: there is nothing to compare. */
static inline void bench_row(const char *name, double value, const char *unit,
			     double floor, const char *peer)
{
	printf("{\"name\": \"%s\", \"value\": %.1f, \"unit\": \"%s\", ", name,
	       value, unit);
	if (isnan(floor))
		printf("\"floor\": null, \"ratio\": null, \"peer\": null}\n");
	else
		printf("\"floor\": %.1f, \"ratio\": %.2f, \"peer\": \"%s\"}\n",
		       floor, value / floor, peer);
	fflush(stdout);
}

static inline void bench_fail(const struct err *err)
{
	fprintf(stderr, "bench: %s\n", err->text);
	exit(1);
}

static inline struct choice bench_choice(enum kind_class class,
					 const char *text, struct arena *arena)
{
	struct choice choice = { 0 };
	struct err err;

	if (option_parse_choice(class, OPTION_UNIT_TIME, text, &choice, arena,
				&err) < 0)
		bench_fail(&err);
	return choice;
}

/*
 * An echo client with Poisson arrivals, on the calling thread; tls or NULL;
 * the share of its requests that are stamped by the kernel.
 */
static inline struct worker *
bench_worker(const char *transport, struct config_tls *tls,
	     const char *address, uint32_t connections, uint32_t in_flight,
	     double stamps, struct arena *arena)
{
	struct config *config = arena_alloc(arena, sizeof(*config));
	struct workload *workload = arena_alloc(arena, sizeof(*workload));
	struct worker_params params = {
		.config = config, .workload = workload, .address = address,
		.all_threads = 1, .connections = connections,
		.in_flight = in_flight, .queue = 1000000, .cpu = -1,
		.poll = true,
	};
	struct worker *w = worker_create();
	struct err err;

	config->seed = 1;
	config->timestamps = stamps > 0 ? STAMPS_KERNEL : STAMPS_USER;
	config->measure.stamps = stamps;
	config->workload.protocol = bench_choice(KIND_PROTO, "echo", arena);
	config->workload.transport =
		bench_choice(KIND_TRANSPORT, transport, arena);
	config->workload.tls = tls;
	config->workload.arrival =
		bench_choice(KIND_ARRIVAL, "poisson", arena);
	config->workload.timeout_ns = 60000000000;
	config->measure.drain_ns = 60000000000;
	config->measure.stall_ns = 100000;
	config->measure.window_ns = 10000000;
	if (workload_init(workload, config, arena, &err) < 0)
		bench_fail(&err);
	if (worker_open(w, &params) < 0)
		bench_fail(&w->err);
	return w;
}

/*
 * About n requests, all of them due at once, through the agent's own loop:
 * the time that one takes, in ns. The records stay in the ring.
 */
static inline double bench_segment(struct worker *w, uint32_t segment,
				   int64_t n)
{
	struct wire_start start = {
		.segment = segment, .rate_rps = 1e9,
		.at_ns = clock_now_ns(), .from_ns = segment * n,
		.drain_ns = 60000000000,
		.until_ns = (segment + 1) * n,
	};
	struct err err;
	int64_t begun;

	if (worker_arm(w, &start, &err) < 0)
		bench_fail(&err);
	begun = clock_now_ns();
	if (worker_segment(w) < 0)
		bench_fail(&w->err);
	if (w->count.outcome[OUTCOME_RECEIVED] != w->count.intended)
		fprintf(stderr, "bench: requests were lost\n");
	return (double)(clock_now_ns() - begun) / (double)w->count.intended;
}

#endif
