/* rng.h - seeded streams of random numbers that never meet */
#ifndef LANCET_CORE_RNG_H
#define LANCET_CORE_RNG_H

#include <stddef.h>
#include <stdint.h>

/*
 * xoshiro256++ (Blackman and Vigna 2021), its state filled by SplitMix64
 * over a key (Steele, Lea and Flood 2014): equal keys give equal streams,
 * different keys unrelated ones. A stream belongs to one thread.
 */
struct rng {
	uint64_t s[4];
};

/* What a stream is for; the last word of the key of every stream of a run. */
enum rng_purpose {
	RNG_ARRIVAL = 1,
	RNG_CLASS,
	RNG_SERVICE,
	RNG_REQUEST_SIZE,
	RNG_REPLY_SIZE,
	RNG_DRAW,	/* keys, operations: the protocol's own choices */
	RNG_POLICY,	/* candidates and homes that a policy needs */
	RNG_SIM,
	RNG_CHECK,
	RNG_TARGET,
	RNG_PICK,	/* connections of requests */
	RNG_BACKOFF,	/* of connections that are opened again */
};

/* The key (seed, point, attempt, agent, thread, purpose) of DESIGN. */
struct rng_key {
	uint64_t seed, point, attempt, agent, thread, purpose;
};

void rng_init(struct rng *rng, const struct rng_key *key);
uint64_t rng_next(struct rng *rng);
double rng_uniform(struct rng *rng);		/* in [0, 1), 53 bits */
double rng_open(struct rng *rng);		/* in (0, 1) */
double rng_exponential(struct rng *rng);	/* mean 1 */
double rng_normal(struct rng *rng);		/* mean 0, deviation 1 */

/* Uniform in 0..n-1 without bias (Lemire 2019). */
uint64_t rng_below(struct rng *rng, uint64_t n);

/* SplitMix64's finaliser: a hash of one word, for draws tied to an id. */
uint64_t rng_mix(uint64_t x);

#endif
