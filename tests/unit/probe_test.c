/* probe_test.c - how long a probe looks at a server, by hand-made replies */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <string.h>

#include "coordinator/stage.h"
#include "lancet/core/err.h"
#include "lancet/core/stall.h"

static int played(struct stage_trial *t, const struct stage *stage,
		  struct stage_reply *reply, struct err *err);

#define stage_run played
#include "coordinator/probe.c"

#define MS INT64_C(1000000)
#define TIMEOUT_NS (1000 * MS)

static int64_t takes_ns, spent_ns;
static double answered;		/* share of the requests */
static bool stands;		/* the agent, all the time */

/* Of those that are sent, evenly, such a share gets a reply. */
static bool answers(size_t i)
{
	return floor(answered * (double)(i + 1)) > floor(answered * (double)i);
}

/*
 * One at a time, what is due meanwhile is never sent, and what is lost is in
 * the way until its timeout; requests in bursts wait for nobody.
 */
static int played(struct stage_trial *t, const struct stage *stage,
		  struct stage_reply *reply, struct err *err)
{
	static const struct stall stall = { .length_ns = 3600000 * MS };
	uint32_t size = stage->burst ? stage->burst : 1;
	double gap_ns = 1e9 * size / stage->rate_rps;
	int64_t free_ns = 0;
	size_t n, sent = 0;
	struct sample *s;

	(void)err;
	n = (size_t)((double)stage->length_ns / gap_ns) * size;
	s = arena_array(t->arena, n + 1, sizeof(*s));
	for (size_t i = 0; i < n; i++) {
		int64_t at = (int64_t)((double)(i / size) * gap_ns);

		s[i].intended_ns = at;
		s[i].outcome = OUTCOME_UNSENT;
		if (!stage->burst && at < free_ns)
			continue;
		s[i].outcome = answers(sent++) ? OUTCOME_RECEIVED
					       : OUTCOME_TIMEOUT;
		free_ns = at + (s[i].outcome == OUTCOME_RECEIVED
				? takes_ns : TIMEOUT_NS);
		if (free_ns > stage->length_ns && !stage->burst)
			s[i].outcome = OUTCOME_LOST;
		s[i].sent_ns = at;
		s[i].received_ns = free_ns;
	}
	*reply = (struct stage_reply){
		.stall = &stall, .nstalls = stands ? 1 : 0,
		.sample = s, .n = n, .from_ns = stage->length_ns / 10,
		.until_ns = stage->length_ns,
	};
	spent_ns += stage->length_ns;
	return 0;
}

/* Of a server of one worker: single requests, and bursts seen often enough. */
static int tried(int64_t latency_ns, size_t *singles, size_t *sizes,
		 struct err *err)
{
	struct identify_data data = { 0 };
	struct stage_trial t = { 0 };
	struct stage_reply reply;
	struct arena arena;
	const double *x;
	double latency;
	int rc;

	takes_ns = latency_ns;
	spent_ns = 0;
	*singles = *sizes = 0;
	arena_init(&arena);
	t.arena = &arena;
	rc = look(&t, &latency, err);
	if (!rc)
		rc = alone(&t, latency, false, &reply, &x, singles, err);
	if (!rc)
		rc = bursts(&t, latency, 1 / latency, &data, err);
	*sizes = data.nbursts;
	arena_fini(&arena);
	return rc;
}

/* Slow ones are looked at for longer, until that takes more than minutes. */
static void test_slow(void **state)
{
	size_t singles, sizes;
	struct err err;

	(void)state;
	answered = 1;
	assert_int_equal(tried(MS / 10, &singles, &sizes, &err), 0);
	assert_true(singles > 15000 && sizes == 4 && spent_ns < 10000 * MS);
	for (int64_t ms = 12; ms <= 50; ms += 6) {
		assert_int_equal(tried(ms * MS, &singles, &sizes, &err), 0);
		assert_true(singles >= ALONE_LEAST && sizes >= 2);
		assert_true(spent_ns < 100000 * MS);
	}
	assert_int_equal(tried(150 * MS, &singles, &sizes, &err), -ENODATA);
	assert_non_null(strstr(err.text, "150 ms"));
	assert_true(spent_ns < 10000 * MS);
	assert_int_equal(tried(450 * MS, &singles, &sizes, &err), -ENODATA);
	assert_non_null(strstr(err.text, "450 ms"));
	assert_non_null(strstr(err.text, "target.capacity"));
}

/* A target that answers is not called one that does not, nor a slow one. */
static void test_lost(void **state)
{
	size_t singles, sizes;
	struct err err;

	(void)state;
	answered = 0;
	assert_int_equal(tried(MS, &singles, &sizes, &err), -ENODATA);
	assert_non_null(strstr(err.text, "whether the target answers"));
	/* One of four is lost, for a second in which nothing is sent. */
	answered = .75;
	assert_int_equal(tried(MS, &singles, &sizes, &err), -ENODATA);
	assert_non_null(strstr(err.text, "of 12 replies count"));
	assert_non_null(strstr(err.text, "29% of the requests were lost"));
}

/* Nor is one slow whose replies met stalls of the agent. */
static void test_stands(void **state)
{
	size_t singles, sizes;
	struct err err;

	(void)state;
	answered = 1;
	stands = true;
	/* The last is sent with 8 ms left. */
	assert_int_equal(tried(14 * MS, &singles, &sizes, &err), -ENODATA);
	assert_non_null(strstr(err.text, "only 0 of 342 replies count"));
	assert_null(strstr(err.text, "lost"));
	stands = false;
}

/* Of a class the service has an interval where the path has only that. */
static void test_class(void **state)
{
	static const struct config_class class = { .name = "get" };
	const struct config config = {
		.workload.classes = { .items = (void *)&class, .n = 1 },
	};
	struct probe probe = {
		.found.communication = { (double)NAN, 1000, 5000 },
	};
	const struct stage stage = { .rate_rps = 1000, .length_ns = 100 * MS };
	const struct predict_value *service;
	struct stage_trial t = { .config = &config };
	struct stage_reply reply;
	struct arena arena;
	struct err err;

	(void)state;
	answered = 1;
	takes_ns = MS / 10;
	arena_init(&arena);
	t.arena = &arena;
	assert_int_equal(played(&t, &stage, &reply, &err), 0);
	classes_of(&t, &reply, &probe);
	service = &probe.class->service_ns;
	assert_true(isnan(service->value));
	assert_true(fabs(service->lo - 95000) < 1);
	assert_true(fabs(service->hi - 99000) < 1);
	probe.found.communication.value = 2000;
	classes_of(&t, &reply, &probe);
	service = &probe.class->service_ns;
	assert_true(fabs(service->value - 98000) < 1);
	assert_true(fabs(service->lo - 98000) < 1);
	assert_true(fabs(service->hi - 98000) < 1);
	arena_fini(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_slow),
		cmocka_unit_test(test_lost),
		cmocka_unit_test(test_stands),
		cmocka_unit_test(test_class),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
