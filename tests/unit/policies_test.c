/* policies_test.c - what must hold of policies on any stream of jobs */
#include "tests/unit/models.h"

#include <errno.h>
#include <math.h>

#include "models/policy.h"

#define JOBS 6000
#define BURST 5
#define SHIFT 64

/* All times are multiples of 1/64: sums are exact, in whatever order. */
static double grid(double value)
{
	return ceil(value * 64) / 64;
}

static void make_jobs(struct rng *rng, struct job *job, uint32_t workers,
		      double load)
{
	double now = 0;

	for (uint64_t i = 0; i < JOBS; i++) {
		now += floor(64 * rng_exponential(rng) / workers / load) / 64;
		job[i] = (struct job){
			.id = i,
			.conn = (uint32_t)rng_below(rng, 1u << 31),
			.arrival = now,
			.service = grid(rng_exponential(rng) *
					(rng_below(rng, 20) ? 0.5 : 10)),
		};
	}
}

static void open_policy_of(struct policy *p, const char *text, uint32_t workers,
			   uint32_t jobs, struct arena *arena)
{
	struct choice choice = test_choice(KIND_POLICY, text, arena);
	struct err err = { 0 };

	if (policy_init(p, &choice, workers, jobs, arena, &err))
		fail_msg("%s: %s", text, err.text);
}

static void open_policy(struct policy *p, const char *text, uint32_t workers,
			struct arena *arena)
{
	open_policy_of(p, text, workers, JOBS, arena);
}

struct outcome {
	double start[JOBS], completion[JOBS];
	struct done done[JOBS];
};

static void take(struct policy *p, double t, double shift, struct outcome *o)
{
	struct done done[BURST];
	size_t n;

	do {
		n = p->ops->advance(p->state, t, done, BURST);
		for (size_t i = 0; i < n; i++) {
			uint64_t id = done[i].job.id;

			o->start[id] = done[i].first_start + shift;
			o->completion[id] = done[i].completion + shift;
			o->done[id] = done[i];
		}
	} while (n == BURST || p->ops->next(p->state) <= t);
}

/* Job by job, as a driver does; the clock is set back on the way. */
static void run(const char *text, uint32_t workers, const struct job *jobs,
		struct outcome *o)
{
	double shift = 0, next;
	struct arena arena;
	struct policy p;

	arena_init(&arena);
	open_policy(&p, text, workers, &arena);
	for (size_t i = 0; i < JOBS; i++) {
		struct job job = jobs[i];

		job.arrival -= shift;
		o->start[i] = o->completion[i] = INFINITY;
		take(&p, job.arrival, shift, o);
		p.ops->arrive(p.state, job.arrival, &job);
		if (i % 1000 == 999 && p.ops->rebase && job.arrival >= SHIFT) {
			p.ops->rebase(p.state, SHIFT);
			shift += SHIFT;
		}
	}
	while (isfinite(next = p.ops->next(p.state)))
		take(&p, next, shift, o);
	arena_fini(&arena);
}

static void expect_equal(const char *what, const struct outcome *a,
			 const struct outcome *b)
{
	for (size_t i = 0; i < JOBS; i++)
		if (a->start[i] != b->start[i] ||
		    a->completion[i] != b->completion[i])
			fail_msg("%s: job %zu from %.9g to %.9g, not from "
				 "%.9g to %.9g",
				 what, i, a->start[i], a->completion[i],
				 b->start[i], b->completion[i]);
}

static void run_bursts(const char *text, uint32_t workers,
		       const struct job *jobs, struct outcome *o)
{
	static struct job job[JOBS];
	struct arena arena;
	struct policy p;
	double shift = 0;

	arena_init(&arena);
	open_policy(&p, text, workers, &arena);
	memcpy(job, jobs, sizeof(job));
	for (size_t i = 0; i < JOBS; i += 1000) {
		for (size_t j = i; j < i + 1000; j++)
			job[j].arrival -= shift;
		p.ops->departures(p.state, job + i, o->start + i,
				  o->completion + i, 1000);
		for (size_t j = i; j < i + 1000; j++) {
			o->start[j] += shift;
			o->completion[j] += shift;
		}
		if (p.ops->rebase && job[i + 999].arrival >= SHIFT) {
			p.ops->rebase(p.state, SHIFT);
			shift += SHIFT;
		}
	}
	arena_fini(&arena);
}

static void draw_picks(const char *text, uint32_t workers, struct job *job,
		       struct rng *rng)
{
	struct choice choice;
	struct arena arena;

	arena_init(&arena);
	choice = test_choice(KIND_POLICY, text, &arena);
	for (size_t i = 0; i < JOBS; i++)
		policy_pick(&choice, workers, rng_next(rng), &job[i].aux);
	arena_fini(&arena);
}

/* Draws that find all queues equally long choose each as often: 5.5
 * deviations of a binomial are 4e-8 a worker. */
