/* saturate_test.c - what a look at a full server says, by hand-made replies */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdlib.h>

#include "coordinator/stage.h"
#include "lancet/core/err.h"

static int played(struct stage_trial *t, const struct stage *stage,
		  struct stage_reply *reply, struct err *err);

#define stage_run played
#include "coordinator/saturate.c"

#define MS INT64_C(1000000)
#define LOOK (400 * MS)

/* What stages bring, one after the other: replies, or an error. */
enum brought { STEADY, STILL, NOTHING, BROKEN };

static const enum brought *script;

/* 100 000 replies/s; of one that stood still none from 100 to 200 ms. */
static int played(struct stage_trial *t, const struct stage *stage,
		  struct stage_reply *reply, struct err *err)
{
	enum brought what = *script++;
	size_t n = what == NOTHING ? 0 : (size_t)(stage->length_ns / 10000);
	struct sample *s = arena_array(t->arena, n, sizeof(*s));

	if (what == BROKEN)
		return err_set(err, -EPIPE, "broken");
	for (size_t i = 0; i < n; i++) {
		s[i].received_ns = (int64_t)i * 10000;
		s[i].outcome = what == STILL && i >= 10000 && i < 20000
				       ? OUTCOME_TIMEOUT : OUTCOME_RECEIVED;
	}
	*reply = (struct stage_reply){
		.sample = s, .n = n, .until_ns = stage->length_ns,
	};
	return 0;
}

static int look(const enum brought *brings, struct seen *seen)
{
	struct stage_trial trial = { 0 };
	struct saturate s = { .trial = &trial, .threads = 1, .rate = 1e-4 };
	struct way way = { .callers = 1, .connections = 1 };
	struct err err;

	script = brings;
	return take_look(&s, &way, 1e-4, seen, &err);
}

/* One that stood still is taken again, but kept where that brings nothing. */
static void test_again(void **state)
{
	static const enum brought steady[] = { STILL, STEADY },
		nothing[] = { STILL, NOTHING }, broken[] = { STILL, BROKEN },
		late[] = { NOTHING, NOTHING, STEADY },
		never[] = { NOTHING, NOTHING, NOTHING };
	struct seen seen;

	(void)state;
	assert_int_equal(look(steady, &seen), 0);
	assert_false(seen.still);
	assert_true(seen.depth.rate > .99e-4);
	assert_int_equal(look(nothing, &seen), 0);
	assert_true(seen.still);
	assert_true(seen.depth.rate > .7e-4 && seen.depth.rate < .8e-4);
	assert_int_equal(look(broken, &seen), -EPIPE);
	assert_int_equal(look(late, &seen), 0);
	assert_true(seen.depth.rate > .99e-4);
	assert_int_equal(look(never, &seen), -ENODATA);
}

/* Replies so far apart, none from one instant to the other. */
static bool looked(int64_t none_from, int64_t none_to, int64_t gap_ns,
		   struct identify_depth *seen)
{
	size_t n = (size_t)(LOOK / gap_ns);
	struct sample *s = calloc(n, sizeof(*s));
	struct stage_reply reply = {
		.sample = s, .n = n, .from_ns = 7 * MS,
		.until_ns = 7 * MS + LOOK,
	};
	bool still;

	for (size_t i = 0; i < n; i++) {
		int64_t at = (int64_t)i * gap_ns;

		s[i].received_ns = at + 7 * MS;
		s[i].outcome = at >= none_from && at < none_to
				       ? OUTCOME_TIMEOUT : OUTCOME_RECEIVED;
	}
	still = rate_of(&reply, seen);
	free(s);
	return still;
}

static void test_rate(void **state)
{
	struct identify_depth seen;

	(void)state;
	assert_false(looked(0, 0, MS / 10, &seen));
	assert_true(seen.rate > .99e-5 && seen.rate < 1.01e-5);
	assert_true(seen.error < .01e-5);
}

/* 200 ms without a reply, in the middle or at an end; 10 ms are no matter. */
static void test_stood_still(void **state)
{
	struct identify_depth seen;

	(void)state;
	assert_true(looked(100 * MS, 300 * MS, MS / 10, &seen));
	assert_true(seen.rate < .51e-5);
	assert_true(looked(0, 200 * MS, MS / 10, &seen));
	assert_true(looked(200 * MS, LOOK, MS / 10, &seen));
	assert_false(looked(100 * MS, 110 * MS, MS / 10, &seen));
}

/* Of a slow server a slice without any may be chance. */
static void test_slow(void **state)
{
	struct identify_depth seen;

	(void)state;
	assert_false(looked(100 * MS, 200 * MS, 5 * MS, &seen));
	assert_false(looked(0, LOOK, MS / 10, &seen));
	assert_true(!(seen.rate > 0));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rate),
		cmocka_unit_test(test_stood_still),
		cmocka_unit_test(test_slow),
		cmocka_unit_test(test_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
