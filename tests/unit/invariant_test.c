/* invariant_test.c - what is true of policies, whatever the jobs */
#include "tests/unit/models.h"

#include <math.h>

#include "tests/golden/trace_run.c"

#define JOBS 400
#define WORKERS 4

/* --- streams of jobs ------------------------------------------------------ */

enum stream {
	STREAM_RANDOM, /* on a grid of 1/64, without ties to speak of */
	STREAM_TIES,   /* integers: most instants coincide */
	STREAM_FLOOD,  /* far more than can be done */
	STREAMS
};

static double on_grid(double x)
{
	return fmax(1, floor(x * 64)) / 64;
}

static void draw_job(struct rng *rng, enum stream stream, double *now,
		     struct job *job)
{
	static const double gap[] = {
		[STREAM_RANDOM] = 1.1 / WORKERS, [STREAM_FLOOD] = 0.5 / WORKERS
	};

	if (stream == STREAM_TIES) {
		*now += (double)rng_below(rng, 2);
		job->service = (double)(1 + rng_below(rng, 3));
	} else {
		*now += on_grid(gap[stream] * rng_exponential(rng));
		job->service = on_grid(rng_exponential(rng));
	}
	job->arrival = *now;
	job->class = (uint32_t)rng_below(rng, 3);
	job->conn = (uint32_t)rng_below(rng, 7);
}

/* What the policy looks at besides: as its own pick() draws it. */
static void draw_aux(const struct trace *t, struct job *job)
{
	if (!strcmp(t->policy.kind->name, "edf"))
		job->aux.deadline = job->arrival + 1.0 + (double)(job->id % 5);
	policy_pick(&t->policy, t->workers, policy_draw(job->id), &job->aux);
}

static void draw_stream(struct trace *t, enum stream stream,
			struct arena *arena)
{
	double now = 0;
	struct rng rng;

	test_rng(&rng, stream);
	t->n = JOBS;
	t->job = arena_array(arena, t->n, sizeof(*t->job));
	t->want = arena_array(arena, t->n, sizeof(*t->want));
	for (size_t i = 0; i < t->n; i++) {
		t->job[i].id = i;
		draw_job(&rng, stream, &now, &t->job[i]);
	}
}

static void choose(struct trace *t, const char *text, struct arena *arena)
{
	t->policy = test_choice(KIND_POLICY, text, arena);
	t->workers = WORKERS;
	t->path = text;
	for (size_t i = 0; i < t->n; i++)
		draw_aux(t, &t->job[i]);
}

static void fill(struct trace *t)
{
	struct err err = { 0 };

	if (trace_fill(t, stderr, &err))
		fail_msg("%s: %s", t->path, err.text);
}

static void expect(const struct trace *t, unsigned way, const char *like)
{
	struct err err = { 0 };

	if (trace_run(t, way, stderr, &err))
		fail_msg("%s is not %s; %s", t->path, like, err.text);
}

/* --- every policy --------------------------------------------------------- */

enum property {
	/* No worker of a server idles while a job of that server waits. */
	CONSERVES = 1,
	/* On one worker from start to completion, and nobody else is. */
	WHOLE = 2,
	/* Shared processors: rounding. */
	SHARED = 4,
};

static const struct {
	const char *policy;
	uint32_t servers; /* WORKERS of them in all, unless: */
	uint32_t each;
	unsigned is;
} properties[] = {
	{ "fcfs", 1, 4, CONSERVES | WHOLE },
	{ "sjf", 1, 4, CONSERVES | WHOLE },
	{ "edf", 1, 4, CONSERVES | WHOLE },
	{ "prio-np", 1, 4, CONSERVES | WHOLE },
	{ "bounded:3", 1, 4, CONSERVES | WHOLE },
	{ "nack:0.5,1,2", 1, 4, CONSERVES | WHOLE },
	{ "srpt", 1, 4, CONSERVES },
	{ "prio-pr", 1, 4, CONSERVES },
	{ "lcfs-pr", 1, 4, CONSERVES },
	{ "ps", 1, 4, CONSERVES | SHARED },
	{ "las", 1, 4, CONSERVES | SHARED },
	{ "inf", 1, 4, 0 },
	{ "quantum:0.5:0.25", 1, 4, CONSERVES },
	{ "shinjuku:0.5:0.25", 1, 4, CONSERVES },
	{ "steal:0.25", 1, 4, CONSERVES | WHOLE },
	{ "hermes-late:2:0.5", 1, 4, CONSERVES | WHOLE },
	{ "part", 4, 1, CONSERVES | WHOLE },
	{ "rr", 4, 1, CONSERVES | WHOLE },
	{ "ps-part", 4, 1, CONSERVES | SHARED },
	{ "jsq", 4, 1, CONSERVES | WHOLE },
	{ "pod:2:0.5", 4, 1, CONSERVES | WHOLE },
	{ "sita:0.5,1,2", 4, 1, CONSERVES | WHOLE },
	{ "conn-split:2:2", 2, 2, CONSERVES | WHOLE },
	{ "rack:jsq:2:2", 2, 2, CONSERVES | WHOLE },
	{ "rack:po2:2:2", 2, 2, CONSERVES | WHOLE },
	{ "hermes-early:2:3:0.5", 4, 2, CONSERVES | SHARED },
	{ "jbsq:2", 4, 1, WHOLE },
	{ "jbsq-quantum:2:0.5:0.25", 4, 1, 0 },
	{ "concord:2:0.5:0.25", 4, 1, 0 },
	{ "darc:1,1,2", 4, 1, WHOLE },
	{ "zygos:0.25", 4, 1, WHOLE },
	{ "serial:0.125", 4, 1, WHOLE },
	{ "hovercraft:0.125:2:9", 4, 1, WHOLE },
	{ "tandem:2,1,1:0.25", 4, 1, 0 },
};

