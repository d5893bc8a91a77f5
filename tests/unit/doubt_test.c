/* doubt_test.c - stamps that may be of another send, by hand */
#include "tests/unit/seed.h"

#include "hwts/pairing.h"
#include "hwts/pairing_doubt.h"

#define SENDS 6

/* Sends each 10 ns, replies after 100; stamped 1 ns after they were sent. */
struct sends {
	struct sample sample[SENDS];
	struct pairing_send send[SENDS];
	struct pairing pairing;
};

static void in_order(struct sends *s)
{
	memset(s, 0, sizeof(*s));
	s->pairing = (struct pairing){ .send = s->send, .n = SENDS };
	for (int i = 0; i < SENDS; i++) {
		s->sample[i].sent_ns = 1000 + 10 * i;
		s->sample[i].received_ns = 1100 + 10 * i;
		s->send[i].sample = &s->sample[i];
		s->send[i].key = (uint64_t)i;
		s->send[i].at_ns[TSOURCE_SND] = 1001 + 10 * i;
	}
}

static int believed(const struct sends *s)
{
	int n = 0;

	for (int i = 0; i < SENDS; i++)
		n += s->send[i].at_ns[TSOURCE_SND] != 0;
	return n;
}

static void doubt(struct sends *s)
{
	pairing_doubt(&s->pairing, 0, SENDS);
}

static void test_no_reason(void **state)
{
	struct sends s;

	(void)state;
	in_order(&s);
	s.send[2].at_ns[TSOURCE_SND] = 0;
	doubt(&s);
	assert_int_equal(believed(&s), SENDS - 1);
}

/* Two that were taken for each other: nothing else tells. */
static void test_swapped(void **state)
{
	struct sends s;

	(void)state;
	in_order(&s);
	s.send[0].at_ns[TSOURCE_SND] = 1011;
	s.send[1].at_ns[TSOURCE_SND] = 1001;
	/* The others came after both had been answered. */
	for (int i = 2; i < SENDS; i++) {
		s.sample[i].sent_ns += 1000;
		s.send[i].at_ns[TSOURCE_SND] += 1000;
		s.sample[i].received_ns += 1000;
	}
	doubt(&s);
	assert_int_equal(s.send[0].at_ns[TSOURCE_SND], 0);
	assert_int_equal(s.send[1].at_ns[TSOURCE_SND], 0);
	assert_int_equal(believed(&s), SENDS - 2);
	assert_int_equal(s.pairing.count.disputed, 2);
}

/* Once caught, it is not believed where another send could be meant. */
static void test_caught(void **state)
{
	struct sends s;

	(void)state;
	in_order(&s);
	s.pairing.count.stray = 1;
	s.send[2].at_ns[TSOURCE_SND] = 0;
	s.sample[2].received_ns = 1025;
	doubt(&s);
	/* 1021 was on its way with nobody else's stamp but its own: none. */
	assert_int_equal(believed(&s), SENDS - 1);
	in_order(&s);
	s.pairing.count.stray = 1;
	s.send[2].at_ns[TSOURCE_SND] = 0;
	doubt(&s);
	/* What left before it was sent is not its; all later could be. */
	assert_int_equal(believed(&s), 2);
	assert_int_equal(s.send[1].at_ns[TSOURCE_SND], 1011);
	/* Keys that begin anew are no inversion. */
	in_order(&s);
	for (int i = 3; i < SENDS; i++)
		s.send[i].key = (uint64_t)i - 3;
	s.send[3].at_ns[TSOURCE_SND] = 1001;
	doubt(&s);
	assert_int_equal(believed(&s), SENDS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_no_reason),
		cmocka_unit_test(test_swapped),
		cmocka_unit_test(test_caught),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