static void test_ties(void **state)
{
	const uint32_t workers = 70;
	const double n = 70000;
	size_t count[70] = { 0 };
	struct rng rng;

	(void)state;
	test_rng(&rng, 16);
	for (size_t i = 0; i < (size_t)n; i++) {
		struct job job = { .service = 1 };
		struct done done;
		struct arena arena;
		struct policy p;

		arena_init(&arena);
		open_policy_of(&p, "jsq:uniform", workers, 1, &arena);
		job.aux.draw[1] = rng_next(&rng);
		p.ops->arrive(p.state, 0, &job);
		p.ops->advance(p.state, 1, &done, 1);
		count[done.worker]++;
		arena_fini(&arena);
	}
	for (uint32_t i = 0; i < workers; i++)
		assert_true(fabs((double)count[i] - n / workers) <
			    5.5 * sqrt(n / workers));
}

static void check_departures(const char *text, struct rng *rng)
{
	static const uint32_t workers[] = { 1, 3, 16, 70 };
	static struct job job[JOBS];
	static struct outcome events, bursts;

	for (size_t k = 0; k < 4; k++) {
		make_jobs(rng, job, workers[k], k % 2 ? 0.95 : 0.7);
		draw_picks(text, workers[k], job, rng);
		run(text, workers[k], job, &events);
		run_bursts(text, workers[k], job, &bursts);
		expect_equal(text, &bursts, &events);
	}
}

/* The simulator's fast path tells the same as events do. */
static void test_departures(void **state)
{
	const struct kind *const *kind = kind_table(KIND_POLICY);
	struct rng rng;

	(void)state;
	test_rng(&rng, 13);
	for (; *kind; kind++)
		if (((const struct policy_ops *)*kind)->departures)
			check_departures((*kind)->name, &rng);
	check_departures("jsq:uniform", &rng);
	check_departures("jbsq:3:uniform", &rng);
}

/* --- capacity --------------------------------------------------------------
 */

/* All jobs are there from the start: how many it completes in a unit. */
static double saturated(const char *text, const struct workload *w,
			uint32_t workers, struct rng *rng)
{
	static struct job job[JOBS];
	static struct outcome o;
	const struct dist *law = &w->class->service;
	double last = 0;

	memset(job, 0, sizeof(job));
	for (uint32_t i = 0; i < JOBS; i++) {
		struct job *j = &job[i];

		*j = (struct job){ .id = i, .conn = i };
		law->ops->sample(law->state, rng, &j->service, 1);
		j->aux.pick[0] = (uint16_t)(i % workers);
		j->aux.draw[1] = rng_next(rng);
	}
	run(text, workers, job, &o);
	for (size_t i = 0; i < JOBS; i++)
		last = fmax(last, o.completion[i]);
	return JOBS / last;
}

/*
 * A saturated queue completes jobs at the rate that is called its capacity;
 * 6000 jobs of scv 1 tell it to 1.3%: 6% are 4.6 deviations, and the seed is
 * fixed. Room for 16 jobs at a node keeps its dispatcher from idling.
 */
static void test_saturated(void **state)
{
	static const char *const text[] = {
		"fcfs",
		"jsq",
		"jbsq:2",
		"quantum:0.5:0.25",
		"quantum:0.25:0.25:0.25",
		"jbsq-quantum:2:0.5:0.25",
		"shinjuku:0.5:0.25",
		"steal",
		"zygos:0.25",
		"hovercraft:0.01:32:16384",
		"hovercraft:0.4:32:16384",
		"hermes-late",
		"hermes-early:2",
	};
	struct workload w;
	struct arena arena;
	struct rng rng;

	(void)state;
	test_rng(&rng, 14);
	arena_init(&arena);
	w = test_workload("poisson", "exp:1", &arena);
	for (size_t i = 0; i < sizeof(text) / sizeof(text[0]); i++) {
		struct choice choice =
			test_choice(KIND_POLICY, text[i], &arena);
		double capacity = policy_capacity(&choice, 4, &w);
		double rate = saturated(text[i], &w, 4, &rng);

		if (fabs(rate - capacity) > 0.06 * capacity)
			fail_msg("%s: %.4g a unit, not %.4g", text[i], rate,
				 capacity);
	}
	arena_fini(&arena);
}

/* Concord's dispatcher does a whole job in the mean service time. */
static void test_dispatcher(void **state)
{
	struct choice concord, quantum;
	struct workload w;
	struct arena arena;

	(void)state;
	arena_init(&arena);
	w = test_workload("poisson", "exp:2", &arena);
	concord = test_choice(KIND_POLICY, "concord:2:1:0.25", &arena);
	quantum = test_choice(KIND_POLICY, "quantum:1:0.25", &arena);
	assert_true(fabs(policy_capacity(&concord, 4, &w) -
			 policy_capacity(&quantum, 4, &w) - 0.5) < 1e-12);
	arena_fini(&arena);
}

