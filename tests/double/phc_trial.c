/* phc_trial.c - a card's clock read and converted in virtual time, and judged */
#include "tests/double/phc_trial.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include <gsl/gsl_sort.h>

#include "hwts/phc_fit.h"
#include "hwts/phc_walk.h"
#include "lancet/core/arena.h"

#define COVERAGE_MIN .995
#define FOUND_S 1.0
#define NEAR_NS 100000		/* how well a stamp's instant is known */
#define MOST_STAMPS 1e7

const struct phc_trial phc_trial_usual = {
	.spec = {
		.drift_ppm = 25, .wander_ppb = 3, .thermal_ppb = 50,
		.period_s = 120, .window_ns = 600, .jitter_ns = -1,
		.spikes = .05, .spike_ns = 20000, .latch = .5,
		.epoch_ns = INT64_C(1700000000000000000),
	},
	.poll_hz = 10,
	.seconds = 600,
	.stamps = 1000,
	.seed = 1,
};

int phc_trial_complete(struct phc_trial *t)
{
	struct sim_phc_spec *s = &t->spec;
	if (s->jitter_ns < 0)
		s->jitter_ns = s->window_ns * 80 / 600;
	t->limit_ns = fmax(100, s->window_ns / 6);
	return t->poll_hz > 0 && t->seconds * t->poll_hz >= 2 &&
	       t->seconds * t->poll_hz <= 1e6 && t->stamps > 0 &&
	       t->stamps * t->seconds <= MOST_STAMPS && s->window_ns > 0 &&
	       s->spikes >= 0 && s->spikes <= 1 && s->latch >= 0 &&
	       s->latch <= 1 && fabs(s->drift_ppm) < 1e5 ? 0 : -1;
}

struct trial_run {
	const struct phc_trial *trial;
	struct phc_outcome *out;
	struct sim_phc phc;
	struct phc_fit fit;
	struct rng rng;
	int64_t start_ns, end_ns;
};

static int64_t trial_ns(const struct trial_run *run, double at_s)
{
	return run->start_ns + (int64_t)(at_s * 1e9);
}

static void trial_clock(struct trial_run *run)
{
	const struct phc_trial *t = run->trial;
	struct sim_phc_spec spec = t->spec;
	struct rng_key key = { .seed = (uint64_t)t->seed, .thread = 2,
			       .purpose = RNG_SIM };

	run->start_ns = INT64_C(1000000000000);
	run->end_ns = trial_ns(run, t->seconds);
	spec.seed = (uint64_t)t->seed;
	spec.step_ns = (int64_t)t->step_ns;
	spec.step_at_ns = trial_ns(run, t->step_at_s);
	spec.freeze_ns = (int64_t)(t->freeze_s * 1e9);
	spec.freeze_at_ns = trial_ns(run, t->freeze_at_s);
	sim_phc_init(&run->phc, &spec, run->start_ns);
	rng_init(&run->rng, &key);
}

/*
 * The p99 of a linear smoother that knows the walk, and how far from the middle
 * of a bracket the clock is latched, at the readings: over many walks none has a
 * lower one. It need not follow the temperature's swing.
 */
static double trial_least(const struct phc_trial *t,
			  const struct phc_reading *reading, size_t n,
			  struct arena *arena)
{
	struct phc_walk *w = arena_array(arena, n, sizeof(*w));
	double latch = fmax(t->spec.latch, 1e-3), sum = 0, variance;

	for (size_t i = 0; i < n; i++) {
		struct phc_point p = { (double)(reading[i].mono_ns -
						reading[0].mono_ns) * 1e-9, 0,
				       (double)reading[i].width_ns / 2 * latch };

		if (i == 0) {
			phc_walk_init(&w[0], &p, 0, PHC_SLOPE_ANY);
			continue;
		}
		w[i] = w[i - 1];
		phc_walk_predict(&w[i], p.x_s, t->spec.wander_ppb);
		phc_walk_update(&w[i], &p, &variance);
	}
	sum = w[n - 1].yy;
	for (size_t i = n - 1; i-- > 0; sum += w[i].yy)
		phc_walk_smooth(&w[i], &w[i + 1], t->spec.wander_ppb);
	return 2.576 * sqrt(sum / (double)n); /* of the normal law */
}

static void trial_read(struct trial_run *run, struct arena *arena)
{
	const struct phc_trial *t = run->trial;
	size_t n = (size_t)(t->seconds * t->poll_hz) + 1;
	struct phc_reading *reading = arena_array(arena, n, sizeof(*reading));

	for (size_t i = 0; i < n; i++)
		reading[i] = sim_phc_poll(
			&run->phc, trial_ns(run, (double)i / t->poll_hz));
	phc_fit_build(&run->fit, reading, n, arena);
	run->out->least_p99_ns = trial_least(t, reading, n, arena);
}

