/* onoff.c - bursts and pauses: poisson while on, nothing while off */
#include "workloads/arrival.h"

#include <errno.h>
#include <math.h>

#include "lancet/core/err.h"
#include "lancet/core/option.h"
#include "lancet/core/rng.h"
#include "workloads/dist.h"

/*
 * Periods of two laws in turn, as Willinger, Taqqu, Sherman and Wilson (1997)
 * model sources; heavy tails make the traffic self-similar. While on, the
 * rate is such that the mean over time is that of the load. The first period
 * is on.
 */
struct onoff_options {
	struct choice on, off;
};

struct onoff {
	struct dist on, off;
	double mean_gap_ns; /* while on */
	double left_ns;	    /* of the period on */
	uint32_t of, pass;  /* requests until the share's next one */
};

static const struct option_row onoff_rows[] = {
	{ .key = "on",
	  .type = OPTION_TYPE_KIND,
	  .offset = offsetof(struct onoff_options, on),
	  .flags = OPTION_REQUIRED,
	  .class = KIND_DIST,
	  .help = "how long a burst lasts: a law, or a duration" },
	{ .key = "off",
	  .type = OPTION_TYPE_KIND,
	  .offset = offsetof(struct onoff_options, off),
	  .flags = OPTION_REQUIRED,
	  .class = KIND_DIST,
	  .help = "how long a pause lasts" },
	{ 0 },
};

static int onoff_init(void *state, const void *options,
		      const struct arrival_share *share, struct arena *arena,
		      struct err *err)
{
	const struct onoff_options *o = options;
	struct onoff *s = state;
	double on, off;

	if (dist_init(&s->on, &o->on, arena, err) ||
	    dist_init(&s->off, &o->off, arena, err))
		return err->code;
	on = dist_mean(&s->on);
	off = dist_mean(&s->off);
	if (!(on > 0) || !isfinite(on + off))
		return err_set(err, -EINVAL,
			       "on lasts %g ns and off %g ns in the mean; "
			       "give laws with a mean, on above 0",
			       on, off);
	s->mean_gap_ns = 1e9 / share->rate_rps * on / (on + off);
	s->of = share->of;
	s->pass = share->index + 1;
	s->left_ns = -1;
	return 0;
}

static double draw(const struct dist *law, struct rng *rng)
{
	double x;

	law->ops->sample(law->state, rng, &x, 1);
	return x;
}

/* The next gap of the whole process, across the pauses that it meets. */
static double next_gap(struct onoff *s, struct rng *rng)
{
	double on = s->mean_gap_ns * rng_exponential(rng), gap = on;

	if (s->left_ns < 0)
		s->left_ns = draw(&s->on, rng);
	while (on >= s->left_ns) {
		on -= s->left_ns;
		gap += draw(&s->off, rng);
		s->left_ns = draw(&s->on, rng);
	}
	s->left_ns -= on;
	return gap;
}

static size_t onoff_gaps(void *state, struct rng *rng, double *gap_ns, size_t n)
{
	struct onoff *s = state;

	for (size_t i = 0; i < n; i++) {
		gap_ns[i] = 0;
		for (; s->pass; s->pass--)
			gap_ns[i] += next_gap(s, rng);
		s->pass = s->of;
	}
	return n;
}

const struct arrival_ops arrival_onoff = {
	.kind = {
		.name = "onoff",
		.help = "bursts and pauses: poisson while on, nothing while off",
		.options = onoff_rows,
		.options_size = sizeof(struct onoff_options),
		.short_keys = "on off",
		.short_help = "onoff:ON:OFF",
	},
	.flags = ARRIVAL_TURNS,
	.state_size = sizeof(struct onoff),
	.init = onoff_init,
	.gaps = onoff_gaps,
};
