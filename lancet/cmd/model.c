/* model.c - `lancet model`: what an ideal queue would do */
#include "lancet/cmd/model.h"

#include <math.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "lancet/cmd/cmd.h"
#include "lancet/core/arena.h"
#include "lancet/core/err.h"
#include "models/closed.h"

static const char usage[] =
	"lancet model configs/quickstart.yaml\n"
	"lancet model --service exp:100us --workers 4 --load 50%,80%,95%\n"
	"lancet model --service lognormal:4 --workers 16 --policy fcfs,ps,jsq\n"
	"lancet model --workers 16 --slo 'p99 <= 10x'\n"
	"lancet model --preset high-bimodal --policy fcfs,ps,quantum:5us:1us\n"
	"lancet model results/mine --metric mean,p99,p99_wait,p99.9_slowdown\n"
	"\n"
	"Predicts the latency of a queue: by an exact formula where there is\n"
	"one, else by simulation, with the method and a 95% interval. What "
	"has\n"
	"no answer (an unstable queue) is refused with the reason.\n"
	"\n"
	"usage: lancet model [OPTION]... [CONFIG|RESULT]\n"
	"  --preset NAME   law, workers and slo of a published system:\n"
	"                  `lancet list presets`\n"
	"  --arrival A     arrival process, in short form or YAML [poisson]\n"
	"  --service S     law of service: exp, exp:100us, det, lognormal:4,\n"
	"                  disc:0.9:1us,0.1:9us ... [exp]; without unit,\n"
	"                  times are in mean service times, or in the unit\n"
	"                  of the values that are written\n"
	"  --workers K     how many [1]\n"
	"  --policy P,...  fcfs, part:rr, jbsq:2, quantum:5us:1us ... [fcfs];\n"
	"                  several are compared on the same requests\n"
	"  --load L...     ratios, percentages or rates, several after\n"
	"                  each other or with commas [10% to 95%]\n"
	"  --metric M,...  mean, p50, p99.9, var of the response time; of "
	"wait\n"
	"                  and slowdown: p99_wait, mean_slowdown; p_wait,\n"
	"                  loss_prob, mean_in_system, p99_in_system; of a\n"
	"                  class, a stage, a service time: p99(get),\n"
	"                  mean_stage2, mean_given_x=50us\n"
	"                  [mean,p50,p90,p99,p99.9; several policies: "
	"mean,p99]\n"
	"  --method M      auto, exact, simulate, approx (with its error), or\n"
	"                  one of `lancet list formulas` [auto]\n"
	"  --slo EXPR      the highest load that keeps it: 'p99 <= 10x'\n"
	"  --needed RATE   how many workers keep the slo at 500krps, or at "
	"the\n"
	"                  work of 12.5 workers; in place of the loads\n"
	"  --closed N      beside it, what a generator would report that "
	"sends\n"
	"                  the next request of each of N connections after "
	"the\n"
	"                  reply to its last, at the same rate\n"
	"  --precision R   half-width over value to simulate for [1%]\n"
	"  --time D        and at most so long for each load, and for --slo's\n"
	"                  search [10s]\n"
	"  --threads N     that simulate [one a CPU]; the answer is the same\n"
	"  --seed N        of simulations [1]\n"
	"  --plot FILE     curves over load; .svg, .pdf or .png\n"
	"  --export-c FILE of a result: latency as a function of the load, in\n"
	"                  C, with its resolution, and in Python beside it\n"
	"  --json          one document instead of the table\n"
	"\n"
	"CONFIG and RESULT give queue, loads and slo; options stand above\n"
	"them. `lancet list laws`, `lancet list policies` show what there is.\n"
	"Exit status: 0 fine, 2 wrong usage, or a question without answer, 4 a\n"
	"file could not be written.\n";

/* --- progress --------------------------------------------------------------
 */

static const char wipe[] = "\r\033[K";

