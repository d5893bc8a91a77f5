/* closed.c - what a closed loop of connections would report of a queue */
#include "models/closed.h"

#include <errno.h>
#include <math.h>

#include "lancet/core/arena.h"
#include "lancet/core/err.h"
#include "models/closed_sim.h"
#include "models/queue.h"
#include "models/repairman.h"
#include "models/root.h"

struct asked {
	const struct predict_query *query;
	struct queue queue;
	uint32_t connections;
	struct closed *found;
	struct arena *arena;
};

static bool is_repairman(const struct asked *a)
{
	return queue_service(&a->queue, DIST_EXPONENTIAL) &&
	       a->queue.shape.of == POLICY_CENTRAL &&
	       a->connections <= REPAIRMAN_SOURCES &&
	       a->query->method != PREDICT_SIMULATE;
}

static int too_slow(const struct asked *a, struct err *err)
{
	return err_set(err, -EDOM,
		       "%u closed-loop connections cannot reach this rate; "
		       "give more, or a think time instead",
		       a->connections);
}

static double repairman_rate(const struct asked *a, double pause)
{
	struct repairman r;
	struct arena arena;

	arena_init(&arena);
	repairman_solve(&r, a->queue.workers, a->connections, pause, &arena);
	arena_fini(&arena);
	return r.rate;
}

static double rate_equation(double pause, void *context)
{
	const struct asked *a = context;

	return repairman_rate(a, pause) - a->query->rate * a->queue.mean;
}

/* The rate falls with the pause, and pauses of connections / rate are too
 * long. */
static double repairman_pause(struct asked *a)
{
	double longest = a->connections / (a->query->rate * a->queue.mean);

	return root_find(rate_equation, a, 0, longest);
}

static int answer_exactly(struct asked *a, double pause, struct err *err)
{
	struct closed *c = a->found;
	double mean = a->queue.mean;
	struct repairman r;

	pause = isnan(pause) ? repairman_pause(a) : pause / mean;
	if (isnan(pause))
		return too_slow(a, err);
	repairman_solve(&r, a->queue.workers, a->connections, pause, a->arena);
	c->pause = pause * mean;
	c->rate = predict_sure(r.rate / mean);
	c->method = "exact: M/M/k with as many sources (Palm 1947)";
	for (size_t i = 0; i < a->query->nask; i++) {
		const struct predict_ask *ask = &a->query->ask[i];
		bool bare = ask->of == METRIC_SLOWDOWN ||
			    ask->of == METRIC_IN_SYSTEM ||
			    ask->figure == FIGURE_P_WAIT;
		double value = repairman_figure(&r, ask);

		c->reported[i] = (struct predict_answer){
			.value = predict_sure(value * (bare ? 1 : mean)),
			.method = c->method,
			.refused = isnan(value) ? "the formula of a closed "
						  "loop does not have this "
						  "metric"
						: NULL,
		};
	}
	return 0;
}

/* Little's law for the whole loop: connections = rate (pause + sojourn). */
static int answer_simulated(struct asked *a, double pause, struct err *err)
{
	struct closed *c = a->found;
	struct predict_value sojourn;
	double n = a->connections;
	int rc = 0;

	if (isnan(pause))
		rc = closed_sim_pause(a->query, a->connections, &pause, err);
	if (!rc && isnan(pause))
		rc = too_slow(a, err);
	if (!rc)
		rc = closed_sim_run(a->query, a->connections, pause,
				    c->reported, &sojourn, a->arena, err);
	if (rc)
		return rc;
	c->pause = pause;
	c->rate = (struct predict_value){ n / (pause + sojourn.value),
					  n / (pause + sojourn.hi),
					  n / (pause + sojourn.lo) };
	c->method = a->query->nask ? c->reported[0].method : "simulation";
	return 0;
}

/* An open loop at a rate that was cut down to what the workers can do has no
 * steady state: then that is what there is to say. */
static void ask_open(struct asked *a)
{
	struct predict_query query = *a->query;
	struct err err = { 0 };

	query.rate = a->found->rate.value;
	if (predict(&query, &a->found->open, a->arena, &err))
		a->found->open_refused = arena_strdup(a->arena, err.text);
}

int closed(const struct predict_query *query, uint32_t connections,
	   double pause, struct closed *found, struct arena *arena,
	   struct err *err)
{
	struct predict_query settled = *query;
	struct asked a = { &settled, { 0 }, connections, found, arena };
	int rc;

	*found = (struct closed){ 0 };
	found->reported =
		arena_array(arena, query->nask + 1, sizeof(*found->reported));
	if (!connections || (isnan(pause) ? !(query->rate > 0) : pause < 0))
		return err_set(err, -EDOM,
			       "a closed loop has a connection or more, and a "
			       "pause or a rate");
	if (policy_settle(&settled.policy, settled.workers, settled.workload,
			  arena, err))
		return err->code;
	queue_init(&a.queue, &settled);
	rc = is_repairman(&a) ? answer_exactly(&a, pause, err)
			      : answer_simulated(&a, pause, err);
	if (!rc)
		ask_open(&a);
	return rc;
}
