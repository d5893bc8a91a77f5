/* probe.c - `lancet probe`: what queue is this server? */
#include "lancet/cmd/cmd.h"

#include <getopt.h>
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "coordinator/interrupt.h"
#include "coordinator/plan.h"
#include "coordinator/probe.h"
#include "lancet/core/arena.h"
#include "lancet/core/config.h"
#include "lancet/core/config_probe.h"
#include "lancet/core/err.h"
#include "lancet/core/stats/order.h"
#include "lancet/core/unit.h"
#include "reports/words.h"


static const char usage[] =
	"lancet probe my.yaml\n"
	"lancet probe my.yaml --json > probe.json\n"
	"\n"
	"Sends a server the requests of a configuration - one at a time, in bursts,\n"
	"and as many as it takes, 15 to 40 s in all, up to about two minutes where it\n"
	"is slow - and finds out which queue it is: its capacity, service law, number\n"
	"of workers and policy, and the time spent on the path, each with a 95%\n"
	"interval. What cannot be told stays unknown, and is not written.\n"
	"\n"
	"Writes my.probe.yaml beside my.yaml. From then on `lancet run my.yaml`\n"
	"knows the server: loads in percent, slo: p99 <= 10x, and a model to compare\n"
	"with work. What my.yaml says itself has precedence.\n"
	"\n"
	"usage: lancet probe CONFIG [OPTION]...\n"
	"  --set KEY=YAML   replace what stands at a dotted key; repeatable\n"
	"  --out FILE       write there instead; - writes nothing\n"
	"  --json           print what was found as JSON\n"
	"  -q, --quiet      print nothing but what went wrong\n"
	"\n"
	"Exit status: 0 fine; 2 wrong usage or configuration; 4 the target could\n"
	"not be measured.\n";

struct options {
	const char *file, *out;
	struct cmd_set set;
	bool json, quiet;
};

static int arguments(struct options *o, int argc, char **argv)
{
	static const struct option options[] = {
		{ "set", required_argument, NULL, 's' },
		{ "out", required_argument, NULL, 'o' },
		{ "json", no_argument, NULL, 'j' },
		{ "quiet", no_argument, NULL, 'q' },
		{ NULL, 0, NULL, 0 },
	};
	int c;

	while ((c = cmd_getopt(argc, argv, "q", options)) != -1) {
		if (c == 'o')
			o->out = optarg;
		else if (c == 'j')
			o->json = true;
		else if (c == 'q')
			o->quiet = true;
		else if (c != 's' || cmd_set(&o->set, "probe", optarg))
			return STATUS_USAGE;
	}
	if (argc - optind != 1)
		return cmd_fail("probe", STATUS_USAGE, argc == optind
				? "no configuration given; for example "
				  "`lancet probe configs/memcached.yaml`"
				: "one configuration at a time");
	o->file = argv[optind];
	/* Its load may be in percent of what is to be found. */
	return cmd_set(&o->set, "probe", "load={rate: 1krps}");
}

static void tell(void *context, const char *what)
{
	const struct options *o = context;

	if (!o->quiet && isatty(STDERR_FILENO))
		fprintf(stderr, "\r\033[K%s", what);
}

/* --- in words ------------------------------------------------------------- */

static void print_times(const char *name, const struct predict_value *v)
{
	char value[40], lo[40], hi[40];

	printf("%-14s %s (%s to %s)\n", name,
	       words_time(v->value, value, sizeof(value)),
	       words_time(v->lo, lo, sizeof(lo)),
	       words_time(v->hi, hi, sizeof(hi)));
}

static void print_classes(const struct probe *probe)
{
	char p50[40], p99[40], mean[40];

	for (size_t i = 0; i < probe->nclasses; i++) {
		const struct probe_class *c = &probe->class[i];

		printf("  class %-12s service %s; alone p50 %s, p99 %s (%zu)\n",
		       c->name,
		       words_time(c->service_ns.value, mean, sizeof(mean)),
		       words_time(c->p50_ns, p50, sizeof(p50)),
		       words_time(c->p99_ns, p99, sizeof(p99)), c->n);
	}
}

/* Where requests wait while it is full is what is full. */
static const char *bottleneck(const struct saturation *full)
{
	if (isnan(full->client))
		return "unknown: replies carry no stamps";
	return full->client > .5
		? "the client: the server could serve more; use more threads, "
		  "or another machine"
		: "the server, or the path to it";
}

