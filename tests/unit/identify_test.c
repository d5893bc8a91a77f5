/* identify_test.c - queues are recognised by what they do */
#include "models/identify.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lancet/core/arena.h"
#include "lancet/core/rng.h"
#include "lancet/core/stats/vector.h"
#include "tests/unit/identify_world.h"
#include "tests/unit/seed.h"

static const struct server servers[] = {
	{ "{exponential: {mean: 100us}}", 4, 12000, 1000, false, BURST_FCFS,
	  0, 0 },
	{ "{exponential: {mean: 20us}}", 1, 15000, 2000, false, BURST_FCFS,
	  0, 0 },
	{ "{constant: {value: 50us}}", 3, 30000, 1000, false, BURST_FCFS,
	  0, 0 },
	{ "{constant: {value: 10us}}", 8, 5000, 500, false, BURST_FCFS, 0, 0 },
	{ "{lognormal: {mean: 80us, scv: 4}}", 6, 10000, 1000, true,
	  BURST_FCFS, 0, 0 },
	{ "{modes: [{p: 0.9, value: 20us}, {p: 0.1, value: 400us}]}", 2,
	  20000, 1000, true, BURST_FCFS, 0, 0 },
	{ "{uniform: {min: 40us, max: 60us}}", 16, 8000, 500, false,
	  BURST_FCFS, 0, 0 },
	{ "{uniform: {min: 20us, max: 180us}}", 3, 12000, 1000, false,
	  BURST_SHARED, 0, 0 },
	{ "{constant: {value: 50us}}", 4, 12000, 1000, false, BURST_SPLIT,
	  0, 0 },
};
#define SERVERS (sizeof(servers) / sizeof(*servers))

/*
 * Means of 20000 services have an error of 1.4% at most (lognormal, scv 4),
 * rates of 30000 replies of 1.2%; bounds are some six of them wide.
 */
static void recognise(const struct server *s, enum known known, uint64_t seed)
{
	struct identified found;
	struct world w;
	double mean;

	world_open(&w, s, seed);
	mean = w.law.ops->moment(w.law.state, 1);
	measure(&w, known);
	identify(&w.data, &found, &w.arena);
	print_message("%s x %u: %u workers (%.2f to %.2f), service %.0f, "
		      "communication %.0f\n", s->law, s->workers,
		      found.whole, found.workers.lo, found.workers.hi,
		      found.service.value, found.communication.value);
	assert_true(fabs(found.capacity.value * mean / s->workers - 1) < .12);
	assert_true(found.workers.lo <= s->workers + .5 &&
		    found.workers.hi >= s->workers - .5);
	if (known == KNOWN_NOTHING && s->vague) {
		assert_in_range(found.whole, s->workers - 1, s->workers + 1);
		arena_fini(&w.arena);
		return;
	}
	assert_int_equal(found.whole, s->workers);
	if (known == KNOWN_NOTHING && s->workers > 1)
		assert_string_equal(found.order, burst_order_name[s->order]);
	assert_true(fabs(found.service.value / mean - 1) < .1);
	assert_true(fabs(found.communication.value -
			 (s->communication + s->jitter)) < .1 * mean);
	arena_fini(&w.arena);
}

static void recognise_all(enum known known)
{
	for (size_t i = 0; i < SERVERS; i++)
		recognise(&servers[i], known, test_seed() + i);
}

static void test_told(void **state)
{
	(void)state;
	recognise_all(KNOWN_TOLD);
}

static void test_carried(void **state)
{
	(void)state;
	recognise_all(KNOWN_CARRIED);
}

static void test_silent(void **state)
{
	(void)state;
	recognise_all(KNOWN_NOTHING);
}

