/* multiple.h - p values of many tests, held to one level together */
#ifndef LANCET_CORE_STATS_MULTIPLE_H
#define LANCET_CORE_STATS_MULTIPLE_H

#include <stddef.h>

/*
 * Adjusted p values, in the order of p[n]; reject where one is at most the
 * level. Holm (1979): the chance of any false alarm, whatever the dependence.
 * Benjamini and Hochberg (1995): the expected share of false ones among the
 * rejected, for independent or positively dependent tests. O(n log n).
 */
void multiple_holm(const double *p, size_t n, double *adjusted);
void multiple_benjamini_hochberg(const double *p, size_t n, double *adjusted);

#endif