#define PROPERTIES (sizeof(properties) / sizeof(properties[0]))

static bool has_row(const char *policy)
{
	size_t len = strlen(policy);

	for (size_t i = 0; i < PROPERTIES; i++)
		if (!strncmp(properties[i].policy, policy, len) &&
		    (!properties[i].policy[len] ||
		     properties[i].policy[len] == ':'))
			return true;
	return false;
}

struct change {
	double at;
	int by;
};

static int by_time(const void *a, const void *b)
{
	const struct change *x = a, *y = b;

	return (x->at > y->at) - (x->at < y->at);
}

/* Arrivals and completions at one server, in order of time. */
static size_t changes_of(const struct trace *t, uint32_t server, uint32_t each,
			 bool only, struct change *change, double *work)
{
	size_t n = 0;

	*work = 0;
	for (size_t i = 0; i < t->n; i++) {
		const struct trace_want *w = &t->want[i];

		if (w->outcome != JOB_DONE ||
		    (only && w->worker / each != server))
			continue;
		*work += t->job[i].service + w->overhead;
		change[n++] = (struct change){ t->job[i].arrival, 1 };
		change[n++] = (struct change){ w->completion, -1 };
	}
	qsort(change, n, sizeof(*change), by_time);
	return n;
}

/*
 * The work done is the integral of min(jobs there, workers): less, and a
 * worker idled while a job waited; more, and somebody got more than he asked
 * for. Holds at every instant, so at the end of each busy period.
 */
static void check_conserves(const struct trace *t, uint32_t servers,
			    uint32_t each)
{
	struct change change[2 * JOBS];

	for (uint32_t s = 0; s < servers; s++) {
		double work, done = 0, last = 0;
		int there = 0;
		/* hermes-early's workers are its servers. */
		uint32_t label = servers == WORKERS ? 1 : each;
		size_t n = changes_of(t, s, label, servers > 1, change, &work);

		for (size_t i = 0; i < n; i++) {
			done += fmin(there, each) * (change[i].at - last);
			last = change[i].at;
			there += change[i].by;
		}
		if (fabs(done - work) > 1e-9 * work)
			fail_msg("%s: %g of work took %g of server %u", t->path,
				 work, done, s);
	}
}

static const struct trace_want *sorted;

static int by_start(const void *a, const void *b)
{
	const struct trace_want *x = &sorted[*(const size_t *)a];
	const struct trace_want *y = &sorted[*(const size_t *)b];

	return (x->start > y->start) - (x->start < y->start);
}

static void check_whole(const struct trace *t)
{
	double free_at[2 * WORKERS] = { 0 };
	size_t order[JOBS], n = 0;

	for (size_t i = 0; i < t->n; i++)
		if (t->want[i].outcome == JOB_DONE)
			order[n++] = i;
	sorted = t->want;
	qsort(order, n, sizeof(*order), by_start);
	for (size_t i = 0; i < n; i++) {
		const struct trace_want *w = &t->want[order[i]];
		double took = w->completion - w->start;
		double service = t->job[order[i]].service;

		if (took != service && took != service + w->overhead)
			fail_msg("%s: job %zu of %g took %g", t->path, order[i],
				 service, took);
		if (w->worker >= 2 * WORKERS || w->start < free_at[w->worker])
			fail_msg("%s: job %zu starts at %g on worker %u",
				 t->path, order[i], w->start, w->worker);
		free_at[w->worker] = w->completion;
	}
}

