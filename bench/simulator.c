/* simulator.c - customers a second of the simulator, beside a bare loop */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "lancet/core/arena.h"
#include "lancet/core/err.h"
#include "lancet/core/hist.h"
#include "lancet/core/option.h"
#include "lancet/core/rng.h"
#include "models/predict.h"

#define CUSTOMERS 4e6

static double cpu_s(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/*
 * The floor: Lindley's recursion for M/M/1, two exponential draws, a
 * maximum, and one increment of a histogram a customer.
 */
static double floor_speed(struct hist *hist)
{
	struct rng_key key = { .seed = 1, .purpose = RNG_SIM };
	double wait = 0, start = cpu_s();
	struct rng rng;

	rng_init(&rng, &key);
	for (double i = 0; i < CUSTOMERS; i++) {
		double service = rng_exponential(&rng);

		hist_record(hist, (int64_t)((wait + service) * 0x1p20));
		wait = fmax(0, wait + service - rng_exponential(&rng) / 0.7);
	}
	return CUSTOMERS / (cpu_s() - start);
}

static void choose(enum kind_class class, const char *text, struct choice *to,
		   struct arena *arena)
{
	struct err err;

	if (!option_parse_choice(class, OPTION_UNIT_TIME, text, to, arena,
				 &err))
		return;
	fprintf(stderr, "%s\n", err.text);
	exit(1);
}

static double sim_speed(const char *policy, uint32_t workers)
{
	static const struct predict_ask p99 = { .figure = FIGURE_QUANTILE,
						.q = 0.99 };
	struct class_law law = { .name = "all", .weight = 1 };
	struct workload w = { .class = &law, .nclasses = 1 };
	struct predict_query query = {
		.workload = &w,
		.workers = workers,
		.rate = 0.7 * workers,
		.method = PREDICT_SIMULATE,
		.ask = &p99,
		.nask = 1,
		.seed = 1,
		.relative = 1e-9,
		.time_limit_s = 0.6,
	};
	struct predict_result result;
	struct choice service;
	struct arena arena;
	struct err err;
	double start, customers = 0;

	arena_init(&arena);
	choose(KIND_ARRIVAL, "poisson", &w.arrival, &arena);
	choose(KIND_DIST, "exp", &service, &arena);
	choose(KIND_POLICY, policy, &query.policy, &arena);
	if (dist_init(&law.service, &service, &arena, &err))
		exit(1);
	start = cpu_s();
	if (!predict(&query, &result, &arena, &err))
		sscanf(result.method, "simulation of %lf", &customers);
	customers /= cpu_s() - start;
	arena_fini(&arena);
	return customers;
}

int main(void)
{
	static const struct {
		const char *policy;
		uint32_t workers;
	} of[] = {
		{ "fcfs", 1 },	{ "fcfs", 16 }, { "fcfs", 64 },
		{ "part", 16 }, { "ps", 16 },
	};
	struct hist *hist = hist_create();

	if (!hist)
		return 1;
	for (size_t i = 0; i < sizeof(of) / sizeof(of[0]); i++) {
		double best = 0, floor = 0;

		/* Interleaved, and the best of each: others may run too. */
		for (int turn = 0; turn < 3; turn++) {
			best = fmax(best,
				    sim_speed(of[i].policy, of[i].workers));
			floor = fmax(floor, floor_speed(hist));
		}
		printf("{\"name\": \"simulator, M/M/%u %s\", \"value\": %.4g, "
		       "\"unit\": \"customers/s\", \"floor\": %.4g, "
		       "\"ratio\": %.3g, \"peer\": \"Lindley's recursion with "
		       "one histogram\"}\n",
		       of[i].workers, of[i].policy, best, floor, floor / best);
	}
	hist_destroy(hist);
	return 0;
}
