/* trace.c - requests at recorded instants, on request with class and service */
#include "workloads/arrival.h"

#include <errno.h>
#include <math.h>

#include "lancet/core/arena.h"
#include "lancet/core/err.h"
#include "lancet/core/option.h"
#include "workloads/lines.h"

/*
 * A file of lines `time_ns[,class[,service_ns]]` in order of time, counted
 * from the start of a point. Share i of n takes lines i, i+n, ...
 *
 * With `scale` times are multiplied by it. Without, they are stretched to
 * the rate of the load, unless the file has that rate as it is.
 */
struct trace_options {
	const char *file;
	double scale; /* 0: none given */
};

struct trace_entry {
	double at_ns;
	int32_t class;	     /* -1: the file does not say */
	uint64_t service_ns; /* 0: the file does not say */
};

struct trace {
	struct trace_entry *entry; /* this share's */
	size_t n, next, burst;	   /* burst: where the last gaps() began */
	double scale;
	double last_ns;
};

/* What reading one file needs to know. */
struct trace_reader {
	struct lines lines;
	const struct arrival_share *share;
	struct arena *arena;
	size_t count; /* lines of all shares */
	size_t room;
	double first_ns, last_ns;
};

static const struct option_row trace_rows[] = {
	OPTION(STRING, struct trace_options, file,
	       OPTION_REQUIRED | OPTION_FILE, NULL, 0, 0,
	       "text file, one request a line: time_ns[,class[,service_ns]]"),
	OPTION(REAL, struct trace_options, scale, 0, NULL, 0, 1e9,
	       "multiply all times; default: stretch to the rate of the load"),
	{ 0 },
};

/* Longer than any run: such times were not counted from a start at 0. */
#define TRACE_START_MAX 3600e9

static int read_time(struct trace_reader *r, double *at_ns, struct err *err)
{
	int rc = lines_value(&r->lines, 0, at_ns, err);

	if (rc)
		return rc;
	if (!r->count && *at_ns > TRACE_START_MAX)
		return lines_error(&r->lines, err,
				   "the first request is %.3g s after the "
				   "start; count times from the first one",
				   *at_ns / 1e9);
	if (r->count && *at_ns < r->last_ns)
		return lines_error(&r->lines, err,
				   "time %.15g is before that "
				   "of the line above; sort the file",
				   *at_ns);
	return 0;
}

static int read_entry(struct trace_reader *r, struct trace_entry *e,
		      struct err *err)
{
	double class = -1, service = 0;
	int rc = read_time(r, &e->at_ns, err);

	if (!rc && r->lines.nfields > 3)
		rc = lines_error(&r->lines, err,
				 "more than three fields; "
				 "write time_ns[,class[,service_ns]]");
	if (!rc && r->lines.nfields > 1)
		rc = lines_value(&r->lines, 1, &class, err);
	if (!rc && r->lines.nfields > 2)
		rc = lines_value(&r->lines, 2, &service, err);
	if (rc)
		return rc;
	if (class > INT16_MAX || floor(class) != class)
		return lines_error(&r->lines, err,
				   "class %g is no number of "
				   "a class; count them from 0",
				   class);
	if (service > 1e15)
		return lines_error(&r->lines, err, "service is out of range");
	e->class = (int32_t) class;
	e->service_ns = (uint64_t)llround(service);
	return 0;
}

static int read_entries(struct trace_reader *r, struct trace *s,
			struct err *err)
{
	struct trace_entry e;
	int rc;

	while ((rc = lines_next(&r->lines, err)) > 0) {
		rc = read_entry(r, &e, err);
		if (rc)
			return rc;
		if (!r->count)
			r->first_ns = e.at_ns;
		r->last_ns = e.at_ns;
		if (r->count++ % r->share->of != r->share->index)
			continue;
		if (s->n == r->room)
			s->entry = arena_grow(r->arena, s->entry, s->n,
					      &r->room, sizeof(*s->entry));
		s->entry[s->n++] = e;
	}
	return rc;
}

/*
 * A file "has the rate" when its count differs from what the rate makes of
 * its span by at most 1%, or by the two requests that the ends leave open.
 */
static double natural_scale(const struct trace_reader *r)
{
	double span_ns = r->last_ns - r->first_ns;
	double expected = r->share->rate_rps * span_ns / 1e9;
	double count = (double)r->count - 1;

	if (span_ns <= 0 || fabs(count - expected) <= fmax(2, count / 100))
		return 1;
	return count / expected;
}

static int trace_init(void *state, const void *options,
		      const struct arrival_share *share, struct arena *arena,
		      struct err *err)
{
	const struct trace_options *o = options;
	struct trace_reader r = { .share = share, .arena = arena };
	struct trace *s = state;
	int rc = lines_open(&r.lines, o->file, err);

	if (rc)
		return rc;
	rc = read_entries(&r, s, err);
	lines_close(&r.lines);
	if (rc)
		return rc;
	if (!r.count)
		return err_set(err, -EINVAL,
			       "%s has no requests; give one a "
			       "line",
			       o->file);
	s->scale = o->scale > 0 ? o->scale : natural_scale(&r);
	return 0;
}

static size_t trace_gaps(void *state, struct rng *rng, double *gap_ns, size_t n)
{
	struct trace *s = state;

	(void)rng;
	s->burst = s->next;
	if (n > s->n - s->next)
		n = s->n - s->next;
	for (size_t i = 0; i < n; i++) {
		double at_ns = s->entry[s->next++].at_ns * s->scale;

		gap_ns[i] = at_ns - s->last_ns;
		s->last_ns = at_ns;
	}
	return n;
}

static void trace_dictated(const void *state, size_t i, int32_t *class,
			   uint64_t *service_ns)
{
	const struct trace *s = state;

	*class = s->entry[s->burst + i].class;
	*service_ns = s->entry[s->burst + i].service_ns;
}

const struct arrival_ops arrival_trace = {
	.kind = {
		.name = "trace",
		.help = "recorded instants from a file",
		.options = trace_rows,
		.options_size = sizeof(struct trace_options),
		.short_keys = "file scale",
		.short_help = "trace:FILE[:SCALE]",
	},
	.flags = ARRIVAL_FINITE,
	.state_size = sizeof(struct trace),
	.init = trace_init,
	.gaps = trace_gaps,
	.cdf = NULL,
	.dictated = trace_dictated,
};
