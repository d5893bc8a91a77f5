/* simulator.c - customers a second of the simulator, beside a bare loop */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "bench/bench.h"
#include "lancet/core/arena.h"
#include "lancet/core/err.h"
#include "lancet/core/option.h"
#include "lancet/core/rng.h"
#include "models/predict.h"

#define CUSTOMERS 2e6
#define SERVERS 16
#define ROUNDS 5

static double seconds(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* Not the tool's ziggurat. */
static double exponential(struct rng *rng)
{
	return -log(rng_open(rng));
}

static void sink(double *heap, uint32_t n, double value)
{
	uint32_t at = 0;

	for (uint32_t kid = 1; kid < n; kid = 2 * at + 1) {
		if (kid + 1 < n && heap[kid + 1] < heap[kid])
			kid++;
		if (heap[kid] >= value)
			break;
		heap[at] = heap[kid];
		at = kid;
	}
	heap[at] = value;
}

/*
 * The floor, ns a customer: what nobody who simulates a queue can do
 * without. Two draws of xoshiro, each with its logarithm, a gap and a service;
 * and the least of a heap of 16 times replaced. Nothing is recorded.
 */
static double floor_ns(void)
{
	struct rng_key key = { .seed = 1, .purpose = RNG_SIM };
	double heap[SERVERS] = { 0 }, now = 0;
	double start = seconds(CLOCK_THREAD_CPUTIME_ID);
	struct rng rng;

	rng_init(&rng, &key);
	for (double i = 0; i < CUSTOMERS; i++) {
		now += exponential(&rng) / (0.7 * SERVERS);
		sink(heap, SERVERS, fmax(now, heap[0]) + exponential(&rng));
	}
	if (!(heap[0] > 0))
		exit(1);
	return 1e9 * (seconds(CLOCK_THREAD_CPUTIME_ID) - start) / CUSTOMERS;
}

struct queue_row {
	const char *policy;
	uint32_t workers;
	double slices; /* a customer, at mean service 1 */
};

/* The tool's own way, p99 and its interval included; ns a customer. */
static double sim_ns(const struct queue_row *row, uint32_t threads)
{
	static const struct predict_ask p99 = { .figure = FIGURE_QUANTILE,
						.q = 0.99 };
	struct class_law law = { .name = "all", .weight = 1 };
	struct workload w = { .class = &law, .nclasses = 1 };
	struct predict_query query = {
		.workload = &w,
		.workers = row->workers,
		.rate = 0.7 * row->workers,
		.method = PREDICT_SIMULATE,
		.ask = &p99,
		.nask = 1,
		.seed = 1,
		.relative = 1e-9, /* as long as it may */
		.time_limit_s = 0.4,
		.threads = threads,
	};
	struct predict_result result;
	double customers = 0, start;
	struct choice service;
	struct arena arena;
	struct err err;

	arena_init(&arena);
	w.arrival = bench_choice(KIND_ARRIVAL, "poisson", &arena);
	service = bench_choice(KIND_DIST, "exp", &arena);
	query.policy = bench_choice(KIND_POLICY, row->policy, &arena);
	if (dist_init(&law.service, &service, &arena, &err))
		bench_fail(&err);
	start = seconds(threads > 1 ? CLOCK_MONOTONIC
				    : CLOCK_THREAD_CPUTIME_ID);
	if (predict(&query, &result, &arena, &err))
		bench_fail(&err);
	start = seconds(threads > 1 ? CLOCK_MONOTONIC
				    : CLOCK_THREAD_CPUTIME_ID) -
		start;
	sscanf(result.method, "simulation of %lf", &customers);
	arena_fini(&arena);
	return 1e9 * start / customers;
}

static void compare(const struct queue_row *row)
{
	struct bench_best best = { 0 }, floor = { 0 };
	char name[64];

	for (int i = 0; i < ROUNDS; i++) {
		bench_round(&best, sim_ns(row, 1) / row->slices);
		bench_round(&floor, floor_ns());
	}
	snprintf(name, sizeof(name), "simulator, M/M/%u %s%s", row->workers,
		 row->policy, row->slices > 1 ? ", a slice" : "");
	bench_row(name, best.ns, "ns", floor.ns,
		  "two draws, two logarithms, a heap of 16");
}

/* Replications share the cores: 1.0 would be twice as fast on two. */
static void scale(void)
{
	static const struct queue_row fcfs = { "fcfs", SERVERS, 1 };
	struct bench_best one = { 0 }, two = { 0 };

	for (int i = 0; i < ROUNDS; i++) {
		bench_round(&one, sim_ns(&fcfs, 1));
		bench_round(&two, sim_ns(&fcfs, 2));
	}
	bench_row("simulator, M/M/16 fcfs, 2 threads", two.ns, "ns", one.ns / 2,
		  "half of the time with one");
}

int main(void)
{
	/* E[ceil(S / q)] of exponential S is 1 / (1 - exp(-q)). */
	static const struct queue_row row[] = {
		{ "fcfs", 1, 1 },
		{ "fcfs", 16, 1 },
		{ "fcfs", 64, 1 },
		{ "part", 16, 1 },
		{ "rr", 16, 1 },
		{ "ps", 16, 1 },
		{ "po2", 16, 1 },
		{ "jsq", 16, 1 },
		{ "jbsq:2", 16, 1 },
		{ "steal", 16, 1 },
		{ "quantum:1", 16, 1.582 },
		{ "quantum:0.1", 16, 10.508 },
		{ "srpt", 1, 1 },
		{ "srpt", 16, 1 },
		{ "sjf", 1, 1 },
		{ "sjf", 16, 1 },
	};

	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++)
		compare(&row[i]);
	scale();
	return 0;
}
