/* birth.c - M/M/k with few places: the number in the system */
#include "models/birth.h"

#include <math.h>

#include "lancet/core/arena.h"

/* As logarithms, and against the most frequent, so that no power and no
 * factorial overflows (Erlang 1917; Kleinrock 1975, 3.8). */
double *birth_law(uint32_t k, size_t most, double offered, struct arena *arena)
{
	double *p = arena_array(arena, most + 1, sizeof(*p));
	double largest = 0, sum = 0;

	for (size_t n = 1; n <= most; n++) {
		p[n] = p[n - 1] + log(offered / fmin((double)n, k));
		largest = fmax(largest, p[n]);
	}
	for (size_t n = 0; n <= most; n++)
		sum += p[n] = exp(p[n] - largest);
	for (size_t n = 0; n <= most; n++)
		p[n] /= sum;
	return p;
}
