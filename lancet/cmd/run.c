/* run.c - `lancet run`: measure, judge, compare, write the result folder */
#include "lancet/cmd/cmd.h"

#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "coordinator/coordinator.h"
#include "coordinator/interrupt.h"
#include "coordinator/objective.h"
#include "coordinator/plan.h"
#include "lancet/cmd/progress.h"
#include "lancet/core/arena.h"
#include "lancet/core/config.h"
#include "lancet/core/err.h"
#include "lancet/core/unit.h"
#include "reports/words.h"
#include "reports/writer.h"

#define SCHEDULE_MAX 100000000

static const char usage[] =
	"lancet run configs/quickstart.yaml\n"
	"lancet run my.yaml --out results/first --seed 7\n"
	"lancet run my.yaml --set 'load={rate: 50krps}'\n"
	"lancet run my.yaml --json > result.json\n"
	"\n"
	"Measures the target at every load, checks each point, compares it with\n"
	"the model, prints a table and writes a folder: report.html, latency.svg,\n"
	"result.json, latency.hlog, config.yaml.\n"
	"\n"
	"usage: lancet run CONFIG [OPTION]...\n"
	"  --out DIR           the folder, which must not exist\n"
	"                      [results/NAME-UTC]\n"
	"  --set KEY=YAML      replace what stands at a dotted key; repeatable\n"
	"  --seed N            the same as --set seed=N\n"
	"  --json              print the result as JSON instead of the table\n"
	"  -q, --quiet         print nothing but what went wrong\n"
	"  --print-config      print the configuration as resolved, and stop\n"
	"  --print-schedule N  print the first N requests of each point, and stop:\n"
	"                      point agent thread intended_ns class service_ns\n"
	"\n"
	"Exit status: 0 fine; 1 the slo was missed at a fixed rate; 2 wrong usage\n"
	"or configuration; 3 the measurement is invalid; 4 an agent died or the\n"
	"target could not be reached; 130 interrupted twice.\n";

struct run {
	const char *file, *out;
	struct cmd_set set;
	bool json, quiet, print_config;
	int64_t schedule;	/* -1: not asked for */
	const char *samples;	/* folder of raw records; NULL: none */
	char temporary[PATH_MAX];	/* "": the folder is not begun */
	struct arena arena;
};

/* --- the command line ----------------------------------------------------- */

static int run_seed(struct run *run, const char *text)
{
	if (!*text || strspn(text, "0123456789") != strlen(text))
		return cmd_fail("run", STATUS_USAGE, "--seed %s is not a "
				"number", text);
	return cmd_set(&run->set, "run",
		       arena_printf(&run->arena, "seed=%s", text));
}

static int run_schedule(struct run *run, const char *text)
{
	char *end;

	errno = 0;
	run->schedule = strtoll(text, &end, 10);
	if (end == text || *end || errno || run->schedule < 0 ||
	    run->schedule > SCHEDULE_MAX)
		return cmd_fail("run", STATUS_USAGE,
				"--print-schedule %s: give a number of "
				"requests, at most %d", text, SCHEDULE_MAX);
	return 0;
}

static int run_option(struct run *run, int c)
{
	switch (c) {
	case 'o':
		run->out = optarg;
		return *optarg ? 0 : cmd_fail("run", STATUS_USAGE,
					      "--out needs a folder");
	case 's':
		return cmd_set(&run->set, "run", optarg);
	case 'S':
		return run_seed(run, optarg);
	case 'j':
		run->json = true;
		return 0;
	case 'q':
		run->quiet = true;
		return 0;
	case 'c':
		run->print_config = true;
		return 0;
	case 'n':
		return run_schedule(run, optarg);
	}
	return STATUS_USAGE;
}

