/* pairs.c - every request's measured and replayed response time */
#include "coordinator/pairs.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "coordinator/plan.h"
#include "coordinator/point.h"
#include "lancet/core/arena.h"
#include "lancet/core/err.h"
#include "lancet/core/stats/vector.h"
#include "models/policy.h"
#include "models/predict.h"

#define GROUPS 20	/* t with 19 degrees is within 7% of the normal */

/* --- requests ------------------------------------------------------------- */

static int request_order(const void *left, const void *right)
{
	const struct request *a = left, *b = right;

	if (a->intended_ns != b->intended_ns)
		return a->intended_ns < b->intended_ns ? -1 : 1;
	return a->id < b->id ? -1 : a->id > b->id;
}

static unsigned window_out(const struct point_data *data,
			   const struct point_segment *segment, int64_t at_ns)
{
	int64_t index = (at_ns - segment->from_ns) /
			data->plan->config->measure.window_ns;

	if (at_ns < segment->from_ns || index >= (int64_t)segment->nwindows)
		return WINDOW_WARMUP;	/* beyond a segment that was cut */
	return segment->window[index].out;
}

/* Those that were sent; the parts of a fan-out, each one, follow each other. */
static struct request *requests_of(const struct point_data *data,
				   uint32_t index, size_t *n,
				   struct arena *arena)
{
	const struct point_segment *segment = &data->segment[index];
	struct request *request;
	size_t room = 0;

	for (size_t i = 0; i < data->nsamples; i++)
		if (data->samples[i].segment == index)
			room += data->samples[i].n;
	request = arena_array(arena, room, sizeof(*request));
	*n = 0;
	for (size_t i = 0; i < data->nsamples; i++) {
		const struct point_samples *from = &data->samples[i];

		for (size_t j = 0; j < from->n && from->segment == index;
		     j++) {
			const struct sample *s = &from->sample[j];
			int64_t at = s->intended_ns - segment->at_ns +
				     segment->from_ns;

			if (s->outcome == OUTCOME_UNSENT)
				continue;
			request[(*n)++] = (struct request){
				.sample = s,
				.id = wire_id(from->agent, s->thread,
					      data->round) | s->seq,
				.intended_ns = at,
				.out = window_out(data, segment, at),
			};
		}
	}
	qsort(request, *n, sizeof(*request), request_order);
	return request;
}

/* How many of request[n] are parts of the same as the first. */
static size_t parts_of(const struct request *request, size_t n, uint32_t parts)
{
	uint64_t first = request->id - (uint32_t)request->id % parts;
	size_t of = 1;

	while (of < n && request[of].id >= first &&
	       request[of].id < first + parts)
		of++;
	return of;
}

static uint32_t parts_each(const struct point_data *data)
{
	uint32_t fanout = data->plan->workload.fanout;

	return fanout > 1 ? fanout : 1;
}

struct request *requests_whole(const struct point_data *data, uint32_t segment,
			       size_t *n, struct arena *arena)
{
	struct request *request = requests_of(data, segment, n, arena);
	uint32_t parts = parts_each(data);
	size_t whole = 0, of;

	for (size_t i = 0; parts > 1 && i < *n; i += of) {
		struct sample *s;

		of = parts_of(&request[i], *n - i, parts);
		if (of < parts)
			continue;
		s = arena_copy(arena, request[i].sample, sizeof(*s));
		for (size_t j = 1; j < of; j++)
			sample_join(s, request[i + j].sample);
		request[whole] = request[i];
		request[whole++].sample = s;
	}
	*n = parts > 1 ? whole : *n;
	return request;
}

/* A refused request was never served; one without a reply may have been. */
static size_t drop_refused(struct request *request, size_t n)
{
	size_t kept = 0;

	for (size_t i = 0; i < n; i++)
		if (request[i].sample->outcome != OUTCOME_NACKED)
			request[kept++] = request[i];
	return kept;
}

/* --- replay --------------------------------------------------------------- */

