/* table.c - rows of how often intervals hold the truth, in Markdown */
#include "tests/coverage/table.h"

#include <gsl/gsl_cdf.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "coordinator/point.h"
#include "lancet/core/result.h"
#include "tests/coverage/paired.h"
#include "tests/coverage/truth.h"

#define ASKED .99

/* So many times the requests needed are allowed, and no less than a short run
 * takes: the stopping rule decides. */
#define LIMIT 3
#define LIMIT_LEAST_S 5.
/* More than these would take too long; what is measured instead then. */
#define REQUESTS_MOST 4e6
#define REQUESTS_INSTEAD 2e6

#define RESOLVED_LEAST 50
#define FALSE_ALARM 1e-6

void table_head(bool paired)
{
	if (paired)
		printf("| queue | load | quantile | plain unresolved | "
		       "plain held | half-width | paired held | half-width | "
		       "times narrower |\n"
		       "| --- | --- | --- | --- | --- | --- | --- | --- | --- "
		       "|\n");
	else
		printf("| queue | load | quantile | held | unresolved | "
		       "too low, too high | half-width | requests | "
		       "lower bound | ratio | width ratio | not reached | "
		       "looks | cut | points |\n"
		       "| --- | --- | --- | --- | --- | --- | --- | --- | --- "
		       "| --- | --- | --- | --- | --- | --- |\n");
}

static bool often_enough(const struct cell *cell, unsigned held, unsigned of)
{
	return of < RESOLVED_LEAST ||
	       gsl_cdf_binomial_P(held, cell->held, of) > FALSE_ALARM;
}

static unsigned seeds_of(const struct cell *cell,
			 const struct table_settings *set)
{
	return set->seeds ? set->seeds : cell->seeds;
}

static uint64_t seed_of(const struct table_settings *set, unsigned i)
{
	return set->seed * 1000003 + i;
}

/* --- points that are stopped ---------------------------------------------- */

/* What the seeds of a cell showed of one quantile. */
struct score {
	unsigned resolved, held, low, high;
	double half;		/* sum of relative half-widths */
	double wider;		/* sum of what they were with all requests needed */
};

struct scores {
	struct score of[TRUTHS];
	unsigned points, reached, looks, cuts;
	double requests;	/* sum over those that reached it */
};

static void score_add(struct score *score, const struct result_quantile *q,
		      double n, const struct truth *of)
{
	double truth = of->ns, half = (q->hi - q->lo) / 2 / truth;

	if (strcmp(q->status, "resolved"))
		return;
	score->resolved++;
	score->low += q->hi < truth;
	score->high += q->lo > truth;
	score->held += q->lo <= truth && truth <= q->hi;
	score->half += half;
	score->wider += half * sqrt(n / of->needed);
}

static void run_point(const struct plan *plan, const struct protocol *protocol,
		      uint64_t seed, const struct truth *truth,
		      struct scores *to)
{
	struct simulated point;
	const struct point_data *data = &point.data;
	double n;

	simulated_run(&point, plan, protocol, seed);
	n = (double)data->counts.intended * (1 - data->left_out);
	for (int i = 0; i < TRUTHS; i++)
		score_add(&to->of[i],
			  result_quantile(&data->response, truth_q[i]),
			  n, &truth[i]);
	if (!(point.reached > protocol->relative)) {
		to->reached++;
		to->requests += n;
	}
	to->points++;
	to->looks += point.segments;
	to->cuts += point.cuts;
	simulated_fini(&point);
}

static void print_share(unsigned n, unsigned of)
{
	if (of)
		printf(" %.1f%% |", 100. * n / of);
	else
		printf(" |");
}

static void print_rows(const struct cell *cell, const struct truth *truth,
		       const struct scores *s)
{
	for (int i = 0; i < TRUTHS; i++) {
		const struct score *q = &s->of[i];
		double n = q->resolved, needed = truth[i].needed;

		printf("| %s | %g | p%g |", cell->name, cell->load,
		       100 * truth_q[i]);
		print_share(q->held, q->resolved);
		print_share(s->points - q->resolved, s->points);
		if (q->resolved)
			printf(" %.1f, %.1f | %.2f%% |", 100 * q->low / n,
			       100 * q->high / n, 100 * q->half / n);
		else
			printf(" | |");
		if (truth_q[i] == ASKED && s->reached)
			printf(" %.3g | %.3g | %.2f |",
			       s->requests / s->reached, needed,
			       s->requests / s->reached / needed);
		else
			printf(" | %.3g | |", needed);
		if (truth_q[i] == ASKED && q->resolved)
			printf(" %.2f |", q->wider / n / cell->relative);
		else
			printf(" |");
		if (truth_q[i] == ASKED)
			printf(" %.1f%% | %.1f | %u |",
			       100 - 100. * s->reached / s->points,
			       (double)s->looks / s->points, s->cuts);
		else
			printf(" | | |");
		printf(" %u |\n", s->points);
	}
	fflush(stdout);
}

