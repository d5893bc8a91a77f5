/* phc_sim.c - how well a simulated card's clock is converted */
#include <getopt.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "tests/double/phc_trial.h"

static const char usage[] =
	"usage: phc-sim [OPTION]...   converts stamps of a simulated clock\n"
	"  --drift-ppm X     the clock runs so much too fast (25)\n"
	"  --wander X        its frequency walks so many ppb in 1 s (3)\n"
	"  --thermal-ppb X   and swings with the temperature (50),\n"
	"  --period-s X      once in so many seconds (120)\n"
	"  --jitter-ns X     a look at it takes so long (600),\n"
	"  --spread-ns X     and has this deviation (0.13 of that)\n"
	"  --spikes X        share of looks that take longer (0.05),\n"
	"  --spike-ns X      by so much in the mean (20000)\n"
	"  --latch X         the clock is latched in the middle X of a look (0.5)\n"
	"  --poll-hz X       (10)\n"
	"  --seconds X       of virtual time (600)\n"
	"  --stamps X        conversions in a second (1000)\n"
	"  --step X          the clock is set by so many ns, once (0: not)\n"
	"  --step-at X       in that second (half way)\n"
	"  --freeze X        it stands still for so many seconds (0: not)\n"
	"  --freeze-at X     from that second on (half way)\n"
	"  --seed N          (1)\n"
	"  --limit-ns X      what p99 of the error may be (100; or a sixth of\n"
	"                    the jitter, where that is more)\n"
	"\n"
	"The last line begins with pass or fail: error p99 within the limit, the\n"
	"true instant within the published bound in 99.5% of conversions, every\n"
	"step (of more than two bounds; a smaller one may stay within them) and\n"
	"freeze found within 1 s, or one poll, and nothing that was not there.\n";

static const struct option options[] = {
	{ "drift-ppm", required_argument, NULL, 'd' },
	{ "wander", required_argument, NULL, 'w' },
	{ "thermal-ppb", required_argument, NULL, 't' },
	{ "period-s", required_argument, NULL, 'p' },
	{ "jitter-ns", required_argument, NULL, 'j' },
	{ "spread-ns", required_argument, NULL, 'J' },
	{ "spikes", required_argument, NULL, 's' },
	{ "spike-ns", required_argument, NULL, 'S' },
	{ "latch", required_argument, NULL, 'l' },
	{ "poll-hz", required_argument, NULL, 'h' },
	{ "seconds", required_argument, NULL, 'T' },
	{ "stamps", required_argument, NULL, 'c' },
	{ "step", required_argument, NULL, 'a' },
	{ "step-at", required_argument, NULL, 'A' },
	{ "freeze", required_argument, NULL, 'f' },
	{ "freeze-at", required_argument, NULL, 'F' },
	{ "seed", required_argument, NULL, 'n' },
	{ "limit-ns", required_argument, NULL, 'L' },
	{ "help", no_argument, NULL, '?' },
	{ NULL, 0, NULL, 0 },
};

struct wish {
	struct phc_trial trial;
	double step_at_s, freeze_at_s, limit_ns;
};

/* Where the option's number goes. */
static double *option_place(struct wish *w, int c)
{
	struct sim_phc_spec *s = &w->trial.spec;

	switch (c) {
	case 'd': return &s->drift_ppm;
	case 'w': return &s->wander_ppb;
	case 't': return &s->thermal_ppb;
	case 'p': return &s->period_s;
	case 'j': return &s->window_ns;
	case 'J': return &s->jitter_ns;
	case 's': return &s->spikes;
	case 'S': return &s->spike_ns;
	case 'l': return &s->latch;
	case 'h': return &w->trial.poll_hz;
	case 'T': return &w->trial.seconds;
	case 'c': return &w->trial.stamps;
	case 'a': return &w->trial.step_ns;
	case 'A': return &w->step_at_s;
	case 'f': return &w->trial.freeze_s;
	case 'F': return &w->freeze_at_s;
	case 'n': return &w->trial.seed;
	case 'L': return &w->limit_ns;
	default: return NULL;
	}
}

static int read_options(int argc, char **argv, struct wish *w)
{
	int c;

	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
		double *to = option_place(w, c);
		char *end;

		if (!to)
			return -1;
		*to = strtod(optarg, &end);
		if (end == optarg || *end || !isfinite(*to)) {
			fprintf(stderr, "phc-sim: '%s' is no number\n", optarg);
			return -1;
		}
	}
	return optind == argc ? 0 : -1;
}

static void print_found(const char *what, double at_s, double after_s)
{
	if (at_s < 0)
		return;
	if (after_s < 0)
		printf("%s at %g s: not found\n", what, at_s);
	else
		printf("%s at %g s: found after %.3f s\n", what, at_s, after_s);
}

int main(int argc, char **argv)
{
	struct wish w = {
		.trial = phc_trial_usual, .step_at_s = -1, .freeze_at_s = -1,
		.limit_ns = -1,
	};
	struct phc_trial *t = &w.trial;
	struct phc_outcome out;
	char why[256];

	if (read_options(argc, argv, &w) < 0 || phc_trial_complete(t) < 0) {
		fputs(usage, stderr);
		return 2;
	}
	t->step_at_s = w.step_at_s >= 0 ? w.step_at_s : t->seconds / 2;
	t->freeze_at_s = w.freeze_at_s >= 0 ? w.freeze_at_s : t->seconds / 2;
	if (w.limit_ns >= 0)
		t->limit_ns = w.limit_ns;
	phc_trial_run(t, &out);
	printf("error p50 %.0f p99 %.0f max %.0f ns\n", out.p50_ns, out.p99_ns,
	       out.max_ns);
	printf("least p99 %.0f ns, of who knows the walk\n",
	       out.least_p99_ns);
	printf("bound p50 %.0f max %.0f ns, coverage %.4f%%\n",
	       out.bound_p50_ns, out.bound_max_ns, 100 * out.coverage);
	printf("converted %" PRIu64 ", refused %" PRIu64 "\n", out.converted,
	       out.refused);
	printf("drift %.4f ppm, wander %.2g ppb\n", out.drift_ppm,
	       out.wander_ppb);
	print_found("step", t->step_ns != 0 ? t->step_at_s : -1,
		    out.step_after_s);
	print_found("freeze", t->freeze_s > 0 ? t->freeze_at_s : -1,
		    out.freeze_after_s);
	if (phc_trial_passes(t, &out, why, sizeof(why))) {
		printf("pass\n");
		return 0;
	}
	printf("fail: %s\n", why);
	return 1;
}
