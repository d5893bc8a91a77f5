/* plan_load.c - loads from a configuration, and the points they make */
#include "coordinator/plan_load.h"

#include <math.h>

#include "coordinator/search.h"
#include "lancet/core/arena.h"
#include "models/policy.h"

/* Requests per second, or 0 with a problem. */
static double plan_rate(const struct plan *plan, const struct load_value *load,
			const char *path, struct option_problems *problems)
{
	if (!load->share)
		return load->value;
	if (plan->capacity_rps > 0)
		return load->value * plan->capacity_rps;
	plan_problem(plan->config, path, problems,
		     plan_builtin(plan) ?
		     "a load in percent needs a service time; set "
		     "workload.service or target.builtin.service, or give the "
		     "load as a rate (50krps)" :
		     "a load in percent needs the target's capacity; set "
		     "target.capacity, run `lancet probe`, or give the load as "
		     "a rate (50krps)");
	return 0;
}

/* The mean of a pattern, all of whose loads are of one kind. */
static double plan_pattern_rate(const struct plan *plan,
				struct option_problems *problems)
{
	const struct config_pattern *o = plan->config->load.pattern;
	const struct config_step *step = o->steps.items;
	const struct load_value *one = o->ramp	  ? &o->ramp->from
				       : o->sine   ? &o->sine->mean
				       : o->spikes ? &o->spikes->base
						   : &step->rate;
	const struct load_value mean = {
		.value = plan->workload.pattern->mean, .share = one->share,
	};

	return plan_rate(plan, &mean, "load.pattern", problems);
}

int64_t plan_length_ns(const struct plan *plan)
{
	const struct pattern *pattern = plan->workload.pattern;

	return pattern ? pattern->length_ns
		       : plan->config->measure.time_limit_ns;
}

/*
 * Time that an empty queue takes to become a stationary one: about ten
 * relaxation times, (1 + scv) / (k (1 - rho)^2) mean services each (heavy
 * traffic, as Whitt 1989 plans run lengths), at least 100 ms for caches and
 * clocks to settle, at most a quarter of the point. 20 windows where the
 * queue is unknown.
 */
static int64_t plan_warmup(const struct plan *plan, double utilisation)
{
	const struct config *config = plan->config;
	const struct config_measure *m = &config->measure;
	const struct config_builtin *builtin = config->target.builtin;
	double workers = builtin ? policy_workers(&builtin->policy,
						  (uint32_t)builtin->workers)
				 : (double)config->target.workers;
	double mean = workload_moment(&plan->served, 1);
	double second = workload_moment(&plan->served, 2);
	double auto_ns = 20 * (double)m->window_ns;

	if (m->warmup_ns != OPTION_AUTO_VALUE)
		return m->warmup_ns;
	/* A changing load has no state to settle into; all of it is shown. */
	if (plan->workload.pattern)
		return 0;
	if (workers > 0 && mean > 0 && utilisation < 1)
		auto_ns = 10 * mean * fmax(second / (mean * mean), 1) /
			  (workers * (1 - utilisation) * (1 - utilisation));
	auto_ns = fmin(fmax(auto_ns, 100e6), (double)m->time_limit_ns / 4);
	return (int64_t)auto_ns;
}

struct plan_point plan_point_at(const struct plan *plan, uint32_t index,
				double rate_rps)
{
	struct plan_point point = { .index = index, .rate_rps = rate_rps };
	int64_t window = plan->config->measure.window_ns;

	point.utilisation = plan->capacity_rps > 0
			    ? rate_rps / plan->capacity_rps : (double)NAN;
	point.warmup_ns = plan_warmup(plan, point.utilisation);
	/* Whole windows, so that none is half warm. */
	point.warmup_ns = (point.warmup_ns + window - 1) / window * window;
	return point;
}

/* Both ends of the load, and what leads from one to the other. */
static void plan_range(struct plan *plan, struct option_problems *problems)
{
	const struct config_load *load = &plan->config->load;

	if (load->sweep) {
		plan->from_rps = plan_rate(plan, &load->sweep->from,
					   "load.sweep.from", problems);
		plan->to_rps = plan_rate(plan, &load->sweep->to,
					 "load.sweep.to", problems);
		return;
	}
	if (load->search) {
		plan->from_rps = plan_rate(plan, &load->search->from,
					   "load.search.from", problems);
		plan->to_rps = plan_rate(plan, &load->search->to,
					 "load.search.to", problems);
		return;
	}
	plan->from_rps = load->pattern
		? plan_pattern_rate(plan, problems)
		: plan_rate(plan, &load->rate, "load.rate", problems);
	plan->to_rps = plan->from_rps;
}

/* The first trial only: the others depend on what it finds. */
static void plan_search(struct plan *plan)
{
	const struct config_search *config = plan->config->load.search;
	struct search search;

	search_init(&search, plan->from_rps, plan->to_rps,
		    config->resolution);
	plan->most = search.most;
	plan->trial_confidence = search_confidence(&search,
						   config->confidence);
	plan->point[0] = plan_point_at(plan, 0, search_next(&search));
}

/* Half of an adaptive sweep, but enough of it to see a bend. */
static size_t plan_sweep(const struct plan *plan)
{
	const struct config_sweep *sweep = plan->config->load.sweep;
	size_t n = sweep ? (size_t)sweep->steps : 1;

	if (!sweep || !sweep->adaptive)
		return n;
	return n <= 3 ? n : n <= 6 ? 3 : (n + 1) / 2;
}

void plan_points(struct plan *plan, struct arena *arena,
			struct option_problems *problems)
{
	const struct config_load *load = &plan->config->load;
	size_t n = plan_sweep(plan);
	double from, to;

	plan->trial_confidence = (double)NAN;
	plan_range(plan, problems);
	if (problems->n)
		return;
	plan->point = arena_array(arena, n, sizeof(*plan->point));
	plan->npoints = n;
	plan->most = load->sweep ? (size_t)load->sweep->steps : 1;
	if (load->search) {
		plan_search(plan);
		return;
	}
	from = plan->from_rps;
	to = plan->to_rps;
	for (size_t i = 0; i < n; i++)
		plan->point[i] = plan_point_at(plan, (uint32_t)i,
			n == 1 ? from : from + (to - from) * (double)i /
						       (double)(n - 1));
}
