/* birth.h - M/M/k with few places: the number in the system */
#ifndef MODELS_BIRTH_H
#define MODELS_BIRTH_H

#include <stddef.h>
#include <stdint.h>

struct arena;

/* P(N = n) for n = 0 .. most, at `offered` jobs a mean service and k workers,
 * of whom most >= k jobs may be there. Any load. */
double *birth_law(uint32_t k, size_t most, double offered, struct arena *arena);

#endif
