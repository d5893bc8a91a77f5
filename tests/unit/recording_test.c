/* recording_test.c - raw records of a point that is begun anew, or cut */
#include "tests/unit/point_data.h"

#include <stdio.h>
#include <unistd.h>

#include "coordinator/recording.h"

#define REQUESTS 50

static struct arena arena;
static char folder[] = "/tmp/lancet-recording-XXXXXX";
static struct plan *plan;
static struct point_data data;
static struct recording recording;
static struct sample sample[REQUESTS];
static struct err err;

static int setup(void **state)
{
	struct option_problems problems = { 0 };

	(void)state;
	arena_init(&arena);
	plan = plan_of("name: t\n"
		       "target: {address: '127.0.0.1:9'}\n"
		       "workload: {protocol: echo}\n"
		       "load: {rate: 1krps}\n"
		       "measure: {samples: all, time_limit: 1s}\n",
		       4, &arena, &problems);
	return !plan || !mkdtemp(folder) ? -1 : 0;
}

static int teardown(void **state)
{
	(void)state;
	arena_fini(&arena);
	return rmdir(folder);
}

/* One segment from from_ns on, a request a millisecond. */
static void add_segment(int64_t from_ns)
{
	struct wire_report report = { .sample = sample, .nsamples = REQUESTS };
	const struct wire_report *one = &report;
	struct wire_start start = {
		.rate_rps = 1000, .at_ns = 1000000000 + from_ns,
		.from_ns = from_ns, .until_ns = from_ns + REQUESTS * 1000000,
	};

	for (uint32_t i = 0; i < REQUESTS; i++)
		sample[i] = (struct sample){
			.seq = i,
			.intended_ns = start.at_ns + (int64_t)i * 1000000,
			.sent_ns = start.at_ns + (int64_t)i * 1000000,
			.received_ns = start.at_ns + (int64_t)i * 1000000 + 9,
		};
	point_add(&data, &start, &one, NULL);
	assert_int_equal(recording_add(&recording, &data, &one, &err), 0);
}

/* What the file has, block by block. */
static void expect(const char *path, uint64_t requests, int64_t warm_ns)
{
	struct records_reader r;
	struct sample s;
	FILE *file = fopen(path, "r");
	uint64_t n = 0;
	int rc;

	assert_non_null(file);
	assert_int_equal(records_open(&r, file, &arena, &err), 0);
	assert_int_equal(r.head.count, requests);
	while ((rc = records_next(&r, &s, &err)) > 0) {
		assert_int_equal(r.block.warm_ns, r.block.from_ns + warm_ns);
		n++;
	}
	assert_int_equal(rc, 0);
	assert_int_equal(n, requests);
	fclose(file);
	unlink(path);
}

static const char *begin(void)
{
	point_init(&data, plan, &plan->point[0], &arena);
	assert_int_equal(recording_open(&recording, folder, &data, &arena,
					&err), 0);
	return recording.path;
}

static void finish(void)
{
	struct result_point to;

	assert_int_equal(recording_close(&recording, &to, &arena, &err), 0);
}

static void test_cut(void **state)
{
	const char *path = begin();

	(void)state;
	add_segment(0);
	add_segment(50000000);
	assert_int_equal(recording_cut(&recording, 30000000, &err), 0);
	data.warmup_ns = 30000000;
	add_segment(100000000);
	finish();
	expect(path, 3 * REQUESTS, 30000000);
}

/* Of a point that was begun anew, the last attempt. */
static void test_restart(void **state)
{
	const char *path = begin();

	(void)state;
	add_segment(0);
	add_segment(50000000);
	assert_int_equal(recording_restart(&recording, &err), 0);
	point_init(&data, plan, &plan->point[0], &arena);
	add_segment(0);
	assert_int_equal(recording_cut(&recording, 20000000, &err), 0);
	finish();
	expect(path, REQUESTS, 20000000);
}

/* Nothing is recorded: nothing is done. */
static void test_none(void **state)
{
	struct recording none = { .path = NULL };

	(void)state;
	assert_int_equal(recording_restart(&none, &err), 0);
	assert_int_equal(recording_restart(NULL, &err), 0);
	assert_int_equal(recording_cut(&none, 1, &err), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cut),
		cmocka_unit_test(test_restart),
		cmocka_unit_test(test_none),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
