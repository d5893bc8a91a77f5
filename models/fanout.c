/* fanout.c - requests that end with the last of their parts, in ideal queues */
#include "models/fanout.h"

#include <errno.h>
#include <gsl/gsl_cdf.h>
#include <math.h>
#include <stdio.h>

#include "lancet/core/arena.h"
#include "lancet/core/clock.h"
#include "lancet/core/err.h"
#include "lancet/core/stats/vector.h"

/*
 * Independent replications, their first part left out while the queues fill;
 * quantiles are of all together, intervals by Student's t over their own.
 */
#define REPLICATIONS 20u
#define REPLICATIONS_LEAST 5u
#define PARTS 6000000u		/* of all replications */
#define REQUESTS_LEAST 2000u	/* of one */
#define WARM_UP 5		/* one in so many */

struct run {
	const struct fanout *fanout;
	uint32_t parts;
	size_t n, kept;		/* requests of a replication */
	struct intent *intent;
	struct job *job;
	size_t *of;		/* the part that a job is */
	sim_time *completion;	/* of jobs */
	double *last;		/* of requests: their sojourn */
	double *all, *own;	/* sojourns of all replications; of one */
	uint32_t done;
};

static int begin_schedule(struct schedule *schedule, const struct run *run,
			  struct arena *arena, struct err *err)
{
	const struct predict_query *query = run->fanout->query;
	/* No point of a run has this number. */
	const struct rng_key key = { .seed = query->seed, .point = UINT64_MAX,
				     .attempt = run->done };
	const struct arrival_share share = { .rate_rps = query->rate * 1e9,
					     .of = 1 };

	return schedule_init(schedule, query->workload, &key, &share, arena,
			     err);
}

/* The parts that meet in one queue, in order of arrival. */
static size_t jobs_of(struct run *run, uint32_t server)
{
	const struct fanout *f = run->fanout;
	size_t n = 0;

	for (size_t i = 0; i < run->n * run->parts; i++) {
		const struct intent *part = &run->intent[i];

		if (i % run->parts % f->servers != server)
			continue;
		run->of[n] = i;
		run->job[n] = (struct job){
			.class = part->class,
			.conn = part->seq % f->connections,
			.arrival = (double)part->intended_ns,
			.service = (double)part->service_ns,
		};
		policy_pick(&f->query->policy, f->query->workers,
			    policy_draw((uint64_t)run->done << 32 | i),
			    &run->job[n++].aux);
	}
	return n;
}

static int replay_server(struct run *run, uint32_t server, struct arena *arena,
			 struct err *err)
{
	const struct predict_query *query = run->fanout->query;
	size_t n = jobs_of(run, server);

	if (replay(&query->policy, query->workers, run->job, n,
		   run->completion, arena, err) < 0)
		return err->code;
	for (size_t i = 0; i < n; i++) {
		double *last = &run->last[run->of[i] / run->parts];

		*last = fmax(*last, run->completion[i] - run->job[i].arrival);
	}
	return 0;
}

static int replicate(struct run *run, struct arena *arena, struct err *err)
{
	struct schedule schedule;
	size_t n = run->n * run->parts;

	if (begin_schedule(&schedule, run, arena, err) < 0)
		return err->code;
	if (schedule_next(&schedule, run->intent, n) < n)
		return err_set(err, -EDOM, "arrivals end too soon");
	for (size_t i = 0; i < run->n; i++)
		run->last[i] = 0;
	for (uint32_t s = 0; s < run->fanout->servers; s++)
		if (replay_server(run, s, arena, err) < 0)
			return err->code;
	return 0;
}

/* --- figures -------------------------------------------------------------- */

static double at_rank(const double *sorted, size_t n, double q)
{
	size_t rank = (size_t)ceil(q * (double)n);

	return sorted[rank < 1 ? 0 : rank > n ? n - 1 : rank - 1];
}

static double figure(const struct predict_ask *ask, const double *sorted,
		     size_t n)
{
	double sum = 0;

	if (ask->figure == FIGURE_QUANTILE)
		return at_rank(sorted, n, ask->q);
	for (size_t i = 0; i < n; i++)
		sum += sorted[i];
	return sum / (double)n;
}

