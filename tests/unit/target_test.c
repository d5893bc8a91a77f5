/* target_test.c - built-in targets end to end, and under orders */
#include "tests/unit/net.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "lancet/core/frame.h"
#include "lancet/core/wire.h"
#include "targets/target.h"
#include "workloads/proto.h"

#define REQUESTS 20
#define SERVICE_NS 50000

struct pair {
	struct target_server server;
	struct transport client;
	struct proto proto;
	unsigned char *out;
};

static void open_pair(struct pair *p, const char *policy, uint32_t workers,
		      const char *protocol, const char *transport,
		      const char *service, uint32_t connections)
{
	struct target_setup setup = {
		.policy = net_choice(KIND_POLICY, policy),
		.backend = net_choice(KIND_BACKEND, "virtual"),
		.protocol = net_choice(KIND_PROTO, protocol),
		.transport = net_choice(KIND_TRANSPORT, transport),
		.service = net_choice(KIND_DIST, service),
		.workers = workers, .seed = 1, .cpu = -1,
		.listen = "127.0.0.1:0", .connections = 16,
		.stall_ns = 100000,
	};
	struct err err;

	if (target_open(&p->server, &setup, &net_arena, &err) != 0 ||
	    target_start(&p->server, &err) != 0 ||
	    proto_init(&p->proto, &setup.protocol, &net_arena, &err) != 0)
		fail_msg("%s", err.text);
	p->out = arena_alloc(&net_arena, p->proto.max_out);
	p->client = net_open(transport, 0, target_address(&p->server),
			     connections, p->proto.max_out);
}

static const struct target_account *close_pair(struct pair *p)
{
	struct err err;

	p->client.ops->close(p->client.state);
	assert_int_equal(target_stop(&p->server, &err), 0);
	return target_last(&p->server);
}

static void ask(struct pair *p, uint32_t conn, const struct proto_request *req)
{
	size_t len = p->proto.ops->build(p->proto.state, NULL, req, p->out,
					 p->proto.max_out);

	assert_true(len > 0);
	net_send(&p->client, conn, p->out, len);
}

/* Wait for n replies, in the order in which they come. */
static void gather(struct pair *p, struct proto_done *done, size_t n)
{
	struct packet pkt[4];
	size_t got = 0;

	while (got < n) {
		size_t packets = net_recv(&p->client, pkt, 4), some;

		for (size_t i = 0; i < packets; i++) {
			long used = p->proto.ops->feed(
				p->proto.state, NULL, pkt[i].data, pkt[i].len,
				done + got, n - got, &some);

			assert_true(used >= 0);
			net_keep(&p->client, pkt[i].conn, (size_t)used);
			got += some;
		}
	}
}

static int by_completion(const void *a, const void *b)
{
	const struct proto_done *x = a, *y = b;

	return x->trailer.completion_ns < y->trailer.completion_ns ? -1 : 1;
}

/* One worker: the trailers obey Lindley's recursion to the nanosecond. */
static void one_worker(const char *transport)
{
	struct proto_done done[REQUESTS];
	const struct target_account *a;
	uint64_t free_at = 0, before = 0;
	struct pair p;

	open_pair(&p, "fcfs", 1, "spin", transport, "det:1", 3);
	for (uint32_t i = 0; i < REQUESTS; i++)
		ask(&p, i % 3, &(struct proto_request){
			.id = i, .service_ns = SERVICE_NS + i, .trailer = 1,
		});
	gather(&p, done, REQUESTS);
	qsort(done, REQUESTS, sizeof(*done), by_completion);
	for (uint32_t i = 0; i < REQUESTS; i++) {
		const struct proto_trailer *t = &done[i].trailer;
		uint64_t service = SERVICE_NS + done[i].id;

		assert_int_equal(done[i].status, PROTO_OK);
		assert_int_equal(done[i].served_ns, service);
		assert_int_equal(done[i].has_trailer, 1);
		assert_int_equal(t->boot_id, proto_boot_id());
		assert_true(t->arrival_ns >= before);
		assert_int_equal(t->start_ns, t->arrival_ns > free_at ?
						      t->arrival_ns : free_at);
		assert_int_equal(t->completion_ns, t->start_ns + service);
		assert_true(t->release_ns >= t->completion_ns);
		free_at = t->completion_ns;
		before = t->arrival_ns;
	}
	a = close_pair(&p);
	assert_int_equal(a->served, REQUESTS);
	assert_int_equal(a->arrivals, REQUESTS);
	assert_int_equal(a->dropped + a->nacked + a->bad, 0);
	assert_int_equal(a->release->total, REQUESTS);
	assert_true(a->served_ns >= REQUESTS * SERVICE_NS);
	assert_true(a->idle_ns > 0 && a->busy_ns > 0);
	target_close(&p.server);
}

static void test_one_worker(void **state)
{
	(void)state;
	one_worker("udp");
	one_worker("tcp");
}

/*
 * A long request does not hold up the other worker's. All come in at once,
 * so that only their completions decide.
 */
