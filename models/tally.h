/* tally.h - what one replication of a simulation saw of one figure */
#ifndef MODELS_TALLY_H
#define MODELS_TALLY_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

/*
 * A histogram whose bins are the leading bits of a double: 1024 an octave,
 * over 2^-24 to 2^40 units. A bin keeps the least and the greatest value it
 * saw to 2^-26, so that an atom of the law stays an atom. What is below counts
 * as 0, what is above as the greatest.
 */
#define TALLY_OCTAVES 64
#define TALLY_BINS ((TALLY_OCTAVES << 10) + 1)

struct tally_bin {
	uint32_t count;
	uint16_t depth; /* 65535 - the least, so that 0 is no value yet */
	uint16_t height;
};

struct tally {
	uint64_t n;	 /* values */
	uint64_t waited; /* jobs that did not start at once */
	uint64_t refused;
	double sum, sum2;
	double least, most;    /* values; the bins in use are between them */
	double bound;	       /* 0: none */
	uint64_t beyond;       /* values above the bound */
	double scale;	       /* bins' units in one of the values */
	struct tally_bin *bin; /* or NULL: no quantile is asked for */
};

int tally_init(struct tally *t, double unit, bool quantiles);
void tally_fini(struct tally *t);

/* The bin of a value. */
uint32_t tally_bin_of(const struct tally *t, double x);

/* The value at an offset, 0 to 65535, within a bin; in bins' units. */
double tally_value(uint32_t bin, uint32_t offset);

/* Of a value in bins' units. */
static inline uint32_t tally_index(double x, uint16_t *offset)
{
	const uint64_t base = (UINT64_C(1023) - 24) << 52;
	const uint64_t end = (uint64_t)(TALLY_BINS - 1) << 42;
	uint64_t bits;

	if (!(x >= 0x1p-24)) {
		*offset = 0;
		return 0;
	}
	memcpy(&bits, &x, sizeof(bits));
	bits -= base;
	bits = bits < end ? bits : end - 1;
	*offset = (uint16_t)(bits >> 26);
	return (uint32_t)(bits >> 42) + 1;
}

/* Hot; the histogram only. */
static inline void tally_bin(struct tally *t, double x)
{
	uint16_t offset;
	struct tally_bin *b = &t->bin[tally_index(x * t->scale, &offset)];

	b->count++;
	b->height = offset > b->height ? offset : b->height;
	offset = (uint16_t)~offset;
	b->depth = offset > b->depth ? offset : b->depth;
}

#endif