static void print_full(const struct probe *probe)
{
	const struct saturation *full = &probe->full;

	printf("%-14s ", "full with");
	if (full->callers)
		printf("%u requests at once", full->callers);
	else
		printf("an overload");
	printf(" over %u connections, measured %zu times\n",
	       full->connections, probe->data.nlooks);
	if (full->more > 0)
		printf("%-14s %.2f times as many replies with agents: "
		       "{connections: %u%s}\n", "more", full->more,
		       full->more_connections,
		       full->more_sleeps ? ", mode: block" : "");
	printf("%-14s %s", "bottleneck", bottleneck(full));
	if (!isnan(full->client))
		printf(" (the client held requests for %.0f%% of their time)",
		       100 * full->client);
	printf("%s\n", probe->shared ? "; both share this machine's CPUs" : "");
}

static void print_law_words(const struct identified *f)
{
	const struct law_fit *fit = &f->fit;

	if (!fit->name) {
		printf("%-14s not known: %s\n", "law", f->law);
		return;
	}
	if (identified_law(f))
		printf("%-14s %s, scv %.3g: %s", "law", fit->name, fit->scv,
		       fit->text);
	else
		printf("%-14s none of the known ones; the nearest is %s, %s",
		       "law", fit->name, fit->text);
	printf("\n%-14s off by %.1f%% of the mean, where %.1f%% are allowed%s%s\n",
	       "", 100 * fit->misfit, 100 * fit->allowed,
	       *fit->others ? "; so are " : "", fit->others);
	printf("%-14s measured: scv %.3g (%.3g to %.3g), %.2g%% beyond that "
	       "law's p99.9; %s\n", "", f->scv.value, f->scv.lo, f->scv.hi,
	       100 * fit->beyond, f->law);
}

static void print_words(const struct probe *probe)
{
	const struct identified *f = &probe->found;
	char rate[40], lo[40], hi[40];

	printf("%-14s %s (%s to %s)\n", "capacity",
	       unit_print_rate(1e9 * f->capacity.value, rate, sizeof(rate)),
	       unit_print_rate(1e9 * f->capacity.lo, lo, sizeof(lo)),
	       unit_print_rate(1e9 * f->capacity.hi, hi, sizeof(hi)));
	print_full(probe);
	if (f->whole)
		printf("%-14s %u (%.2f, ", "workers", f->whole,
		       f->workers.value);
	else
		printf("%-14s - (", "workers");
	printf("%.2f to %.2f): %s\n", f->workers.lo, f->workers.hi, f->count);
	if (f->order)
		printf("%-14s %s%s%s: whose bursts were most like the measured "
		       "ones\n", "policy", f->order,
		       *f->orders ? ", or as likely " : "", f->orders);
	if (f->stalled > 0)
		printf("%-14s of the machine made %.2g%% of the single requests "
		       "late: these are left out\n", "stalls",
		       100 * f->stalled);
	if (f->misfit > IDENTIFY_UNLIKE)
		printf("%-14s in %u %s no queue fitted the server; its bursts "
		       "differ by %.0f times what chance explains\n", "",
		       probe->tries, probe->tries == 1 ? "try" : "tries",
		       sqrt(f->misfit));
	print_times("service", &f->service);
	print_law_words(f);
	print_classes(probe);
	print_times("communication", &f->communication);
}

/* --- as JSON -------------------------------------------------------------- */

static json_t *number(double x)
{
	return isfinite(x) ? json_real(x) : json_null();
}

static json_t *interval(const struct predict_value *v, double scale)
{
	return json_pack("{s:o, s:o, s:o}", "value", number(scale * v->value),
			 "lo", number(scale * v->lo), "hi",
			 number(scale * v->hi));
}

/* What it is like, be that near enough or not. */
static json_t *json_fit(const struct identified *f)
{
	const struct law_fit *fit = &f->fit;

	if (!fit->name)
		return json_null();
	return json_pack("{s:s, s:b, s:s, s:f, s:f, s:f, s:f, s:f, s:s}",
			 "name", fit->name, "fits", identified_law(f), "text",
			 fit->text, "misfit", fit->misfit, "allowed",
			 fit->allowed, "mean_ns", fit->mean, "scv", fit->scv,
			 "beyond", fit->beyond, "fit_as_well", fit->others);
}