/* What happened, beside what was made to happen. */
static void trial_events(struct trial_run *run)
{
	const struct phc_trial *t = run->trial;
	int64_t step_ns = t->step_ns != 0 ? trial_ns(run, t->step_at_s)
					  : INT64_MAX;
	int64_t freeze_ns = t->freeze_s > 0 ? trial_ns(run, t->freeze_at_s)
					    : INT64_MAX;
	int64_t thaw_ns = t->freeze_s > 0
		? freeze_ns + (int64_t)(t->freeze_s * 1e9) : INT64_MAX;
	struct phc_outcome *out = run->out;

	out->step_after_s = out->freeze_after_s = -1;
	for (size_t i = 0; i < run->fit.happenings; i++) {
		const struct phc_happening *h = &run->fit.happening[i];
		bool step = h->to_ns >= step_ns &&
			    h->from_ns - step_ns <= (int64_t)(FOUND_S * 1e9);
		bool freeze = h->from_ns <= thaw_ns && freeze_ns <= h->to_ns;

		if (step && out->step_after_s < 0)
			out->step_after_s = (double)(h->to_ns - step_ns) * 1e-9;
		if (freeze && out->freeze_after_s < 0)
			out->freeze_after_s =
				(double)(h->to_ns - freeze_ns) * 1e-9;
		out->false_alarms += !step && !freeze;
	}
}

static void trial_convert(struct trial_run *run, double *error, double *bound)
{
	struct phc_outcome *out = run->out;
	uint64_t n = (uint64_t)(run->trial->stamps * run->trial->seconds);

	for (uint64_t i = 0; i < n; i++) {
		double span = (double)(run->end_ns - run->start_ns);
		int64_t at = run->start_ns +
			     (int64_t)(rng_uniform(&run->rng) * span);
		int64_t near = at - NEAR_NS +
			       (int64_t)rng_below(&run->rng, 2 * NEAR_NS);
		int64_t mono, off;

		if (phc_fit_mono(&run->fit, sim_phc_at(&run->phc, at), near,
				 NEAR_NS, &mono, &off) < 0) {
			out->refused++;
			continue;
		}
		error[out->converted] = fabs((double)(mono - at));
		bound[out->converted] = (double)off;
		out->coverage += llabs(mono - at) <= off;
		out->converted++;
	}
}

static void trial_figures(struct phc_outcome *out, double *error,
			  double *bound)
{
	size_t n = out->converted;

	if (!n)
		return;
	out->coverage /= (double)n;
	gsl_sort(error, 1, n);
	gsl_sort(bound, 1, n);
	out->p50_ns = error[n / 2];
	out->p99_ns = error[(size_t)(.99 * (double)(n - 1))];
	out->max_ns = error[n - 1];
	out->bound_p50_ns = bound[n / 2];
	out->bound_max_ns = bound[n - 1];
}

void phc_trial_run(const struct phc_trial *trial, struct phc_outcome *out)
{
	struct trial_run run = { .trial = trial, .out = out };
	size_t most = (size_t)(trial->stamps * trial->seconds) + 1;
	struct arena arena;
	double *error, *bound;

	*out = (struct phc_outcome){ 0 };
	arena_init(&arena);
	error = arena_array(&arena, most, sizeof(*error));
	bound = arena_array(&arena, most, sizeof(*bound));
	trial_clock(&run);
	trial_read(&run, &arena);
	trial_events(&run);
	trial_convert(&run, error, bound);
	trial_figures(out, error, bound);
	out->drift_ppm = run.fit.drift_ppm;
	out->wander_ppb = run.fit.wander_ppb;
	sim_phc_fini(&run.phc);
	arena_fini(&arena);
}

bool phc_trial_passes(const struct phc_trial *t,
		      const struct phc_outcome *out, char *why, size_t size)
{
	double found_s = fmax(FOUND_S, 1.001 / t->poll_hz);

	*why = '\0';
	if (!out->converted)
		snprintf(why, size, "nothing was converted");
	else if (out->p99_ns > t->limit_ns)
		snprintf(why, size, "error p99 %.0f ns, above %.0f", out->p99_ns,
			 t->limit_ns);
	else if (out->coverage < COVERAGE_MIN)
		snprintf(why, size, "%.2f%% within the bound, less than %.1f%%",
			 100 * out->coverage, 100 * COVERAGE_MIN);
	else if (fabs(t->step_ns) > 2 * out->bound_p50_ns &&
		 (out->step_after_s < 0 || out->step_after_s > found_s))
		snprintf(why, size, "the step was not found in time");
	else if (t->freeze_s > 0 &&
		 (out->freeze_after_s < 0 || out->freeze_after_s > found_s))
		snprintf(why, size, "the freeze was not found in time");
	else if (out->false_alarms)
		snprintf(why, size, "%llu events that never were",
			 (unsigned long long)out->false_alarms);
	return !*why;
}
