/* paired.h - the paired estimate beside the plain one, of one simulated point */
#ifndef TESTS_COVERAGE_PAIRED_H
#define TESTS_COVERAGE_PAIRED_H

#include "coordinator/plan.h"
#include "tests/coverage/truth.h"

/* Half-widths and whether the truth was held, of each quantile; NAN: none. */
struct paired {
	double plain[TRUTHS], adjusted[TRUTHS];
	bool plain_holds[TRUTHS], adjusted_holds[TRUTHS];
};

/*
 * `requests` of an M/M/1 queue, each measured as its replay and what lancet
 * and its path add: 6 us and an exponential 2 us, which hardly matter, or
 * 100 us more for one in 1000. All by pairs_quantile() and
 * interval_metric(); truths by formula.
 */
void paired_run(const struct plan *plan, double requests, uint64_t seed,
		struct paired *out);

#endif