/* Its law comes back, far quantiles and all. */
static void test_law(void **state)
{
	const struct server s = { "{exponential: {mean: 100us}}", 4, 12000,
				  100, false, BURST_FCFS, 0, 0 };
	struct identified found;
	struct world w;
	double p = 0, mean = 0;
	double q999 = 0;

	(void)state;
	world_open(&w, &s, test_seed());
	measure(&w, KNOWN_TOLD);
	identify(&w.data, &found, &w.arena);
	for (size_t i = 0; i < found.natoms; i++) {
		mean += found.atom[i].p * found.atom[i].value;
		p += found.atom[i].p;
		if (p >= .999 && q999 <= 0)
			q999 = found.atom[i].value;
	}
	assert_true(fabs(p - 1) < 1e-9);
	assert_true(fabs(mean - 1e5) < 6e3);
	assert_true(fabs(found.scv.value - 1) < .2);
	assert_true(q999 > 5.5e5 && q999 < 8.5e5);
	arena_fini(&w.arena);
}

/*
 * A server that sleeps wakes up late for a request alone, and once for all of
 * a burst. Which k that is cannot be told for sure, and must not be said so.
 */
static void test_woken(void **state)
{
	(void)state;
	for (uint32_t k = 2; k <= 6; k += 2) {
		const struct server s = { "{exponential: {mean: 100us}}", k,
					  30000, 2000, true, BURST_FCFS,
					  18000, 0 };

		recognise(&s, KNOWN_NOTHING, test_seed() + k);
	}
}

/*
 * Of 8 workers, and a mean latency that stalls make half as long again: that
 * would be one of 12. Of 40 seeds 7 to 9 were named.
 */
static void test_still(void **state)
{
	const struct server s = { "{exponential: {mean: 100us}}", 8, 12000,
				  1000, true, BURST_FCFS, 0, .2 };
	struct identified found;
	struct world w;

	(void)state;
	world_open(&w, &s, test_seed());
	measure(&w, KNOWN_NOTHING);
	assert_true(vector_mean(w.data.alone, w.data.nalone) > 140e3);
	identify(&w.data, &found, &w.arena);
	print_message("%u workers (%.0f to %.0f), misfit %.2f, stalled %.3f\n",
		      found.whole, found.workers.lo, found.workers.hi,
		      found.misfit, found.stalled);
	assert_in_range(found.whole, 6, 10);
	assert_true(found.workers.lo < 10 && found.workers.hi > 7);
	assert_true(found.stalled > 0 && found.misfit < 3);
	arena_fini(&w.arena);
}

/*
 * Long services are no standstills, be there some of these as well: they would
 * be met by many more bursts. How long a service is must not be said wrongly.
 */
static void test_long_services(void **state)
{
	const struct server s = { "{lognormal: {mean: 150us, scv: 2}}", 4,
				  12000, 1000, true, BURST_FCFS, 0, .1 };
	struct identified found;
	struct world w;

	(void)state;
	world_open(&w, &s, test_seed());
	measure(&w, KNOWN_NOTHING);
	identify(&w.data, &found, &w.arena);
	print_message("%u workers (%.0f to %.0f), service %.0f (%.0f to %.0f), "
		      "stalled %.3f\n", found.whole, found.workers.lo,
		      found.workers.hi, found.service.value, found.service.lo,
		      found.service.hi, found.stalled);
	assert_true(found.workers.lo <= 4 && found.workers.hi >= 4);
	assert_true(found.service.lo < 150e3 && found.service.hi > 150e3);
	arena_fini(&w.arena);
}

/* Bursts whose first reply is late are no bursts; of one too few, some are. */
static void test_settle(void **state)
{
	struct burst_seen seen[] = {
		{ 900, 910, 920 }, { 10, 30, 60 }, { 70, 80, 90 },
		{ 12, 20, 70 }, { 11, 40, 50 },
	};
	struct identify_burst b = { .size = BURST_STALL_SIZE };
	struct arena arena;

	(void)state;
	arena_init(&arena);
	burst_settle(&b, seen, 5, &arena);
	assert_int_equal(b.n, 4);
	assert_int_equal(b.stalled, 1);
	assert_true(b.mean[0] == 20 && b.mean[3] == 80);
	assert_true(b.last[0] == 50 && b.last[3] == 90);
	burst_settle(&b, seen, 0, &arena);
	assert_int_equal(b.n, 0);
	arena_fini(&arena);
}

