/* sim_phc.h - a simulated PTP hardware clock, whose true time is known */
#ifndef TESTS_DOUBLE_SIM_PHC_H
#define TESTS_DOUBLE_SIM_PHC_H

#include <stddef.h>
#include <stdint.h>

#include "hwts/phc.h"
#include "lancet/core/rng.h"

/*
 * The clock runs drift_ppm too fast, with a frequency that walks (wander_ppb
 * in the square root of a second) and swings with the temperature
 * (thermal_ppb, period_s); once it steps, once it stands still. A look at it
 * takes window_ns and a little more, now and then much more, and latches the
 * clock within the middle `latch` of that (1: anywhere in it). Instants of
 * CLOCK_MONOTONIC and of this clock are ns.
 */
struct sim_phc_spec {
	double drift_ppm, wander_ppb, thermal_ppb, period_s;
	double window_ns, jitter_ns;	/* and the deviation of what is more */
	double spikes, spike_ns;	/* share of looks; mean of what is more */
	double latch;
	int64_t epoch_ns;		/* its time at start_ns */
	int64_t step_at_ns, step_ns;	/* step_ns 0: none */
	int64_t freeze_at_ns, freeze_ns; /* freeze_ns 0: none */
	uint64_t seed;
};

struct sim_phc {
	struct sim_phc_spec spec;
	int64_t start_ns;
	double *ahead_ns;		/* of the nominal clock, each tick */
	double frequency;		/* that the walk has reached */
	size_t n, room;
	struct rng walk, look;
};

void sim_phc_init(struct sim_phc *phc, const struct sim_phc_spec *spec,
		  int64_t start_ns);
void sim_phc_fini(struct sim_phc *phc);

/* The clock's true time at an instant from start_ns on, in any order. */
int64_t sim_phc_at(struct sim_phc *phc, int64_t mono_ns);

/* One look that begins at the instant. */
struct tsource_reading sim_phc_look(struct sim_phc *phc, int64_t mono_ns);

/* A poll: the narrowest of PHC_LOOKS looks, one right after the other. */
struct phc_reading sim_phc_poll(struct sim_phc *phc, int64_t mono_ns);

#endif
