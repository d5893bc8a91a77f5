/* jobs_test.c - a target's bookkeeping: order, turns, and peers that leave */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdint.h>
#include <string.h>

#include "targets/jobs.h"

#define PLACES 4

static struct jobs jobs;

static void begin(bool in_order)
{
	assert_int_equal(jobs_init(&jobs, PLACES, 256, 8, in_order), 0);
}

static uint64_t arrive(uint32_t conn)
{
	const struct proto_served req = { .req.id = conn };
	struct place *p = jobs_enter(&jobs, conn);
	struct slot *s = jobs_take(&jobs, p, &req, 1);

	assert_non_null(s);
	jobs_admit(&jobs, p, s);
	return s->id;
}

static void finish(uint64_t id)
{
	jobs_complete(&jobs, jobs_find(&jobs, id));
}

/* The number of the request whose reply leaves next; -1: none can. */
static int64_t leave(void)
{
	struct place *p = jobs_ready(&jobs);
	int64_t id;

	if (!p)
		return -1;
	id = (int64_t)jobs.slot[p->head].id;
	jobs_released(&jobs, p);
	return id;
}

static void test_any_order(void **state)
{
	uint64_t a, b, c;

	(void)state;
	begin(false);
	a = arrive(0);
	b = arrive(0);
	c = arrive(1);
	assert_int_equal(b, a + 1);
	assert_int_equal(c, a + 2);
	assert_int_equal(leave(), -1);
	finish(b);
	finish(c);
	finish(a);
	assert_int_equal(leave(), b);
	assert_int_equal(leave(), c); /* the connections take turns */
	assert_int_equal(leave(), a);
	assert_int_equal(leave(), -1);
	assert_int_equal(jobs.nfree, JOBS_MOST);
	jobs_fini(&jobs);
}

static void test_in_order(void **state)
{
	uint64_t a, b, c;

	(void)state;
	begin(true);
	a = arrive(0);
	b = arrive(0);
	c = arrive(1);
	finish(b);
	assert_int_equal(leave(), -1); /* a is still before it */
	finish(c);
	assert_int_equal(leave(), c);
	finish(a);
	assert_int_equal(leave(), a);
	assert_int_equal(leave(), b);
	assert_int_equal(jobs.nfree, JOBS_MOST);
	jobs_fini(&jobs);
}

static void test_put_back(void **state)
{
	struct place *p;
	uint64_t a, b;

	(void)state;
	begin(false);
	a = arrive(0);
	b = arrive(1);
	finish(a);
	finish(b);
	p = jobs_ready(&jobs);
	assert_int_equal(p->conn, 0);
	jobs_put_back(&jobs, p);
	assert_int_equal(leave(), b); /* nobody waits for a slow reader */
	assert_int_equal(leave(), a);
	jobs_fini(&jobs);
}

/* Another peer takes the place: what the first waited for goes nowhere. */
static void leave_and_take_over(bool in_order, bool says_so)
{
	uint64_t a, b, c, d;

	begin(in_order);
	a = arrive(1);
	b = arrive(1);
	finish(a);
	if (says_so)
		jobs_leave(&jobs, jobs_enter(&jobs, 1));
	c = arrive(1 + PLACES);
	assert_int_equal(leave(), -1);
	finish(b);
	assert_int_equal(leave(), -1);
	finish(c);
	assert_int_equal(leave(), c);
	assert_int_equal(jobs_enter(&jobs, 1 + PLACES)->waiting, 0);
	d = arrive(1 + PLACES);
	finish(d);
	assert_int_equal(leave(), d);
	assert_int_equal(jobs.nfree, JOBS_MOST);
	jobs_fini(&jobs);
}

static void test_take_over(void **state)
{
	(void)state;
	for (int i = 0; i < 4; i++)
		leave_and_take_over(i & 1, i & 2);
}

static void test_state_is_fresh(void **state)
{
	struct place *p;

	(void)state;
	begin(false);
	p = jobs_enter(&jobs, 2);
	memset(jobs_conn_state(&jobs, p), 1, 8);
	assert_ptr_equal(jobs_enter(&jobs, 2), p);
	assert_int_equal(*(char *)jobs_conn_state(&jobs, p), 1);
	jobs_enter(&jobs, 2 + PLACES);
	assert_int_equal(*(char *)jobs_conn_state(&jobs, p), 0);
	jobs_fini(&jobs);
}

static void test_full(void **state)
{
	const struct proto_served req = { .body_len = 0 };
	uint64_t first;

	(void)state;
	begin(false);
	first = arrive(0);
	for (int i = 1; i < JOBS_MOST; i++)
		arrive((uint32_t)i % PLACES);
	assert_null(jobs_take(&jobs, jobs_enter(&jobs, 0), &req, 1));
	finish(first);
	assert_int_equal(leave(), first);
	arrive(0);
	jobs_fini(&jobs);
}

/* One that never ends does not stop those whose numbers come round. */
static void test_numbers_come_round(void **state)
{
	uint64_t stuck, last = 0;

	(void)state;
	begin(false);
	stuck = arrive(0);
	for (int i = 0; i < (1 << 20) + 5; i++) {
		uint64_t id = arrive(1);

		assert_true(id > last);
		last = id;
		finish(id);
		assert_int_equal(leave(), id);
	}
	finish(stuck);
	assert_int_equal(leave(), stuck);
	jobs_fini(&jobs);
}

static void test_body_is_kept(void **state)
{
	unsigned char text[100] = "a request that is longer than its echo";
	struct proto_served req = { .body = text, .body_len = sizeof(text) };
	struct place *p;
	struct slot *s;

	(void)state;
	begin(false);
	p = jobs_enter(&jobs, 0);
	s = jobs_take(&jobs, p, &req, 1);
	text[0] = 'X';
	assert_int_equal(s->req.body[0], 'a');
	jobs_refuse(&jobs, s);
	assert_int_equal(jobs.nfree, JOBS_MOST);
	jobs_fini(&jobs);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_any_order),
		cmocka_unit_test(test_in_order),
		cmocka_unit_test(test_put_back),
		cmocka_unit_test(test_take_over),
		cmocka_unit_test(test_state_is_fresh),
		cmocka_unit_test(test_full),
		cmocka_unit_test(test_numbers_come_round),
		cmocka_unit_test(test_body_is_kept),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
