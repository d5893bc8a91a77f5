/* model_system.c - the queue that `lancet model` is asked about */
#include "lancet/cmd/model.h"

#include <ctype.h>
#include <math.h>
#include <string.h>
#include <sys/stat.h>

#include "lancet/cmd/cmd.h"
#include "lancet/core/arena.h"
#include "lancet/core/config.h"
#include "lancet/core/err.h"
#include "lancet/core/nearest.h"
#include "lancet/core/preset.h"
#include "lancet/core/result.h"
#include "lancet/core/unit.h"
#include "models/capacity.h"
#include "models/metric.h"

static int refuse(const struct err *err)
{
	return cmd_fail("model", STATUS_USAGE, "%s", err->text);
}

/* A number with a unit of time in it: 100us, `mean: 2 ms`. */
static bool has_unit(const char *text)
{
	static const char *const units[] = {
		"ns", "us", "ms", "s", "min", "h"
	};

	for (; *text; text++) {
		const char *at = text + 1;
		size_t len = 0;

		if (!isdigit((unsigned char)*text))
			continue;
		at += *at == ' ';
		while (isalpha((unsigned char)at[len]))
			len++;
		for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
			if (len == strlen(units[i]) &&
			    !memcmp(at, units[i], len))
				return true;
	}
	return false;
}

/* One class with the law of --service. */
static int take_service(struct model_system *s, const char *text,
			struct arena *arena)
{
	struct class_law *law = arena_alloc(arena, sizeof(*law));
	struct choice choice;
	struct err err = { 0 };

	if (option_parse_choice(KIND_DIST, OPTION_UNIT_TIME, text, &choice,
				arena, &err) ||
	    dist_init(&law->service, &choice, arena, &err)) {
		err_wrap(&err, "--service");
		return refuse(&err);
	}
	law->name = "all";
	law->weight = 1;
	s->workload.class = law;
	s->workload.nclasses = 1;
	s->unit = has_unit(text)			      ? UNIT_NS
		  : fabs(dist_mean(&law->service) - 1) < 1e-9 ? UNIT_MEAN
							      : UNIT_WRITTEN;
	return 0;
}

static int take_choice(enum kind_class class, const char *option,
		       const char *text, struct choice *to, struct arena *arena)
{
	struct err err = { 0 };

	if (!option_parse_choice(class, OPTION_UNIT_TIME, text, to, arena,
				 &err))
		return 0;
	err_wrap(&err, "%s", option);
	return refuse(&err);
}

/* Does it need a time to be said, a quantum for example? */
static bool needs_time(const struct kind *kind)
{
	const struct option_row *row = kind->options;

	for (; row && row->type; row++)
		if (row->type == OPTION_TYPE_VALUE &&
		    row->flags & OPTION_REQUIRED)
			return true;
	return false;
}

/* 5ns of a service of 100us is hardly what `quantum:5` was to say. */
static int check_units(const struct model_system *s,
		       const struct model_policy *policy)
{
	bool unit = has_unit(policy->name);

	if (s->unit == UNIT_NS && !unit && needs_time(policy->choice.kind))
		return cmd_fail("model", STATUS_USAGE,
				"--policy %s: its times need a unit, since the "
				"service time has one; say quantum:5us",
				policy->name);
	if (s->unit != UNIT_NS && unit)
		return cmd_fail("model", STATUS_USAGE,
				"--policy %s: a time with a unit needs a "
				"service time with one; say --service "
				"exp:100us",
				policy->name);
	return 0;
}

/* The policies of the command line; without any, fcfs. */
static int take_policies(struct model_system *s, const struct model_request *r,
			 struct arena *arena)
{
	static const char *const usual[] = { "fcfs" };
	const char *const *name = r->npolicies ? r->policy : usual;
	size_t n = r->npolicies ? r->npolicies : 1;
	int rc = 0;

	if (!r->npolicies && s->npolicies)
		return 0;
	for (s->npolicies = 0; !rc && s->npolicies < n; s->npolicies++) {
		struct model_policy *policy = &s->policy[s->npolicies];

		policy->name = name[s->npolicies];
		rc = take_choice(KIND_POLICY, "--policy", policy->name,
				 &policy->choice, arena);
		if (!rc)
			rc = check_units(s, policy);
	}
	return rc;
}

/* What the command line says stands above a configuration. */
static int take_flags(struct model_system *s, const struct model_request *r,
		      struct arena *arena)
{
	int rc = 0;

	if (r->service || !s->workload.nclasses)
		rc = take_service(s, r->service ? r->service : "exp", arena);
	if (!rc && (r->arrival || !s->workload.arrival.kind))
		rc = take_choice(KIND_ARRIVAL, "--arrival",
				 r->arrival ? r->arrival : "poisson",
				 &s->workload.arrival, arena);
	if (r->workers)
		s->workers = r->workers;
	else if (!r->file && !r->preset)
		s->workers = 1;
	return rc ? rc : take_policies(s, r, arena);
}