static void test_two_workers(void **state)
{
	static const uint64_t service_ns[] = { 3000000, 1000, 2000 };
	unsigned char burst[3 * 40];
	struct proto_done done[3];
	struct pair p;

	(void)state;
	open_pair(&p, "fcfs", 2, "spin", "tcp", "det:1", 1);
	for (uint32_t i = 0; i < 3; i++) {
		struct proto_request req = { .id = i,
					     .service_ns = service_ns[i] };

		p.proto.ops->build(p.proto.state, NULL, &req, burst + 40 * i,
				   40);
	}
	net_send(&p.client, 0, burst, sizeof(burst));
	gather(&p, done, 3);
	assert_int_equal(done[0].id, 1);
	assert_int_equal(done[1].id, 2);
	assert_int_equal(done[2].id, 0);
	assert_int_equal(done[0].has_trailer, 0);
	close_pair(&p);
	target_close(&p.server);
}

/* Work that requests do not carry is drawn, the same for the same ids. */
static void test_drawn_service(void **state)
{
	double sum[2];

	(void)state;
	for (int run = 0; run < 2; run++) {
		struct proto_done done[REQUESTS];
		struct pair p;

		open_pair(&p, "ps", 2, "echo", run ? "udp" : "tcp",
			  "exp:20us", 2);
		for (uint32_t i = 0; i < REQUESTS; i++)
			ask(&p, i & 1, &(struct proto_request){ .id = i,
				.request_size = i * 40 });
		gather(&p, done, REQUESTS);
		sum[run] = close_pair(&p)->served_ns;
		target_close(&p.server);
	}
	assert_true(sum[0] > 0);
	/* Sums of the same, in the order of their completions. */
	assert_true(fabs(sum[0] / sum[1] - 1) < 1e-12);
}

/* Every policy serves. Workers are reserved by who knows the classes. */
static void test_policies(void **state)
{
	const struct kind *const *kind = kind_table(KIND_POLICY);

	(void)state;
	for (; *kind; kind++) {
		const char *name = (*kind)->name;
		struct proto_done done[3];
		struct pair p;

		if (!strcmp(name, "darc"))
			name = "darc:1,3";
		open_pair(&p, name, 4, "spin", "udp", "det:1", 3);
		for (uint32_t i = 0; i < 3; i++)
			ask(&p, i, &(struct proto_request){
				.id = i, .service_ns = 1000 });
		gather(&p, done, 3);
		assert_int_equal(close_pair(&p)->served, 3);
		target_close(&p.server);
	}
}

/* Rubbish costs a stream its connection, a datagram only itself. */
static void test_rubbish(void **state)
{
	struct proto_done done;
	struct packet pkt;
	struct pair p;

	(void)state;
	open_pair(&p, "fcfs", 1, "spin", "tcp", "det:1", 2);
	net_send(&p.client, 0, "this is no request, but long enough to see",
		 42);
	assert_int_equal(net_recv(&p.client, &pkt, 1), 1);
	assert_int_equal(pkt.flags, TRANSPORT_CLOSED);
	assert_int_equal(pkt.conn, 0);
	ask(&p, 1, &(struct proto_request){ .id = 5 });
	gather(&p, &done, 1);
	assert_int_equal(done.id, 5);
	assert_int_equal(close_pair(&p)->bad, 1);
	target_close(&p.server);

	open_pair(&p, "fcfs", 1, "spin", "udp", "det:1", 1);
	net_send(&p.client, 0, "short", 5);
	ask(&p, 0, &(struct proto_request){ .id = 6 });
	gather(&p, &done, 1);
	assert_int_equal(done.id, 6);
	assert_int_equal(close_pair(&p)->bad, 1);
	target_close(&p.server);
}

/* Accounts follow each other without loss, while it serves. */
static void test_accounts(void **state)
{
	const struct target_account *a;
	struct proto_done done[7];
	uint64_t served = 0;
	struct pair p;

	(void)state;
	open_pair(&p, "fcfs", 1, "spin", "udp", "det:1", 1);
	for (uint32_t round = 0; round < 5; round++) {
		for (uint32_t i = 0; i < 7; i++)
			ask(&p, 0, &(struct proto_request){ .id = i });
		gather(&p, done, 7);
		a = target_turn(&p.server);
		assert_non_null(a);
		served += a->served;
		assert_int_equal(a->arrivals, a->served);
	}
	assert_int_equal(served, 35);
	a = close_pair(&p);
	assert_int_equal(a->served, 0);
	target_close(&p.server);
}

static void test_refuses_setup(void **state)
{
	struct target_setup setup = {
		.policy = net_choice(KIND_POLICY, "fcfs"),
		.backend = net_choice(KIND_BACKEND, "virtual"),
		.protocol = net_choice(KIND_PROTO, "spin"),
		.transport = net_choice(KIND_TRANSPORT, "loop"),
		.workers = 1, .listen = "127.0.0.1:0",
	};
	struct target_server server;
	struct err err;

	(void)state;
	assert_int_equal(target_open(&server, &setup, &net_arena, &err),
			 -EINVAL);
	setup.transport = net_choice(KIND_TRANSPORT, "udp");
	setup.listen = "nowhere";
	assert_int_equal(target_open(&server, &setup, &net_arena, &err),
			 -EINVAL);
}

