/* check.c - `lancet check`: the self-correction checks on anybody's data */
#include "lancet/cmd/cmd.h"

#include <errno.h>
#include <getopt.h>
#include <jansson.h>
#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "coordinator/check.h"
#include "coordinator/testimony.h"
#include "coordinator/verdict.h"
#include "lancet/core/arena.h"
#include "lancet/core/err.h"
#include "lancet/core/input.h"
#include "lancet/core/kind.h"
#include "lancet/core/option.h"
#include "lancet/core/requests.h"
#include "lancet/core/unit.h"

static const char usage[] =
	"lancet check requests.csv --arrival poisson\n"
	"lancet samples results/mine/samples/point-0.records | lancet check -\n"
	"lancet check requests.csv --check stationarity --json\n"
	"\n"
	"Applies the checks of `lancet run` to the requests in a file, one per\n"
	"line. The first line names the columns, in any order:\n"
	"  time_ns      when each request was sent (also: sent_ns)\n"
	"  latency_ns   from the send to the reply (or received_ns); empty: no reply\n"
	"  intended_ns  optional: when it was due. Latency then counts from there\n"
	"  schedule_ns  optional: the same without breaks between segments\n"
	"  outcome      optional: received, nacked, error, timeout, lost, unsent\n"
	"  class, agent, thread   optional: names\n"
	"  left_out     optional: 1 where the sender says that it stood still\n"
	"  segment, warmup   optional: as `lancet samples` has them\n"
	"Other columns are passed over. Lines may stand in any order.\n"
	"\n"
	"usage: lancet check [OPTION]... FILE     (- is standard input)\n"
	"  --arrival LAW    the arrivals that were asked for, as in a configuration:\n"
	"                   poisson, fixed, E2, H2:4, {mmpp: {rates: [3, 1],\n"
	"                   switches: [10ms, 10ms]}} ...; times without unit are ns.\n"
	"                   Without it no law of the sends is tested\n"
	"  --rate RATE      the rate that was asked for: 50krps\n"
	"  --check NAME     this check only; may be given several times\n"
	"  --set KEY=VALUE  a level or a limit: arrivals.distance=5%\n"
	"  --json           one JSON document\n"
	"`lancet list checks` shows all checks with their levels.\n"
	"\n"
	"Exit status: 0 every check passed or does not apply, 3 one did not,\n"
	"2 wrong usage or input.\n";

#define MANY 64

struct request {
	const char *file;
	struct testimony asked;
	const char *only[MANY + 1], *set[MANY];
	size_t nonly;
	bool json;
};

/* --- output --------------------------------------------------------------- */

static json_t *number(double x)
{
	return isfinite(x) ? json_real(x) : json_null();
}

static json_t *check_json(const struct result_check *c)
{
	return json_pack("{s:s, s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:s?}",
			 "name", c->name, "status", c->status, "statistic",
			 number(c->statistic), "p_value", number(c->p_value),
			 "p_adjusted", number(c->p_adjusted), "level",
			 number(c->level), "threshold", number(c->threshold),
			 "effect", number(c->effect), "reason", c->reason);
}

static void print_json(const struct request *request,
		       const struct point_data *data,
		       const struct result_check *checks, size_t n,
		       const struct result_verdict *verdict)
{
	json_t *all = json_array(), *reasons = json_array(), *document;

	for (size_t i = 0; i < n; i++)
		json_array_append_new(all, check_json(&checks[i]));
	for (size_t i = 0; i < verdict->nreasons; i++)
		json_array_append_new(reasons,
				      json_string(verdict->reasons[i]));
	document = json_pack("{s:s, s:I, s:o, s:o, s:{s:s, s:o}}", "file",
			     request->file, "requests",
			     (json_int_t)data->counts.intended, "duration_s",
			     number(data->duration_s), "checks", all,
			     "verdict", "status", verdict->status, "reasons",
			     reasons);
	json_dumpf(document, stdout, JSON_INDENT(2));
	putchar('\n');
	json_decref(document);
}

/* What does not apply says why, and is no pass. */
static const char *word(const struct result_check *check)
{
	if (strcmp(check->status, "not_run"))
		return check->status;
	return strcmp(check->action, "none") ? "not run" : "-";
}

static void print_table(const struct request *request,
			const struct point_data *data,
			const struct result_check *checks, size_t n,
			const struct result_verdict *verdict)
{
	printf("%s: %lld requests in %.4g s, %.6g/s\n", request->file,
	       (long long)data->counts.intended, data->duration_s,
	       (double)data->counts.intended / data->duration_s);
	for (size_t i = 0; i < n; i++)
		printf("%-13s %-8s %s\n", checks[i].name, word(&checks[i]),
		       checks[i].reason ? checks[i].reason : "");
	printf("%s\n", verdict->status);
}

/* From so many on it is not their number that keeps a check from running. */
#define ENOUGH 5000

