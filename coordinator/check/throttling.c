/* throttling.c - did replies decide when requests could be sent? */
#include <gsl/gsl_cdf.h>
#include <math.h>
#include <string.h>

#include "coordinator/check.h"
#include "coordinator/flying.h"
#include "coordinator/plan.h"
#include "coordinator/point.h"
#include "lancet/core/arena.h"
#include "lancet/core/option.h"
#include "lancet/core/stats/vector.h"
#include "workloads/arrival.h"

#define FOUND_LEAST 1000	/* sends that say what they found */
#define EDGE 20		/* times as many with so many in flight as with more, */
#define EDGE_PART 20	/* and such a part of all: mostly the most */
#define LEVELS 2	/* that are tried: the highest, and that */
#define PART_OF_GAP .25	/* of the mean: sends less than it after a reply */
#define EVEN .05	/* squared coefficient of variation of gaps */

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

/* By a clock, at even distances? Replies may come just before its ticks. */
static bool even(const struct flying *f, size_t n)
{
	double sum = 0, square = 0;

	for (size_t i = 1; i < n; i++) {
		double gap = (double)(f[i].at_ns - f[i - 1].at_ns);

		sum += gap;
		square += gap * gap;
	}
	return square * (double)n < sum * sum * (1 + EVEN);
}

/*
 * The most in flight, but for few: in the tail of an open loop there are
 * hardly ever so many fewer with one more. A wrong time puts a few of a closed
 * loop's beyond its limit. 0 where there is no such level.
 */
static uint32_t mostly(const struct flying *f, size_t n, uint32_t most,
		       struct arena *arena)
{
	size_t *sends = arena_array(arena, most + 1u, sizeof(*sends));
	size_t beyond = 0;

	memset(sends, 0, (most + 1u) * sizeof(*sends));
	for (size_t i = 0; i < n; i++)
		sends[f[i].n]++;
	for (uint32_t level = most; level > 1; beyond += sends[level--])
		if (beyond && sends[level] * EDGE_PART > n &&
		    sends[level] > EDGE * beyond)
			return even(f, n) ? 0 : level;
	return 0;
}

static void judge_level(const struct flying *f, size_t n, uint32_t most,
			int64_t slack_ns, struct check_result *out,
			struct arena *arena)
{
	static const int64_t within_ns[] = { 0, 1000, 5000, 20000 };
	double gap_ns = n < 2 ? 0 : (double)(f[n - 1].at_ns - f[0].at_ns) /
				    (double)(n - 1);
	size_t tests = sizeof(within_ns) / sizeof(*within_ns);