/* --- how often: LANCET_LONG=1, for docs/validity.md ----------------------- */

struct rate {
	size_t of, exact, held, order, law;
};

static bool names(const char *list, const char *name)
{
	return list && strstr(list, name);
}

static void try_once(const struct server *s, const char *law, uint64_t seed,
		     struct rate *rate)
{
	struct identified f;
	struct world w;

	world_open(&w, s, seed);
	measure(&w, KNOWN_NOTHING);
	identify(&w.data, &f, &w.arena);
	rate->of++;
	rate->exact += f.whole == s->workers;
	rate->held += f.workers.lo <= s->workers && s->workers <= f.workers.hi;
	rate->order += names(f.order, burst_order_name[s->order]) ||
		       names(f.orders, burst_order_name[s->order]);
	rate->law += identified_law(&f) && (!strcmp(f.fit.name, law) ||
					    names(f.fit.others, law));
	arena_fini(&w.arena);
}

static void test_often(void **state)
{
	static const struct {
		const char *name, *text;
	} law[] = {
		{ "constant", "{constant: {value: 100us}}" },
		{ "uniform", "{uniform: {min: 20us, max: 180us}}" },
		{ "Erlang", "{erlang: {mean: 100us, stages: 3}}" },
		{ "exponential", "{exponential: {mean: 100us}}" },
		{ "lognormal", "{lognormal: {mean: 100us, scv: 2}}" },
		{ "hyperexponential",
		  "{hyperexponential: {mean: 100us, scv: 4}}" },
		{ "bimodal", "{modes: [{p: 0.9, value: 50us}, "
			     "{p: 0.1, value: 550us}]}" },
	};
	const uint32_t workers[] = { 1, 2, 6, 12 };
	/* Else one law, once: that it runs, and is nowhere far off. */
	bool enough = getenv("LANCET_LONG");
	size_t seeds = enough ? 5 : 1, laws = sizeof(law) / sizeof(*law);
	struct rate all = { 0 };

	(void)state;
	for (size_t l = 0; l < (enough ? laws : 1); l++) {
		for (size_t o = 0; o < BURST_ORDERS; o++) {
			struct rate rate = { 0 };

			for (size_t i = 0; i < 4 * seeds; i++) {
				const struct server s = {
					law[l].text, workers[i % 4], 20000,
					2000, true, (enum burst_order)o, 0, 0,
				};

				try_once(&s, law[l].name,
					 test_seed() + 100 * i, &rate);
			}
			print_message("identified: %s | %s | %zu | %zu | %zu "
				      "| %zu | %zu |\n", law[l].name,
				      burst_order_name[o], rate.of, rate.exact,
				      rate.held, rate.order, rate.law);
			all.of += rate.of;
			all.held += rate.held;
			all.law += rate.law;
		}
	}
	/*
	 * Of 160 servers 3 were missed. Were it one in 20, more than 6 of 12
	 * would be by chance 5e-7 times, more than 63 of 420 less than 1e-12.
	 */
	assert_true(all.held >= (enough ? .85 : .5) * (double)all.of);
	assert_true(all.law >= (enough ? .85 : .5) * (double)all.of);
}

static double between(struct rng *rng, double from, double to)
{
	return from + (to - from) * rng_uniform(rng);
}

