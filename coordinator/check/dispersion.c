/* dispersion.c - do counts of requests vary as the asked process' do? */
#include <gsl/gsl_cdf.h>
#include <math.h>

#include "coordinator/check.h"
#include "coordinator/plan.h"
#include "coordinator/point.h"
#include "coordinator/sends.h"
#include "lancet/core/arena.h"
#include "lancet/core/err.h"
#include "lancet/core/option.h"
#include "workloads/arrival.h"

#define BIN_MEAN 20.	/* requests: from there on a count is near normal */
#define BINS_LEAST 30

struct dispersion {
	double level;
	double apart;
};

static const struct option_row rows[] = {
	OPTION(REAL, struct dispersion, level, 0, CHECK_LEVEL, 0, 1,
	       CHECK_LEVEL_HELP),
	OPTION(PERCENT, struct dispersion, apart, 0, "25%", 0, 100,
	       "allowed relative difference of the variance of counts; that of "
	       "a gamma law of shape 1.5 is 33% from Poisson's"),
	{ 0 },
};

/* Variance over mean of counts: the index of dispersion. */
struct index {
	const char *of;
	double asked;
	double n, mean, index;
	double apart, p;	/* index over asked - 1; p of it */
};

static void index_of(const double *count, size_t n, struct index *to)
{
	double sum = 0, square = 0;

	for (size_t i = 0; i < n; i++)
		sum += count[i];
	to->n = (double)n;
	to->mean = sum / to->n;
	for (size_t i = 0; i < n; i++)
		square += (count[i] - to->mean) * (count[i] - to->mean);
	to->index = square / (to->n - 1) / to->mean;
}

/* --- counts --------------------------------------------------------------- */

/* Of windows, together until their mean is large enough. */
static size_t count_windows(const struct point_data *data, double *to)
{
	double width = (double)data->plan->config->measure.window_ns / 1e9;
	size_t join = (size_t)ceil(BIN_MEAN /
				   (data->point->rate_rps * width));
	size_t n = 0;

	for (size_t s = 0; s < data->nsegments; s++) {
		const struct point_segment *segment = &data->segment[s];
		size_t have = 0;

		for (size_t i = 0; i < segment->nwindows; i++) {
			const struct point_window *w = &segment->window[i];

			if (w->out & WINDOW_WARMUP)
				continue;
			if (have == 0)
				to[n] = 0;
			for (int o = 0; o < OUTCOMES; o++)
				to[n] += (double)w->count[o];
			if (++have < join)
				continue;
			n++;
			have = 0;
		}
	}
	return n;
}

/* Of each stretch of sends without a break, in bins of equal length. */
static size_t count_sends(const struct sends *s, size_t nsends, double bin_ns,
			  double *to)
{
	size_t n = 0;

	for (size_t k = 0; k < nsends; k++) {
		double at = 0, count = 0;

		for (size_t i = 0; i < s[k].n; i++) {
			if (i && !s[k].follows[i])
				at = count = 0;
			at += s[k].gap_ns[i];
			for (; at >= bin_ns; at -= bin_ns, count = 0)
				to[n++] = count;
			count++;
		}
	}
	return n;
}

/* --- the test ------------------------------------------------------------- */

/* Chi square, scaled (Cox and Lewis 1966, 6.3): exact enough for Poisson. */
static double p_of(const struct index *i)
{
	double x = i->index / i->asked * (i->n - 1);
	double above = gsl_cdf_chisq_Q(x, i->n - 1);
	double below = gsl_cdf_chisq_P(x, i->n - 1);

	return fmin(2 * fmin(above, below), 1);
}

static void judge(struct index *index, size_t n, struct arena *arena,
		  struct check_result *out)
{
	const struct index *worst = NULL;
	size_t tests = 0;

