/* quanta.h - work in slices: a job that needs more goes back to a queue */
#ifndef MODELS_QUANTA_H
#define MODELS_QUANTA_H

#include "lancet/core/option.h"
#include "models/workers.h"

/*
 * A job with more than a slice left leaves its worker after the slice, for
 * whose switch the worker loses `cost`. A slice may last longer than asked,
 * where preemption waits for a safe place in the code: by |N(0, overshoot^2)|
 * (Concord, SOSP 2023, figure 5). What a slice of a job overshoots is drawn
 * from the bits that came with the job.
 */
struct quanta_options {
	double quantum, cost, overshoot;
};

/* Rows for a policy's options that hold the above under that name. */
#define QUANTA_ROWS(s, quanta)                                                 \
	OPTION_AS(VALUE, s, "quantum", quanta.quantum, OPTION_REQUIRED, NULL,  \
		  1e-9, 1e15, "work of a slice"),                              \
		OPTION_AS(VALUE, s, "cost", quanta.cost, 0, "0ns", 0, 1e15,    \
			  "time lost when a slice expires (preemption)"),      \
		OPTION_AS(VALUE, s, "overshoot", quanta.overshoot, 0, NULL, 0, \
			  1e15,                                                \
			  "slices last longer by the absolute value of a "     \
			  "normal variate with this standard deviation")

/* Put a job on an idle worker for its next slice. */
void quanta_put(const struct quanta_options *q, struct workers *w,
		uint32_t worker, uint32_t slot, sim_time t);

/* Its slice is over: was it the last? */
static inline bool quanta_done(const struct workers *w, uint32_t slot)
{
	return !(w->left[slot] > 0);
}

/*
 * Slots of the same names of policy_ops, for options that begin with those
 * above. The capacity is workers over mean service with its switches: without
 * overshoot E[ceil(S / quantum) - 1] of them.
 */
double quanta_capacity(const void *options, uint32_t workers,
		       const struct workload *workload);
void quanta_pick(const void *options, uint32_t workers, uint64_t draw,
		 union job_aux *aux);

#endif