static int run_arguments(struct run *run, int argc, char **argv)
{
	static const struct option options[] = {
		{ "out", required_argument, NULL, 'o' },
		{ "set", required_argument, NULL, 's' },
		{ "seed", required_argument, NULL, 'S' },
		{ "json", no_argument, NULL, 'j' },
		{ "quiet", no_argument, NULL, 'q' },
		{ "print-config", no_argument, NULL, 'c' },
		{ "print-schedule", required_argument, NULL, 'n' },
		{ NULL, 0, NULL, 0 },
	};
	int c;

	while ((c = cmd_getopt(argc, argv, "q", options)) != -1) {
		int status = run_option(run, c);

		if (status)
			return status;
	}
	if (argc - optind != 1)
		return cmd_fail("run", STATUS_USAGE, argc == optind
				? "no configuration given; for example "
				  "`lancet run configs/quickstart.yaml`"
				: "one configuration at a time");
	run->file = argv[optind];
	return 0;
}

/* --- before anything runs ------------------------------------------------- */

/* results/NAME-UTC; a name's slashes would make folders of their own. */
static char *run_folder(struct run *run, const struct config *config)
{
	char stamp[24];
	time_t now = time(NULL);
	struct tm tm;
	char *name = arena_strdup(&run->arena, config->name);

	for (char *c = name; *c; c++)
		if (*c == '/' || *c == ' ')
			*c = '-';
	gmtime_r(&now, &tm);
	strftime(stamp, sizeof(stamp), "%Y%m%dT%H%M%SZ", &tm);
	return arena_printf(&run->arena, "results/%s-%s", name, stamp);
}

/*
 * Can the folder be made? Said before minutes are spent on measuring, so by
 * making another one, for a moment, where the first missing part would be.
 */
static int run_writable(struct run *run)
{
	char *path = arena_strdup(&run->arena, run->out), *slash;
	struct stat st;

	while ((slash = strrchr(path, '/')) && slash > path) {
		*slash = '\0';
		if (!stat(path, &st))
			break;
	}
	path = slash == path ? "/" : slash ? path : ".";
	path = arena_printf(&run->arena, "%s/.lancet-XXXXXX", path);
	if (!mkdtemp(path))
		return cmd_fail("run", STATUS_USAGE,
				"cannot write %s: %s; name another folder by "
				"--out", run->out, strerror(errno));
	rmdir(path);
	return STATUS_FINE;
}

static int run_refuse(struct run *run)
{
	const char *dir = run->out;
	struct stat st;

	if (lstat(dir, &st))
		return run_writable(run);
	return cmd_fail("run", STATUS_USAGE, "%s exists already; name another "
			"folder by --out, or remove it", dir);
}

/* --- afterwards ----------------------------------------------------------- */

static int run_table(const struct run *run, const struct config *config,
		     const struct result *result, struct err *err)
{
	const struct choice *writer = config->report.items;
	const struct writer_ops *ops;

	if (run->json)
		return result_print(result, stdout) < 0
		       ? err_set(err, -EIO, "cannot write the result") : 0;
	for (size_t i = 0; i < config->report.n && !run->quiet; i++) {
		ops = (const void *)writer[i].kind;
		if (!ops->file && ops->write(result, run->out, stdout, err) < 0)
			return err->code;
	}
	return 0;
}

/* Raw records are written as they come, into the folder's later place. */
static int run_records(struct run *run, const struct config *config)
{
	struct err err;

	if (!(config->measure.samples > 0))
		return STATUS_FINE;
	if (writer_begin(run->out, run->temporary, &err) < 0)
		return cmd_fail("run", STATUS_BROKEN, "cannot write %s: %s",
				run->out, err.text);
	run->samples = arena_printf(&run->arena, "%s/samples", run->temporary);
	if (!mkdir(run->samples, 0777))
		return STATUS_FINE;
	writer_abort(run->temporary);
	return cmd_fail("run", STATUS_BROKEN, "cannot write %s: %s", run->out,
			strerror(errno));
}

/* Without a point there is nothing to draw. */
static int run_folder_write(const struct run *run, const struct config *config,
			    const struct result *result, struct err *err)
{
	size_t n = result->npoints ? config->report.n : 0;

	if (*run->temporary)
		return writer_finish(result, run->out, run->temporary,
				     config->report.items, n, err);
	return writer_folder(result, run->out, config->report.items, n, err);
}