/* Leaves no half line behind. */
static void interrupted(int signal_number)
{
	ssize_t ignored = write(STDERR_FILENO, wipe, sizeof(wipe) - 1);

	(void)ignored;
	signal(signal_number, SIG_DFL);
	raise(signal_number);
}

/* What is being worked on, on a terminal; NULL: nothing any more. */
void model_progress(const char *policy, const char *what, double load)
{
	if (!isatty(STDERR_FILENO))
		return;
	signal(SIGINT, policy ? interrupted : SIG_DFL);
	fputs(wipe, stderr);
	if (policy && load > 0)
		fprintf(stderr, "%s, load %.4g%% ", policy, 100 * load);
	else if (policy)
		fprintf(stderr, "%s, %s ", policy, what);
	fflush(stderr);
}

/* --- asking ----------------------------------------------------------------
 */

struct predict_query model_query(const struct model_request *r,
				 const struct model_system *s,
				 const struct choice *policy)
{
	return (struct predict_query){
		.workload = &s->workload,
		.policy = *policy,
		.workers = s->workers,
		.method = r->method,
		.formula = r->formula,
		.ask = s->ask,
		.nask = s->nmetrics,
		.seed = r->seed,
		.relative = r->relative,
		.time_limit_s = r->time_s,
		.threads = r->threads,
	};
}

/*
 * What a generator would report that sends a connection's next request only
 * after the reply to its last, at the same rate.
 */
static int ask_closed(const struct predict_query *query, uint32_t connections,
		      struct model_row *row, struct arena *arena,
		      struct err *err)
{
	struct closed found;

	if (closed(query, connections, NAN, &found, arena, err))
		return err->code;
	row->result = found.open;
	snprintf(row->result.model, sizeof(row->result.model),
		 "closed loop of %u", connections);
	row->result.method = found.method;
	row->result.answer = found.reported;
	return 0;
}

static void ask_load(struct model_row *row, const struct load_value *load,
		     const struct model_request *r,
		     const struct model_system *s,
		     const struct model_policy *policy, struct arena *arena)
{
	struct predict_query query = model_query(r, s, &policy->choice);
	/* Of all workers: a rack has those of each server. */
	double full = policy_workers(&policy->choice, s->workers) / s->mean;
	struct err err = { 0 };

	row->rate = load->share ? load->value * full : load->value / 1e9;
	row->load = row->rate / full;
	query.rate = row->rate;
	model_progress(policy->name, "", row->load);
	if (policy->connections
		    ? ask_closed(&query, policy->connections, row, arena, &err)
		    : predict(&query, &row->result, arena, &err))
		row->refused = arena_strdup(arena, err.text);
}

static void ask_slo(struct model_curve *curve, const struct model_request *r,
		    const struct model_system *s,
		    const struct model_policy *policy, struct arena *arena)
{
	struct predict_query query = model_query(r, s, &policy->choice);
	struct err err = { 0 };

	model_progress(policy->name, s->slo, 0);
	if (maxload(&query, &s->promise, &curve->maxload, &err))
		curve->slo_refused = arena_strdup(arena, err.text);
}

static void compare(struct model_curve *curve, const struct model_request *r,
		    const struct model_system *s,
		    const struct model_policy *policy, struct arena *arena)
{
	struct predict_query query = model_query(r, s, &policy->choice);

	if (s->result)
		model_progress(policy->name, "beside the result", 0);
	model_compare(curve, r, s, &query, arena);
}

static void ask_policy(struct model_curve *curve, const struct model_request *r,
		       const struct model_system *s,
		       const struct model_policy *policy, struct arena *arena)
{
	curve->row = arena_array(arena, s->nloads, sizeof(*curve->row));
	for (size_t i = 0; i < s->nloads; i++)
		ask_load(&curve->row[i], &s->load[i], r, s, policy, arena);
	if (policy->connections)
		return;
	if (s->slo)
		ask_slo(curve, r, s, policy, arena);
	compare(curve, r, s, policy, arena);
}

/* --- telling ---------------------------------------------------------------
 */

