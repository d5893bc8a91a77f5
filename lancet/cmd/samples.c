/* samples.c - `lancet samples`: raw records as CSV */
#include "lancet/cmd/cmd.h"

#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>

#include "lancet/core/arena.h"
#include "lancet/core/err.h"
#include "lancet/core/input.h"
#include "lancet/core/records.h"
#include "lancet/core/result.h"

static const char usage[] =
	"lancet run my.yaml --set measure.samples=1/16 --out results/mine\n"
	"lancet samples results/mine/samples/point-0.records > point-0.csv\n"
	"lancet samples FILE --measured --class get --outcome received\n"
	"\n"
	"Prints raw records as CSV, one request a line, under a line of names:\n"
	"  intended_ns, sent_ns, received_ns   CLOCK_MONOTONIC of the agent's host\n"
	"  wire_out_ns, wire_in_ns             the same, where packets were stamped\n"
	"  service_ns, served_ns               asked for; as the target reports\n"
	"  class, conn, agent, thread, outcome\n"
	"  seq                                 place in the thread's schedule\n"
	"  segment, schedule_ns                intended, counted from the point's\n"
	"                                      start, as windows of a result are\n"
	"  warmup                              1: no figure of the result counts it\n"
	"  left_out                            1: an agent stood still, so that the\n"
	"                                      headline does not count it; by the\n"
	"                                      result.json above FILE\n"
	"What is not known is empty. Lines come by segment, agent, thread, seq.\n"
	"\n"
	"usage: lancet samples [OPTION]... FILE   (or the folder of a result\n"
	"                                          of one point)\n"
	"  --class NAME      of this class only\n"
	"  --outcome WORD    only those that ended so: received, nacked, error,\n"
	"                    timeout, lost, unsent\n"
	"  --measured        without those of the warm-up\n"
	"\n"
	"Exit status: 0 fine, 2 no such file, class or outcome, or no records.\n";

#define WINDOWS_MOST (1 << 26)

struct request {
	const char *file, *class;
	int outcome;		/* -1: all */
	bool measured;
};

struct line {
	struct sample sample;
	int64_t schedule_ns;
	bool warmup;
	const char *left_out;
};

/* The windows of the file's point that were left out; none: not known. */
struct windows {
	int64_t window_ns;
	bool *out;
	int64_t n;
};

/* --- one line ------------------------------------------------------------- */

/* Zero stands for what is not known. */
static void print_known(int64_t value)
{
	if (value)
		printf("%" PRId64, value);
	putchar(',');
}

static void print_stamp(int32_t offset, int64_t at_ns)
{
	print_known(offset <= SAMPLE_LOST_STAMP ? 0 : at_ns);
}

static void print_line(const struct records_reader *r, const struct line *line)
{
	const struct sample *s = &line->sample;

	printf("%" PRId64 ",", s->intended_ns);
	print_known(s->sent_ns);
	print_known(s->received_ns);
	print_stamp(s->wire_out_ns, s->sent_ns + s->wire_out_ns);
	print_stamp(s->wire_in_ns, s->received_ns - s->wire_in_ns);
	print_known((int64_t)s->service_ns);
	print_known((int64_t)s->served_ns);
	printf("%s,%" PRIu32 ",%" PRIu32 ",%u,%s,%" PRIu32 ",%" PRIu32
	       ",%" PRId64 ",%d,%s\n",
	       r->class[s->class], s->conn, r->block.agent, s->thread,
	       outcome_name[s->outcome], s->seq, r->block.segment,
	       line->schedule_ns, line->warmup, line->left_out);
}

/* --- what was left out ---------------------------------------------------- */

static void take_windows(const struct result_windows *from, struct windows *to,
			 struct arena *arena)
{
	int64_t last = from->n ? from->start_ns[from->n - 1] : 0;

	if (last < 0 || last / from->window_ns >= WINDOWS_MOST)
		return;
	to->window_ns = from->window_ns;
	to->n = last / to->window_ns + 1;
	to->out = arena_array(arena, (size_t)to->n, sizeof(*to->out));
	for (size_t i = 0; i < from->nleft_out; i++) {
		const struct result_left_out *w = &from->left_out[i];
		int64_t at = w->index < 0 || w->index >= (int64_t)from->n
			? -1 : from->start_ns[w->index] / to->window_ns;

		if (at >= 0 && at < to->n &&
		    (!w->reason || strcmp(w->reason, "warm-up")))
			to->out[at] = true;
	}
}

/* FOLDER/samples/NAME: the point of FOLDER/result.json that has this file. */
static struct windows windows_of(const char *file, struct arena *arena)
{
	struct windows windows = { 0 };
	char *folder = arena_printf(arena, "%s%s", *file == '/' ? "" : "./",
				    file), *name;
	const struct result *result;
	struct err err;

	name = strrchr(folder, '/');
	*name++ = '\0';
	result = result_load(arena_printf(arena, "%s/..", folder), arena, &err);
	name = arena_printf(arena, "samples/%s", name);
	for (size_t i = 0; result && i < result->npoints; i++) {
		const struct result_point *p = &result->points[i];

		if (p->records && p->records->file &&
		    !strcmp(p->records->file, name) &&
		    p->windows.window_ns > 0)
			take_windows(&p->windows, &windows, arena);
	}
	return windows;
}

