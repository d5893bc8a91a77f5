/* model.c - `lancet model`: what an ideal queue would do */
#include "lancet/cmd/model.h"

#include <getopt.h>
#include <math.h>
#include <string.h>
#include <unistd.h>

#include "lancet/cmd/cmd.h"
#include "lancet/core/arena.h"
#include "lancet/core/err.h"
#include "lancet/core/slo.h"
#include "lancet/core/unit.h"

static const char usage[] =
	"lancet model configs/quickstart.yaml\n"
	"lancet model --service exp:100us --workers 4 --load 50%,80%,95%\n"
	"lancet model --service lognormal:4 --workers 16 --policy ps\n"
	"lancet model --workers 16 --slo 'p99 <= 10x'\n"
	"lancet model results/mine --metric mean,p99,wait:p99,slowdown:p99\n"
	"\n"
	"Predicts the latency of a queue by a formula where there is an\n"
	"exact one, else by simulation, with the method and a 95% interval.\n"
	"What has no answer (an unstable queue) is refused with the reason.\n"
	"\n"
	"usage: lancet model [OPTION]... [CONFIG|RESULT]\n"
	"  --arrival A     arrival process, in short form or YAML [poisson]\n"
	"  --service S     law of service: exp, exp:100us, det, lognormal:4,\n"
	"                  disc:0.9:1us,0.1:9us ... [exp]; without unit,\n"
	"                  times are in mean service times, or in the unit\n"
	"                  of the values that are written\n"
	"  --workers K     how many [1]\n"
	"  --policy P      fcfs, part:rr, jbsq:2, quantum:5us:1us ... [fcfs]\n"
	"  --load L...     ratios, percentages or rates, several after\n"
	"                  each other or with commas [10% to 95%]\n"
	"  --metric M,...  mean, p50, p99.9 ... of the response time; of\n"
	"                  the wait and the slowdown: wait:p99, slowdown:p99;\n"
	"                  p_wait, mean_in_system [mean,p50,p90,p99,p99.9]\n"
	"  --method M      auto, exact or simulate [auto]\n"
	"  --slo EXPR      the highest load that keeps it: 'p99 <= 10x'\n"
	"  --precision R   half-width over value to simulate for [1%]\n"
	"  --seed N        of simulations [1]\n"
	"  --plot FILE     curves over load; .svg, .pdf or .png\n"
	"  --json          one document instead of the table\n"
	"\n"
	"CONFIG and RESULT give queue, loads and slo; options stand above\n"
	"them. `lancet list laws`, `lancet list policies` show what there is.\n"
	"Exit status: 0 fine, 2 wrong usage, or a question without answer.\n";

/* A simulation that has not got there by then says how far it got. */
#define TIME_LIMIT_S 10

/* p99, mean; with wait:, slowdown:, sojourn: before or _wait ... behind. */
static int take_metric(struct model_request *r, const char *text)
{
	static const char *const of[] = { "sojourn", "wait", "slowdown" };
	struct model_metric *m = &r->metric[r->nmetrics];
	struct predict_ask *ask = &m->ask;
	char figure[32];
	size_t len = strcspn(text, ":_");

	if (r->nmetrics == MODEL_METRICS || strlen(text) >= sizeof(figure))
		return -1;
	snprintf(m->name, sizeof(m->name), "%s", text);
	r->nmetrics++;
	if (!strcmp(text, "p_wait"))
		ask->figure = FIGURE_P_WAIT;
	if (!strcmp(text, "mean_in_system"))
		ask->of = METRIC_IN_SYSTEM;
	if (ask->figure || ask->of)
		return 0;
	snprintf(figure, sizeof(figure), "%.*s", (int)len, text);
	for (int i = 0; text[len] && i < 3; i++) {
		if (text[len] == ':' && !strcmp(of[i], figure)) {
			ask->of = (enum predict_metric)i;
			snprintf(figure, sizeof(figure), "%s", text + len + 1);
			break;
		}
		if (text[len] == '_' && !strcmp(of[i], text + len + 1)) {
			ask->of = (enum predict_metric)i;
			break;
		}
		if (i == 2)
			return -1;
	}
	ask->figure = strcmp(figure, "mean") ? FIGURE_QUANTILE : FIGURE_MEAN;
	return ask->figure == FIGURE_MEAN ? 0 : unit_quantile(figure, &ask->q);
}