static int jobs_of(const struct request *request, size_t n,
		   const struct choice *policy, uint32_t workers,
		   struct job *job, struct err *err)
{
	for (size_t i = 0; i < n; i++) {
		const struct sample *s = request[i].sample;

		job[i] = (struct job){
			.id = i,
			.class = s->class,
			.conn = s->conn,
			.arrival = (double)request[i].intended_ns,
			.service = (double)(s->service_ns ? s->service_ns
							  : s->served_ns),
		};
		if (!(job[i].service > 0))
			return err_set(err, -ENODATA,
				       "requests carry no service time");
		policy_pick(policy, workers, policy_draw(request[i].id),
			    &job[i].aux);
	}
	return 0;
}

/*
 * The last of n parts, on either side; false where one was not answered. What
 * the target was late with its reply is taken off, if `released`.
 */
static bool pair_of(const struct request *request, const double *completion,
		    size_t n, bool released, struct pair *pair)
{
	*pair = (struct pair){ .out = request->out };
	for (size_t i = 0; i < n; i++) {
		const struct sample *s = request[i].sample;

		if (s->outcome != OUTCOME_RECEIVED || !isfinite(completion[i]))
			return false;
		pair->measured_ns =
			fmax(pair->measured_ns,
			     (double)(s->received_ns - s->intended_ns -
				      (released ? s->release_ns : 0)));
		pair->replayed_ns =
			fmax(pair->replayed_ns,
			     completion[i] - (double)request->intended_ns);
	}
	return true;
}

static size_t pairs_add(const struct request *request, const double *completion,
			size_t n, uint32_t parts, bool released,
			struct pair *pair)
{
	size_t added = 0, of;

	for (size_t i = 0; i < n; i += of) {
		of = parts_of(&request[i], n - i, parts);
		added += of == parts && pair_of(&request[i], &completion[i], of,
						released, &pair[added]);
	}
	return added;
}

int pairs_jobs(const struct point_data *data, uint32_t segment,
	       const struct choice *policy, uint32_t workers,
	       struct request **request, struct job **job, size_t *n,
	       struct arena *arena, struct err *err)
{
	*request = requests_of(data, segment, n, arena);
	*n = drop_refused(*request, *n);
	*job = arena_array(arena, *n, sizeof(**job));
	return jobs_of(*request, *n, policy, workers, *job, err);
}

int pairs_replay(const struct point_data *data, const struct choice *policy,
		 uint32_t workers, struct pair **pairs, size_t *n,
		 struct arena *arena, struct err *err)
{
	size_t room = 0;

	for (size_t i = 0; i < data->nsamples; i++)
		room += data->samples[i].n;
	if (!room)
		return err_set(err, -ENODATA, "there are no records of the "
			       "requests");
	*pairs = arena_array(arena, room, sizeof(**pairs));
	*n = 0;
	for (uint32_t s = 0; s < data->nsegments; s++) {
		struct request *request;
		struct job *job;
		double *completion;
		size_t count;

		if (pairs_jobs(data, s, policy, workers, &request, &job,
			       &count, arena, err) < 0)
			return err->code;
		completion = arena_array(arena, count, sizeof(*completion));
		if (count && replay(policy, workers, job, count, completion,
				    arena, err) < 0)
			return err->code;
		*n += pairs_add(request, completion, count, parts_each(data),
				data->plan->without_release,
				*pairs + *n);
	}
	return 0;
}

/* --- quantiles ------------------------------------------------------------ */

struct grouped {
	double value;
	uint32_t group;
};

static int grouped_order(const void *left, const void *right)
{
	const struct grouped *a = left, *b = right;

	return a->value < b->value ? -1 : a->value > b->value;
}

static size_t rank_of(double q, size_t n)
{
	size_t rank = (size_t)ceil(q * (double)n);

	return rank < 1 ? 1 : rank > n ? n : rank;
}

