/* sends.c - the gaps between sends, as the checks of arrivals read them */
#include "coordinator/sends.h"

#include <math.h>
#include <string.h>

#include "coordinator/plan.h"
#include "coordinator/point.h"
#include "lancet/core/arena.h"
#include "lancet/core/sort.h"

/* A gap in operational time, as if it ended at that instant. */
static int32_t gap_of(const struct pattern *pattern, int32_t gap_ns,
		      int64_t end_ns)
{
	double end = (double)end_ns, begin = end - gap_ns, done;

	if (!pattern)
		return gap_ns;
	done = pattern_done(pattern, end) -
	       pattern_done(pattern, begin > 0 ? begin : 0);
	return done < INT32_MAX ? (int32_t)lround(done) : INT32_MAX;
}

static void reverse(int32_t *gap, size_t n)
{
	for (size_t i = 0; i < n / 2; i++) {
		int32_t other = gap[i];

		gap[i] = gap[n - 1 - i];
		gap[n - 1 - i] = other;
	}
}

/* From the last gap back: the instants are known from the segment's end. */
static void take(const struct point_data *data, const struct point_gaps *from,
		 struct sends *to)
{
	const struct pattern *pattern = data->plan->workload.pattern;
	const struct point_segment *segment = &data->segment[from->segment];
	int64_t width = data->plan->config->measure.window_ns;
	int64_t at = segment->until_ns - segment->from_ns;
	bool last = false;

	for (uint32_t i = from->n; i-- > 0 && at > 0;) {
		size_t window = (size_t)((at - 1) / width);
		int64_t end = segment->from_ns + at;
		bool kept = window < segment->nwindows &&
			    !(segment->window[window].out & WINDOW_HEADLINE);

		/* What was kept last comes after this one. */
		if (last)
			to->follows[to->n - 1] = kept;
		if (kept) {
			to->gap_ns[to->n] = gap_of(pattern, from->gap_ns[i],
						   end);
			to->intended_gap_ns[to->n++] =
				gap_of(pattern, from->intended_gap_ns[i], end);
		}
		last = kept;
		at -= from->intended_gap_ns[i];
	}
	reverse(to->gap_ns, to->n);
	reverse(to->intended_gap_ns, to->n);
	for (size_t i = 0; i < to->n / 2; i++) {
		bool other = to->follows[i];

		to->follows[i] = to->follows[to->n - 1 - i];
		to->follows[to->n - 1 - i] = other;
	}
}

struct sends *sends_of(const struct point_data *data, size_t *n,
		       struct arena *arena)
{
	struct sends *all = arena_array(arena, data->ngaps, sizeof(*all));

	*n = data->ngaps;
	for (size_t i = 0; i < data->ngaps; i++) {
		const struct point_gaps *from = &data->gaps[i];
		struct sends *to = &all[i];

		to->agent = from->agent;
		to->thread = from->thread;
		to->gap_ns = arena_array(arena, from->n, sizeof(int32_t));
		to->intended_gap_ns =
			arena_array(arena, from->n, sizeof(int32_t));
		to->follows = arena_array(arena, from->n, sizeof(bool));
		take(data, from, to);
	}
	return all;
}

int32_t *sends_sorted(const struct sends *sends, size_t nsends, bool intended,
		      size_t *n, struct arena *arena)
{
	int32_t *all;

	*n = 0;
	for (size_t i = 0; i < nsends; i++)
		*n += sends[i].n;
	all = arena_array(arena, *n, sizeof(*all));
	*n = 0;
	for (size_t i = 0; i < nsends; i++) {
		if (sends[i].n)
			memcpy(all + *n, intended ? sends[i].intended_gap_ns
						  : sends[i].gap_ns,
			       sends[i].n * sizeof(*all));
		*n += sends[i].n;
	}
	sort_i32(all, *n);
	return all;
}
