/* policy_test.c - every policy against its golden traces, job by job */
#include "tests/unit/models.h"

#include <dirent.h>
#include <math.h>

#include "models/policy.h"
#include "models/predict.h"

#define TRACES "tests/golden/traces"
#define JOBS 1024

struct expected {
	double start, completion;
	uint32_t worker, slices;
	enum job_outcome outcome;
};

struct trace {
	char policy[256]; /* as YAML flow text */
	char name[32];
	char check[64];
	uint32_t workers;
	double tolerance;
	size_t n;
	struct job job[JOBS];
	struct expected want[JOBS];
};

/* What the traces call a parameter, and what the options do. */
static const char *const renamed[][2] = {
	{ "n", "depth" }, { "q", "quantum" },  { "c", "cost" },
	{ "s", "cost" },  { "d", "dispatch" },
};

static const char *option_name(const char *key)
{
	for (size_t i = 0; i < sizeof(renamed) / sizeof(renamed[0]); i++)
		if (!strcmp(renamed[i][0], key))
			return renamed[i][1];
	return key;
}

/* "# policy=jbsq n=2 workers=3" to {jbsq: {depth: 2}}; a list stays one. */
static void read_header(struct trace *t, char *line)
{
	char *word = strtok(line, "# \n"), *value;
	char options[192] = "";

	for (; word; word = strtok(NULL, " \n")) {
		value = strchr(word, '=');
		*value++ = 0;
		if (!strcmp(word, "policy"))
			snprintf(t->name, sizeof(t->name), "%s", value);
		else if (!strcmp(word, "workers"))
			t->workers = (uint32_t)atoi(value);
		else
			sprintf(options + strlen(options), "%s%s: %s%s%s",
				*options ? ", " : "", option_name(word),
				strchr(value, ',') ? "[" : "", value,
				strchr(value, ',') ? "]" : "");
	}
	if (*options)
		snprintf(t->policy, sizeof(t->policy), "{%s: {%s}}", t->name,
			 options);
	else
		snprintf(t->policy, sizeof(t->policy), "%s", t->name);
}

static void read_checks(struct trace *t, char *line)
{
	if (sscanf(line, "# check=%63s rel_tol=%lf", t->check, &t->tolerance) !=
	    2)
		fail_msg("no checks in %s", line);
}

static uint32_t whole(const char *text)
{
	return *text == '-' ? UINT32_MAX : (uint32_t)atoi(text);
}

static double real(const char *text)
{
	return *text == '-' ? (double)NAN : atof(text);
}

/* Candidates, or a deadline, or work at later stages: by the policy. */
static void read_aux(const struct trace *t, struct job *job, char *text)
{
	size_t n = 0;

	if (*text == '-')
		return;
	if (!strcmp(t->name, "edf")) {
		job->aux.deadline = atof(text);
		return;
	}
	for (char *item; (item = strsep(&text, ";")); n++) {
		assert_in_range(n, 0, POLICY_CANDIDATES - 1);
		if (!strcmp(t->name, "tandem"))
			job->aux.later[n] = atof(item);
		else
			job->aux.pick[n] = (uint16_t)atoi(item);
	}
	if (strcmp(t->name, "tandem") && n < POLICY_CANDIDATES)
		job->aux.pick[n] = PICK_NONE;
}

static void read_job(struct trace *t, char *line)
{
	struct job *job = &t->job[t->n];
	struct expected *want = &t->want[t->n];
	char *field[11];

	line[strcspn(line, "\n")] = 0;
	for (size_t i = 0; i < 11; i++)
		assert_non_null(field[i] = strsep(&line, ","));
	assert_int_equal(atoi(field[0]), t->n);
	assert_in_range(t->n, 0, JOBS - 1);
	*job = (struct job){
		.id = t->n++,
		.arrival = atof(field[1]),
		.class = whole(field[2]),
		.conn = whole(field[3]),
		.service = atof(field[4]),
	};
	read_aux(t, job, field[5]);
	want->start = real(field[6]);
	want->completion = real(field[7]);
	want->worker = whole(field[8]);
	want->slices = whole(field[9]);
	want->outcome = !strcmp(field[10], "done")   ? JOB_DONE
			: !strcmp(field[10], "drop") ? JOB_DROPPED
						     : JOB_NACKED;
}