	for (size_t i = 0; i < n; i++) {
		struct index *x = &index[i];

		if (x->n < BINS_LEAST || !(x->mean > 0))
			continue;
		tests++;
		x->apart = x->index / x->asked - 1;
		x->p = p_of(x);
		if (!worst || x->p < worst->p ||
		    (x->p == worst->p &&
		     fabs(x->apart) > fabs(worst->apart)))
			worst = x;
	}
	if (!worst) {
		out->status = CHECK_NOT_APPLICABLE;
		out->level = (double)NAN;
		out->reason = "too few requests to count them in windows";
		return;
	}
	out->statistic = worst->index;
	out->p_value = fmin((double)tests * worst->p, 1);
	out->effect = worst->apart;
	out->reason = arena_printf(arena,
		"variance over mean of %.0f counts of %s is %.3g, that of the "
		"asked process %.3g (%.0f%% apart are allowed), p %.2g",
		worst->n, worst->of, worst->index, worst->asked,
		100 * out->threshold, out->p_value);
}

/*
 * The asked index where it is known: of a renewal process in long bins the
 * squared coefficient of variation of its gaps (Cox 1962, 4.2).
 */
static double asked_index(const struct point_data *data, struct arena *arena)
{
	const struct choice *choice = &data->plan->workload.arrival;
	const struct arrival_ops *ops = (const void *)choice->kind;
	struct arrival_share share = {
		.rate_rps = data->point->rate_rps, .of = 1,
	};
	struct err err;
	void *state;

	if (ops->flags & ARRIVAL_POISSON)
		return 1;
	if (!(ops->flags & ARRIVAL_RENEWAL) || !ops->scv)
		return (double)NAN;
	state = arena_alloc(arena, ops->state_size);
	if (ops->init(state, choice->options, &share, arena, &err) < 0)
		return (double)NAN;
	return ops->scv(state);
}

static void run(const struct point_data *data, const void *options,
		struct arena *arena, struct check_result *out)
{
	const struct dispersion *levels = options;
	const struct arrival_ops *ops =
		(const void *)data->plan->workload.arrival.kind;
	double asked = data->any_arrival ? (double)NAN
					 : asked_index(data, arena);
	double bin_ns = BIN_MEAN * 1e9 * data->plan->threads /
			data->point->rate_rps;
	size_t nsends, room = 1;
	struct sends *sends = sends_of(data, &nsends, arena);
	struct index index[2] = { { .of = "intended requests" },
				  { .of = "a thread's sends" } };
	double *count;

	if (!(asked >= .05 && asked < 100) || data->plan->workload.pattern) {
		out->status = CHECK_NOT_APPLICABLE;
		out->reason = data->any_arrival
			? "no arrival law was asked for"
			: "the variance of counts is not known for these "
			  "arrivals";
		return;
	}
	for (size_t s = 0; s < data->nsegments; s++)
		room += data->segment[s].nwindows;
	count = arena_array(arena, room, sizeof(*count));
	index_of(count, count_windows(data, count), &index[0]);
	for (size_t i = 0, k; i < nsends; i++)
		for (k = 0, room += 1; k < sends[i].n; k++)
			room += (size_t)(sends[i].gap_ns[k] / bin_ns) + 1;
	count = arena_array(arena, room, sizeof(*count));
	index_of(count, count_sends(sends, nsends, bin_ns, count), &index[1]);
	out->status = CHECK_PASS;
	out->level = levels->level;
	out->threshold = levels->apart;
	index[0].asked = index[1].asked = asked;
	/* A thread that sends each third of them adds up three gaps. */
	if (ops->flags & ARRIVAL_TURNS)
		index[1].asked /= data->plan->threads;
	judge(index, 2, arena, out);
}

const struct check_ops check_dispersion = {
	.kind = {
		.name = "dispersion",
		.help = "counts of requests vary as those of the configured "
			"process",
		.options = rows,
		.options_size = sizeof(struct dispersion),
	},
	.blind = true,
	.client = true,
	.run = run,
};
