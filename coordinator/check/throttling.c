/* throttling.c - did replies decide when requests could be sent? */
#include <gsl/gsl_cdf.h>
#include <math.h>

#include "coordinator/check.h"
#include "coordinator/flying.h"
#include "coordinator/plan.h"
#include "coordinator/point.h"
#include "lancet/core/arena.h"
#include "lancet/core/option.h"
#include "lancet/core/stats/vector.h"
#include "workloads/arrival.h"

struct throttling {
	double level;
	double held;
	double found;
	double waited;
};

static const struct option_row rows[] = {
	OPTION(REAL, struct throttling, level, 0, CHECK_LEVEL, 0, 1,
	       CHECK_LEVEL_HELP),
	OPTION(PERCENT, struct throttling, held, 0, "0.2%", 0, 1,
	       "allowed share of requests that were sent upon a reply, while "
	       "as many as ever were in flight: twice what p99.9 leaves out"),
	OPTION(PERCENT, struct throttling, found, 0, "5%", 0, 10,
	       "(`lancet check`, poisson) allowed difference between the "
	       "number in flight that sends find and its time average: a "
	       "closed loop of 20 finds 5% less"),
	OPTION(PERCENT, struct throttling, waited, 0, "1%", 0, 1,
	       "allowed share of requests that waited for a connection: beyond "
	       "it p99 is of another load"),
	{ 0 },
};

/* Sends with as many in flight as ever, and all others: prompt ones. */
struct held {
	double at, at_prompt, below, below_prompt;
	uint32_t most;
	int64_t within_ns;
};

static void count(const struct flying *f, size_t n, struct held *to)
{
	for (size_t i = 0; i < n; i++) {
		bool prompt = f[i].since_ns <= to->within_ns;

		if (f[i].n >= to->most) {
			to->at++;
			to->at_prompt += prompt;
		} else {
			to->below++;
			to->below_prompt += prompt;
		}
	}
}

/*
 * In an open loop a send does not know of replies: as many follow one
 * closely with the most in flight as with fewer. Where a limit holds
 * requests back they leave upon a reply, and the most is met often.
 */
static double p_of(const struct held *h, double by_chance, double *excess)
{
	double share = by_chance;

	/* Where the most is what there mostly is, all may leave upon one. */
	if (h->below >= 100 && h->below > h->at)
		share = fmax(share, h->below_prompt / h->below);
	share = fmin(share, 1);
	*excess = (h->at_prompt - h->at * share) / (h->at + h->below);
	if (h->at < 20)
		return 1;
	return gsl_cdf_binomial_Q((unsigned)h->at_prompt - (h->at_prompt > 0),
				  share, (unsigned)h->at);
}

static void judge_flying(const struct flying *f, size_t n,
			 struct check_result *out, struct arena *arena)
{
	static const int64_t within_ns[] = { 0, 1000, 5000, 20000 };
	double gap_ns = n < 2 ? 0 : (double)(f[n - 1].at_ns - f[0].at_ns) /
				    (double)(n - 1);
	size_t tests = sizeof(within_ns) / sizeof(*within_ns);
	uint32_t most = 0;

	for (size_t i = 0; i < n; i++)
		most = f[i].n > most ? f[i].n : most;
	for (size_t i = 0; i < tests; i++) {
		struct held h = { .most = most, .within_ns = within_ns[i] };
		double chance = ((double)within_ns[i] + 1) / gap_ns, excess, p;

		if (!(chance < .25))
			break;
		count(f, n, &h);
		p = fmin(p_of(&h, chance, &excess) * (double)tests, 1);
		if (p > out->p_value ||
		    (p == out->p_value && excess <= out->effect))
			continue;
		out->p_value = p;
		out->effect = excess;
		out->statistic = most;
		out->reason = arena_printf(arena,
			"%.0f of %zu requests were sent while the most "
			"requests, %u, were in flight; %.0f of them within "
			"%lld us after a reply: %.2f%% of all were held back "
			"(%.2f%% allowed), p %.2g",
			h.at, n, most, h.at_prompt,
			(long long)within_ns[i] / 1000, 100 * excess,
			100 * out->threshold, p);
	}
}

/*
 * Poisson arrivals that know nothing of the queue find what there is (Wolff
 * 1982): what they find, less their rate times what there is, summed up is a
 * martingale, whatever the server does. Its variance is the sum of squares.
 */
