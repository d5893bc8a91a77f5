/* tally.c - what one replication of a simulation saw of one figure */
#include "models/tally.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

int tally_init(struct tally *t, double unit, bool quantiles)
{
	*t = (struct tally){ .scale = 1 / unit,
			     .least = INFINITY,
			     .most = -INFINITY };
	if (!quantiles)
		return 0;
	t->bin = calloc(TALLY_BINS, sizeof(*t->bin));
	return t->bin ? 0 : -ENOMEM;
}

void tally_fini(struct tally *t)
{
	free(t->bin);
	t->bin = NULL;
}

uint32_t tally_bin_of(const struct tally *t, double x)
{
	return tally_index(x * t->scale, &(uint16_t){ 0 });
}

double tally_value(uint32_t bin, uint32_t offset)
{
	uint64_t bits = (UINT64_C(1023) - 24) << 52;
	double x;

	if (!bin)
		return 0;
	bits += ((uint64_t)(bin - 1) << 42) + ((uint64_t)offset << 26);
	memcpy(&x, &bits, sizeof(x));
	return x;
}