static const char *is_left_out(const struct windows *w, int64_t schedule_ns)
{
	int64_t at = w->n ? schedule_ns / w->window_ns : 0;

	return !w->n ? "" : at >= 0 && at < w->n && w->out[at] ? "1" : "0";
}

/* --- all of them ---------------------------------------------------------- */

static int print_all(struct records_reader *r, const struct request *request,
		     int class, const struct windows *windows, struct err *err)
{
	struct line line;
	int rc;

	puts("intended_ns,sent_ns,received_ns,wire_out_ns,wire_in_ns,"
	     "service_ns,served_ns,class,conn,agent,thread,outcome,seq,"
	     "segment,schedule_ns,warmup,left_out");
	while ((rc = records_next(r, &line.sample, err)) > 0) {
		const struct records_block *b = &r->block;

		line.schedule_ns = line.sample.intended_ns - b->at_ns +
				   b->from_ns;
		line.warmup = line.schedule_ns < b->warm_ns;
		if ((class >= 0 && line.sample.class != class) ||
		    (request->outcome >= 0 &&
		     line.sample.outcome != request->outcome) ||
		    (request->measured && line.warmup))
			continue;
		line.left_out = is_left_out(windows, line.schedule_ns);
		print_line(r, &line);
	}
	return rc;
}

static int find_class(const struct records_reader *r, const char *name,
		      int *class)
{
	*class = -1;
	for (int i = 0; name && i < r->head.classes; i++)
		if (!strcmp(r->class[i], name))
			*class = i;
	if (!name || *class >= 0)
		return STATUS_FINE;
	return cmd_fail("samples", STATUS_USAGE,
			"there is no class '%s'; the first is '%s'", name,
			r->class[0]);
}

/* A result's folder stands for its point, where it has but one. */
static int find_file(struct request *request, struct arena *arena)
{
	const char *folder = request->file, *second;
	struct stat st;

	if (stat(folder, &st) || !S_ISDIR(st.st_mode))
		return STATUS_FINE;
	request->file = arena_printf(arena, "%s/samples/point-0.records",
				     folder);
	second = arena_printf(arena, "%s/samples/point-1.records", folder);
	if (stat(request->file, &st))
		return cmd_fail("samples", STATUS_USAGE, "%s has no raw "
				"records; keep them by measure.samples=all",
				folder);
	if (!stat(second, &st))
		return cmd_fail("samples", STATUS_USAGE, "%s has several "
				"points; name one of %s/samples/", folder,
				folder);
	return STATUS_FINE;
}

static int samples(const struct request *request, struct arena *arena)
{
	FILE *file = input_open(request->file);
	struct records_reader reader;
	struct windows windows;
	struct err err;
	int class, status;

	if (!file)
		return cmd_fail("samples", STATUS_USAGE, "%s: %s",
				request->file, strerror(errno));
	if (records_open(&reader, file, arena, &err) < 0) {
		status = cmd_fail("samples", STATUS_USAGE, "%s: %s",
				  request->file, err.text);
	} else {
		status = find_class(&reader, request->class, &class);
		windows = windows_of(request->file, arena);
		if (!status && print_all(&reader, request, class, &windows,
					 &err) < 0)
			status = cmd_fail("samples", STATUS_USAGE, "%s: %s",
					  request->file, err.text);
	}
	fclose(file);
	return status;
}

/* --- the command line ----------------------------------------------------- */

static int take_outcome(struct request *request, const char *text)
{
	for (request->outcome = 0; request->outcome < OUTCOMES;
	     request->outcome++)
		if (!strcmp(outcome_name[request->outcome], text))
			return 0;
	return cmd_fail("samples", STATUS_USAGE,
			"no outcome '%s'; there are received, nacked, error, "
			"timeout, lost, unsent", text);
}

static int run(int argc, char **argv)
{
	static const struct option options[] = {
		{ "class", required_argument, NULL, 'c' },
		{ "outcome", required_argument, NULL, 'o' },
		{ "measured", no_argument, NULL, 'm' },
		{ NULL, 0, NULL, 0 },
	};
	struct request request = { .outcome = -1 };
	struct arena arena;
	int c, status = 0;

	while (!status && (c = cmd_getopt(argc, argv, "", options)) != -1) {
		if (c == 'c')
			request.class = optarg;
		else if (c == 'm')
			request.measured = true;
		else
			status = c == 'o' ? take_outcome(&request, optarg)
					  : STATUS_USAGE;
	}
	if (!status && argc - optind != 1)
		status = cmd_fail(argv[0], STATUS_USAGE, argc == optind
				  ? "no file given; name one of a result's "
				    "samples/" : "one file at a time");
	if (status)
		return status;
	request.file = argv[optind];
	arena_init(&arena);
	status = find_file(&request, &arena);
	if (!status)
		status = samples(&request, &arena);
	arena_fini(&arena);
	return status;
}

const struct command command_samples = {
	.name = "samples",
	.help = "print the raw records of a run as CSV",
	.usage = usage,
	.run = run,
};