static json_t *json_law(const struct identified *f)
{
	json_t *array = json_array();

	for (size_t i = 0; i < f->natoms; i++)
		json_array_append_new(array,
				      json_pack("{s:f, s:f}", "p", f->atom[i].p,
						"value_ns", f->atom[i].value));
	return array;
}

static json_t *json_classes(const struct probe *probe)
{
	json_t *object = json_object();

	for (size_t i = 0; i < probe->nclasses; i++) {
		const struct probe_class *c = &probe->class[i];

		json_object_set_new(object, c->name, json_pack(
			"{s:I, s:f, s:f, s:o}", "requests", (json_int_t)c->n,
			"alone_p50_ns", c->p50_ns, "alone_p99_ns", c->p99_ns,
			"service_ns", interval(&c->service_ns, 1)));
	}
	return object;
}

static json_t *json_depths(const struct identify_data *d)
{
	json_t *array = json_array();

	for (size_t i = 0; i < d->ndepths; i++)
		json_array_append_new(array, json_pack("{s:i, s:f, s:f}",
			"callers", (int)d->depth[i].depth, "rps",
			1e9 * d->depth[i].rate, "error_rps",
			1e9 * d->depth[i].error));
	return array;
}

/* What another way of asking brings, where that surely is more. */
static json_t *json_more(const struct saturation *full)
{
	if (!(full->more > 0))
		return json_null();
	return json_pack("{s:f, s:i, s:b}", "times", full->more, "connections",
			 (int)full->more_connections, "agent_sleeps",
			 full->more_sleeps);
}

static json_t *json_full(const struct probe *probe)
{
	const struct saturation *full = &probe->full;
	json_t *looks = json_array();

	for (size_t i = 0; i < probe->data.nlooks; i++)
		json_array_append_new(looks, json_real(
			1e9 * probe->data.look[i].rate));
	return json_pack("{s:o, s:i, s:o, s:o, s:o, s:s, s:b}", "requests",
			 full->callers ? json_integer(full->callers)
				       : json_null(),
			 "connections", (int)full->connections,
			 "more", json_more(full), "looks_rps", looks,
			 "client_share", isnan(full->client) ? json_null()
					 : json_real(full->client),
			 "bottleneck", bottleneck(full), "shared_machine",
			 probe->shared);
}

static json_t *json_bursts(const struct identify_data *d)
{
	json_t *array = json_array();

	for (size_t i = 0; i < d->nbursts; i++) {
		const struct identify_burst *b = &d->burst[i];

		json_array_append_new(array, json_pack("{s:i, s:i, s:f, s:f}",
			"size", (int)b->size, "bursts", (int)b->n, "mean_ns",
			order_quantile(b->mean, b->n, .5), "last_ns",
			order_quantile(b->last, b->n, .5)));
	}
	return array;
}

static int print_json(const struct probe *probe)
{
	const struct identified *f = &probe->found;
	json_t *doc = json_pack(
		"{s:s, s:o, s:o, s:o, s:o, s:s, s:o, s:o, s:o, s:o, s:s, s:o, "
		"s:o, s:o, s:o, s:o, s:f, s:f, s:s}",
		"schema", "lancet.probe/1",
		"capacity_rps", interval(&f->capacity, 1e9),
		"full", json_full(probe),
		"workers", interval(&f->workers, 1), "workers_whole",
		f->whole ? json_integer(f->whole) : json_null(),
		"workers_method", f->count,
		"policy", f->order ? json_string(f->order) : json_null(),
		"service_ns", interval(&f->service, 1), "service_scv",
		interval(&f->scv, 1), "service_law", json_fit(f), "law_method",
		f->law, "law", json_law(f), "classes", json_classes(probe),
		"communication_ns",
		interval(&f->communication, 1), "depths",
		json_depths(&probe->data), "bursts",
		json_bursts(&probe->data), "bursts_misfit", f->misfit,
		"stalled", f->stalled,
		"policies_as_likely", f->orders ? f->orders : "");
	int bad = !doc || json_dumpf(doc, stdout, JSON_INDENT(2) |
				     JSON_REAL_PRECISION(8));

	putchar('\n');
	json_decref(doc);
	return bad ? cmd_fail("probe", STATUS_BROKEN, "cannot write the result")
		   : STATUS_FINE;
}

