/* sim_phc.c - a simulated PTP hardware clock, whose true time is known */
#include "tests/double/sim_phc.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* The walk's step; between two the frequency is constant. */
#define TICK_NS INT64_C(10000000)
#define TICK_S (TICK_NS * 1e-9)

static void sim_phc_rng(struct rng *rng, uint64_t seed, uint64_t stream)
{
	struct rng_key key = { .seed = seed, .thread = stream,
			       .purpose = RNG_SIM };

	rng_init(rng, &key);
}

void sim_phc_init(struct sim_phc *phc, const struct sim_phc_spec *spec,
		  int64_t start_ns)
{
	*phc = (struct sim_phc){ .spec = *spec, .start_ns = start_ns };
	sim_phc_rng(&phc->walk, spec->seed, 0);
	sim_phc_rng(&phc->look, spec->seed, 1);
}

void sim_phc_fini(struct sim_phc *phc)
{
	free(phc->ahead_ns);
	phc->ahead_ns = NULL;
}

/* Walk on until the clock is known `n` ticks after its start. */
static void sim_phc_walk(struct sim_phc *phc, size_t n)
{
	const struct sim_phc_spec *s = &phc->spec;

	if (n >= phc->room) {
		phc->room = 2 * n + 1024;
		phc->ahead_ns = realloc(phc->ahead_ns,
					phc->room * sizeof(*phc->ahead_ns));
		if (!phc->ahead_ns) {
			perror("sim_phc");
			abort();
		}
	}
	if (!phc->n)
		phc->ahead_ns[phc->n++] = 0;
	for (; phc->n <= n; phc->n++) {
		double t = (double)phc->n * TICK_S;
		double heat = s->period_s > 0 ? sin(2 * M_PI * t / s->period_s)
					      : 0;

		phc->frequency += rng_normal(&phc->walk) * s->wander_ppb *
				  1e-9 * sqrt(TICK_S);
		phc->ahead_ns[phc->n] = phc->ahead_ns[phc->n - 1] +
			(s->drift_ppm * 1e-6 + phc->frequency +
			 s->thermal_ppb * 1e-9 * heat) * (double)TICK_NS;
	}
}

int64_t sim_phc_at(struct sim_phc *phc, int64_t mono_ns)
{
	const struct sim_phc_spec *s = &phc->spec;
	int64_t run_ns = mono_ns - phc->start_ns, stood_ns = 0;
	int64_t froze_ns = mono_ns - s->freeze_at_ns;
	size_t i;
	double part;

	if (s->freeze_ns && froze_ns > 0)
		stood_ns = froze_ns < s->freeze_ns ? froze_ns : s->freeze_ns;
	run_ns -= stood_ns;
	if (run_ns < 0)
		run_ns = 0;
	i = (size_t)(run_ns / TICK_NS);
	part = (double)(run_ns % TICK_NS) / (double)TICK_NS;
	sim_phc_walk(phc, i + 1);
	return s->epoch_ns + run_ns +
	       (s->step_ns && mono_ns >= s->step_at_ns ? s->step_ns : 0) +
	       (int64_t)llround(phc->ahead_ns[i] * (1 - part) +
				phc->ahead_ns[i + 1] * part);
}

struct tsource_reading sim_phc_look(struct sim_phc *phc, int64_t mono_ns)
{
	const struct sim_phc_spec *s = &phc->spec;
	struct rng *rng = &phc->look;
	double width = s->window_ns + fabs(rng_normal(rng)) * s->jitter_ns;
	double place = .5 + (rng_uniform(rng) - .5) * s->latch;

	if (rng_uniform(rng) < s->spikes)
		width += rng_exponential(rng) * s->spike_ns;
	return (struct tsource_reading){
		.before_ns = mono_ns,
		.other_ns = sim_phc_at(phc, mono_ns + (int64_t)(width * place)),
		.after_ns = mono_ns + (int64_t)width,
	};
}

struct phc_reading sim_phc_poll(struct sim_phc *phc, int64_t mono_ns)
{
	struct tsource_reading look[PHC_LOOKS];

	for (int i = 0; i < PHC_LOOKS; i++) {
		look[i] = sim_phc_look(phc, mono_ns);
		mono_ns = look[i].after_ns + 50;
	}
	return phc_narrowest(look, PHC_LOOKS);
}