static void check_policy(size_t row, enum stream stream)
{
	struct trace t = { .check = ~0u };
	unsigned is = properties[row].is;
	struct arena arena;

	arena_init(&arena);
	draw_stream(&t, stream, &arena);
	choose(&t, properties[row].policy, &arena);
	fill(&t);
	t.tolerance = is & SHARED ? 1e-9 : 0;
	expect(&t, TRACE_PAUSE, "itself in small steps");
	expect(&t, TRACE_REBASE, "itself by another clock");
	expect(&t, TRACE_BURSTS, "itself in bursts");
	if (is & CONSERVES)
		check_conserves(&t, properties[row].servers,
				properties[row].each);
	if (is & WHOLE)
		check_whole(&t);
	arena_fini(&arena);
}

static void test_policies(void **state)
{
	const struct kind *const *kind = kind_table(KIND_POLICY);

	(void)state;
	for (; *kind; kind++)
		if (!has_row((*kind)->name))
			fail_msg("what is true of %s?", (*kind)->name);
	for (size_t i = 0; i < PROPERTIES; i++)
		for (int s = 0; s < STREAMS; s++)
			check_policy(i, (enum stream)s);
}

/* --- policies that are the same ------------------------------------------- */

/* What has to be so for that. */
enum given {
	ONE_CLASS = 1,
	EQUAL = 2,     /* services */
	TOGETHER = 4,  /* all arrive at 0 */
	NEW_CONNS = 8, /* a new connection for every job */
	DEADLINE = 16, /* which is the arrival */
	HOME = 32,     /* of the connection */
	ALL = 64,      /* are candidates, in order */
	TIMES = 128,   /* are the same, but not the workers */
	SORTED = 256,  /* completions are, but not whose */
};

static const struct {
	const char *one, *other;
	unsigned given;
} equalities[] = {
	{ "fcfs", "jbsq:1:lowest", 0 },
	{ "fcfs", "quantum:1000:1", 0 },
	{ "fcfs", "shinjuku:1000:1", ONE_CLASS },
	{ "fcfs", "prio-np", ONE_CLASS },
	{ "fcfs", "prio-pr", ONE_CLASS },
	{ "fcfs", "darc:4", ONE_CLASS },
	{ "fcfs", "serial:0", 0 },
	{ "fcfs", "tandem:4", 0 },
	{ "fcfs", "rack:rr:1", 0 },
	{ "fcfs", "conn-split:1", 0 },
	{ "fcfs", "bounded:1000000", 0 },
	{ "fcfs", "nack:1e9", 0 },
	{ "fcfs", "edf", DEADLINE },
	{ "fcfs", "hermes-late:4", 0 },
	{ "fcfs", "hovercraft:0:1:1000000", 0 },
	{ "fcfs", "hermes-late:2", TIMES },
	{ "fcfs", "sjf", EQUAL },
	{ "fcfs", "srpt", EQUAL },
	{ "fcfs", "steal:0:longest", EQUAL | SORTED },
	{ "jsq:lowest", "jbsq:1000000:lowest", 0 },
	{ "jsq:lowest", "rack:jsq:4:1", 0 },
	{ "jsq:lowest", "pod", ALL },
	{ "jsq:lowest", "rack:pod:4:1", ALL },
	{ "jsq:lowest", "hovercraft:0:1000000:1000000", 0 },
	{ "jbsq:3:lowest", "hovercraft:0:3:1000000", 0 },
	{ "quantum:0.5:0.25", "jbsq-quantum:1:0.5:0.25", 0 },
	{ "quantum:0.5:0.25", "shinjuku:0.5:0.25", ONE_CLASS },
	{ "jbsq:2:lowest", "jbsq-quantum:2:1000", 0 },
	{ "rr", "part:rr", 0 },
	{ "rr", "conn-split:4:1", NEW_CONNS },
	{ "rr", "rack:rr:4:1", 0 },
	{ "steal:0.25:longest", "zygos:0.25", NEW_CONNS | HOME },
	{ "ps", "las", TOGETHER },
};

static void arrange(struct job *job, unsigned given)
{
	if (given & ONE_CLASS)
		job->class = 0;
	if (given & EQUAL)
		job->service = 1.5;
	if (given & TOGETHER)
		job->arrival = 0;
	if (given & NEW_CONNS)
		job->conn = (uint32_t)job->id;
}

static void arrange_aux(struct job *job, unsigned given)
{
	if (given & DEADLINE)
		job->aux.deadline = job->arrival;
	if (given & HOME)
		job->aux.pick[0] = (uint16_t)(job->conn % WORKERS);
	for (uint16_t i = 0; (given & ALL) && i <= WORKERS; i++)
		job->aux.pick[i] = i < WORKERS ? i : PICK_NONE;
}

