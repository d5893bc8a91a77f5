/* policy_test.c - every policy against its golden traces, job by job */
#include "tests/unit/models.h"

#include <dirent.h>
#include <math.h>

#include "models/predict.h"
#include "tests/golden/trace.c"
#include "tests/golden/trace_run.c"

#define TRACES "tests/golden/traces"

static void check_way(const struct trace *t, unsigned way)
{
	struct err err = { 0 };
	long misses = trace_run(t, way, stderr, &err);

	if (misses)
		fail_msg("%s, way %u: %ld misses; %s", t->path, way, misses,
			 err.text);
}

static void check_replay(const struct trace *t, struct arena *arena)
{
	double *completion = arena_array(arena, t->n, sizeof(*completion));
	struct err err = { 0 };

	assert_int_equal(replay(&t->policy, t->workers, t->job, t->n,
				completion, arena, &err),
			 0);
	for (size_t i = 0; i < t->n; i++)
		if (t->want[i].outcome != JOB_DONE
			    ? !isinf(completion[i])
			    : !close_to(completion[i], t->want[i].completion,
					t->tolerance))
			fail_msg("%s, job %d: replayed %.12g", t->path, (int)i,
				 completion[i]);
}

static int is_trace(const struct dirent *entry)
{
	size_t len = strlen(entry->d_name);

	return len > 4 && !strcmp(entry->d_name + len - 4, ".csv");
}

static void check_trace(const char *name)
{
	struct arena arena;
	struct trace t;
	struct err err = { 0 };

	arena_init(&arena);
	if (trace_read(&t, arena_printf(&arena, TRACES "/%s", name), &arena,
		       &err))
		fail_msg("%s", err.text);
	check_way(&t, 0);
	check_way(&t, TRACE_PAUSE);
	check_way(&t, TRACE_REBASE);
	check_way(&t, TRACE_BURSTS);
	check_replay(&t, &arena);
	arena_fini(&arena);
}

static void test_traces(void **state)
{
	struct dirent **entry;
	int n = scandir(TRACES, &entry, is_trace, alphasort);

	(void)state;
	assert_true(n > 0);
	for (int i = 0; i < n; i++) {
		check_trace(entry[i]->d_name);
		free(entry[i]);
	}
	free(entry);
	print_message("%d traces\n", n);
}

/* Some refuse by rule, or look at classes, with their usual options. */
static const char *roomy(const char *name)
{
	static const char *const of[][2] = {
		{ "bounded", "bounded:9" },
		{ "darc", "darc:1,1" },
		{ "nack", "nack:9" },
	};

	for (size_t i = 0; i < sizeof(of) / sizeof(of[0]); i++)
		if (!strcmp(of[i][0], name))
			return of[i][1];
	return name;
}

/* What finds the system full is refused, and the rest is unharmed. */
static void test_room(void **state)
{
	const struct kind *const *kind = kind_table(KIND_POLICY);

	(void)state;
	for (; *kind; kind++) {
		struct job job = { .service = 1 };
		struct done done[8];
		struct choice choice;
		struct arena arena;
		struct policy p;
		struct err err = { 0 };

		arena_init(&arena);
		choice = test_choice(KIND_POLICY, roomy((*kind)->name), &arena);
		assert_int_equal(policy_init(&p, &choice, 2, 4, &arena, &err),
				 0);
		for (job.id = 0; job.id < 6; job.id++) {
			job.conn = (uint32_t)job.id;
			/* The home, and no other candidate. */
			job.aux.pick[0] = (uint16_t)job.id;
			job.aux.pick[1] = PICK_NONE;
			assert_int_equal(p.ops->arrive(p.state, 0, &job),
					 job.id < 4 ? JOB_DONE : JOB_DROPPED);
		}
		if (p.ops->advance(p.state, 20, done, 8) != 4)
			fail_msg("%s has not done 4 jobs", (*kind)->name);
		job.arrival = 20;
		assert_int_equal(p.ops->arrive(p.state, 20, &job), JOB_DONE);
		arena_fini(&arena);
	}
}

/* Candidates are different ones, each as often: 5.5 deviations of a binomial
 * are 4e-8 a worker. */
static void test_candidates(void **state)
{
	const uint32_t workers = 5;
	const double n = 20000;
	size_t count[4][5] = { 0 };
	struct choice choice;
	struct arena arena;

	(void)state;
	arena_init(&arena);
	choice = test_choice(KIND_POLICY, "pod:3", &arena);
	for (uint64_t id = 0; id < (uint64_t)n; id++) {
		union job_aux aux;

		policy_pick(&choice, workers, policy_draw(id), &aux);
		assert_int_equal(aux.pick[3], PICK_NONE);
		for (size_t i = 0; i < 3; i++) {
			assert_in_range(aux.pick[i], 0, workers - 1);
			assert_true(aux.pick[i] != aux.pick[(i + 1) % 3]);
			count[i][aux.pick[i]]++;
		}
	}
	for (size_t i = 0; i < 3; i++)
		for (size_t w = 0; w < workers; w++)
			assert_true(fabs((double)count[i][w] - n / workers) <
				    5.5 * sqrt(n / workers));
	arena_fini(&arena);
}

/* The random choice follows the draw alone, and evenly: 5.5 deviations of
 * a binomial are 4e-8 a worker. */
static void test_picks(void **state)
{
	const uint32_t workers = 7;
	const double n = 70000;
	size_t count[7] = { 0 };
	struct choice choice;
	struct arena arena;

	(void)state;
	arena_init(&arena);
	choice = test_choice(KIND_POLICY, "part", &arena);
	for (uint64_t id = 0; id < (uint64_t)n; id++) {
		union job_aux a, b;

		policy_pick(&choice, workers, policy_draw(id), &a);
		policy_pick(&choice, workers, policy_draw(id), &b);
		assert_int_equal(a.pick[0], b.pick[0]);
		assert_in_range(a.pick[0], 0, workers - 1);
		count[a.pick[0]]++;
	}
	for (size_t i = 0; i < workers; i++)
		assert_true(fabs((double)count[i] - n / workers) <
			    5.5 * sqrt(n / workers));
	arena_fini(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_traces),
		cmocka_unit_test(test_room),
		cmocka_unit_test(test_picks),
		cmocka_unit_test(test_candidates),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
