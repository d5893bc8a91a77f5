/* phc_trial.h - a card's clock read and converted in virtual time, and judged */
#ifndef TESTS_DOUBLE_PHC_TRIAL_H
#define TESTS_DOUBLE_PHC_TRIAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tests/double/sim_phc.h"

struct phc_trial {
	struct sim_phc_spec spec;	/* its step and freeze: from below */
	double poll_hz, seconds;
	double stamps;			/* conversions in a second */
	double step_ns, step_at_s;	/* 0: none */
	double freeze_s, freeze_at_s;	/* 0: none */
	double seed;
	double limit_ns;		/* of the error's p99 */
};

/*
 * What the notes' experiments took as usual; jitter_ns -1: in proportion to
 * window_ns.
 */
extern const struct phc_trial phc_trial_usual;

struct phc_outcome {
	double p50_ns, p99_ns, max_ns;		/* errors */
	double least_p99_ns;			/* of one who knows the walk */
	double bound_p50_ns, bound_max_ns;
	double coverage;			/* share within the bound */
	uint64_t converted, refused;
	double step_after_s, freeze_after_s;	/* negative: not found */
	uint64_t false_alarms;
	double drift_ppm, wander_ppb;
};

/* Fill in what follows from the rest; -1: it makes no sense. */
int phc_trial_complete(struct phc_trial *trial);

void phc_trial_run(const struct phc_trial *trial, struct phc_outcome *out);
bool phc_trial_passes(const struct phc_trial *trial,
		      const struct phc_outcome *out, char *why, size_t size);

#endif