/* Dependent latencies leave stationarity as little to judge as few do. */
static void warn_few(const struct point_data *data,
		     const struct result_check *checks, size_t n)
{
	for (size_t i = 0; i < n && data->counts.intended < ENOUGH; i++)
		if (!strcmp(checks[i].name, "stationarity") &&
		    !strcmp(checks[i].status, "not_run"))
			fprintf(stderr, "lancet check: %lld requests are too "
				"few to judge: what could not run says why; "
				"give at least some thousands\n",
				(long long)data->counts.intended);
}

/* --- judgement ------------------------------------------------------------ */

static int judge(const struct request *request, struct requests *requests,
		 struct arena *arena)
{
	struct point_data data;
	struct result_point point = { 0 };
	struct err err = { .text = "" };

	if (testimony_take(requests, &request->asked, &data, arena, &err))
		return cmd_fail("check", STATUS_USAGE, "%s", err.text);
	data.only = request->nonly ? request->only : NULL;
	if (check_all(&data, arena, &point.checks, &point.nchecks, &err))
		return cmd_fail("check", STATUS_USAGE, "%s", err.text);
	verdict_point(point.checks, point.nchecks, arena, &point.verdict);
	check_run(&point, 1, arena);
	(request->json ? print_json : print_table)(
		request, &data, point.checks, point.nchecks, &point.verdict);
	warn_few(&data, point.checks, point.nchecks);
	return strcmp(point.verdict.status, "valid") ? STATUS_INVALID
						     : STATUS_FINE;
}

static int check(const struct request *request, struct arena *arena)
{
	bool standard = !strcmp(request->file, "-");
	FILE *in = standard ? stdin : input_open(request->file);
	struct requests requests;
	struct err err;
	int status;

	if (!in)
		return cmd_fail("check", STATUS_USAGE, "%s: %s",
				request->file, strerror(errno));
	if (requests_read(&requests, in, standard ? "standard input"
						  : request->file,
			  arena, &err))
		status = cmd_fail("check", STATUS_USAGE, "%s", err.text);
	else
		status = judge(request, &requests, arena);
	requests_fini(&requests);
	if (!standard)
		fclose(in);
	return status;
}

/* --- the command line ----------------------------------------------------- */

static int take_check(struct request *request, const char *name)
{
	const struct kind *const *table = kind_table(KIND_CHECK);
	const char *names[MANY + 1] = { NULL }, *near;

	for (size_t i = 0; table[i] && i < MANY; i++) {
		names[i] = table[i]->name;
		if (strcmp(name, names[i]))
			continue;
		if (request->nonly < MANY)
			request->only[request->nonly++] = names[i];
		return 0;
	}
	near = cmd_nearest(name, names);
	return cmd_fail("check", STATUS_USAGE, "no check '%s'; %s%s%s", name,
			near ? "did you mean '" : "see `lancet list checks`",
			near ? near : "", near ? "'?" : "");
}

static int take_rate(struct request *request, const char *text)
{
	if (!unit_rate(text, &request->asked.rate_rps) &&
	    request->asked.rate_rps > 0)
		return 0;
	return cmd_fail("check", STATUS_USAGE, "--rate %s is not a rate; write "
			"one above 0, such as 50krps", text);
}

static int take(struct request *request, int option, struct arena *arena)
{
	switch (option) {
	case 'a':
		request->asked.arrival = optarg;
		return 0;
	case 'r':
		return take_rate(request, optarg);
	case 'c':
		return take_check(request, optarg);
	case 's':
		if (request->asked.nset == MANY)
			return cmd_fail("check", STATUS_USAGE,
					"more than %d --set", (int)MANY);
		request->set[request->asked.nset++] =
			arena_printf(arena, "checks.%s", optarg);
		return 0;
	case 'j':
		request->json = true;
		return 0;
	default:
		return STATUS_USAGE;
	}
}

static int run(int argc, char **argv)
{
	static const struct option options[] = {
		{ "arrival", required_argument, NULL, 'a' },
		{ "rate", required_argument, NULL, 'r' },
		{ "check", required_argument, NULL, 'c' },
		{ "set", required_argument, NULL, 's' },
		{ "json", no_argument, NULL, 'j' },
		{ NULL, 0, NULL, 0 },
	};
	struct request request = { .asked.rate_rps = NAN };
	struct arena arena;
	int c, status = 0;

	arena_init(&arena);
	request.asked.set = request.set;
	while (!status && (c = cmd_getopt(argc, argv, "", options)) != -1)
		status = take(&request, c, &arena);
	if (!status && argc - optind != 1)
		status = cmd_fail(argv[0], STATUS_USAGE, argc == optind
				  ? "no file given; name a CSV file, or - for "
				    "standard input" : "one file at a time");
	if (!status) {
		request.file = argv[optind];
		status = check(&request, &arena);
	}
	arena_fini(&arena);
	return status;
}

const struct command command_check = {
	.name = "check",
	.help = "run the self-correction checks on any tool's measurements",
	.usage = usage,
	.run = run,
};