static void take_policy(struct trace *t, const char *text, unsigned given,
			struct arena *arena)
{
	choose(t, text, arena);
	for (size_t i = 0; i < t->n; i++)
		arrange_aux(&t->job[i], given);
}

static int by_completion(const void *a, const void *b)
{
	const struct trace_want *x = a, *y = b;

	return (x->completion > y->completion) -
	       (x->completion < y->completion);
}

static void expect_sorted(struct trace *t, const char *one, struct arena *arena)
{
	struct trace_want *want = t->want;

	t->want = arena_array(arena, t->n, sizeof(*t->want));
	fill(t);
	qsort(want, t->n, sizeof(*want), by_completion);
	qsort(t->want, t->n, sizeof(*want), by_completion);
	for (size_t i = 0; i < t->n; i++)
		if (want[i].completion != t->want[i].completion)
			fail_msg("%s is not %s: completion %zu", t->path, one,
				 i);
}

static void check_equality(size_t row, enum stream stream)
{
	unsigned given = equalities[row].given;
	struct trace t = { .tolerance = 0 };
	struct arena arena;

	arena_init(&arena);
	draw_stream(&t, stream, &arena);
	for (size_t i = 0; i < t.n; i++)
		arrange(&t.job[i], given);
	take_policy(&t, equalities[row].one, given, &arena);
	fill(&t);
	take_policy(&t, equalities[row].other, given, &arena);
	t.check = TRACE_START | TRACE_COMPLETION | TRACE_OUTCOME;
	if (!(given & (TIMES | TOGETHER)))
		t.check |= TRACE_WORKER | TRACE_SLICES;
	if (given & TOGETHER)
		t.tolerance = 1e-9;
	if (given & SORTED)
		expect_sorted(&t, equalities[row].one, &arena);
	else
		expect(&t, 0, equalities[row].one);
	arena_fini(&arena);
}

static void test_equalities(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(equalities) / sizeof(equalities[0]); i++)
		for (int s = 0; s < STREAMS; s++)
			check_equality(i, (enum stream)s);
}

/* A dispatcher of d a request is a first stage of one worker, service d. */
static void test_serial_is_tandem(void **state)
{
	(void)state;
	for (int s = 0; s < STREAMS; s++) {
		struct trace t = { .check = TRACE_COMPLETION };
		struct arena arena;

		arena_init(&arena);
		draw_stream(&t, (enum stream)s, &arena);
		choose(&t, "serial:0.25", &arena);
		fill(&t);
		choose(&t, "tandem:1,4", &arena);
		for (size_t i = 0; i < t.n; i++) {
			t.job[i].aux.later[0] = t.job[i].service;
			t.job[i].service = 0.25;
		}
		expect(&t, 0, "serial");
		arena_fini(&arena);
	}
}

/* Two that share one worker: who has less left ends after twice that. */
static void test_two_share(void **state)
{
	struct job job[] = { { .id = 0, .arrival = 0, .service = 5 },
			     { .id = 1, .arrival = 2, .service = 8 } };
	struct trace_want want[2];
	struct trace t = { .workers = 1, .n = 2, .job = job, .want = want };
	struct arena arena;

	(void)state;
	arena_init(&arena);
	t.path = "ps";
	t.policy = test_choice(KIND_POLICY, t.path, &arena);
	fill(&t);
	assert_true(want[0].completion == 2 + 2 * 3);
	assert_true(want[1].completion == 13);
	arena_fini(&arena);
}

/* Slices of next to nothing that cost nothing: processor sharing. */
static void test_small_quantum(void **state)
{
	struct trace t = { .tolerance = 0 };
	struct trace_want *ps;
	struct arena arena;

	(void)state;
	arena_init(&arena);
	draw_stream(&t, STREAM_RANDOM, &arena);
	choose(&t, "ps", &arena);
	fill(&t);
	ps = t.want;
	t.want = arena_array(&arena, t.n, sizeof(*t.want));
	choose(&t, "quantum:0.0009765625", &arena);
	fill(&t);
	/* A turn of all is a slice for each: there are never 100 of them. */
	for (size_t i = 0; i < t.n; i++)
		if (fabs(ps[i].completion - t.want[i].completion) > 100.0 / 1024)
			fail_msg("job %zu: ps %g, quantum %g", i,
				 ps[i].completion, t.want[i].completion);
	arena_fini(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_policies),
		cmocka_unit_test(test_equalities),
		cmocka_unit_test(test_serial_is_tandem),
		cmocka_unit_test(test_two_share),
		cmocka_unit_test(test_small_quantum),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
