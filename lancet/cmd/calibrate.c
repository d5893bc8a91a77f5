/* calibrate.c - `lancet calibrate`: the instrument's own error on this path */
#include "lancet/cmd/cmd.h"

#include <getopt.h>
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "coordinator/calibration.h"
#include "coordinator/coordinator.h"
#include "coordinator/interrupt.h"
#include "coordinator/plan.h"
#include "lancet/cmd/progress.h"
#include "lancet/core/arena.h"
#include "lancet/core/config.h"
#include "lancet/core/err.h"
#include "lancet/core/field.h"
#include "lancet/core/unit.h"
#include "reports/words.h"

#define SERVICE_NS 100000.0	/* mean, exponential: as the quickstart's */
#define BUSY .6			/* of the target at the highest rate */
#define LONGEST_NS INT64_C(3000000000)	/* of a point */
#define HONEST_FROM 50e3	/* per thread: doubled until it fails, */
#define HONEST_MOST 4e6
#define HONEST_STEPS 3		/* then halved so often */

static const char usage[] =
	"lancet calibrate\n"
	"lancet calibrate my.yaml\n"
	"lancet calibrate my.yaml --target 10.0.0.7:4711\n"
	"\n"
	"Measures a target whose latency is known, request by request, over the\n"
	"path of a configuration - its transport, stamps, agents and rates - and\n"
	"says what the instrument itself adds to each quantile, who adds it, and\n"
	"the highest rate at which a thread's measurement is still valid. Later\n"
	"results on the same path, at those rates, carry it; others say that they\n"
	"are not calibrated. Without a configuration: udp, one thread, 64\n"
	"connections, 4 to 24 krps.\n"
	"\n"
	"usage: lancet calibrate [CONFIG] [OPTION]...\n"
	"  --target HOST:PORT  a target there, started by\n"
	"                      lancet target --protocol spin --policy fcfs\n"
	"                        --workers N --transport T --listen HOST:PORT\n"
	"  --workers N         how many it has [4]\n"
	"  --inject WHO=TIME   a delay on purpose, to see that it is found: agent,\n"
	"                      path or target; repeatable; nothing is kept then\n"
	"  --set KEY=YAML      replace what stands at a dotted key; repeatable\n"
	"  --json              print what was found as JSON\n"
	"  -q, --quiet         print nothing but what went wrong\n"
	"\n"
	"Kept in $XDG_STATE_HOME/lancet/calibration.json (~/.local/state), or where\n"
	"LANCET_CALIBRATION says.\n"
	"\n"
	"Exit status: 0 fine; 2 wrong usage or configuration; 3 no point of the\n"
	"measurement was valid; 4 the target could not be reached.\n";

static const char standard[] =
	"target: {builtin: {}}\n"
	"workload: {protocol: spin, service: {exponential: {mean: 100us}}}\n"
	"agents: [{connections: 64}]\n"
	"load: {sweep: {from: 4krps, to: 24krps, steps: 3}}\n";

struct options {
	const char *file, *target, *workers;
	struct cmd_set set;
	bool json, quiet, inject;
	struct arena arena;
};

/* --- the command line ----------------------------------------------------- */

static int inject(struct options *o, const char *text)
{
	static const char *const who[] = { "agent=", "path=", "target=" };

	for (size_t i = 0; i < 3; i++) {
		if (strncmp(text, who[i], strlen(who[i])))
			continue;
		o->inject = true;
		return cmd_set(&o->set, "calibrate",
			       arena_printf(&o->arena, "measure.inject.%s",
					    text));
	}
	return cmd_fail("calibrate", STATUS_USAGE, "--inject %s: write "
			"agent=20us, path=20us or target=20us", text);
}

static int option(struct options *o, int c)
{
	if (c == 't')
		o->target = optarg;
	else if (c == 'w')
		o->workers = optarg;
	else if (c == 'i')
		return inject(o, optarg);
	else if (c == 's')
		return cmd_set(&o->set, "calibrate", optarg);
	else if (c == 'j')
		o->json = true;
	else if (c == 'q')
		o->quiet = true;
	else
		return STATUS_USAGE;
	return 0;
}

static int arguments(struct options *o, int argc, char **argv)
{
	static const struct option options[] = {
		{ "target", required_argument, NULL, 't' },
		{ "workers", required_argument, NULL, 'w' },
		{ "inject", required_argument, NULL, 'i' },
		{ "set", required_argument, NULL, 's' },
		{ "json", no_argument, NULL, 'j' },
		{ "quiet", no_argument, NULL, 'q' },
		{ NULL, 0, NULL, 0 },
	};
	int c;

	while ((c = cmd_getopt(argc, argv, "q", options)) != -1) {
		int status = option(o, c);

		if (status)
			return status;
	}
	if (argc - optind > 1)
		return cmd_fail("calibrate", STATUS_USAGE,
				"one configuration at a time");
	o->file = argv[optind];
	if (o->workers && !o->target)
		return cmd_fail("calibrate", STATUS_USAGE, "--workers "
				"describes the target given by --target; add "
				"that");
	return 0;
}