/* The plan's time limit and precision. */
static struct protocol protocol_of(const struct cell *cell,
				   const struct table_settings *set,
				   const struct truth *truth,
				   struct arena *arena)
{
	struct protocol protocol = { .q = ASKED, .stalls = !set->calm,
				     .limit_s = 10 };
	double rate = simulated_plan(cell, &protocol, arena)->point->rate_rps;
	double requests = REQUESTS_INSTEAD;

	for (int i = 0; i < TRUTHS; i++)
		if (truth_q[i] == ASKED && truth[i].needed < REQUESTS_MOST)
			requests = truth[i].needed *
				   (set->whole > 0 ? set->whole : LIMIT);
	protocol.relative = set->whole > 0 ? 0
			    : set->relative > 0 ? set->relative
						: cell->relative;
	/* In whole windows, and a warm-up of 100 ms. */
	protocol.limit_s = ceil(100 * requests / rate) / 100 + .1;
	if (!(set->whole > 0))
		protocol.limit_s = fmax(protocol.limit_s, LIMIT_LEAST_S);
	return protocol;
}

bool table_cell(const struct cell *cell, const struct table_settings *set)
{
	const struct truth *truth = truth_of(cell->name, cell->load);
	struct scores scores = { .points = 0 };
	struct protocol protocol;
	const struct plan *plan;
	struct arena arena;
	bool held = true;

	arena_init(&arena);
	protocol = protocol_of(cell, set, truth, &arena);
	plan = simulated_plan(cell, &protocol, &arena);
	for (unsigned i = 0; i < seeds_of(cell, set); i++)
		run_point(plan, &protocol, seed_of(set, i), truth, &scores);
	print_rows(cell, truth, &scores);
	for (int i = 0; i < TRUTHS; i++)
		held &= often_enough(cell, scores.of[i].held,
				     scores.of[i].resolved);
	arena_fini(&arena);
	return held;
}

/* --- paired --------------------------------------------------------------- */

struct pair_score {
	unsigned plain, plain_held, held;
	double plain_half, half, narrower;
};

static void pair_add(struct pair_score *to, const struct paired *p, int i)
{
	to->held += p->adjusted_holds[i];
	to->half += p->adjusted[i];
	if (isnan(p->plain[i]))
		return;
	to->plain++;
	to->plain_held += p->plain_holds[i];
	to->plain_half += p->plain[i];
	to->narrower += p->plain[i] / p->adjusted[i];
}

static void print_pairs(const struct cell *cell, double q, unsigned points,
			const struct pair_score *s)
{
	printf("| %s | %g | p%g |", cell->name, cell->load, 100 * q);
	print_share(points - s->plain, points);
	print_share(s->plain_held, s->plain);
	if (s->plain)
		printf(" %.1f%% |", 100 * s->plain_half / s->plain);
	else
		printf(" |");
	print_share(s->held, points);
	printf(" %.2f%% |", 100 * s->half / points);
	if (s->plain)
		printf(" %.1f |\n", s->narrower / s->plain);
	else
		printf(" |\n");
}

bool table_paired(const struct cell *cell, double requests,
		  const struct table_settings *set)
{
	struct protocol protocol = { .limit_s = 10 };
	struct pair_score score[TRUTHS] = { { 0 } };
	unsigned points = seeds_of(cell, set);
	const struct plan *plan;
	struct arena arena;
	bool held = true;

	arena_init(&arena);
	plan = simulated_plan(cell, &protocol, &arena);
	for (unsigned i = 0; i < points; i++) {
		struct paired paired;

		paired_run(plan, requests, seed_of(set, i), &paired);
		for (int q = 0; q < TRUTHS; q++)
			pair_add(&score[q], &paired, q);
	}
	for (int q = 0; q < TRUTHS; q++) {
		print_pairs(cell, truth_q[q], points, &score[q]);
		held &= often_enough(cell, score[q].held, points);
	}
	fflush(stdout);
	arena_fini(&arena);
	return held;
}
