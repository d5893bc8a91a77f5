/* breakdown.c - where the median request, and a late one, spent their time */
#include "coordinator/breakdown.h"

#include <math.h>
#include <stdlib.h>

#include "coordinator/plan.h"
#include "coordinator/point.h"
#include "lancet/core/arena.h"
#include "lancet/core/stats/vector.h"

/* Of what lies beyond the quantile, to either side. */
#define NEIGHBOURS .1

static bool in_headline(const struct point_segment *segment, int64_t window_ns,
			const struct wire_way *way)
{
	size_t i = way->window - (size_t)(segment->from_ns / window_ns);

	return i < segment->nwindows &&
	       !(segment->window[i].out & WINDOW_HEADLINE);
}

static const struct wire_way **gather(const struct point_data *data,
				      size_t *n, struct arena *arena)
{
	const struct wire_way **way;
	size_t room = 0;

	for (size_t i = 0; i < data->nways; i++)
		room += data->ways[i].n;
	way = arena_array(arena, room, sizeof(*way));
	*n = 0;
	for (size_t i = 0; i < data->nways; i++) {
		const struct point_ways *from = &data->ways[i];

		for (size_t k = 0; k < from->n; k++)
			if (in_headline(&data->segment[from->segment],
					data->plan->config->measure.window_ns,
					&from->way[k]))
				way[(*n)++] = &from->way[k];
	}
	return way;
}

static int64_t response_ns(const struct wire_way *way)
{
	int64_t ns = 0;

	for (int k = 0; k < LEGS; k++)
		if (way->leg_ns[k] != WIRE_NO_LEG)
			ns += way->leg_ns[k];
	return ns;
}

static int by_response(const void *left, const void *right)
{
	int64_t a = response_ns(*(const struct wire_way *const *)left);
	int64_t b = response_ns(*(const struct wire_way *const *)right);

	return a < b ? -1 : a > b;
}

/* Means of one leg; NAN where one of them lacks it. */
static double mean_leg(const struct wire_way **way, size_t n,
		       enum wire_leg leg)
{
	double sum = 0;

	for (size_t i = 0; i < n; i++) {
		if (way[i]->leg_ns[leg] == WIRE_NO_LEG)
			return (double)NAN;
		sum += way[i]->leg_ns[leg];
	}
	return sum / (double)n;
}

/* --- one way -------------------------------------------------------------- */

/* Each request's arrival and departure at the target fit; few do not. */
#define MISFITS .01

static const char *unrelated(const struct wire_stamps *s)
{
	if (s->foreign > 0)
		return "the target's instants are in another host's clock, "
		       "whose relation to this one is unknown";
	if (s->told == 0)
		return "the target does not report its instants; the built-in "
		       "one does, with protocol spin and workload: {trailer: "
		       "true}";
	if ((double)s->misfit > MISFITS * (double)s->told)
		return "the target's instants do not lie between the stamps of "
		       "their requests: its clock differs from this host's";
	return NULL;
}

/* NAN where too few are beyond it. */
static double at(const double *sorted, size_t n, double q)
{
	return (double)n * (1 - q) < 1 ? (double)NAN
				       : sorted[(size_t)((double)n * q)];
}

struct result_one_way *breakdown_one_way(const struct point_data *data,
					 double uncertainty_ns,
					 struct arena *arena)
{
	struct result_one_way *to = arena_alloc(arena, sizeof(*to));
	double *request, *reply;
	const struct wire_way **way;
	size_t n, m = 0;

	*to = (struct result_one_way){ NAN, NAN, NAN, NAN, NAN, 0,
				       unrelated(&data->stamps) };
	if (to->reason)
		return to;
	way = gather(data, &n, data->arena);
	request = arena_array(data->arena, n, sizeof(*request));
	reply = arena_array(data->arena, n, sizeof(*reply));
	for (size_t i = 0; i < n; i++) {
		if (way[i]->request_ns == WIRE_NO_LEG)
			continue;
		request[m] = way[i]->request_ns;
		reply[m++] = way[i]->reply_ns;
	}
	vector_sort(request, m);
	vector_sort(reply, m);
	to->request_p50_ns = at(request, m, .5);
	to->request_p99_ns = at(request, m, .99);
	to->reply_p50_ns = at(reply, m, .5);
	to->reply_p99_ns = at(reply, m, .99);
	/* The target converts its own stamps in the same way. */
	to->uncertainty_ns = 2 * uncertainty_ns;
	to->requests = (int64_t)m;
	return to;
}

struct result_breakdown *breakdown_at(const struct point_data *data, double q,
				      struct arena *arena)
{
	size_t n, first, last;
	const struct wire_way **way = gather(data, &n, data->arena);
	double reach = (q < .5 ? q : 1 - q) * NEIGHBOURS;
	struct result_breakdown *to;

	if (!n)
		return NULL;
	qsort(way, n, sizeof(*way), by_response);
	first = (size_t)((double)n * (q - reach));
	last = (size_t)((double)n * (q + reach));
	way += first;
	n = last - first + 1;
	to = arena_alloc(arena, sizeof(*to));
	*to = (struct result_breakdown){
		.queue_ns = mean_leg(way, n, LEG_QUEUE),
		.sched_ns = mean_leg(way, n, LEG_SCHED),
		.wire_out_ns = mean_leg(way, n, LEG_OUT),
		.wire_ns = mean_leg(way, n, LEG_WIRE),
		.wire_in_ns = mean_leg(way, n, LEG_IN),
	};
	return to;
}