/* --- the plan ------------------------------------------------------------- */

static struct config *read_config(struct options *o)
{
	struct option_problems problems = { 0 };
	struct config *config;

	if (o->file)
		return cmd_config(o->file, &o->set, &o->arena);
	config = config_parse("calibrate", standard, strlen(standard),
			      o->set.item, o->set.n, &o->arena, &problems);
	if (!config)
		option_problems_print(&problems, NULL, stderr);
	return config;
}

static int choose(struct options *o, enum kind_class class,
		  enum option_unit unit, const char *text,
		  struct choice *choice)
{
	struct err err;

	if (!option_parse_choice(class, unit, text, choice, &o->arena, &err))
		return 0;
	return cmd_fail("calibrate", STATUS_USAGE, "%s", err.text);
}

/* Of all agents, where the load is in percent of a capacity: by its plan. */
static void rates(const struct plan *plan, double *from, double *to)
{
	*from = INFINITY;
	*to = 0;
	for (size_t i = 0; i < plan->npoints; i++) {
		*from = fmin(*from, plan->point[i].rate_rps);
		*to = fmax(*to, plan->point[i].rate_rps);
	}
}

/* A queue that is known, on the configuration's path, at its rates. */
static int make_known(struct options *o, struct config *c, double from,
		      double to)
{
	int64_t workers = (int64_t)ceil(to * SERVICE_NS / 1e9 / BUSY);

	c->workload.classes = (struct option_list){ 0 };
	c->workload.preset = NULL;
	c->workload.trailer = true;
	c->workload.request_size.kind = c->workload.reply_size.kind = NULL;
	if (choose(o, KIND_PROTO, OPTION_UNIT_NONE, "spin",
		   &c->workload.protocol) ||
	    choose(o, KIND_ARRIVAL, OPTION_UNIT_TIME, "poisson",
		   &c->workload.arrival) ||
	    choose(o, KIND_DIST, OPTION_UNIT_TIME,
		   "{exponential: {mean: 100us}}", &c->workload.service))
		return STATUS_USAGE;
	if (o->target) {
		int64_t n = o->workers ? strtoll(o->workers, NULL, 10) : 4;

		if (n < 1 || n > 4096)
			return cmd_fail("calibrate", STATUS_USAGE,
					"--workers %s: give 1 to 4096",
					o->workers);
		c->target = (struct config_target){ .address = o->target,
						    .workers = n };
	} else {
		struct config_builtin *b =
			arena_alloc(&o->arena, sizeof(*b));

		b->workers = workers < 1 ? 1 : workers;
		if (choose(o, KIND_POLICY, OPTION_UNIT_TIME, "fcfs",
			   &b->policy) ||
		    choose(o, KIND_BACKEND, OPTION_UNIT_NONE, "virtual",
			   &b->backend))
			return STATUS_USAGE;
		c->target = (struct config_target){ .builtin = b };
	}
	c->load = (struct config_load){ .rate = { .value = to, .set = true } };
	if (to > from) {
		struct config_sweep *s = arena_alloc(&o->arena, sizeof(*s));

		*s = (struct config_sweep){
			.from = { .value = from, .set = true },
			.to = { .value = to, .set = true },
			.steps = 3,
		};
		c->load = (struct config_load){ .sweep = s };
	}
	c->measure.precision = NULL;
	/* Errors are of the windows that were not disturbed, however few. */
	c->measure.max_left_out = 1;
	c->measure.warmup_ns = 100000000;
	if (c->measure.time_limit_ns > LONGEST_NS)
		c->measure.time_limit_ns = LONGEST_NS;
	c->slo = NULL;
	c->model.mode = MODEL_REPLAY;
	return 0;
}

/* --- measuring ------------------------------------------------------------ */

static int measure(struct options *o, const struct plan *plan,
		   struct result *result)
{
	struct progress progress;
	struct coordinator_watch watch;
	struct err err = { 0 };
	bool begun;
	int rc;

	progress_init(&progress, o->quiet || o->json);
	watch = progress_watch(&progress);
	*result = (struct result){ 0 };
	rc = coordinate(plan, &watch, NULL, result, &begun, &o->arena, &err);
	progress_clear(&progress);
	if (rc)
		return cmd_fail("calibrate", STATUS_BROKEN, "%s", err.text);
	if (interrupted())
		return cmd_fail("calibrate", STATUS_INVALID,
				"interrupted: nothing was kept");
	return 0;
}

/* Is a rate of all threads still measured validly? Work is next to none. */
static int try_rate(struct options *o, const struct config *known, double rps,
		    bool *valid)
{
	struct config *c = arena_copy(&o->arena, known, sizeof(*c));
	struct result result;
	struct plan *plan;
	int status;

	c->load = (struct config_load){ .rate = { .value = rps, .set = true } };
	c->measure.time_limit_ns = 700000000;
	c->model.mode = MODEL_NONE;
	status = choose(o, KIND_DIST, OPTION_UNIT_TIME,
			"{constant: {value: 1us}}", &c->workload.service);
	plan = status ? NULL : cmd_plan(c, &o->arena);
	if (!plan)
		return STATUS_USAGE;
	status = measure(o, plan, &result);
	*valid = !status && result.npoints &&
		 !strcmp(result.points[0].verdict.status, "valid");
	/* Too much may be asked of it: then it still answers some. */
	if (!status && result.npoints && !result.points[0].counts.received)
		return cmd_fail("calibrate", STATUS_BROKEN, "the target does not "
				"answer any more: nothing was kept");
	return status;
}

