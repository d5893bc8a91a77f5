/* units.c - are all latencies of a file in one unit? */
#include <math.h>

#include "coordinator/check.h"
#include "coordinator/gof.h"
#include "coordinator/point.h"
#include "lancet/core/arena.h"
#include "lancet/core/option.h"
#include "lancet/core/sort.h"

#define FACTOR 1000	/* between ns, us, ms and s */
#define LEAST 100	/* latencies on either side, to know their law, */
#define PART 100	/* and of all such a part */
#define EMPTY .003	/* of the fewer, within a factor of 2 about the split */
#define VALUES 16	/* of long ones in the middle, and of short ones: */
#define SHORT_VALUES 4	/* constants fit by design */
#define UNITS 4		/* below as many, equal ones leave gaps between */

struct units {
	double distance;
};

static const struct option_row rows[] = {
	OPTION(PERCENT, struct units, distance, 0, "10%", 0, 1,
	       "least Kolmogorov distance of the short latencies from the long "
	       "ones divided by 1000, if hardly any are between; a hundred "
	       "latencies of one law are mostly closer to it"),
	{ 0 },
};

/* How many of x[n], in rising order, are below `limit`. */
static size_t below(const int64_t *x, size_t n, double limit)
{
	size_t low = 0, high = n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if ((double)x[middle] < limit)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* Latencies in rising order. */
static int64_t *latencies(const struct point_data *data, size_t *n,
			  struct arena *arena)
{
	int64_t *x;

	*n = 0;
	for (size_t i = 0; i < data->nsamples; i++)
		*n += data->samples[i].n;
	x = arena_array(arena, *n, sizeof(*x));
	*n = 0;
	for (size_t i = 0; i < data->nsamples; i++) {
		const struct point_samples *from = &data->samples[i];

		for (size_t k = 0; k < from->n; k++)
			if (from->sample[k].outcome == OUTCOME_RECEIVED)
				x[(*n)++] = from->sample[k].received_ns -
					    from->sample[k].sent_ns;
	}
	sort_i64(x, *n);
	return x;
}

/* Fewer are not told from the others. */
static size_t least_of(size_t n)
{
	return n / PART > LEAST ? n / PART : LEAST;
}

/*
 * How many are short: where the fewest are within a factor of 2. 0 where the
 * two kinds are not apart.
 */
static size_t split(const int64_t *x, size_t n, double from_ns)
{
	size_t least = least_of(n), at = 0;
	double fewest = INFINITY;

	for (double s = fmax((double)x[least], from_ns);
	     s < (double)x[n - least]; s *= M_SQRT2) {
		size_t from = below(x, n, s / M_SQRT2);
		size_t to = below(x, n, s * M_SQRT2);
		size_t short_ones = below(x, n, s);
		size_t fewer = short_ones < n - short_ones ? short_ones
							   : n - short_ones;
		double share = (double)(to - from) / (double)fewer;

		if (fewer < least || !(share < fewest))
			continue;
		fewest = share;
		at = short_ones;
	}
	return fewest < EMPTY ? at : 0;
}

/* How many values are in the middle of x[n]? */
static size_t values(const int64_t *x, size_t n)
{
	size_t sum = 1;

	for (size_t i = n / 20 + 1; i < n - n / 20; i++)
		sum += x[i] != x[i - 1];
	return sum;
}

/* By a factor, in units of the file after `add` of one. */
static int32_t *scaled(const int64_t *x, size_t n, double by, double add,
		       struct arena *arena)
{
	int32_t *to = arena_array(arena, n, sizeof(*to));

	for (size_t i = 0; i < n; i++)
		to[i] = (int32_t)fmin((double)x[i] / by + add, INT32_MAX);
	return to;
}

/* Of short ones from long ones in their unit, rounded as they may be. */
static double distance(const int64_t *x, size_t few, size_t n, double unit_ns,
		       struct arena *arena)
{
	static const double add[] = { 0, .5, 1 };
	const int32_t *a = scaled(x, few, unit_ns, .5, arena);
	double least = 1;

	for (size_t i = 0; i < sizeof(add) / sizeof(*add); i++) {
		const int32_t *b = scaled(x + few, n - few, FACTOR * unit_ns,
					  add[i], arena);

		least = fmin(least, gof_between(a, few, b, n - few, 0));
	}
	return least;
}

static void run(const struct point_data *data, const void *options,
		struct arena *arena, struct check_result *out)
{
	const struct units *levels = options;
	double unit_ns = fmax((double)data->reply_unit_ns, 1);
	size_t n, few;
	const int64_t *x = latencies(data, &n, arena);

	out->status = CHECK_NOT_APPLICABLE;
	out->reason = "fewer than 100 latencies on either side";
	if (n < 2 * least_of(n))
		return;
	out->reason = "latencies are too coarse";
	if ((double)x[n - least_of(n)] <= UNITS * unit_ns)
		return;
	few = split(x, n, UNITS * unit_ns);
	out->reason = "latencies come in two kinds, one of which is constant: "
		      "those may be of any factor";
	if (few && (values(x, few) < SHORT_VALUES ||
		    values(x + few, n - few) < VALUES))
		return;
	out->status = CHECK_PASS;
	out->reason = "latencies do not come in two units";
	if (!few)
		return;
	out->threshold = levels->distance;
	out->effect = distance(x, few, n, unit_ns, arena);
	out->status = out->effect < out->threshold ? CHECK_FAIL : CHECK_PASS;
	out->reason = arena_printf(arena,
		"%.1f%% of latencies are below %lld ns, the others, divided by "
		"%d, differ from them by %.0f%% (at least %.0f%% asked)%s",
		100 * (double)few / (double)n, (long long)x[few], FACTOR,
		100 * out->effect, 100 * out->threshold,
		out->status == CHECK_PASS ? "" : ": they are in two units");
}

const struct check_ops check_units = {
	.kind = {
		.name = "units",
		.help = "all latencies of a file are in one unit",
		.options = rows,
		.options_size = sizeof(struct units),
	},
	.of = CHECK_FILES,
	.run = run,
};