/* The same points as a run's: evenly from the first to the last. */
static void take_sweep(struct model_system *s, const struct config_sweep *w)
{
	s->nloads = w->steps < MODEL_LOADS ? (size_t)w->steps : MODEL_LOADS;
	for (size_t i = 0; i < s->nloads; i++) {
		double part =
			s->nloads > 1 ? (double)i / (double)(s->nloads - 1) : 0;

		s->load[i] = w->from;
		s->load[i].value += part * (w->to.value - w->from.value);
	}
}

static int take_config(struct model_system *s, const struct config *config,
		       struct arena *arena)
{
	const struct config_builtin *builtin = config->target.builtin;
	struct model_policy *policy = &s->policy[0];
	struct workload workload;
	struct err err = { 0 };

	if (workload_init(&workload, config, arena, &err) ||
	    capacity_workload(&s->workload, &workload, config, arena, &err)) {
		fprintf(stderr, "%s\n", err.text);
		return STATUS_USAGE;
	}
	if (workload.fanout > 1)
		return cmd_fail("model", STATUS_USAGE,
				"requests fan out to %u queues, whose maximum "
				"only `lancet run` predicts; for a single "
				"queue write workload.fanout: 1",
				workload.fanout);
	if (config->model.mode == MODEL_POLICY)
		policy->choice = config->model.policy;
	else if (builtin)
		policy->choice = builtin->policy;
	s->npolicies = policy->choice.kind != NULL;
	policy->name = s->npolicies ? policy->choice.kind->name : NULL;
	s->workers =
		(uint32_t)(builtin ? builtin->workers : config->target.workers);
	s->unit = UNIT_NS;
	s->slo = config->slo;
	if (config->load.sweep)
		take_sweep(s, config->load.sweep);
	else if (config->load.rate.set)
		s->load[s->nloads++] = config->load.rate;
	return 0;
}

static int unknown_preset(const char *name, struct arena *arena)
{
	const struct preset *table;
	struct nearest near;
	size_t n;

	table = preset_table(&n, arena);
	nearest_start(&near, name);
	for (size_t i = 0; i < n; i++)
		nearest_try(&near, table[i].name);
	return cmd_fail(
		"model", STATUS_USAGE, "--preset %s: not known; %s%s%s", name,
		near.best ? "did you mean " : "`lancet list presets`",
		near.best ? near.best : " shows all", near.best ? "?" : "");
}

/* Its workload, workers and promise, under fcfs and at all loads. */
static int take_preset(struct model_system *s, const char *name,
		       struct arena *arena)
{
	const struct preset *preset = preset_find(name, arena);
	struct option_problems problems = { 0 };
	const struct config *config;
	int rc;

	if (!preset)
		return unknown_preset(name, arena);
	config = preset_config(name, arena, &problems);
	if (!config)
		return cmd_fail("model", STATUS_USAGE, "--preset %s: %s", name,
				problems.problem[0].text);
	rc = take_config(s, config, arena);
	s->workers = (uint32_t)preset->workers;
	s->nloads = 0;
	return rc;
}

/* Its configuration, but the loads that were in fact offered. */
static int take_result(struct model_system *s, const char *path,
		       struct arena *arena)
{
	struct option_problems problems = { 0 };
	struct err err = { 0 };
	const struct result *result = result_load(path, arena, &err);
	const struct config *config;
	int rc;

	if (!result)
		return refuse(&err);
	config = config_parse(path, result->config_yaml,
			      strlen(result->config_yaml), NULL, 0, arena,
			      &problems);
	if (!config) {
		option_problems_print(&problems, result->config_yaml, stderr);
		return STATUS_USAGE;
	}
	rc = take_config(s, config, arena);
	s->result = result;
	s->nloads = 0;
	for (size_t i = 0; i < result->npoints && i < MODEL_LOADS; i++)
		s->load[s->nloads++] = (struct load_value){
			.value = result->points[i].offered_rps,
			.set = true,
		};
	return rc;
}

static int take_file(struct model_system *s, const char *path,
		     struct arena *arena)
{
	const char *dot = strrchr(path, '.');
	const struct config *config;
	struct stat st;

	if ((!stat(path, &st) && S_ISDIR(st.st_mode)) ||
	    (dot && !strcmp(dot, ".json")))
		return take_result(s, path, arena);
	config = cmd_config(path, NULL, arena);
	return config ? take_config(s, config, arena) : STATUS_USAGE;
}