/* Twice as much until it fails, then nearer from below. */
static int honest(struct options *o, const struct config *known,
		  uint32_t threads, double *rps)
{
	double good = 0, bad = HONEST_FROM;
	bool valid = true;

	while (valid && bad <= HONEST_MOST) {
		int status = try_rate(o, known, bad * threads, &valid);

		if (status)
			return status;
		good = valid ? bad : good;
		bad = valid ? 2 * bad : bad;
	}
	for (int i = 0; i < HONEST_STEPS; i++) {
		double middle = (good + bad) / 2;
		int status = try_rate(o, known, middle * threads, &valid);

		if (status)
			return status;
		good = valid ? middle : good;
		bad = valid ? bad : middle;
	}
	*rps = good > 0 ? good : (double)NAN;
	return 0;
}

/* --- what came of it ------------------------------------------------------ */

static void print_words(const struct result_calibration *c)
{
	char value[40], lo[40], hi[40], q[40];

	printf("path           %s\n", c->path);
	printf("rates          %s to ", unit_print_rate(c->from_rps, lo,
							sizeof(lo)));
	printf("%s a thread\n", unit_print_rate(c->to_rps, hi, sizeof(hi)));
	for (size_t i = 0; i < c->error->nquantiles; i++) {
		const struct result_adjusted *e = &c->error->quantiles[i];

		printf("%-14s adds %s (%s to %s)\n",
		       unit_print_quantile(e->q, q, sizeof(q)),
		       words_difference(e->value, value, sizeof(value)),
		       words_difference(e->lo, lo, sizeof(lo)),
		       words_difference(e->hi, hi, sizeof(hi)));
	}
	printf("of which       agent %s, path %s; target (deducted) %s\n",
	       words_time(c->agent_ns, value, sizeof(value)),
	       words_time(c->path_ns, lo, sizeof(lo)),
	       words_time(c->target_ns, hi, sizeof(hi)));
	if (!isnan(c->honest_rps))
		printf("highest rate   %s a thread\n",
		       unit_print_rate(c->honest_rps, value, sizeof(value)));
}

static int tell(const struct options *o, const struct result_calibration *c)
{
	json_t *doc;
	int bad;

	if (!o->json) {
		if (!o->quiet)
			print_words(c);
		return 0;
	}
	doc = field_write(&result_calibration_shape, c);
	bad = json_dumpf(doc, stdout, JSON_INDENT(1) | JSON_REAL_PRECISION(9));
	putchar('\n');
	json_decref(doc);
	return bad ? cmd_fail("calibrate", STATUS_BROKEN,
			      "cannot write the result") : 0;
}

static int calibrate(struct options *o)
{
	struct config *config = read_config(o);
	struct plan *plan = config ? cmd_plan(config, &o->arena) : NULL;
	struct result_calibration found;
	struct result result;
	struct err err;
	double from, to;
	int status;

	if (!plan)
		return STATUS_USAGE;
	if (plan->host.memory)
		return cmd_fail("calibrate", STATUS_USAGE, "transport loop has "
				"no path to calibrate; use another one");
	rates(plan, &from, &to);
	status = make_known(o, config, from, to);
	plan = status ? NULL : cmd_plan(config, &o->arena);
	if (!plan)
		return STATUS_USAGE;
	plan->without_release = true;
	if (interrupt_install() < 0)
		return cmd_fail("calibrate", STATUS_BROKEN,
				"cannot watch signals");
	/* Better now than after half a minute. */
	if (!o->inject && calibration_check(&err) < 0)
		return cmd_fail("calibrate", STATUS_BROKEN, "%s", err.text);
	status = measure(o, plan, &result);
	if (status)
		return status;
	calibration_of(plan, &result, &found, &o->arena);
	if (!found.error->nquantiles)
		return cmd_fail("calibrate", STATUS_INVALID,
				"no point was valid: %s",
				result.verdict.nreasons
				? result.verdict.reasons[0] : "unknown");
	if (!o->inject)
		status = honest(o, config, plan->threads, &found.honest_rps);
	if (!status)
		status = tell(o, &found);
	if (!status && !o->inject && calibration_save(&found, &err) < 0)
		status = cmd_fail("calibrate", STATUS_BROKEN, "%s", err.text);
	return status;
}

static int run(int argc, char **argv)
{
	struct options o = { 0 };
	int status;

	arena_init(&o.arena);
	status = arguments(&o, argc, argv);
	if (!status)
		status = calibrate(&o);
	arena_fini(&o.arena);
	return status;
}

const struct command command_calibrate = {
	.name = "calibrate",
	.help = "measure the instrument's own error on this path",
	.usage = usage,
	.run = run,
};