/* --- under orders --- */

static int control_fd;

static void *control_thread(void *ret)
{
	struct err err;

	*(int *)ret = target_control(control_fd, control_fd, &err);
	return NULL;
}

struct session {
	struct frame_io io;
	pthread_t thread;
	int fd[2], ret;
};

static void open_session(struct session *s)
{
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, s->fd), 0);
	control_fd = s->fd[1];
	assert_int_equal(frame_open(&s->io, s->fd[0], s->fd[0]), 0);
	pthread_create(&s->thread, NULL, control_thread, &s->ret);
}

static void close_session(struct session *s)
{
	close(s->fd[0]);
	pthread_join(s->thread, NULL);
	close(s->fd[1]);
	frame_close(&s->io);
}

static void say(struct session *s, json_t *frame)
{
	struct err err;

	assert_int_equal(frame_write(&s->io, frame, &err), 0);
}

static json_t *hear(struct session *s, const char *type)
{
	json_t *frame = NULL;
	struct err err;

	assert_int_equal(frame_read(&s->io, &frame, clock_now_ns() + PATIENCE,
				    &err), 1);
	assert_string_equal(frame_type(frame), type);
	return frame;
}

static void plan(struct session *s, const char *config)
{
	const int32_t cpu = -1;
	const struct wire_plan plan = {
		.config = config, .threads = 1, .all_threads = 1,
		.connections = 4, .cpu = &cpu, .address = "127.0.0.1:0",
	};

	say(s, wire_plan_encode(&plan));
}

static void test_control(void **state)
{
	const struct wire_start start = { .rate_rps = 1, .until_ns = 1 };
	struct session s;
	struct wire_target report;
	struct wire_hello hello;
	struct err err;
	json_t *frame;

	(void)state;
	open_session(&s);
	frame = hear(&s, "hello");
	assert_int_equal(wire_hello_decode(frame, &hello, &err), 0);
	assert_string_equal(hello.role, "target");
	json_decref(frame);
	plan(&s, "name: x\n"
		 "target: {builtin: {policy: fcfs, workers: 4}}\n"
		 "workload: {protocol: spin, transport: udp, arrival: poisson, "
		 "service: {constant: {value: 1us}}}\n"
		 "load: {rate: 1krps}\n");
	frame = hear(&s, "ready");
	assert_non_null(json_string_value(json_object_get(frame, "address")));
	json_decref(frame);
	for (int i = 0; i < 2; i++) {
		say(&s, json_pack("{ss}", "t", "beat"));
		say(&s, wire_start_encode(&start));
		say(&s, json_pack("{ss}", "t", "stop"));
		frame = hear(&s, "data");
		assert_int_equal(wire_target_decode(frame, &report, &net_arena,
						    &err), 0);
		assert_int_equal(report.served, 0);
		json_decref(frame);
		json_decref(hear(&s, "done"));
	}
	say(&s, json_pack("{ss}", "t", "bye"));
	json_decref(hear(&s, "bye"));
	close_session(&s);
	assert_int_equal(s.ret, 0);
}

/* The coordinator is gone: so are we, at once. */
static void test_control_end(void **state)
{
	struct session s;

	(void)state;
	open_session(&s);
	json_decref(hear(&s, "hello"));
	close_session(&s);
	assert_int_equal(s.ret, -EPIPE);
}

static void control_refuses(json_t *order, const char *config)
{
	struct session s;

	open_session(&s);
	json_decref(hear(&s, "hello"));
	if (order)
		say(&s, order);
	else
		plan(&s, config);
	json_decref(hear(&s, "error"));
	close_session(&s);
	assert_true(s.ret < 0);
}

static void test_control_refuses(void **state)
{
	const struct wire_start start = { .rate_rps = 1, .until_ns = 1 };

	(void)state;
	control_refuses(json_pack("{ss}", "t", "dance"), NULL);
	control_refuses(json_pack("{ss}", "t", "plan"), NULL);
	control_refuses(wire_start_encode(&start), NULL);
	control_refuses(NULL, "name: [");
	control_refuses(NULL, "target: {address: '1.2.3.4:5'}");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_one_worker),
		cmocka_unit_test(test_two_workers),
		cmocka_unit_test(test_drawn_service),
		cmocka_unit_test(test_policies),
		cmocka_unit_test(test_rubbish),
		cmocka_unit_test(test_accounts),
		cmocka_unit_test(test_refuses_setup),
		cmocka_unit_test(test_control),
		cmocka_unit_test(test_control_end),
		cmocka_unit_test(test_control_refuses),
	};

	return cmocka_run_group_tests(tests, net_setup, net_teardown);
}
