/* rng.c - seeded streams of random numbers that never meet */
#include "lancet/core/rng.h"

#include <math.h>
#include <pthread.h>

#define GOLDEN UINT64_C(0x9e3779b97f4a7c15)

/* Variant 13 of Stafford's mixers, as in SplitMix64. */
uint64_t rng_mix(uint64_t x)
{
	x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);
	return x ^ (x >> 31);
}

/*
 * The ziggurat of exp(-x) (Marsaglia and Tsang 2000): 256 layers of equal
 * area, 255 rectangles and a base that the tail belongs to. R is where the
 * tail begins, and the area R exp(-R) + exp(-R).
 */
#define LAYERS 256
#define R 7.69711747013104972

static double layer_x[LAYERS + 1], layer_y[LAYERS + 1];
static pthread_once_t layers_once = PTHREAD_ONCE_INIT;

static void build_layers(void)
{
	double area = (R + 1) * exp(-R);

	/* The base as a rectangle: its right end stands for the tail. */
	layer_x[0] = area / exp(-R);
	layer_x[1] = R;
	for (int i = 1; i < LAYERS; i++) {
		layer_y[i] = exp(-layer_x[i]);
		layer_x[i + 1] = -log(layer_y[i] + area / layer_x[i]);
	}
	layer_x[LAYERS] = 0;
	layer_y[LAYERS] = 1;
}

/*
 * The words of the key are absorbed one after the other, each through the
 * mixer, so that (1, 2) and (2, 1) differ; then SplitMix64 runs on from
 * there. Its output is a permutation of a counter, so the state is not 0.
 */
void rng_init(struct rng *rng, const struct rng_key *key)
{
	const uint64_t word[] = { key->seed,  key->point,  key->attempt,
				  key->agent, key->thread, key->purpose };
	uint64_t x = 0;

	pthread_once(&layers_once, build_layers);
	for (size_t i = 0; i < sizeof(word) / sizeof(word[0]); i++)
		x = rng_mix(x + GOLDEN) ^ word[i];
	x = rng_mix(x + GOLDEN);
	for (int i = 0; i < 4; i++)
		rng->s[i] = rng_mix(x += GOLDEN);
}

static uint64_t rotl(uint64_t x, int k)
{
	return (x << k) | (x >> (64 - k));
}

uint64_t rng_next(struct rng *rng)
{
	uint64_t *s = rng->s;
	uint64_t result = rotl(s[0] + s[3], 23) + s[0];
	uint64_t t = s[1] << 17;

	s[2] ^= s[0];
	s[3] ^= s[1];
	s[1] ^= s[2];
	s[0] ^= s[3];
	s[2] ^= t;
	s[3] = rotl(s[3], 45);
	return result;
}

double rng_uniform(struct rng *rng)
{
	return (double)(rng_next(rng) >> 11) * 0x1p-53;
}

/* The middles of 2^52 equal cells: never 0, never 1. */
double rng_open(struct rng *rng)
{
	return ((double)(rng_next(rng) >> 12) + 0.5) * 0x1p-52;
}

static double uniform(uint64_t bits)
{
	return ((double)(bits >> 12) + 0.5) * 0x1p-52;
}

/*
 * A layer from the low 8 bits, a place in it from the high 52: 98.9% lie
 * within the layer above too and are done. The tail of an exponential is one
 * again. A stream has no hidden state.
 */
double rng_exponential(struct rng *rng)
{
	double before = 0;

	for (;;) {
		uint64_t bits = rng_next(rng);
		unsigned i = bits % LAYERS;
		double x = uniform(bits) * layer_x[i];

		if (x < layer_x[i + 1])
			return before + x;
		if (!i) {
			before += R;
			continue;
		}
		if (layer_y[i] + uniform(rng_next(rng)) *
					 (layer_y[i + 1] - layer_y[i]) <
		    exp(-x))
			return before + x;
	}
}

/*
 * Marsaglia's polar method (1964). The second deviate is dropped: a stream
 * has no hidden state, so a copy of it goes on in the same way.
 */
double rng_normal(struct rng *rng)
{
	double u, v, s;

	do {
		u = 2 * rng_open(rng) - 1;
		v = 2 * rng_open(rng) - 1;
		s = u * u + v * v;
	} while (s >= 1 || s == 0);
	return u * sqrt(-2 * log(s) / s);
}

uint64_t rng_below(struct rng *rng, uint64_t n)
{
	unsigned __int128 m = (unsigned __int128)rng_next(rng) * n;

	if ((uint64_t)m < n) {
		uint64_t least = -n % n;

		while ((uint64_t)m < least)
			m = (unsigned __int128)rng_next(rng) * n;
	}
	return (uint64_t)(m >> 64);
}