/* A bound on what is in the system refuses at loads that are borne. */
static void test_refuses(void **state)
{
	static const char *const text[] = { "hovercraft:0:32:6", "bounded:3",
					    "fcfs" };
	struct workload w;
	struct arena arena;

	(void)state;
	arena_init(&arena);
	w = test_workload("poisson", "exp:1", &arena);
	for (size_t i = 0; i < 3; i++) {
		struct choice choice =
			test_choice(KIND_POLICY, text[i], &arena);

		assert_int_equal(policy_refuses(&choice, 4, &w), i < 2);
	}
	arena_fini(&arena);
}

static struct workload two_classes(double p, double one, double other,
				   struct arena *arena)
{
	struct workload w = test_workload("poisson", "exp:1", arena);
	char law[2][32];

	snprintf(law[0], sizeof(law[0]), "exp:%g", one);
	snprintf(law[1], sizeof(law[1]), "exp:%g", other);
	w.nclasses = 2;
	w.class = arena_array(arena, 2, sizeof(*w.class));
	for (size_t i = 0; i < 2; i++) {
		w.class[i].name = i ? "long" : "short";
		w.class[i].weight = i ? 1 - p : p;
		w.class[i].service = test_dist(law[i], arena);
	}
	return w;
}

/* Half of the jobs are 100 times as long: 8 workers are 1 and 7. */
static void test_reserved(void **state)
{
	struct choice choice, given;
	struct workload w;
	struct arena arena;
	struct err err = { 0 };
	struct policy p;

	(void)state;
	arena_init(&arena);
	w = two_classes(0.5, 1, 100, &arena);
	choice = test_choice(KIND_POLICY, "darc", &arena);
	given = test_choice(KIND_POLICY, "darc:1,7", &arena);
	assert_true(fabs(policy_capacity(&choice, 8, &w) - 7 / 50.0) < 1e-12);
	assert_true(fabs(policy_capacity(&given, 8, &w) - 7 / 50.0) < 1e-12);
	given = test_choice(KIND_POLICY, "darc:7,1", &arena);
	assert_true(fabs(policy_capacity(&given, 8, &w) - 1 / 50.0) < 1e-12);
	assert_int_equal(policy_init(&p, &choice, 8, 4, &arena, &err), -EINVAL);
	assert_non_null(strstr(err.text, "reserved"));
	assert_int_equal(policy_settle(&choice, 8, &w, &arena, &err), 0);
	assert_int_equal(policy_init(&p, &choice, 8, 4, &arena, &err), 0);
	assert_int_equal(policy_init(&p, &given, 9, 4, &arena, &err), -EINVAL);
	assert_non_null(strstr(err.text, "8 of 9 workers are reserved"));
	w = two_classes(0.5, 100, 1, &arena);
	assert_int_equal(policy_settle(&given, 8, &w, &arena, &err), -EINVAL);
	assert_non_null(strstr(err.text, "long is shorter than short"));
	/* Shares of 2.3 and 2.7 of 8 workers are 2 and 3: enough for all work,
	 * and too few for the long. */
	w = two_classes(0.5, 1, 2.5, &arena);
	choice = test_choice(KIND_POLICY, "darc", &arena);
	assert_true(fabs(policy_capacity(&choice, 8, &w) - 8 / 1.75) < 1e-12);
	w = two_classes(0.5, 1, 2, &arena);
	assert_true(fabs(policy_capacity(&choice, 8, &w) - 5) < 1e-12);
	arena_fini(&arena);
}

/* --- slices ----------------------------------------------------------------
 */

/* Every slice but the last ran for the quantum, or more where it overshoots,
 * and all of them together did the work. */
static void test_slices(void **state)
{
	static const char *const text[] = { "quantum:1:0.25",
					    "quantum:1:0.25:0.5",
					    "jbsq-quantum:2:1:0.25",
					    "concord:2:1:0.25" };
	static struct job job[JOBS];
	static struct outcome o;
	double slices[4] = { 0 };
	struct rng rng;

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		test_rng(&rng, 15);
		make_jobs(&rng, job, 4, 0.6);
		for (size_t j = 0; j < JOBS; j++)
			job[j].aux.draw[1] = rng_next(&rng);
		run(text[i], 4, job, &o);
		for (size_t j = 0; j < JOBS; j++) {
			const struct done *d = &o.done[j];
			double most = d->worker == 4 ? 1 : ceil(job[j].service);

			assert_true(d->overhead == 0.25 * (d->slices - 1));
			assert_true(i == 1 ? d->slices <= most
					   : d->slices == most);
			assert_true(o.completion[j] - o.start[j] >=
				    (job[j].service + d->overhead) *
					    (1 - 1e-12));
			slices[i] += d->slices;
		}
	}
	assert_true(slices[0] == slices[2]);
	assert_true(slices[1] < 0.9 * slices[0]);
	assert_true(slices[3] < slices[0]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ties),
		cmocka_unit_test(test_departures),
		cmocka_unit_test(test_saturated),
		cmocka_unit_test(test_dispatcher),
		cmocka_unit_test(test_refuses),
		cmocka_unit_test(test_reserved),
		cmocka_unit_test(test_slices),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
