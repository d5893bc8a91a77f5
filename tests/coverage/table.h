/* table.h - rows of how often intervals hold the truth, in Markdown */
#ifndef TESTS_COVERAGE_TABLE_H
#define TESTS_COVERAGE_TABLE_H

#include <stdbool.h>

#include "tests/coverage/simulated.h"

struct table_settings {
	unsigned seeds;		/* 0: as many as the cell says */
	uint64_t seed;
	bool calm;		/* no stalls of the agent */
	double relative;	/* precision asked for; 0: the cell's */
	double whole;		/* part of the requests needed; 0: p99 to 5% */
};

void table_head(bool paired);

/*
 * A row a quantile, of points that ask for the p99 to 5%, or of a whole limit.
 * False where a quantile that was resolved in 50 points or more was held so
 * rarely as chance leaves it with probability 1e-6 at the cell's `held`.
 */
bool table_cell(const struct cell *cell, const struct table_settings *set);

/* The paired interval beside the plain one, of an M/M/1 queue. */
bool table_paired(const struct cell *cell, double requests,
		  const struct table_settings *set);

#endif
