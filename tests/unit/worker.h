/* worker.h - a measuring thread on the test's own, in virtual time, over a fake
 * transport */
#ifndef TESTS_UNIT_WORKER_H
#define TESTS_UNIT_WORKER_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <pthread.h>
#include <stdlib.h>

#include "tests/unit/fake.h"
#include "tests/unit/virtual.h"

#include "agents/worker.h"
#include "lancet/core/config.h"

#define MS INT64_C(1000000)
#define US INT64_C(1000)
#define PATIENCE (10000 * MS)	/* longer than any test takes */

static struct arena arena;
static struct config config;
static struct workload workload;
static struct worker_params params;
static struct worker *worker;

/* What the segment left in the ring. */
static struct sample *records;
static size_t nrecords;

/* ---- a protocol whose replies carry no number ---- */

static inline int plain_init(void *ps, const void *options, struct arena *in,
		      size_t *max_out, struct err *err)
{
	(void)ps, (void)options, (void)in, (void)err;
	*max_out = 64;
	return 0;
}

static inline size_t plain_build(void *ps, void *cs, const struct proto_request *req,
			  unsigned char *out, size_t room)
{
	(void)ps, (void)cs, (void)room;
	memcpy(out, &req->id, sizeof(req->id));
	return sizeof(req->id);
}

/* Replies come in the order of the requests: their numbers rise. */
static inline long plain_feed(void *ps, void *cs, const unsigned char *in, size_t len,
		       struct proto_done *done, size_t max, size_t *ndone)
{
	uint64_t *last = cs, id;

	(void)ps;
	for (*ndone = 0; *ndone < max && (*ndone + 1) * sizeof(id) <= len;
	     ++*ndone) {
		memcpy(&id, in + *ndone * sizeof(id), sizeof(id));
		if (id + 1 <= *last)
			return -EBADMSG;
		*last = id + 1;
		done[*ndone] = (struct proto_done){ .id = PROTO_OLDEST,
						    .served_ns = id };
	}
	return (long)(*ndone * sizeof(id));
}

static const struct proto_ops plain = {
	.kind = { .name = "plain" },
	.flags = PROTO_STREAM | PROTO_IN_ORDER,
	.conn_size = sizeof(uint64_t),
	.init = plain_init, .build = plain_build, .feed = plain_feed,
};

/* ---- a worker on the test's own thread ---- */

static inline struct choice choice(enum kind_class class, const char *text)
{
	struct choice c = { 0 };
	struct err err;

	if (option_parse_choice(class, OPTION_UNIT_TIME, text, &c, &arena,
				&err))
		fail_msg("%s", err.text);
	return c;
}

static inline int setup(void **state)
{
	struct err err;

	(void)state;
	arena_init(&arena);
	memset(&fake_rules, 0, sizeof(fake_rules));
	memset(&config, 0, sizeof(config));
	config.seed = 7;
	config.workload.protocol = choice(KIND_PROTO, "echo");
	config.workload.transport.kind = &fake_datagrams.kind;
	config.workload.arrival = choice(KIND_ARRIVAL, "poisson");
	config.workload.timeout_ns = PATIENCE;
	config.measure.stall_ns = 100 * US;
	config.measure.drain_ns = PATIENCE;
	assert_int_equal(workload_init(&workload, &config, &arena, &err), 0);
	params = (struct worker_params){
		.config = &config, .workload = &workload, .address = "nowhere:1",
		.agent = 3, .index = 2, .global_index = 0, .all_threads = 1,
		.connections = 4, .first_conn = 100, .queue = 100000,
		.cpu = -1, .poll = true,
	};
	return 0;
}

static inline int teardown(void **state)
{
	(void)state;
	if (worker)
		worker_close(worker);
	free(worker);
	worker = NULL;
	free(records);
	records = NULL;
	arena_fini(&arena);
	return 0;
}

static inline void open_worker(void)
{
	worker = worker_create();
	assert_non_null(worker);
	assert_int_equal(worker_open(worker, &params), 0);
}

static inline uint64_t outcomes(enum outcome outcome)
{
	return atomic_load(&worker->count.outcome[outcome]);
}

static inline int by_seq(const void *a, const void *b)
{
	const struct sample *x = a, *y = b;

	return x->seq < y->seq ? -1 : x->seq > y->seq;
}

/* DESIGN's sums, and as many records, one for each number in a row. */
static inline void check_accounts(const struct wire_start *start)
{
	uint64_t sent = worker->count.sent, all = worker->count.intended;
	uint64_t count[OUTCOMES] = { 0 };

	assert_int_equal(all, sent + outcomes(OUTCOME_UNSENT));
	assert_int_equal(sent, outcomes(OUTCOME_RECEIVED) +
				       outcomes(OUTCOME_NACKED) +
				       outcomes(OUTCOME_ERROR) +
				       outcomes(OUTCOME_TIMEOUT) +
				       outcomes(OUTCOME_LOST));
	assert_int_equal(nrecords, all);
	for (size_t i = 0; i < nrecords; i++) {
		const struct sample *s = &records[i];
		int64_t at = s->intended_ns - start->at_ns + start->from_ns;

		assert_int_equal(s->seq, records[0].seq + i);
		assert_true(at >= start->from_ns && at < start->until_ns);
		assert_int_equal(s->thread, 2);
		assert_in_range(s->outcome, 0, OUTCOMES - 1);
		count[s->outcome]++;
		assert_true((s->sent_ns == 0) == (s->outcome == OUTCOME_UNSENT));
		if (s->sent_ns)
			assert_true(s->sent_ns >= s->intended_ns);
		if (s->outcome == OUTCOME_RECEIVED)
			assert_true(s->received_ns >= s->sent_ns);
	}
	for (int i = 0; i < OUTCOMES; i++)
		assert_int_equal(count[i], outcomes((enum outcome)i));
	assert_int_equal(worker->flight.open, 0);
	assert_int_equal(worker->out.n, 0);
	for (uint32_t i = 0; i < worker->pool.n && !worker->in_order; i++)
		assert_int_equal(worker->pool.conn[i].in_flight, 0);
}

static inline struct wire_start arm(double rate_rps, int64_t from_ns,
			     int64_t until_ns, uint32_t segment)
{
	struct wire_start start = {
		.segment = segment, .rate_rps = rate_rps,
		.at_ns = clock_now_ns() + 3 * MS, .from_ns = from_ns,
		.until_ns = until_ns, .drain_ns = config.measure.drain_ns,
	};
	struct err err;

	assert_int_equal(worker_arm(worker, &start, &err), 0);
	return start;
}

static inline void collect(void)
{
	nrecords = ring_ready(&worker->ring);
	free(records);
	records = malloc((nrecords + 1) * sizeof(*records));
	assert_non_null(records);
	for (size_t i = 0; i < nrecords; i++)
		records[i] = *(struct sample *)ring_at(&worker->ring, i);
	ring_release(&worker->ring, nrecords);
	qsort(records, nrecords, sizeof(*records), by_seq);
}

static inline void run(double rate_rps, int64_t from_ns, int64_t until_ns,
		uint32_t segment)
{
	struct wire_start start = arm(rate_rps, from_ns, until_ns, segment);

	assert_int_equal(worker_segment(worker), 0);
	collect();
	check_accounts(&start);
}

static inline void use_stream(const struct proto_ops *proto)
{
	config.workload.transport.kind = &fake_stream.kind;
	if (proto)
		config.workload.protocol = (struct choice){ &proto->kind,
							    NULL };
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

#endif