static void read_trace(struct trace *t, const char *path)
{
	FILE *f = fopen(path, "r");
	char line[512];

	memset(t, 0, sizeof(*t));
	assert_non_null(f);
	assert_non_null(fgets(line, sizeof(line), f));
	read_header(t, line);
	assert_non_null(fgets(line, sizeof(line), f));
	read_checks(t, line);
	assert_non_null(fgets(line, sizeof(line), f));
	while (fgets(line, sizeof(line), f))
		read_job(t, line);
	fclose(f);
}

static bool close_to(double got, double want, double tolerance)
{
	return isnan(want) || fabs(got - want) <= tolerance * fabs(want);
}

static void compare(const struct trace *t, const struct done *d,
		    const char *path, double shift)
{
	const struct expected *want = &t->want[d->job.id];
	double start = d->first_start + shift;
	double completion = d->completion + shift;

	if ((strstr(t->check, "start") &&
	     !close_to(start, want->start, t->tolerance)) ||
	    !close_to(completion, want->completion, t->tolerance) ||
	    (strstr(t->check, "worker") && d->worker != want->worker) ||
	    (strstr(t->check, "slices") && d->slices != want->slices))
		fail_msg("%s, job %d: start %.12g completion %.12g worker %u "
			 "slices %u",
			 path, (int)d->job.id, start, completion, d->worker,
			 d->slices);
}

/*
 * As a driver does: let time pass, hand in a job, ask for the next event.
 * `pause` also stops halfway to every event, as the target's clock does, and
 * `rebase` moves the clock as the simulator does: neither may matter.
 */
struct way {
	bool pause, rebase;
};

static size_t advance(struct policy *p, const struct trace *t, double now,
		      double shift, const char *path)
{
	struct done done[3];
	size_t n, all = 0;

	do {
		n = p->ops->advance(p->state, now, done, 3);
		for (size_t i = 0; i < n; i++) {
			assert_true(done[i].completion <= now);
			compare(t, &done[i], path, shift);
		}
		all += n;
	} while (n == 3 || p->ops->next(p->state) <= now);
	return all;
}

static size_t drive_to(struct policy *p, const struct trace *t, double *now,
		       double until, double shift, const char *path,
		       struct way way)
{
	size_t all = 0;

	while (way.pause && p->ops->next(p->state) <= until) {
		double next = p->ops->next(p->state);

		all += advance(p, t, (*now + next) / 2, shift, path);
		all += advance(p, t, next, shift, path);
		*now = next;
	}
	if (isfinite(until)) {
		all += advance(p, t, until, shift, path);
		*now = until;
	}
	return all;
}

static void drive(const struct trace *t, const char *path, struct way way)
{
	size_t completed = 0, expected = 0;
	double shift = 0, now = 0, next;
	struct choice choice;
	struct arena arena;
	struct policy p;
	struct err err = { 0 };

	arena_init(&arena);
	choice = test_choice(KIND_POLICY, t->policy, &arena);
	if (policy_init(&p, &choice, t->workers, JOBS, &arena, &err))
		fail_msg("%s: %s", t->policy, err.text);
	for (size_t i = 0; i < t->n; i++) {
		struct job job = t->job[i];

		job.arrival -= shift;
		if (!strcmp(t->name, "edf"))
			job.aux.deadline -= shift;
		completed +=
			drive_to(&p, t, &now, job.arrival, shift, path, way);
		assert_int_equal(p.ops->arrive(p.state, job.arrival, &job),
				 t->want[i].outcome);
		expected += t->want[i].outcome == JOB_DONE;
		if (way.rebase && p.ops->rebase && i % 7 == 3) {
			p.ops->rebase(p.state, 8);
			shift += 8;
			now -= 8;
		}
	}
	while (isfinite(next = p.ops->next(p.state)))
		completed += drive_to(&p, t, &now, next, shift, path, way);
	assert_int_equal(completed, expected);
	arena_fini(&arena);
}