/* --- the file beside the configuration ------------------------------------ */

static void print_law(const struct identified *f, FILE *out)
{
	if (identified_law(f)) {
		fprintf(out, "  service: %s\n", f->fit.text);
		return;
	}
	fprintf(out, "  service: {modes: [");
	for (size_t i = 0; i < f->natoms; i++)
		fprintf(out, "%s{p: %.9g, value: %.0fns}", i ? ",\n    " : "",
			f->atom[i].p, fmax(f->atom[i].value, 1));
	fprintf(out, "]}\n");
}

/* Requests that carry their work say themselves how long they take. */
static char *target_text(const struct probe *probe, struct arena *arena)
{
	const struct identified *f = &probe->found;
	char *text = NULL, *copy;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);

	if (!out)
		return NULL;
	if (f->whole)
		fprintf(out, "  workers: %u\n", f->whole);
	fprintf(out, "  capacity: %.6grps\n", 1e9 * f->capacity.value);
	if (f->natoms && (!probe->data.nwork || probe->data.told))
		print_law(f, out);
	fclose(out);
	copy = arena_copy(arena, text, len + 1);
	free(text);
	return copy;
}

static int save(const struct options *o, const struct config *config,
		const struct probe *probe, struct arena *arena)
{
	const struct identified *f = &probe->found;
	const char *path = o->out ? o->out
				  : config_probe_path(o->file, arena);
	char rate[40], away[40], workers[40] = "not known";
	struct err err;
	char *comment;

	if (!strcmp(path, "-") || config->target.builtin)
		return STATUS_FINE;
	if (f->whole)
		snprintf(workers, sizeof(workers), "%.2f", f->workers.value);
	comment = arena_printf(arena,
		"What `lancet probe %s` found; remove it, or probe again, "
		"when the server changes.\ncapacity %s, workers %s, "
		"communication %s",
		o->file, unit_print_rate(1e9 * f->capacity.value, rate,
					 sizeof(rate)),
		workers, isnan(f->communication.value) ? "not known" :
		words_time(f->communication.value, away, sizeof(away)));
	if (config_probe_save(path, config, target_text(probe, arena), comment,
			      &err) < 0)
		return cmd_fail("probe", STATUS_BROKEN, "%s", err.text);
	if (!o->quiet && !o->json)
		printf("%-14s %s\n", "written to", path);
	return STATUS_FINE;
}

/* --- the command ---------------------------------------------------------- */

static int probe(const struct options *o, struct arena *arena)
{
	struct option_problems problems = { 0 };
	const struct config *config = cmd_config(o->file, &o->set, arena);
	const struct plan *plan = config ? cmd_plan(config, arena) : NULL;
	struct probe found;
	struct err err = { 0 };
	int rc, status;

	if (!plan)
		return STATUS_USAGE;
	if (plan->host.memory)
		return cmd_fail("probe", STATUS_USAGE, "transport loop has no "
				"server to probe; use another one");
	if (plan->workload.fanout > 1)
		return cmd_fail("probe", STATUS_USAGE, "requests fan out to %u "
				"queues; probe a single one, with --set "
				"workload.fanout=1",
				plan->workload.fanout);
	if (interrupt_install() < 0)
		return cmd_fail("probe", STATUS_BROKEN, "cannot watch signals");
	rc = probe_run(plan, tell, (void *)o, &found, arena,
		       &problems, &err);
	tell((void *)o, "");
	if (rc && problems.n) {
		option_problems_print(&problems, NULL, stderr);
		return STATUS_USAGE;
	}
	if (rc)
		return cmd_fail("probe", STATUS_BROKEN, "%s", err.text);
	status = o->json ? print_json(&found) : STATUS_FINE;
	if (!o->json && !o->quiet)
		print_words(&found);
	return status ? status : save(o, config, &found, arena);
}

static int run(int argc, char **argv)
{
	struct options o = { 0 };
	struct arena arena;
	int status = arguments(&o, argc, argv);

	if (status)
		return status;
	arena_init(&arena);
	status = probe(&o, &arena);
	arena_fini(&arena);
	return status;
}

const struct command command_probe = {
	.name = "probe",
	.help = "find out a server's queue: capacity, workers, service law",
	.usage = usage,
	.run = run,
};