/* Of 1 to 24 workers, 20 to 500 us, some way, and any shape; which law. */
static const char *any_server(struct rng *rng, double still, char *text,
			      size_t len, struct server *s)
{
	static const char *const name[] = {
		"constant", "uniform", "Erlang", "exponential", "lognormal",
		"hyperexponential", "bimodal",
	};
	double mean = 20e3 * pow(25, rng_uniform(rng));
	double way = fmax(mean * between(rng, .05, .6), 5000);
	double least = between(rng, 0, .8) * mean, p = between(rng, .5, .99);
	double times = between(rng, 3, 23), low = mean / (p + (1 - p) * times);
	uint32_t law = (uint32_t)rng_below(rng, 7);

	if (law == 1)
		snprintf(text, len, "{uniform: {min: %.0fns, max: %.0fns}}",
			 least, 2 * mean - least);
	else if (law == 2)
		snprintf(text, len, "{erlang: {mean: %.0fns, stages: %u}}",
			 mean, 2 + (unsigned)rng_below(rng, 7));
	else if (law == 4 || law == 5)
		snprintf(text, len, "{%s: {mean: %.0fns, scv: %.2f}}",
			 name[law], mean, law == 4 ? between(rng, .2, 3)
						   : between(rng, 1.5, 6));
	else if (law == 6)
		snprintf(text, len, "{modes: [{p: %.4f, value: %.0fns}, "
			 "{p: %.4f, value: %.0fns}]}", p, low, 1 - p,
			 low * times);
	else
		snprintf(text, len, "{%s: {%s: %.0fns}}", name[law],
			 law ? "mean" : "value", mean);
	*s = (struct server){
		text, (uint32_t)round(pow(24, rng_uniform(rng))), way,
		way * between(rng, .02, .2), true,
		(enum burst_order)rng_below(rng, BURST_ORDERS), 0, still,
	};
	return name[law];
}

/* No threshold was set on these; of some, the machine stands still at times. */
static void test_any(void **state)
{
	static const double share[] = { 0, .03 };
	size_t n = 200;

	(void)state;
	if (!getenv("LANCET_LONG"))
		skip();
	for (size_t i = 0; i < 2; i++) {
		struct rate rate = { 0 };

		for (size_t j = 0; j < n; j++) {
			struct server s;
			struct rng rng;
			char text[120];

			test_rng(&rng, 100 + j);
			try_once(&s, any_server(&rng, share[i], text,
						sizeof(text), &s),
				 test_seed() + j, &rate);
		}
		print_message("identified: any, still %.0f%% | any | %zu | "
			      "%zu | %zu | %zu | %zu |\n", 100 * share[i],
			      rate.of, rate.exact, rate.held, rate.order,
			      rate.law);
		/* As above: were 1 in 20 missed, 30 are less than 1e-6. */
		assert_true(rate.held >= .85 * (double)n);
	}
}

/* Of a server that tells its work, and is looked at so often. */
static void looked_at(const double *rate, size_t n, struct identified *found)
{
	struct identify_look look[8];
	struct identify_data data = {
		.alone = (const double[]){ 5e4, 5e4, 5e4 }, .nalone = 3,
		.work = (const double[]){ 1e4, 1e4, 1e4 }, .nwork = 3,
		.told = true, .look = look, .nlooks = n,
	};
	struct arena arena;

	arena_init(&arena);
	for (size_t i = 0; i < n; i++)
		look[i] = (struct identify_look){ rate[i], 1e4 * rate[i] };
	identify(&data, found, &arena);
	arena_fini(&arena);
}

/* Looks that differ make a capacity, and workers, that are known the less. */
static void test_spread(void **state)
{
	const double rate[] = { 1.6e-4, 0.9e-4, 1.3e-4, 1.4e-4 };
	struct identified found;

	(void)state;
	looked_at(rate, 4, &found);
	assert_true(fabs(found.capacity.value - 1.35e-4) < 1e-9);
	assert_true(found.capacity.lo < rate[1]);
	assert_true(found.capacity.hi > rate[0]);
	assert_true(found.workers.lo < .9 && found.workers.hi > 1.6);
	assert_int_equal(found.whole, 1);
}

/* One look that the machine slept through is one, two are how the server is. */
static void test_disturbed(void **state)
{
	double rate[] = { 1e-4, 1.02e-4, .4e-4, .99e-4, 1.01e-4, 1e-4 };
	struct identified found;

	(void)state;
	looked_at(rate, 6, &found);
	assert_true(found.capacity.lo > .9e-4 && found.capacity.hi < 1.1e-4);
	rate[0] = .5e-4;
	looked_at(rate, 6, &found);
	assert_true(found.capacity.lo < .4e-4);
}