	for (size_t i = 0; i < tests; i++) {
		struct held h = { .most = most, .within_ns = within_ns[i] };
		double chance = (double)(within_ns[i] + slack_ns + 1) / gap_ns;
		double excess, p;

		if (!(chance < PART_OF_GAP))
			break;
		count(f, n, &h);
		p = fmin(p_of(&h, chance, &excess) * LEVELS * (double)tests, 1);
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

static void judge_flying(const struct flying *f, size_t n, int64_t slack_ns,
			 struct check_result *out, struct arena *arena)
{
	uint32_t most = 0, edge;

	for (size_t i = 0; i < n; i++)
		most = f[i].n > most ? f[i].n : most;
	judge_level(f, n, most, slack_ns, out, arena);
	edge = mostly(f, n, most, arena);
	if (edge)
		judge_level(f, n, edge, slack_ns, out, arena);
}

/* Of a file: time in windows in which the sender did not stand still. */
struct counted {
	const struct point_window *window;
	const double *before;	/* in those before each */
	size_t n;
	int64_t width_ns;
};

static bool counts(const struct counted *c, int64_t at_ns)
{
	size_t w = (size_t)(at_ns / c->width_ns);

	return at_ns >= 0 && w < c->n && !(c->window[w].out & WINDOW_HEADLINE);
}

static double counted_at(const struct counted *c, int64_t at_ns)
{
	size_t w = (size_t)(at_ns / c->width_ns);

	if (at_ns < 0)
		return 0;
	if (w >= c->n)
		return c->before[c->n];
	return c->before[w] + (counts(c, at_ns) ? (double)(at_ns % c->width_ns)
						: 0);
}

static struct counted counted_of(const struct point_data *data,
				 struct arena *arena)
{
	const struct point_segment *all = &data->segment[0];
	double *before = arena_array(arena, all->nwindows + 1, sizeof(*before));
	struct counted c = {
		.window = all->window, .before = before, .n = all->nwindows,
		.width_ns = data->plan->config->measure.window_ns,
	};

	before[0] = 0;
	for (size_t w = 0; w < c.n; w++)
		before[w + 1] = before[w] +
				(c.window[w].out & WINDOW_HEADLINE
					 ? 0 : (double)c.width_ns);
	return c;
}

/*
 * Poisson arrivals that know nothing of the queue find what there is (Wolff
 * 1982): what they find, less their rate times what there is, summed up is a
 * martingale, whatever the server does. Its variance is the sum of squares. A
 * sender that stood still sends into the queue that it made: such windows do
 * not count, nor does what is in flight in them.
 */
static void judge_found(const struct flying *f, size_t n,
			const struct counted *time, struct check_result *out,
			struct arena *arena)
{
	int64_t last_ns = f[n - 1].at_ns;
	double found = 0, there = 0, square = 0, sends = 0;
	double mean, expected, effect, p;

	for (size_t i = 0; i < n; i++) {
		double before = f[i].n - (f[i].took_ns >= 0);
		int64_t end_ns = f[i].at_ns + f[i].took_ns;

		if (f[i].took_ns > 0)
			there += counted_at(time, end_ns < last_ns ? end_ns
								   : last_ns) -
				 counted_at(time, f[i].at_ns);
		if (!counts(time, f[i].at_ns))
			continue;
		sends++;
		found += before;
		square += before * before;
	}
	if (sends < FOUND_LEAST)
		return;
	mean = there / (counted_at(time, last_ns) -
			counted_at(time, f[0].at_ns));
	expected = mean * sends;
	effect = found / expected - 1;
	square = fmax(square - 2 * mean * found + mean * expected, expected);
	p = tail_normal((found - expected) / sqrt(square));
	if (!(fabs(effect) > out->threshold) || p > out->p_value)
		return;
	out->p_value = p;
	out->effect = effect;
	out->statistic = found / sends;
	out->reason = arena_printf(arena,
		"sends found %.3g requests in flight, whose time average is "
		"%.3g: %+.1f%% (%.0f%% allowed), p %.2g: sends depend on "
		"replies", out->statistic, mean, 100 * effect,
		100 * out->threshold, p);
}

/*
 * A reply's time may be rounded beyond that of what it let go. Where a unit is
 * no small part of the mean gap, though, so much slack would be all there is.
 */
static int64_t slack_of(const struct point_data *data,
			const struct flying *f, size_t n)
{
	int64_t unit_ns = data->sent_unit_ns > data->reply_unit_ns
				  ? data->sent_unit_ns : data->reply_unit_ns;

	return data->rows && n > 1 && (double)(unit_ns + 1) < PART_OF_GAP *
	       (double)(f[n - 1].at_ns - f[0].at_ns) / (double)(n - 1)
		       ? unit_ns : 0;
}

/*
 * Records of requests, where there are any; a limit is an agent's own, or that
 * of a pool which all agents of a file share.
 */
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

	struct counted time = { 0 };
	bool clockwork = false;

	if (poisson)
		time = counted_of(data, arena);
	for (size_t i = 0; i <= data->nsamples; i++) {
		const struct point_samples *from =
			i < data->nsamples ? &data->samples[i]
					   : &data->together;
		struct flights f = flying_of(from->sample, from->n, arena);
		int64_t slack_ns = slack_of(data, f.send, f.n);

		/* Several even senders are not even together. */
		clockwork |= even(f.send, f.n);
		if (from == &data->together && (!f.n || clockwork))
			break;
		if (poisson && f.n >= FOUND_LEAST)
			judge_found(f.send, f.n, &time, &found, arena);
		if (slack_ns)
			flying_count(&f, slack_ns);
		judge_flying(f.send, f.n, slack_ns, &of, arena);
	}
	if (found.reason && !(of.p_value <= found.p_value &&
			      of.effect > of.threshold))
		of = found;
	if (!of.reason)
		return;
	*out = of;
	out->p_value = fmin(of.p_value * (poisson ? 2 : 1) *
			    (double)(data->nsamples + !!data->together.n), 1);
	out->level = levels->level;
	out->status = CHECK_PASS;
}

/* What agents say of requests that no connection had room for. */
static bool judge_waited(const struct point_data *data,
			 const struct throttling *levels, struct arena *arena,
			 struct check_result *out)
{
	double n = (double)data->parts;
	bool cut_off = 2 * data->cut_off > data->waited;

	if (data->rows || !(n > 0))
		return false;
	out->statistic = (double)data->waited;
	out->effect = out->statistic / n;
	out->threshold = levels->waited;
	out->status = out->effect > out->threshold ? CHECK_FAIL : CHECK_PASS;
	out->reason = arena_printf(arena,
		"%.2f%% of requests waited for a connection with room (%.0f%% "
		"allowed)%s", 100 * out->effect, 100 * levels->waited,
		out->status == CHECK_PASS ? "" : cut_off ? arena_printf(arena,
		": the target closed connections, or took none, %lld times",
		(long long)point_broken(data)) :
		": replies decided when they left");
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
	/* At equal distances replies may always come just before a send. */
	if (!(ops->flags & ARRIVAL_CONSTANT))
		judge_records(data, levels, data->rows && !data->any_arrival &&
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