/* What stopped the run, and what is left of it. */
static int run_broken(const struct run *run, const struct result *result,
		      bool saved, const struct err *err)
{
	if (!saved)
		return cmd_fail("run", STATUS_BROKEN, "%s", err->text);
	return cmd_fail("run", STATUS_BROKEN,
			"%s; %zu finished point%s saved in %s", err->text,
			result->npoints, result->npoints == 1 ? "" : "s",
			run->out);
}

static int run_status(const struct run *run, const struct plan *plan,
		      const struct result *result)
{
	char text[2048];

	if (!words_valid(&result->verdict)) {
		if (!run->quiet && !run->json)
			return STATUS_INVALID;	/* the table said it */
		return cmd_fail("run", STATUS_INVALID,
				"%s; %s still has it, marked",
				words_verdict(result, text, sizeof(text)),
				run->out);
	}
	if (objective_missed(plan, result->points, result->npoints))
		return cmd_fail("run", STATUS_MISSED, "missed: %s",
				plan->config->slo);
	return STATUS_FINE;
}

static int run_measure(struct run *run, const struct plan *plan)
{
	const struct config *config = plan->config;
	struct progress progress;
	struct coordinator_watch watch;
	struct result result = { 0 };
	struct err why = { 0 }, err;
	bool begun;
	int broken;

	if (interrupt_install() < 0)
		return cmd_fail("run", STATUS_BROKEN, "cannot watch signals");
	if (run_records(run, config))
		return STATUS_BROKEN;
	progress_init(&progress, run->quiet);
	for (size_t i = 0; i < plan->nwarnings && !run->quiet; i++)
		fprintf(stderr, "lancet run: warning: %s\n", plan->warning[i]);
	watch = progress_watch(&progress);
	broken = coordinate(plan, &watch, run->samples, &result, &begun,
			    &run->arena, &why);
	progress_clear(&progress);
	if (broken && !begun) {
		if (*run->temporary)
			writer_abort(run->temporary);
		return run_broken(run, &result, false, &why);
	}
	if (run_folder_write(run, config, &result, &err) < 0)
		return cmd_fail("run", STATUS_BROKEN, "cannot write %s: %s",
				run->out, err.text);
	if (run_table(run, config, &result, &err) < 0)
		return cmd_fail("run", STATUS_BROKEN, "%s", err.text);
	if (broken)
		return run_broken(run, &result, true, &why);
	return run_status(run, plan, &result);
}

/* --- the command ---------------------------------------------------------- */

static int run_plan_only(const struct run *run, const struct plan *plan)
{
	struct err err;

	if (plan_print_schedule(plan, (uint64_t)run->schedule, stdout,
				&err) < 0)
		return cmd_fail("run", STATUS_USAGE, "%s", err.text);
	return STATUS_FINE;
}

static int run_config(struct run *run)
{
	const struct config *config;
	const struct plan *plan;

	config = cmd_config(run->file, &run->set, &run->arena);
	if (!config)
		return STATUS_USAGE;
	if (run->print_config) {
		config_print(config, stdout);
		return STATUS_FINE;
	}
	plan = cmd_plan(config, &run->arena);
	if (!plan)
		return STATUS_USAGE;
	if (run->schedule >= 0)
		return run_plan_only(run, plan);
	if (!run->out)
		run->out = run_folder(run, config);
	if (run_refuse(run))
		return STATUS_USAGE;
	return run_measure(run, plan);
}

static int run_main(int argc, char **argv)
{
	struct run run = { .schedule = -1 };
	int status;

	arena_init(&run.arena);
	status = run_arguments(&run, argc, argv);
	if (!status)
		status = run_config(&run);
	arena_fini(&run.arena);
	return status;
}

const struct command command_run = {
	.name = "run",
	.help = "measure, check, compare with a model, write the result folder",
	.usage = usage,
	.run = run_main,
};