/* Group g holds the requests from g n / GROUPS on. */
static size_t group_size(size_t n, uint32_t g)
{
	return (g + 1) * n / GROUPS - g * n / GROUPS;
}

/*
 * The quantile without each group: walk up from the lowest rank that any of
 * them can have, with the groups' counts up to there.
 */
static void leave_out(const struct grouped *sorted, size_t n, double q,
		      double *without)
{
	size_t start = rank_of(q, n - group_size(n, 0) - 1) - 1;
	size_t below[GROUPS] = { 0 };

	for (size_t i = 0; i < start; i++)
		below[sorted[i].group]++;
	for (uint32_t g = 0; g < GROUPS; g++) {
		size_t rank = rank_of(q, n - group_size(n, g));
		size_t seen = start - below[g];
		size_t i = start;

		/* Counts up to `start` may already be the rank itself. */
		for (; i < n; i++) {
			seen += sorted[i].group != g;
			if (seen >= rank && sorted[i].group != g)
				break;
		}
		without[g] = sorted[i < n ? i : n - 1].value;
	}
}

/*
 * Where all that differs is in a group or two, as beyond the p99.9 of a full
 * queue, the variance is that of so many: Satterthwaite's (1946) freedom with
 * their own fourth moment, of normal ones GROUPS.
 */
static double freedom_of(double square, double fourth)
{
	double kurtosis = GROUPS * fourth / (square * square);

	return fmin(2 * GROUPS / (kurtosis - 1), GROUPS - 1);
}

static double jackknife_half(const double *a, const double *b,
			     double confidence)
{
	double mean = 0, square = 0, fourth = 0;

	for (int g = 0; g < GROUPS; g++)
		mean += (a[g] - b[g]) / GROUPS;
	for (int g = 0; g < GROUPS; g++) {
		square += pow(a[g] - b[g] - mean, 2);
		fourth += pow(a[g] - b[g] - mean, 4);
	}
	if (!(square > 0))
		return 0;
	return sqrt(square * (GROUPS - 1) / GROUPS) *
	       quantile_student(1 - confidence, freedom_of(square, fourth));
}

void pairs_quantile(const struct pair *pairs, size_t n, double confidence,
		    struct pair_quantile *out, size_t nout,
		    struct arena *arena)
{
	struct grouped *measured = arena_array(arena, n, sizeof(*measured));
	struct grouped *replayed = arena_array(arena, n, sizeof(*replayed));
	double a[GROUPS], b[GROUPS];

	for (uint32_t g = 0; g < GROUPS; g++) {
		for (size_t i = g * n / GROUPS; i < (g + 1) * n / GROUPS; i++) {
			measured[i].value = pairs[i].measured_ns;
			replayed[i].value = pairs[i].replayed_ns;
			measured[i].group = g;
			replayed[i].group = g;
		}
	}
	qsort(measured, n, sizeof(*measured), grouped_order);
	qsort(replayed, n, sizeof(*replayed), grouped_order);
	for (size_t i = 0; i < nout; i++) {
		size_t rank = rank_of(out[i].q, n) - 1;

		out[i].half_ns = (double)NAN;
		out[i].measured_ns = (double)NAN;
		out[i].replayed_ns = (double)NAN;
		if ((double)n * (1 - out[i].q) < 1)
			continue;
		out[i].measured_ns = measured[rank].value;
		out[i].replayed_ns = replayed[rank].value;
		if (n < 10 * GROUPS)
			continue;
		leave_out(measured, n, out[i].q, a);
		leave_out(replayed, n, out[i].q, b);
		out[i].half_ns = jackknife_half(a, b, confidence);
	}
}

double pairs_difference(const struct pair *pairs, size_t n, double q,
			double *scratch)
{
	if (!n)
		return (double)NAN;
	for (size_t i = 0; i < n; i++)
		scratch[i] = pairs[i].measured_ns - pairs[i].replayed_ns;
	vector_sort(scratch, n);
	return scratch[rank_of(q, n) - 1];
}
