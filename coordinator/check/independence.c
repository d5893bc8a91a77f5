/* independence.c - does a send gap tell nothing of the next ones? */
#include <gsl/gsl_cdf.h>
#include <math.h>

#include "coordinator/check.h"
#include "coordinator/plan.h"
#include "coordinator/point.h"
#include "coordinator/sends.h"
#include "lancet/core/arena.h"
#include "lancet/core/option.h"
#include "workloads/arrival.h"

#define LAGS 10

struct independence {
	double level;
	double correlation;
};

static const struct option_row rows[] = {
	OPTION(REAL, struct independence, level, 0, CHECK_LEVEL, 0, 1,
	       CHECK_LEVEL_HELP),
	OPTION(PERCENT, struct independence, correlation, 0, "5%", 0, 1,
	       "allowed rank correlation of gaps up to ten apart: explains a "
	       "400th of their variance"),
	{ 0 },
};

/* Of pairs of gaps k apart that nothing was left out between. */
struct lag {
	double sum, n;
	double rho;	/* Spearman's; what a send's cost adds is taken off */
};

/* Where a gap stands among all, from -1 to 1; equal ones in the middle. */
static double place(const int32_t *sorted, size_t n, int32_t gap)
{
	size_t below = 0, upto = n;

	for (size_t end = n; below < end;) {
		size_t middle = below + (end - below) / 2;

		if (sorted[middle] < gap)
			below = middle + 1;
		else
			end = middle;
	}
	for (size_t start = below; start < upto;) {
		size_t middle = start + (upto - start) / 2;

		if (sorted[middle] <= gap)
			start = middle + 1;
		else
			upto = middle;
	}
	return (double)(below + upto) / (double)n - 1;
}

static void add(const struct sends *s, const int32_t *sorted, size_t n,
		struct lag *lag)
{
	double last[LAGS];
	size_t run = 0;

	for (size_t i = 0; i < s->n; i++) {
		double x = place(sorted, n, s->gap_ns[i]);

		run = i && s->follows[i] ? run + 1 : 0;
		for (size_t k = 1; k <= LAGS && k <= run; k++) {
			lag[k].sum += x * last[(i - k) % LAGS];
			lag[k].n++;
		}
		last[i % LAGS] = x;
	}
}

static void correlate(const struct sends *sends, size_t nsends,
		      struct lag *lag, struct arena *arena)
{
	size_t n;
	int32_t *sorted = sends_sorted(sends, nsends, false, &n, arena);

	for (size_t i = 0; i < nsends; i++)
		add(&sends[i], sorted, n, lag);
	for (size_t k = 1; k <= LAGS; k++)
		lag[k].rho = lag[k].n > 0 ? 3 * lag[k].sum / lag[k].n : 0;
}

/* As intended, by a sender that is busy for so long with each. */
static struct sends *paced(const struct sends *sends, size_t nsends,
			   double cost_ns, struct arena *arena)
{
	struct sends *all = arena_copy(arena, sends, nsends * sizeof(*all));

	for (size_t i = 0; i < nsends; i++) {
		struct sends *s = &all[i];
		double late = 0, gap;

		s->gap_ns = arena_array(arena, s->n, sizeof(*s->gap_ns));
		for (size_t k = 0; k < s->n; k++) {
			late = s->follows[k] ? late : 0;
			gap = fmax(s->intended_gap_ns[k] - late, cost_ns);
			late += gap - s->intended_gap_ns[k];
			s->gap_ns[k] = (int32_t)gap;
		}
	}
	return all;
}

/*
 * Requests that are due while another is being sent follow each other by what
 * sending takes: gaps as short as that come in a row. At a fifth of a thread's
 * time the rank correlation of Poisson's is 0.05 by that alone.
 */
static void take_off_cost(const struct point_data *data,
			  const struct sends *sends, size_t nsends,
			  struct lag *lag, struct arena *arena)
{
	/* As an agent says, and no gap is longer. */
	double cost_ns = fmin(data->send_cost_ns *
			      workload_peak(&data->plan->workload), INT32_MAX);
	struct lag with[LAGS + 1] = { 0 }, without[LAGS + 1] = { 0 };

	correlate(paced(sends, nsends, cost_ns, arena), nsends, with, arena);
	correlate(paced(sends, nsends, 0, arena), nsends, without, arena);
	for (size_t k = 1; k <= LAGS; k++)
		lag[k].rho -= with[k].rho - without[k].rho;
}

/*
 * Ljung and Box' sum of squares, of ranks. A send that was late lengthens
 * one gap and shortens the next: at lag 1 only more than 0 counts.
 */
static void judge(const struct lag *lag, struct arena *arena,
		  struct check_result *out)
{
	double q = 0, worst = 0;
	int at = 1;

	for (int k = 1; k <= LAGS; k++) {
		double rho = lag[k].rho;

		if (k == 1 && rho < 0)
			continue;
		q += rho * rho * lag[k].n;
		if (fabs(rho) <= fabs(worst))
			continue;
		worst = rho;
		at = k;
	}
	out->statistic = q;
	out->p_value = gsl_cdf_chisq_Q(q, LAGS);
	out->effect = worst;
	out->reason = arena_printf(arena,
		"the rank correlation of send gaps %d apart is %.3f beyond "
		"what the cost of sending makes, the largest of ten lags "
		"(%.2f allowed), p %.2g",
		at, worst, out->threshold,
		out->p_value);
}

static void run(const struct point_data *data, const void *options,
		struct arena *arena, struct check_result *out)
{
	const struct independence *levels = options;
	const struct arrival_ops *ops =
		(const void *)data->plan->workload.arrival.kind;
	struct lag lag[LAGS + 1] = { 0 };
	struct sends *sends;
	size_t nsends;

	out->status = CHECK_NOT_APPLICABLE;
	if (data->any_arrival) {
		out->reason = "no arrival law was asked for";
		return;
	}
	if (!(ops->flags & ARRIVAL_RENEWAL) ||
	    ops->flags & ARRIVAL_CONSTANT) {
		out->reason = "the gaps of these arrivals are not independent";
		return;
	}
	sends = sends_of(data, &nsends, arena);
	correlate(sends, nsends, lag, arena);
	if (lag[LAGS].n < 100) {
		out->reason = "too few send gaps";
		return;
	}
	take_off_cost(data, sends, nsends, lag, arena);
	out->status = CHECK_PASS;
	out->level = levels->level;
	out->threshold = levels->correlation;
	judge(lag, arena, out);
}

const struct check_ops check_independence = {
	.kind = {
		.name = "independence",
		.help = "gaps between sends are not correlated, if the "
			"configured law is a renewal process",
		.options = rows,
		.options_size = sizeof(struct independence),
	},
	.blind = true,
	.client = true,
	.run = run,
};