/* The fast path gives the same times. */
static void compare_times(const struct trace *t, const char *path,
			  const double *start, const double *completion)
{
	for (size_t i = 0; i < t->n; i++) {
		const struct expected *due = &t->want[i];

		if (due->outcome != JOB_DONE
			    ? !isinf(completion[i])
			    : !close_to(start[i], due->start,
					t->tolerance) ||
				      !close_to(completion[i], due->completion,
						t->tolerance))
			fail_msg("%s, job %d: departures gave %.12g..%.12g",
				 path, (int)i, start[i], completion[i]);
	}
}

static void drive_bursts(struct trace *t, const char *path)
{
	static double start[JOBS], completion[JOBS];
	size_t part = t->n / 3;
	struct choice choice;
	struct arena arena;
	struct policy p;
	struct err err = { 0 };

	arena_init(&arena);
	choice = test_choice(KIND_POLICY, t->policy, &arena);
	assert_int_equal(
		policy_init(&p, &choice, t->workers, JOBS, &arena, &err), 0);
	if (p.ops->departures) {
		p.ops->departures(p.state, t->job, start, completion, part);
		p.ops->departures(p.state, t->job + part, start + part,
				  completion + part, t->n - part);
		compare_times(t, path, start, completion);
	}
	arena_fini(&arena);
}

static void check_replay(const struct trace *t, const char *path)
{
	static double completion[JOBS];
	struct choice choice;
	struct arena arena;
	struct err err = { 0 };

	arena_init(&arena);
	choice = test_choice(KIND_POLICY, t->policy, &arena);
	assert_int_equal(replay(&choice, t->workers, t->job, t->n, completion,
				&arena, &err),
			 0);
	for (size_t i = 0; i < t->n; i++)
		if (t->want[i].outcome != JOB_DONE
			    ? !isinf(completion[i])
			    : !close_to(completion[i], t->want[i].completion,
					t->tolerance))
			fail_msg("%s, job %d: replayed %.12g", path, (int)i,
				 completion[i]);
	arena_fini(&arena);
}

static int is_trace(const struct dirent *entry)
{
	size_t len = strlen(entry->d_name);

	return len > 4 && !strcmp(entry->d_name + len - 4, ".csv");
}

static void test_traces(void **state)
{
	static struct trace t;
	struct dirent **entry;
	int n = scandir(TRACES, &entry, is_trace, alphasort);

	(void)state;
	assert_true(n > 0);
	for (int i = 0; i < n; i++) {
		char path[512];

		snprintf(path, sizeof(path), TRACES "/%s", entry[i]->d_name);
		read_trace(&t, path);
		drive(&t, path, (struct way){ false, false });
		drive(&t, path, (struct way){ true, false });
		drive(&t, path, (struct way){ false, true });
		drive_bursts(&t, path);
		check_replay(&t, path);
		free(entry[i]);
	}
	free(entry);
	print_message("%d traces\n", n);
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
		choice = test_choice(KIND_POLICY, (*kind)->name, &arena);
		assert_int_equal(policy_init(&p, &choice, 2, 4, &arena, &err),
				 0);
		for (job.id = 0; job.id < 6; job.id++) {
			job.aux.pick[0] = (uint16_t)job.id;
			assert_int_equal(p.ops->arrive(p.state, 0, &job),
					 job.id < 4 ? JOB_DONE : JOB_DROPPED);
		}
		if (p.ops->advance(p.state, 2, done, 8) != 4)
			fail_msg("%s has not done 4 jobs", (*kind)->name);
		assert_int_equal(p.ops->arrive(p.state, 2, &job), JOB_DONE);
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
