/* law_test.c - laws are known by their draws, through noise and stalls */
#include "models/law.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "lancet/core/arena.h"
#include "lancet/core/err.h"
#include "lancet/core/option.h"
#include "lancet/core/rng.h"
#include "lancet/core/stats/vector.h"
#include "models/predict.h"
#include "tests/unit/seed.h"
#include "workloads/dist.h"

#define DRAWS 20000u
#define WAY_NS 12000.0
#define NOISE_NS 500.0 /* mean */
#define STALLED 1000u  /* one in so many waits some ms */

static void fit_less(const char *text, const struct predict_value *shift,
		     struct law_fit *fit, struct arena *arena)
{
	double *x = arena_array(arena, DRAWS, sizeof(*x));
	struct choice choice;
	struct dist law;
	struct rng rng;
	struct err err;

	assert_int_equal(option_parse_choice(KIND_DIST, OPTION_UNIT_TIME, text,
					     &choice, arena, &err),
			 0);
	assert_int_equal(dist_init(&law, &choice, arena, &err), 0);
	rng_init(&rng, &(struct rng_key){ .seed = test_seed() });
	law.ops->sample(law.state, &rng, x, DRAWS);
	for (size_t i = 0; i < DRAWS; i++) {
		x[i] += WAY_NS + NOISE_NS * rng_exponential(&rng);
		if (!rng_below(&rng, STALLED))
			x[i] += 2e6 * rng_exponential(&rng);
	}
	vector_sort(x, DRAWS);
	law_fit(x, DRAWS, shift, NOISE_NS, fit, arena);
	print_message("%s: %s, off by %.3f of %.3f; %s\n", text, fit->text,
		      fit->misfit, fit->allowed, fit->others);
}

/* The way is known. */
static void fit_of(const char *text, struct law_fit *fit, struct arena *arena)
{
	const double way = WAY_NS + NOISE_NS;

	fit_less(text, &(struct predict_value){ way, way, way }, fit, arena);
}

/*
 * Means of 20000 draws with a scv of 4 have an error of 1.4%, a scv twelve
 * times that: bounds are more than six of them wide, and stalls beside it.
 */
static void test_named(void **state)
{
	static const struct {
		const char *name, *text;
		double mean, scv;
	} law[] = {
		{ "constant", "{constant: {value: 50us}}", 50e3, 0 },
		{ "exponential", "{exponential: {mean: 100us}}", 100e3, 1 },
		{ "uniform", "{uniform: {min: 20us, max: 180us}}", 100e3,
		  .2133 },
		{ "Erlang", "{erlang: {mean: 100us, stages: 3}}", 100e3,
		  .3333 },
		{ "lognormal", "{lognormal: {mean: 80us, scv: 2}}", 80e3, 2 },
		{ "hyperexponential",
		  "{hyperexponential: {mean: 50us, scv: 4}}", 50e3, 4 },
		{ "bimodal",
		  "{modes: [{p: 0.9, value: 20us}, "
		  "{p: 0.1, value: 400us}]}",
		  58e3, 3.884 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(law) / sizeof(*law); i++) {
		struct law_fit fit;
		struct arena arena;

		arena_init(&arena);
		fit_of(law[i].text, &fit, &arena);
		assert_string_equal(fit.name, law[i].name);
		assert_true(fit.misfit <= fit.allowed);
		assert_true(fabs(fit.mean / law[i].mean - 1) < .15);
		assert_true(fabs(fit.scv - law[i].scv) <= .4 * law[i].scv);
		assert_true(fit.beyond < .02);
		arena_fini(&arena);
	}
}

/* Three values, and a tail that none has, are none of them. */
static void test_nameless(void **state)
{
	static const char *const text[] = {
		"{modes: [{p: 0.4, value: 20us}, {p: 0.3, value: 60us}, "
		"{p: 0.3, value: 200us}]}",
		"{weibull: {mean: 50us, shape: 0.5}}",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(text) / sizeof(*text); i++) {
		struct law_fit fit;
		struct arena arena;

		arena_init(&arena);
		fit_of(text[i], &fit, &arena);
		assert_true(fit.misfit > fit.allowed);
		arena_fini(&arena);
	}
}

/* Is the law called so, or one that may be as well? */
static bool names(const struct law_fit *fit, const char *law)
{
	char all[256], whole[64];

	snprintf(all, sizeof(all), ", %s, %s, ", fit->name,
		 fit->others ? fit->others : "");
	snprintf(whole, sizeof(whole), ", %s, ", law);
	return strstr(all, whole);
}

/* Of a way that is known to some us only no law is the only one. */
static void test_way(void **state)
{
	const double way = WAY_NS + NOISE_NS;
	const struct predict_value ways[] = {
		{ way - 6e3, 0, way + 2e3 }, { way, way - 6e3, way + 2e3 },
	};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct law_fit fit;
		struct arena arena;

		arena_init(&arena);
		fit_less("{exponential: {mean: 50us}}", &ways[i], &fit,
			 &arena);
		assert_true(names(&fit, "exponential"));
		assert_true(names(&fit, "hyperexponential"));
		arena_fini(&arena);
	}
}

/* In whole ns a uniform law of few has equal ends, which is none. */
static void test_short(void **state)
{
	static const double ns[][2] = { { 4.6, 5.4 }, { 9.52, 10.48 },
					{ 1, 1 }, { 1, 2 }, { 0, 0 } };
	const struct predict_value none = { 0, 0, 0 }, some = { 30, 30, 30 };

	(void)state;
	for (size_t i = 0; i < sizeof(ns) / sizeof(*ns); i++) {
		double x[400];
		struct law_fit fit;
		struct arena arena;

		arena_init(&arena);
		for (size_t k = 0; k < 400; k++)
			x[k] = ns[i][0] +
			       (ns[i][1] - ns[i][0]) * (double)k / 400;
		law_fit(x, 400, &none, 0, &fit, &arena);
		assert_non_null(fit.name);
		assert_true(isfinite(fit.misfit) && isfinite(fit.mean));
		law_fit(x, 400, &some, 0, &fit, &arena);
		assert_non_null(fit.name);
		arena_fini(&arena);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_named),
		cmocka_unit_test(test_nameless),
		cmocka_unit_test(test_way),
		cmocka_unit_test(test_short),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