static void judge_found(const struct flying *f, size_t n,
			struct check_result *out, struct arena *arena)
{
	double last = (double)f[n - 1].at_ns, found = 0, there = 0;
	double square = 0, mean, expected, effect, p;

	for (size_t i = 0; i < n; i++) {
		double before = f[i].n - (f[i].took_ns >= 0);

		found += before;
		square += before * before;
		there += fmin((double)f[i].took_ns, last - (double)f[i].at_ns) *
			 (f[i].took_ns >= 0);
	}
	mean = there / (last - (double)f[0].at_ns);
	expected = mean * (double)n;
	effect = found / expected - 1;
	square = fmax(square - 2 * mean * found + mean * expected, expected);
	p = tail_normal((found - expected) / sqrt(square));
	if (!(fabs(effect) > out->threshold) || p > out->p_value)
		return;
	out->p_value = p;
	out->effect = effect;
	out->statistic = found / (double)n;
	out->reason = arena_printf(arena,
		"sends found %.3g requests in flight, whose time average is "
		"%.3g: %+.1f%% (%.0f%% allowed), p %.2g: sends depend on "
		"replies", out->statistic, mean, 100 * effect,
		100 * out->threshold, p);
}

/* Records of requests, where there are any; a limit is an agent's own. */
static void judge_records(const struct point_data *data,
			  const struct throttling *levels, bool poisson,
			  struct arena *arena, struct check_result *out)
{
	struct check_result of = {
		.p_value = 1, .effect = -1, .threshold = levels->held,
	};
	struct check_result found = {
		.p_value = 1, .threshold = levels->found,
	};

	for (size_t i = 0; i < data->nsamples; i++) {
		size_t n;
		const struct flying *f = flying_of(data->samples[i].sample,
						   data->samples[i].n, &n,
						   arena);

		judge_flying(f, n, &of, arena);
		if (poisson && n >= 1000)
			judge_found(f, n, &found, arena);
	}
	if (found.reason && !(of.p_value <= found.p_value &&
			      of.effect > of.threshold))
		of = found;
	if (!of.reason)
		return;
	*out = of;
	out->p_value = fmin(of.p_value * (poisson ? 2 : 1) *
			    (double)data->nsamples, 1);
	out->level = levels->level;
	out->status = CHECK_PASS;
}

/* What agents say of requests that no connection had room for. */
static bool judge_waited(const struct point_data *data,
			 const struct throttling *levels, struct arena *arena,
			 struct check_result *out)
{
	double n = (double)data->parts;
	int64_t broken = point_broken(data);

	if (data->rows || !(n > 0))
		return false;
	out->statistic = (double)data->waited;
	out->effect = out->statistic / n;
	out->threshold = levels->waited;
	out->status = out->effect > out->threshold ? CHECK_FAIL : CHECK_PASS;
	out->reason = arena_printf(arena,
		"%.2f%% of requests waited for a connection with room (%.0f%% "
		"allowed)%s", 100 * out->effect, 100 * levels->waited,
		out->status == CHECK_PASS ? "" : broken ? arena_printf(arena,
		": the target closed connections, or took none, %lld times",
		(long long)broken) : ": replies decided when they left");
	return true;
}

static void run(const struct point_data *data, const void *options,
		struct arena *arena, struct check_result *out)
{
	const struct throttling *levels = options;
	const struct arrival_ops *ops =
		(const void *)data->plan->workload.arrival.kind;

	out->status = CHECK_NOT_APPLICABLE;
	out->reason = "waiting requests are not known";
	if (judge_waited(data, levels, arena, out) &&
	    out->status == CHECK_FAIL)
		return;
	/*
	 * At equal distances replies may always come just before a send, and
	 * a sender that stood still sends into the queue that it made.
	 */
	if (!(ops->flags & ARRIVAL_CONSTANT))
		judge_records(data, levels, data->rows && !data->any_arrival &&
			      !(data->left_out > 0) &&
			      ops->flags & ARRIVAL_POISSON, arena, out);
}

const struct check_ops check_throttling = {
	.kind = {
		.name = "throttling",
		.help = "replies do not decide when requests are sent: full "
			"connections made no closed loop",
		.options = rows,
		.options_size = sizeof(struct throttling),
	},
	.client = true,
	.run = run,
};
