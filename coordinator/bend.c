/* bend.c - where one more point would show most of a curve */
#include "coordinator/bend.h"

#include <math.h>

/* The next known point from i on, by steps of 1 or -1; n: there is none. */
static size_t known(const double *y, size_t n, size_t i, int step)
{
	while (i < n && isnan(y[i]))
		i += (size_t)step;
	return i < n ? i : n;
}

/* Second divided difference at i, over its known neighbours; 0: unknown. */
static double bend_at(const double *x, const double *y, size_t n, size_t i)
{
	size_t left = i ? known(y, n, i - 1, -1) : n;
	size_t right = known(y, n, i + 1, 1);

	if (left == n || right == n || isnan(y[i]))
		return 0;
	return fabs((y[right] - y[i]) / (x[right] - x[i]) -
		    (y[i] - y[left]) / (x[i] - x[left])) /
	       (x[right] - x[left]);
}

double bend_next(const double *x, const double *y, size_t n, double least)
{
	double worst = -1, widest = 0, at = (double)NAN;

	for (size_t i = 0; i + 1 < n; i++) {
		double width = x[i + 1] - x[i];
		double off = width * width *
			     fmax(bend_at(x, y, n, i), bend_at(x, y, n, i + 1));

		if (width < least || off < worst ||
		    (off <= worst && width <= widest))
			continue;
		worst = off;
		widest = width;
		at = x[i] + width / 2;
	}
	return at;
}
