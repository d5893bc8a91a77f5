/* one_way_test.c - the target's instants: believed where they fit, else told */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <string.h>

#include "coordinator/breakdown.h"
#include "coordinator/plan.h"
#include "coordinator/point.h"
#include "hwts/pairing.h"
#include "lancet/core/arena.h"
#include "lancet/core/config.h"
#include "lancet/core/result.h"

#define SENDS 4
#define EACH 6
#define SENT(i) (1000000 * (int64_t)((i) + 1))

/*
 * Each was sent at SENT(i), left 1 us and reached the target 3 us later; the
 * reply left it 9 us after that, came in at 20 us and was received at 22.
 */
static struct arena arena;
static struct pairing_entry entry[SENDS * EACH];
static struct sample sample[SENDS];
static struct pairing pairing;

static struct pairing_entry *of(uint32_t i, enum pairing_what what)
{
	struct pairing_entry *e = &entry[EACH * i];

	while (e->what != what)
		e++;
	return e;
}

static int prepare(void **state)
{
	(void)state;
	arena_init(&arena);
	for (uint32_t i = 0; i < SENDS; i++) {
		struct pairing_entry *e = &entry[EACH * i];

		sample[i] = (struct sample){
			.sent_ns = SENT(i), .received_ns = SENT(i) + 22000,
			.wire_out_ns = SAMPLE_LOST_STAMP,
			.wire_in_ns = SAMPLE_LOST_STAMP, .seq = i,
		};
		for (int k = 0; k < EACH; k++)
			e[k] = (struct pairing_entry){
				.seq = i, .key = i, .clock = TSOURCE_MONOTONIC,
			};
		e[0].what = PAIRING_SENT;
		e[0].kind = TSOURCE_BIT(TSOURCE_SND);
		e[1].what = PAIRING_STAMP;
		e[1].kind = TSOURCE_SND;
		e[1].ns = SENT(i) + 1000;
		e[2].what = PAIRING_RECEIVED;
		e[2].ns = SENT(i) + 20000;
		e[3].what = PAIRING_ARRIVED;
		e[3].ns = SENT(i) + 4000;
		e[4].what = PAIRING_RELEASED;
		e[4].ns = SENT(i) + 13000;
		e[5].what = PAIRING_STAMP; /* of a key that nobody sent */
		e[5].key = 1000 + i;
	}
	return 0;
}

static int done(void **state)
{
	(void)state;
	arena_fini(&arena);
	return 0;
}

static void join(void)
{
	const struct pairing_rules rules = { .connections = 1 };

	pairing_join(&pairing, entry, SENDS * EACH, sample, SENDS, &rules,
		     &arena);
}

static void test_fits(void **state)
{
	(void)state;
	join();
	assert_int_equal(pairing.count.told, SENDS);
	assert_int_equal(pairing.count.misfit + pairing.count.foreign, 0);
	for (int i = 0; i < SENDS; i++) {
		assert_int_equal(pairing.send[i].arrived_ns, SENT(i) + 4000);
		assert_int_equal(pairing.send[i].released_ns, SENT(i) + 13000);
	}
}

/* A clock that is off shows on one side or the other, or runs backwards. */
static void test_misfits(void **state)
{
	(void)state;
	of(0, PAIRING_ARRIVED)->ns = SENT(0) - 1000;
	of(1, PAIRING_RELEASED)->ns = SENT(1) + 22000;
	of(2, PAIRING_ARRIVED)->ns = SENT(2) + 13001;
	/* Within the 1 us that a conversion may be off. */
	of(3, PAIRING_ARRIVED)->ns = SENT(3) + 1;
	join();
	assert_int_equal(pairing.count.told, SENDS);
	assert_int_equal(pairing.count.misfit, 3);
	assert_int_equal(pairing.send[0].arrived_ns, 0);
	assert_int_equal(pairing.send[3].arrived_ns, SENT(3) + 1);
}

/* Another host's, half an account, and one of a request without stamps. */
static void test_untold(void **state)
{
	(void)state;
	of(0, PAIRING_ARRIVED)->what = PAIRING_FOREIGN;
	of(0, PAIRING_RELEASED)->what = PAIRING_OPENED; /* of no interest */
	of(1, PAIRING_RELEASED)->what = PAIRING_ARRIVED;
	of(2, PAIRING_STAMP)->key = 2000;
	join();
	assert_int_equal(pairing.count.foreign, 1);
	assert_int_equal(pairing.count.told, 1);
	assert_int_equal(pairing.count.misfit, 0);
	for (size_t i = 0; i < 3; i++)
		assert_int_equal(pairing.send[i].arrived_ns, 0);
}

