/* bend.h - where one more point would show most of a curve */
#ifndef COORDINATOR_BEND_H
#define COORDINATOR_BEND_H

#include <stddef.h>

/*
 * The middle of the interval in which the straight line between neighbours
 * is likely the furthest from the curve: by its width squared times the
 * second divided difference (de Boor 1978, II), the larger of those at its
 * two ends. x rises; a y may be NAN, unknown. Intervals narrower than
 * `least` are not halved: there the differences are noise. With fewer than
 * three known points, or no bend, the widest one; NAN where none is wide
 * enough.
 */
double bend_next(const double *x, const double *y, size_t n, double least);

#endif
