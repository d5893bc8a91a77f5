/* seed.h - the seed of random tests, said and settable */
#ifndef TESTS_UNIT_SEED_H
#define TESTS_UNIT_SEED_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lancet/core/rng.h"

/*
 * Seeds are fixed, so that a pass stays a pass; LANCET_TEST_SEED tries
 * another. Bounds of random tests stand beside them with their false-alarm
 * rate, which is what a new seed risks.
 */
static inline uint64_t test_seed(void)
{
	const char *text = getenv("LANCET_TEST_SEED");
	uint64_t seed = text ? strtoull(text, NULL, 0) : 1;
	static int said;

	if (!said++)
		print_message("LANCET_TEST_SEED=%llu\n",
			      (unsigned long long)seed);
	return seed;
}

static inline void test_rng(struct rng *rng, uint64_t stream)
{
	struct rng_key key = { .seed = test_seed(), .purpose = RNG_CHECK,
			       .thread = stream };

	rng_init(rng, &key);
}

#endif