/* `--load 50` is fifty times what the queue sustains, and seldom meant so. */
static const char *meant(const struct model_system *s, size_t load, char *text,
			 size_t size)
{
	double value = s->load[load].value;

	if (s->ratio[load] && value > 2 && value < 100)
		snprintf(text, size, "; write %.4g%% if that was meant", value);
	else
		*text = 0;
	return text;
}

/* One line; nothing where it was just said. */
static int refusal(const struct model_answer *a, size_t policy, char *told,
		   size_t size, const char *of, const char *why)
{
	const struct model_system *s = a->system;
	char text[512];

	snprintf(text, sizeof(text), "%s%s%s", s->npolicies > 1 ? " of " : "",
		 s->npolicies > 1 ? s->policy[policy].name : "", why);
	if (!strcmp(text, told))
		return STATUS_USAGE;
	snprintf(told, size, "%s", text);
	return cmd_fail("model", STATUS_USAGE, "%s%s%s: %s", of,
			s->npolicies > 1 ? ", " : "",
			s->npolicies > 1 ? s->policy[policy].name : "", why);
}

static int tell_row(const struct model_answer *a, size_t policy, size_t load,
		    char *told, size_t size)
{
	const struct model_row *row = &a->curve[policy].row[load];
	int status = STATUS_FINE;
	char of[64], hint[64], why[512];

	/* Work without a mean has no load. */
	snprintf(of, sizeof(of), isnan(row->load) ? "any load" : "load %.4g%%",
		 100 * row->load);
	if (row->refused) {
		snprintf(why, sizeof(why), "%s%s", row->refused,
			 meant(a->system, load, hint, sizeof(hint)));
		return refusal(a, policy, told, size, of, why);
	}
	for (size_t i = 0; i < a->system->nmetrics; i++) {
		const char *refused = row->result.answer[i].refused;

		if (refused)
			status = refusal(a, policy, told, size,
					 a->system->metric[i], refused);
	}
	return status;
}

/* What is wrong with all loads is said once. */
static int tell_refusals(const struct model_answer *a)
{
	int status = STATUS_FINE;

	for (size_t p = 0; p < a->system->npolicies; p++) {
		const char *slo = a->curve[p].slo_refused;
		char told[512] = "";

		for (size_t i = 0; i < a->system->nloads; i++)
			status |= tell_row(a, p, i, told, sizeof(told));
		if (slo)
			status |= refusal(a, p, told, sizeof(told), "slo", slo);
	}
	return status;
}

static int answer(const struct model_request *r, const struct model_system *s,
		  struct arena *arena)
{
	struct model_answer a = { .request = r, .system = s };
	struct err err = { 0 };
	int status;

	a.curve = arena_array(arena, s->npolicies, sizeof(*a.curve));
	for (size_t i = 0; i < s->npolicies; i++)
		ask_policy(&a.curve[i], r, s, &s->policy[i], arena);
	model_progress(NULL, "", 0);
	if (r->json)
		model_print_json(&a);
	else
		model_print(&a);
	status = tell_refusals(&a);
	if (r->export_c && model_export(&a, arena, &err))
		return cmd_fail("model", STATUS_USAGE, "%s", err.text);
	if (r->plot && model_plot(&a, &err))
		return cmd_fail("model", STATUS_BROKEN, "%s", err.text);
	return status;
}

static int run(int argc, char **argv)
{
	/* A simulation that has not got there by then says how far it got. */
	struct model_request request = { .seed = 1,
					 .relative = 0.01,
					 .time_s = 10 };
	struct model_system system = { 0 };
	struct arena arena;
	int status = model_options(&request, argc, argv);

	if (status)
		return status;
	arena_init(&arena);
	status = model_system(&system, &request, &arena);
	if (!status)
		status = request.needed ? model_needed(&request, &system)
					: answer(&request, &system, &arena);
	arena_fini(&arena);
	return status;
}

const struct command command_model = {
	.name = "model",
	.help = "predict an ideal queue, by formula or simulation",
	.usage = usage,
	.run = run,
};