/* Sojourns of a replication's later requests; its own figures. */
static void keep(struct run *run, double *own)
{
	const struct predict_query *query = run->fanout->query;
	double *to = run->all + run->done * run->kept;

	for (size_t i = 0; i < run->kept; i++)
		to[i] = run->last[run->n - run->kept + i];
	vector_sort(to, run->kept);
	for (size_t i = 0; i < query->nask; i++)
		own[i] = figure(&query->ask[i], to, run->kept);
}

static void answer(const struct run *run, struct predict_result *result)
{
	const struct predict_query *query = run->fanout->query;
	size_t n = run->done * run->kept;
	double t = gsl_cdf_tdist_Pinv(.975, run->done - 1);

	vector_sort(run->all, n);
	for (size_t i = 0; i < query->nask; i++) {
		double value = figure(&query->ask[i], run->all, n);
		double sum = 0, square = 0, half;

		for (uint32_t r = 0; r < run->done; r++)
			sum += run->own[r * query->nask + i];
		for (uint32_t r = 0; r < run->done; r++)
			square += pow(run->own[r * query->nask + i] -
				      sum / run->done, 2);
		half = t * sqrt(square / (run->done - 1) / run->done);
		result->answer[i] = (struct predict_answer){
			.value = { value, value - half, value + half },
			.method = result->method,
		};
	}
}

static void prepare(struct run *run, const struct fanout *fanout,
		    struct arena *arena)
{
	size_t parts;

	*run = (struct run){ .fanout = fanout,
			     .parts = fanout->query->workload->fanout };
	run->n = PARTS / REPLICATIONS / run->parts;
	if (run->n < REQUESTS_LEAST)
		run->n = REQUESTS_LEAST;
	run->kept = run->n - run->n / WARM_UP;
	parts = run->n * run->parts;
	run->intent = arena_array(arena, parts, sizeof(*run->intent));
	run->job = arena_array(arena, parts, sizeof(*run->job));
	run->of = arena_array(arena, parts, sizeof(*run->of));
	run->completion = arena_array(arena, parts, sizeof(*run->completion));
	run->last = arena_array(arena, run->n, sizeof(*run->last));
	run->all = arena_array(arena, REPLICATIONS * run->kept,
			       sizeof(*run->all));
	run->own = arena_array(arena, REPLICATIONS * fanout->query->nask,
			       sizeof(*run->own));
}

static int simulate(struct run *run, struct err *err)
{
	const struct predict_query *query = run->fanout->query;
	int64_t until = clock_now_ns() + (int64_t)(1e9 * query->time_limit_s);
	int rc = 0;

	while (!rc && run->done < REPLICATIONS &&
	       (run->done < REPLICATIONS_LEAST || clock_now_ns() < until)) {
		struct arena own;

		arena_init(&own);
		rc = replicate(run, &own, err);
		arena_fini(&own);
		if (!rc) {
			keep(run, run->own + run->done * query->nask);
			run->done++;
		}
	}
	return rc;
}

/* --- together ------------------------------------------------------------- */

/* The queue that a part meets, to be named, and refused where it is unstable. */
static int look_at_one(const struct fanout *fanout,
		       struct predict_result *result, struct arena *arena,
		       struct err *err)
{
	struct predict_query one = *fanout->query;

	one.rate *= (double)one.workload->fanout / fanout->servers;
	one.nask = 0;
	return predict(&one, result, arena, err);
}

int fanout_predict(const struct fanout *fanout, struct predict_result *result,
		   struct arena *arena, struct err *err)
{
	uint32_t parts = fanout->query->workload->fanout;
	struct predict_query query = *fanout->query;
	const struct fanout settled = { &query, fanout->servers,
					fanout->connections };
	struct predict_result one;
	struct arena scratch;
	struct run run;
	int rc = look_at_one(fanout, &one, arena, err);

	*result = one;
	if (rc < 0 || policy_settle(&query.policy, query.workers,
				    query.workload, arena, err) < 0)
		return err->code;
	snprintf(result->model, sizeof(result->model),
		 fanout->servers > 1 ? "maximum of %u queues %.60s"
				     : "maximum of %u in one %.60s",
		 parts, one.model);
	result->answer = arena_array(arena, query.nask + 1,
				     sizeof(*result->answer));
	arena_init(&scratch);
	prepare(&run, &settled, &scratch);
	rc = simulate(&run, err);
	if (!rc) {
		result->method = arena_printf(
			arena, "simulation of %zu requests, each the last of "
			"its %u parts", run.done * run.kept, parts);
		answer(&run, result);
	}
	arena_fini(&scratch);
	return rc;
}
