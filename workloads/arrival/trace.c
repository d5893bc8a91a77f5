/* trace.c - requests at recorded instants, on request with class and service */
#include "workloads/arrival.h"

#include <errno.h>
#include <math.h>

#include "lancet/core/arena.h"
#include "lancet/core/err.h"
#include "lancet/core/option.h"
#include "lancet/core/lines.h"

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

/* A whole file, read once for all shares. */
struct trace_file {
	struct trace_entry *entry;
	size_t n;
};

struct trace {
	const struct trace_file *file;
	size_t next, of;	/* the next line of this share, how many share */
	size_t burst;		/* where the last gaps() began */
	double scale;
	double last_ns;
};

/* What reading one file needs to know. */
struct trace_reader {
	struct lines lines;
	struct arena *arena;
	struct trace_file *to;
	size_t room;
};

static const struct option_row trace_rows[] = {
	OPTION(STRING, struct trace_options, file,
	       OPTION_REQUIRED | OPTION_FILE, NULL, 0, 0,
	       "text file, one request a line: time_ns[,class[,service_ns]]"),
	OPTION(REAL, struct trace_options, scale, 0, NULL, 0, 1e9,
	       "multiply all times, whatever the load; default: stretch to its "
	       "rate"),
	{ 0 },
};

/* Longer than any run: such times were not counted from a start at 0. */
#define TRACE_START_MAX 3600e9

static int read_time(struct trace_reader *r, double *at_ns, struct err *err)
{
	int rc = lines_value(&r->lines, 0, at_ns, err);

	if (rc)
		return rc;
	if (!r->to->n && *at_ns > TRACE_START_MAX)
		return lines_error(&r->lines, err,
				   "the first request is %.3g s after the "
				   "start; count times from the first one",
				   *at_ns / 1e9);
	if (r->to->n && *at_ns < r->to->entry[r->to->n - 1].at_ns)
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

static int read_entries(struct trace_reader *r, struct err *err)
{
	struct trace_file *to = r->to;
	struct trace_entry e;
	int rc;

	while ((rc = lines_next(&r->lines, err)) > 0) {
		rc = read_entry(r, &e, err);
		if (rc)
			return rc;
		if (to->n == r->room)
			to->entry = arena_grow(r->arena, to->entry, to->n,
					       &r->room, sizeof(*to->entry));
		to->entry[to->n++] = e;
	}
	return rc;
}

static int trace_load(const void *options, const void **file,
		      struct arena *arena, struct err *err)
{
	const struct trace_options *o = options;
	struct trace_reader r = { .arena = arena };
	int rc = lines_open(&r.lines, o->file, err);

	if (rc)
		return rc;
	*file = r.to = arena_alloc(arena, sizeof(*r.to));
	rc = read_entries(&r, err);
	lines_close(&r.lines);
	if (!rc && !r.to->n)
		rc = err_set(err, -EINVAL,
			     "%s has no requests; give one a line", o->file);
	return rc;
}

/*
 * A file "has the rate" when its count differs from what the rate makes of
 * its span by at most 1%, or by the two requests that the ends leave open.
 */
static double natural_scale(const struct trace_file *file, double rate_rps)
{
	double span_ns = file->entry[file->n - 1].at_ns - file->entry[0].at_ns;
	double expected = rate_rps * span_ns / 1e9;
	double count = (double)file->n - 1;

	if (span_ns <= 0 || fabs(count - expected) <= fmax(2, count / 100))
		return 1;
	return count / expected;
}

static int trace_init(void *state, const void *options,
		      const struct arrival_share *share, struct arena *arena,
		      struct err *err)
{
	const struct trace_options *o = options;
	const void *file = share->file;
	struct trace *s = state;
	int rc = file ? 0 : trace_load(options, &file, arena, err);

	if (rc)
		return rc;
	s->file = file;
	s->next = share->index;
	s->of = share->of;
	s->scale = o->scale > 0 ? o->scale
				: natural_scale(s->file, share->rate_rps);
	return 0;
}

static size_t trace_gaps(void *state, struct rng *rng, double *gap_ns, size_t n)
{
	struct trace *s = state;
	size_t made = 0;

	(void)rng;
	s->burst = s->next;
	for (; made < n && s->next < s->file->n; s->next += s->of) {
		double at_ns = s->file->entry[s->next].at_ns * s->scale;

		gap_ns[made++] = at_ns - s->last_ns;
		s->last_ns = at_ns;
	}
	return made;
}

static void trace_dictated(const void *state, size_t i, int32_t *class,
			   uint64_t *service_ns)
{
	const struct trace *s = state;
	const struct trace_entry *e = &s->file->entry[s->burst + i * s->of];

	*class = e->class;
	*service_ns = e->service_ns;
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
	.load = trace_load,
	.init = trace_init,
	.gaps = trace_gaps,
	.cdf = NULL,
	.dictated = trace_dictated,
};