/* A server, looked at in bursts of no more than so many at once. */
static void silent(const struct server *s, size_t sizes,
		   struct identified *found)
{
	struct world w;

	world_open(&w, s, test_seed());
	measure(&w, KNOWN_NOTHING);
	w.data.nbursts = sizes;
	identify(&w.data, found, &w.arena);
	print_message("%zu sizes: %u workers (%.0f to %.0f): %s\n", sizes,
		      found->whole, found->workers.lo, found->workers.hi,
		      found->count);
	arena_fini(&w.arena);
}

/* Where nothing waits for anything, workers are not counted. */
static void test_no_bursts(void **state)
{
	const struct server three = { "{constant: {value: 15ms}}", 3, 20000,
				      2000, false, BURST_FCFS, 0, 0 };
	const struct server one = { "{constant: {value: 15ms}}", 1, 20000,
				    2000, false, BURST_FCFS, 0, 0 };
	struct identified found;

	(void)state;
	for (size_t sizes = 0; sizes <= 1; sizes++) {
		silent(&three, sizes, &found);
		assert_int_equal(found.whole, 0);
		assert_true(isnan(found.workers.value));
		assert_true(found.workers.lo <= 3 && found.workers.hi >= 3);
		assert_true(found.service.lo < 15e6 && found.service.hi > 15e6);
		assert_null(found.order);
		assert_null(found.fit.name);
	}
	silent(&three, 5, &found);
	assert_int_equal(found.whole, 3);
	/* A capacity that allows no other. */
	silent(&one, 0, &found);
	assert_int_equal(found.whole, 1);
}

/* Bursts of any size that take the same are no queue's: nothing is told. */
static void test_unlike(void **state)
{
	const struct server s = { "{constant: {value: 100us}}", 2, 20000,
				  2000, false, BURST_FCFS, 0, 0 };
	struct identified found;
	struct world w;

	(void)state;
	world_open(&w, &s, test_seed());
	measure(&w, KNOWN_NOTHING);
	for (size_t i = 0; i < w.data.nbursts; i++)
		for (size_t j = 0; j < w.data.burst[i].n; j++)
			w.data.burst[i].mean[j] = w.data.burst[i].last[j] = 5e5;
	identify(&w.data, &found, &w.arena);
	assert_true(found.misfit > IDENTIFY_UNLIKE);
	assert_int_equal(found.whole, 0);
	assert_true(found.workers.lo <= 2 && found.workers.hi >= 2);
	assert_null(found.order);
	assert_null(found.fit.name);
	arena_fini(&w.arena);
}

/* What is small beside its way has no shape that could be told. */
static void test_drowned(void **state)
{
	const struct server s = { "{exponential: {mean: 1us}}", 1, 20000,
				  3000, false, BURST_FCFS, 0, 0 };
	struct identified found;
	struct world w;

	(void)state;
	world_open(&w, &s, test_seed());
	measure(&w, KNOWN_CARRIED);
	identify(&w.data, &found, &w.arena);
	assert_int_equal(found.whole, 1);
	assert_int_equal(found.natoms, 1);
	arena_fini(&w.arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_told),
		cmocka_unit_test(test_carried),
		cmocka_unit_test(test_silent),
		cmocka_unit_test(test_woken),
		cmocka_unit_test(test_still),
		cmocka_unit_test(test_long_services),
		cmocka_unit_test(test_settle),
		cmocka_unit_test(test_often),
		cmocka_unit_test(test_any),
		cmocka_unit_test(test_spread),
		cmocka_unit_test(test_disturbed),
		cmocka_unit_test(test_no_bursts),
		cmocka_unit_test(test_unlike),
		cmocka_unit_test(test_law),
		cmocka_unit_test(test_drowned),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
