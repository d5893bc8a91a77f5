/* stage_test.c - what one stage leaves behind is not taken for the next one's */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <string.h>

#include "coordinator/stage.c"
#include "lancet/core/sample.h"

#define LENGTH INT64_C(1000)
#define UNTIL INT64_C(5000)

/* When a server is idle that answered so many, and that many were not. */
static int64_t idle(size_t received, enum outcome other, size_t open)
{
	const struct stage stage = { .length_ns = LENGTH };
	struct sample sample[64] = { 0 };
	struct stage_reply reply = {
		.sample = sample, .n = received + open, .until_ns = UNTIL,
	};

	for (size_t i = 0; i < reply.n; i++)
		sample[i].outcome = (uint8_t)(i < received ? OUTCOME_RECEIVED
							   : other);
	return idle_at(&stage, &reply);
}

static void test_idle(void **state)
{
	(void)state;
	assert_int_equal(idle(0, OUTCOME_LOST, 0), UNTIL);
	assert_int_equal(idle(40, OUTCOME_LOST, 0), UNTIL);
	/* These were never sent. */
	assert_int_equal(idle(40, OUTCOME_UNSENT, 20), UNTIL);
	/* Half as many again take half as long again. */
	assert_int_equal(idle(40, OUTCOME_LOST, 20), UNTIL + LENGTH / 2);
	assert_int_equal(idle(40, OUTCOME_TIMEOUT, 10), UNTIL + LENGTH / 4);
	/* Where datagrams were dropped there is no such queue. */
	assert_int_equal(idle(1, OUTCOME_LOST, 60), UNTIL + LENGTH);
	assert_int_equal(idle(0, OUTCOME_LOST, 60), UNTIL + LENGTH);
}

#define US INT64_C(1000)

/* Does one count that took so long and met so many stalls of 100 us? */
static bool counts(int64_t latency_ns, size_t nstalls)
{
	const struct sample sample = {
		.sent_ns = UNTIL, .received_ns = UNTIL + latency_ns,
		.outcome = OUTCOME_RECEIVED,
	};
	struct stall stall[8] = { 0 };
	const struct stage_reply reply = {
		.sample = &sample, .n = 1, .stall = stall, .nstalls = 8,
	};

	/* One after the other; the rest end before it is sent. */
	for (size_t i = 0; i < nstalls; i++)
		stall[7 - i] = (struct stall){
			.start_ns = UNTIL + ((int64_t)i * 150 - 50) * US,
			.length_ns = 100 * US,
		};
	for (size_t i = nstalls; i < 8; i++)
		stall[7 - i] = (struct stall){ .start_ns = UNTIL - 100 * US,
					       .length_ns = 100 * US };
	return stage_counts(&reply, &sample, -1);
}

static void test_stalled(void **state)
{
	(void)state;
	assert_true(counts(20 * US, 0));
	assert_false(counts(20 * US, 1));
	assert_false(counts(900 * US, 1));
	assert_true(counts(1100 * US, 1));
	assert_true(counts(5000 * US, 5));
	assert_false(counts(5000 * US, 6));
}

/* Where requests are lost, an idle machine is not the only remedy. */
static void test_too_few(void **state)
{
	const struct stage stage = { .what = "sending" };
	struct sample sample[20] = { 0 };
	struct stage_reply reply = { .sample = sample, .n = 20 };
	struct err err;

	(void)state;
	for (size_t i = 0; i < 20; i++)
		sample[i].outcome = OUTCOME_RECEIVED;
	assert_int_equal(stage_too_few(&stage, &reply, 9, &err), -ENODATA);
	assert_non_null(strstr(err.text, "only 9 of 20"));
	assert_null(strstr(err.text, "loses"));
	sample[0].outcome = OUTCOME_LOST;
	assert_int_equal(stage_too_few(&stage, &reply, 9, &err), -ENODATA);
	assert_non_null(strstr(err.text, "5% of the requests were lost"));
	assert_non_null(strstr(err.text, "`lancet run` what loses them"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_idle),
		cmocka_unit_test(test_stalled),
		cmocka_unit_test(test_too_few),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