/* 0.8, 80% or 50krps. */
static int take_load(struct model_system *s, const char *text)
{
	bool *ratio = &s->ratio[s->nloads];
	struct load_value *load = &s->load[s->nloads++];

	load->set = true;
	load->share = true;
	*ratio = !unit_number(text, &load->value);
	if ((*ratio || !unit_percent(text, &load->value)) && load->value >= 0)
		return 0;
	load->share = false;
	if (unit_rate(text, &load->value))
		return cmd_fail("model", STATUS_USAGE,
				"--load %s: not a load; give a ratio (0.8), a "
				"percentage (80%%) or a rate (50krps)",
				text);
	if (s->unit != UNIT_NS)
		return cmd_fail("model", STATUS_USAGE,
				"--load %s: a rate needs a service time with "
				"a unit; say --service exp:100us",
				text);
	return 0;
}

static int take_loads(struct model_system *s, const struct model_request *r)
{
	static const char *const usual[] = {
		"10%", "20%", "30%", "40%", "50%",
		"60%", "70%", "80%", "90%", "95%"
	};
	const char *const *load = r->nloads ? r->load : usual;
	size_t n = r->nloads ? r->nloads : sizeof(usual) / sizeof(usual[0]);
	int rc = 0;

	if (!r->nloads && s->nloads)
		return 0;
	s->nloads = 0;
	for (size_t i = 0; !rc && i < n; i++)
		rc = take_load(s, load[i]);
	return rc;
}

/* Behind each policy, what a closed loop would report of it. */
static void take_closed(struct model_system *s, uint32_t connections,
			struct arena *arena)
{
	for (size_t i = s->npolicies; connections && i-- > 0;) {
		struct model_policy *policy = &s->policy[2 * i];

		policy[0] = policy[1] = s->policy[i];
		policy[1].connections = connections;
		policy[1].name = arena_printf(arena, "%s, closed:%u",
					      policy->name, connections);
	}
	s->npolicies *= connections ? 2 : 1;
}

static int take_metrics(struct model_system *s, const struct model_request *r)
{
	static const char *const one[] = { "mean", "p50", "p90", "p99",
					   "p99.9" };
	static const char *const several[] = { "mean", "p99" };
	const char *const *name = r->nmetrics	     ? r->metric
				  : s->npolicies > 1 ? several
						     : one;
	size_t n = r->nmetrics ? r->nmetrics : s->npolicies > 1 ? 2 : 5;
	struct err err = { 0 };

	for (; s->nmetrics < n; s->nmetrics++) {
		s->metric[s->nmetrics] = name[s->nmetrics];
		if (metric_parse(name[s->nmetrics], &s->workload,
				 &s->ask[s->nmetrics], &err)) {
			err_wrap(&err, "--metric");
			return refuse(&err);
		}
	}
	return 0;
}

static int take_slo(struct model_system *s, const struct model_request *r)
{
	struct err err = { 0 };

	if (r->slo)
		s->slo = r->slo;
	if (!s->slo)
		return 0;
	if (slo_parse(s->slo, &s->promise, &err)) {
		err_wrap(&err, "--slo");
		return refuse(&err);
	}
	for (size_t i = 0; i < s->promise.n; i++)
		if (s->promise.term[i].metric == SLO_RESPONSE &&
		    !s->promise.term[i].relative && s->unit != UNIT_NS)
			return cmd_fail("model", STATUS_USAGE,
					"slo: a bound with a unit of time "
					"needs a service time with one; say "
					"--service exp:100us");
	return 0;
}

/*
 * A configuration need not say how long its server takes: a law of another
 * protocol is missing then, or stands for nothing, 1 ns.
 */
static int check_service(struct model_system *s, const struct model_request *r)
{
	s->mean = workload_moment(&s->workload, 1);
	if (r->service || s->unit != UNIT_NS || s->mean > 1)
		return 0;
	return cmd_fail("model", STATUS_USAGE,
			"the service time is not known; say --service "
			"exp:10us, or record it and say --service "
			"empirical:FILE");
}

int model_system(struct model_system *s, const struct model_request *r,
		 struct arena *arena)
{
	int rc = r->file     ? take_file(s, r->file, arena)
		 : r->preset ? take_preset(s, r->preset, arena)
			     : 0;

	if (!rc)
		rc = take_flags(s, r, arena);
	if (!rc)
		rc = check_service(s, r);
	if (!rc && !s->workers && !r->needed)
		rc = cmd_fail("model", STATUS_USAGE,
			      "the number of workers is not known; say "
			      "--workers K");
	if (!rc && s->result && r->closed)
		rc = cmd_fail("model", STATUS_USAGE,
			      "--closed does not apply to a result; give its "
			      "configuration instead");
	if (!rc)
		rc = take_loads(s, r);
	take_closed(s, r->closed, arena);
	if (!rc)
		rc = take_metrics(s, r);
	if (!rc)
		rc = take_slo(s, r);
	return rc;
}
