/* urgency.h - before others, while nothing is measured */
#ifndef LANCET_CORE_URGENCY_H
#define LANCET_CORE_URGENCY_H

#include <stdbool.h>

/*
 * The calling thread goes before all others of the machine that are not as
 * urgent, or as before again: what comes after a segment counts against
 * time_limit, and a machine with ten others running would stretch it tenfold.
 * Not while requests are on their way: it must not get in front of those that
 * measure. As far as it is permitted; processes started meanwhile inherit it.
 */
void urgency(bool on);

#endif