static int take_metrics(struct model_request *r, char *list)
{
	char *item;

	while ((item = strsep(&list, ",")))
		if (take_metric(r, item))
			return cmd_fail("model", STATUS_USAGE,
					"--metric %s: not known; name mean, "
					"p99, wait:p99, slowdown:p99, p_wait "
					"or mean_in_system",
					item);
	return 0;
}

static int take_loads(struct model_request *r, char *list)
{
	char *item;

	while ((item = strsep(&list, ","))) {
		if (r->nloads == MODEL_LOADS)
			return cmd_fail("model", STATUS_USAGE,
					"--load: more "
					"than %d loads; give fewer",
					MODEL_LOADS);
		r->load[r->nloads++] = item;
	}
	return 0;
}

static int take_number(const char *option, const char *text, double least,
		       double most, double *to)
{
	if (!unit_number(text, to) && *to >= least && *to <= most &&
	    *to == floor(*to))
		return 0;
	return cmd_fail("model", STATUS_USAGE,
			"%s %s: give a whole number "
			"from %.0f to %.0f",
			option, text, least, most);
}

static int take_method(struct model_request *r, const char *text)
{
	static const char *const names[] = { "auto", "exact", "simulate",
					     NULL };
	const char *nearest;

	for (int i = 0; names[i]; i++)
		if (!strcmp(names[i], text)) {
			r->method = (enum predict_method)i;
			return 0;
		}
	nearest = cmd_nearest(text, names);
	return cmd_fail("model", STATUS_USAGE,
			"--method %s: not known%s%s; "
			"there are auto, exact, simulate",
			text, nearest ? "; did you mean " : "",
			nearest ? nearest : "");
}

static int take_precision(struct model_request *r, const char *text)
{
	if (!unit_percent(text, &r->relative) && r->relative >= 1e-4 &&
	    r->relative <= 0.5)
		return 0;
	return cmd_fail("model", STATUS_USAGE,
			"--precision %s: give a "
			"percentage from 0.01%% to 50%%",
			text);
}

static int take_option(struct model_request *r, int option, char *value)
{
	double number = 0;
	int rc = 0;

	switch (option) {
	case 'a':
		r->arrival = value;
		return 0;
	case 's':
		r->service = value;
		return 0;
	case 'p':
		r->policy = value;
		return 0;
	case 'k':
		rc = take_number("--workers", value, 1, 4096, &number);
		r->workers = (uint32_t)number;
		return rc;
	case 'n':
		rc = take_number("--seed", value, 0, 0x1p53, &number);
		r->seed = (uint64_t)number;
		return rc;
	case 'l':
		return take_loads(r, value);
	case 'm':
		return take_metrics(r, value);
	case 'M':
		return take_method(r, value);
	case 'r':
		return take_precision(r, value);
	case 'o':
		r->slo = value;
		return 0;
	case 'f':
		r->plot = value;
		return 0;
	case 'j':
		r->json = true;
		return 0;
	default:
		return STATUS_USAGE;
	}
}

/* `--load 0.5 0.8`: what follows a load and is no file is one more. */
static bool more_load(const struct model_request *r, const char *text)
{
	double ignored;

	return r->nloads && (unit_number(text, &ignored) == 0 ||
			     unit_percent(text, &ignored) == 0) &&
	       access(text, F_OK) != 0;
}

static int take_file(struct model_request *r, const char *name)
{
	if (r->file)
		return cmd_fail("model", STATUS_USAGE,
				"more than one configuration or result; give "
				"one");
	r->file = name;
	return 0;
}

static int take_arguments(struct model_request *r, int argc, char **argv)
{
	static const struct option options[] = {
		{ "arrival", required_argument, NULL, 'a' },
		{ "service", required_argument, NULL, 's' },
		{ "policy", required_argument, NULL, 'p' },
		{ "workers", required_argument, NULL, 'k' },
		{ "seed", required_argument, NULL, 'n' },
		{ "load", required_argument, NULL, 'l' },
		{ "metric", required_argument, NULL, 'm' },
		{ "method", required_argument, NULL, 'M' },
		{ "precision", required_argument, NULL, 'r' },
		{ "slo", required_argument, NULL, 'o' },
		{ "plot", required_argument, NULL, 'f' },
		{ "json", no_argument, NULL, 'j' },
		{ NULL, 0, NULL, 0 },
	};
	static char usual[] = "mean,p50,p90,p99,p99.9";
	int c, status = 0;

	while (!status && (c = cmd_getopt(argc, argv, "", options)) != -1)
		status = take_option(r, c, optarg);
	for (; !status && optind < argc; optind++)
		status = more_load(r, argv[optind]) ?
				 take_loads(r, argv[optind]) :
				 take_file(r, argv[optind]);
	if (!r->file && !r->workers)
		r->workers = 1;
	if (!status && !r->nmetrics)
		status = take_metrics(r, usual);
	return status;
}