/* --- a point -------------------------------------------------------------- */

#define WAYS 200

static struct result_one_way *one_way(struct wire_stamps stamps)
{
	static const struct config config = { .measure.window_ns = 10000000 };
	static const struct plan plan = { .config = &config };
	static struct point_window window;
	static struct point_segment segment = { .window = &window,
						.nwindows = 1 };
	static struct wire_way way[WAYS];
	static struct point_ways ways = { .way = way, .n = WAYS };
	const struct point_data data = {
		.plan = &plan, .arena = &arena, .segment = &segment,
		.nsegments = 1, .ways = &ways, .nways = 1, .stamps = stamps,
	};

	for (int i = 0; i < WAYS; i++) {
		way[i].request_ns = 1 + (i * 37) % WAYS;
		way[i].reply_ns = 1000 + way[i].request_ns;
	}
	way[7].request_ns = way[7].reply_ns = WIRE_NO_LEG;
	return breakdown_one_way(&data, 30, &arena);
}

static void test_point(void **state)
{
	struct result_one_way *to = one_way((struct wire_stamps){
		.told = 1000, .misfit = 10 });

	(void)state;
	assert_null(to->reason);
	assert_int_equal(to->requests, WAYS - 1);
	assert_true(fabs(to->request_p50_ns - 100) <= 1);
	assert_true(fabs(to->request_p99_ns - 199) <= 1);
	assert_true(fabs(to->reply_p50_ns - 1100) <= 1);
	assert_true(fabs(to->reply_p99_ns - 1199) <= 1);
	assert_true(to->uncertainty_ns == 60);
}

/* --- where the time went -------------------------------------------------- */

/*
 * Requests 0 to 199 in disorder, of which request i waited 10 i and some time
 * in the others; but for the last, whose window was not of the headline. Each
 * tenth of the first half was not handed to a queueing discipline.
 */
static struct result_breakdown *breakdown(double q)
{
	static const struct config config = { .measure.window_ns = 10000000 };
	static const struct plan plan = { .config = &config };
	static struct point_window window[2] = { [1].out = WINDOW_AGENT };
	static struct point_segment segment = { .from_ns = 30000000,
						.window = window,
						.nwindows = 2 };
	static struct wire_way way[WAYS];
	static struct point_ways ways = { .way = way, .n = WAYS };
	const struct point_data data = {
		.plan = &plan, .arena = &arena, .segment = &segment,
		.nsegments = 1, .ways = &ways, .nways = 1,
	};

	for (int i = 0; i < WAYS; i++) {
		int rank = (i * 37) % WAYS;

		way[i] = (struct wire_way){
			.window = rank == WAYS - 1 ? 4 : 3,
			.leg_ns = { 10 * rank, 2, 3, 4, 5 },
		};
		if (rank < WAYS / 2 && rank % 10 == 0)
			way[i].leg_ns[LEG_SCHED] = WIRE_NO_LEG;
	}
	return breakdown_at(&data, q, &arena);
}

/* Means over those next to the quantile: a tenth of what is beyond it. */
static void test_breakdown(void **state)
{
	const struct result_breakdown *at = breakdown(.5);

	(void)state;
	assert_true(fabs(at->queue_ns - 10 * 99.5) <= 10);
	assert_true(isnan(at->sched_ns));
	assert_true(at->wire_out_ns == 3 && at->wire_ns == 4 &&
		    at->wire_in_ns == 5);
	at = breakdown(.9);
	assert_true(fabs(at->queue_ns - 10 * 179) <= 10);
	assert_true(at->sched_ns == 2);
	assert_true(fabs(breakdown(.1)->queue_ns - 10 * 20) <= 10);
	assert_true(fabs(breakdown(.999)->queue_ns - 10 * 198) <= 1e-9);
}

static void refused(struct wire_stamps stamps, const char *why)
{
	struct result_one_way *to = one_way(stamps);

	assert_non_null(to->reason);
	assert_non_null(strstr(to->reason, why));
	assert_true(isnan(to->request_p50_ns) && isnan(to->reply_p99_ns));
	assert_int_equal(to->requests, 0);
}

static void test_refused(void **state)
{
	(void)state;
	refused((struct wire_stamps){ 0 }, "does not report its instants");
	refused((struct wire_stamps){ .told = 1000, .foreign = 1 },
		"another host's clock");
	refused((struct wire_stamps){ .told = 1000, .misfit = 11 },
		"do not lie between");
}

#define WITH(test) cmocka_unit_test_setup_teardown(test, prepare, done)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH(test_fits), WITH(test_misfits), WITH(test_untold),
		WITH(test_point), WITH(test_breakdown), WITH(test_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
