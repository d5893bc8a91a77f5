/* truth.h - what the intervals of a cell should hold, by a long simulation */
#ifndef TESTS_COVERAGE_TRUTH_H
#define TESTS_COVERAGE_TRUTH_H

#include "tests/coverage/stream.h"

#define TRUTHS 4
extern const double truth_q[TRUTHS];

/* Of one quantile. */
struct truth {
	double ns;
	double error;	/* relative half-width of that, 95% */
	/*
	 * Requests that a 95% interval as narrow as the cell asks for needs
	 * at least: z^2 times the variance constant of the indicator process
	 * over the square of the share of the law that the half-width spans.
	 */
	double needed;
	double worth_one;	/* requests that tell as much as one alone */
};

void truth_find(const struct stream_queue *queue, double relative,
		double requests, uint64_t seed, struct truth *truth);

/* From the table of cells; the program ends where it has none. */
const struct truth *truth_of(const char *cell, double load);

#endif