/* --- asking ----------------------------------------------------------------
 */

static struct predict_query query_of(const struct model_request *r,
				     const struct model_system *s)
{
	return (struct predict_query){
		.workload = &s->workload,
		.policy = s->policy,
		.workers = s->workers,
		.method = r->method,
		.seed = r->seed,
		.relative = r->relative,
		.time_limit_s = TIME_LIMIT_S,
	};
}

static void ask_row(struct model_row *row, const struct load_value *load,
		    const struct model_request *r, const struct model_system *s,
		    struct arena *arena)
{
	struct predict_query query = query_of(r, s);
	struct predict_ask ask[MODEL_METRICS];
	uint32_t workers = policy_workers(&s->policy, s->workers);
	struct err err = { 0 };

	row->rate = load->share ? load->value * workers / s->mean
				: load->value / 1e9;
	row->load = row->rate * s->mean / workers;
	query.rate = row->rate;
	for (size_t i = 0; i < r->nmetrics; i++)
		ask[i] = r->metric[i].ask;
	query.ask = ask;
	query.nask = r->nmetrics;
	if (predict(&query, &row->result, arena, &err))
		row->refused = arena_strdup(arena, err.text);
}

static void ask_slo(struct model_answer *answer, struct arena *arena)
{
	struct predict_query query = query_of(answer->request, answer->system);
	struct err err = { 0 };
	struct slo slo;
	int rc = slo_parse(answer->system->slo, &slo, &err);

	for (size_t i = 0; !rc && i < slo.n; i++)
		if (slo.term[i].metric == SLO_RESPONSE &&
		    !slo.term[i].relative && answer->system->unit != UNIT_NS)
			rc = err_set(&err, -1,
				     "a promise in units of time "
				     "needs a service time with one; say "
				     "--service exp:100us");
	if (!rc)
		rc = maxload(&query, &slo, &answer->maxload, &err);
	if (rc)
		answer->slo_refused = arena_strdup(arena, err.text);
}

static int tell_refusals(const struct model_answer *a)
{
	const char *told = "";
	int status = STATUS_FINE;

	for (size_t i = 0; i < a->nrows; i++) {
		const char *why = a->row[i].refused;

		/* What is wrong with all loads is said once. */
		if (!why || !strcmp(why, told))
			continue;
		told = why;
		status = cmd_fail("model", STATUS_USAGE, "load %.4g%%: %s",
				  100 * a->row[i].load, why);
	}
	if (a->slo_refused)
		status = cmd_fail("model", STATUS_USAGE, "slo: %s",
				  a->slo_refused);
	return status;
}

static int answer(const struct model_request *r, const struct model_system *s,
		  struct arena *arena)
{
	struct model_answer a = { .request = r, .system = s };
	struct err err = { 0 };
	int status;

	a.row = arena_array(arena, s->nloads, sizeof(*a.row));
	for (; a.nrows < s->nloads; a.nrows++)
		ask_row(&a.row[a.nrows], &s->load[a.nrows], r, s, arena);
	if (s->slo)
		ask_slo(&a, arena);
	if (r->json)
		model_print_json(&a);
	else
		model_print(&a);
	status = tell_refusals(&a);
	if (r->plot && model_plot(&a, &err))
		return cmd_fail("model", STATUS_BROKEN, "%s", err.text);
	return status;
}

static int run(int argc, char **argv)
{
	struct model_request request = { .seed = 1, .relative = 0.01 };
	struct model_system system = { 0 };
	struct arena arena;
	int status = take_arguments(&request, argc, argv);

	if (status)
		return status;
	arena_init(&arena);
	status = model_system(&system, &request, &arena);
	if (!status)
		status = answer(&request, &system, &arena);
	arena_fini(&arena);
	return status;
}

const struct command command_model = {
	.name = "model",
	.help = "what an ideal queue would do: formula or simulation",
	.usage = usage,
	.run = run,
};
