/* transport_test.c - addresses, and what udp and tcp both promise */
#include "tests/unit/net.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>

#include "agents/socket.h"
#include "lancet/core/local.h"

static int resolve(const char *address, int listening, char *text)
{
	struct socket_address at;
	struct err err;
	int ret = transport_resolve(address, listening, &at.to, &at.len, &err);

	if (ret == 0)
		socket_name(&at, text, SOCKET_NAME_SIZE);
	return ret;
}

static void test_addresses(void **state)
{
	static const char *const good[][2] = {
		{ "127.0.0.1:80", "127.0.0.1:80" },
		{ "[::1]:65535", "[::1]:65535" },
		{ "localhost:7", "127.0.0.1:7" },
	};
	static const char *const bad[] = {
		"", ":", "host", "host:", ":80", "1.2.3.4:0", "1.2.3.4:65536",
		"1.2.3.4:-1", "1.2.3.4: 1", "1.2.3.4:1x", "::1:80", "[::1]80",
		"[::1", "[", "]:1", "[:1", "1.2.3.4:99999999999999999999",
	};
	char text[SOCKET_NAME_SIZE];

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(*good); i++) {
		assert_int_equal(resolve(good[i][0], 0, text), 0);
		assert_string_equal(text, good[i][1]);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		assert_int_equal(resolve(bad[i], 0, text), -EINVAL);
	assert_int_equal(resolve(":0", 1, text), 0);
	assert_string_equal(text, "0.0.0.0:0");
	assert_int_equal(resolve("no.such.host.invalid:1", 0, text),
			 -EHOSTUNREACH);
}

static void test_local_addresses(void **state)
{
	static const char *const good[] = { "/run/it", "@it", "@" };
	static const char *const bad[] = { "", "run/it", "127.0.0.1:1" };
	char text[SOCKET_NAME_SIZE], longer[200] = "/";
	struct socket_address at;
	struct err err;

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		assert_int_equal(local_address(good[i], &at.to, &at.len, &err),
				 0);
		assert_string_equal(socket_name(&at, text, sizeof(text)),
				    good[i]);
		assert_int_equal(local_address(bad[i], &at.to, &at.len, &err),
				 -EINVAL);
	}
	memset(longer + 1, 'x', sizeof(longer) - 2);
	assert_int_equal(local_address(longer, &at.to, &at.len, &err),
			 -ENAMETOOLONG);
	longer[107] = '\0';
	assert_int_equal(local_address(longer, &at.to, &at.len, &err), 0);
	assert_string_equal(socket_name(&at, text, sizeof(text)), longer);
}

/* Every connection asks once; the server repeats; each gets its own back. */
static void round_trip(const char *kind, const char *address, uint32_t n)
{
	struct transport server = net_open(kind, 1, address, n, 64);
	struct transport client = net_open(kind, 0, net_address(&server), n,
					   64);
	struct packet pkt[8];
	uint32_t seen = 0, word;

	assert_int_equal(server.ops->recv(server.state, pkt, 8), 0);
	assert_int_equal(client.ops->recv(client.state, pkt, 8), 0);
	for (uint32_t i = 0; i < n; i++) {
		word = i * 3 + 1;
		net_send(&client, i, &word, sizeof(word));
	}
	while (seen < n) {
		size_t got = net_recv(&server, pkt, 8);

		for (size_t i = 0; i < got; i++) {
			assert_int_equal(pkt[i].len, 4);
			assert_int_not_equal(pkt[i].stamp_ns, 0);
			net_send(&server, pkt[i].conn, pkt[i].data, 4);
			net_keep(&server, pkt[i].conn, 4);
		}
		got = net_recv(&client, pkt, 8);
		for (size_t i = 0; i < got; i++) {
			assert_int_equal(pkt[i].len, 4);
			memcpy(&word, pkt[i].data, 4);
			assert_int_equal(word, pkt[i].conn * 3 + 1);
			net_keep(&client, pkt[i].conn, 4);
		}
		seen += (uint32_t)got;
	}
	client.ops->close(client.state);
	server.ops->close(server.state);
}

static int have_ipv6(void)
{
	struct sockaddr_in6 in6 = { .sin6_family = AF_INET6,
				    .sin6_addr = IN6ADDR_LOOPBACK_INIT };
	int fd = socket(AF_INET6, SOCK_DGRAM, 0);
	int ok = fd >= 0 && bind(fd, (void *)&in6, sizeof(in6)) == 0;

	if (fd >= 0)
		close(fd);
	return ok;
}

static void test_round_trips(void **state)
{
	static const char *const kinds[] = { "udp", "tcp" };

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		round_trip(kinds[i], "127.0.0.1:0", 1);
		round_trip(kinds[i], "127.0.0.1:0", 5);
		round_trip(kinds[i], "localhost:0", 64);
		round_trip(kinds[i], "127.0.0.1:0", 1000);
		if (have_ipv6())
			round_trip(kinds[i], "[::1]:0", 3);
	}
}

/* Of datagrams the kernel queues ten (net.unix.max_dgram_qlen). */
static void test_unix_round_trips(void **state)
{
	const char *file = "/tmp/lancet-transport-test";

	(void)state;
	round_trip("unix-datagram", "@", 1);
	round_trip("unix-datagram", file, 5);
	assert_int_not_equal(access(file, F_OK), 0);
	round_trip("unix", "@", 1);
	round_trip("unix", file, 64);
	assert_int_not_equal(access(file, F_OK), 0);
	round_trip("unix", "@", 1000);
}

/* Handshakes wait for room in a listener's queue, until the deadline. */
static void test_unix_queue_full(void **state)
{
	struct transport_params params = { .connections = 9,
					   .max_message = 64 };
	struct choice choice = net_choice(KIND_TRANSPORT, "unix");
	struct socket_address at;
	char name[SOCKET_NAME_SIZE];
	struct transport client;
	struct err err;
	int64_t until;
	int fd;

	(void)state;
	assert_int_equal(local_address("@", &at.to, &at.len, &err), 0);
	fd = socket_listen(&at, SOCK_STREAM, name, &err);
	assert_true(fd >= 0);
	assert_int_equal(listen(fd, 1), 0);
	params.address = name;
	until = clock_now_ns() + SECOND / 20;
	assert_int_equal(transport_open(&client, &choice, &params, until,
					&net_arena, &err),
			 -ETIMEDOUT);
	assert_true(clock_now_ns() >= until);
	close(fd);
}

/* A file that a dead server left is replaced, a living one's is not. */
static void test_unix_stale(void **state)
{
	const char *file = "/tmp/lancet-transport-test";

	(void)state;
	for (int i = 0; i < 2; i++) {
		const char *kind = i ? "unix" : "unix-datagram";
		struct transport_params params = { .connections = 1,
						   .listen = 1,
						   .max_message = 64,
						   .address = file };
		struct choice choice = net_choice(KIND_TRANSPORT, kind);
		struct socket_address at;
		struct transport first, second;
		struct err err;
		int fd;

		assert_int_equal(local_address(file, &at.to, &at.len, &err), 0);
		fd = socket(AF_UNIX, i ? SOCK_STREAM : SOCK_DGRAM, 0);
		assert_int_equal(bind(fd, (void *)&at.to, at.len), 0);
		close(fd);
		first = net_open(kind, 1, file, 1, 64);
		assert_int_equal(transport_open(&second, &choice, &params, 0,
						&net_arena, &err),
				 -EADDRINUSE);
		first.ops->close(first.state);
		assert_int_not_equal(access(file, F_OK), 0);
	}
}

static void test_address_in_use(void **state)
{
	struct transport_params params = { .connections = 1, .listen = 1,
					   .max_message = 64 };
	struct err err;

	(void)state;
	for (int i = 0; i < 2; i++) {
		const char *kind = i ? "tcp" : "udp";
		struct choice choice = net_choice(KIND_TRANSPORT, kind);
		struct transport first = net_open(kind, 1, "127.0.0.1:0", 1,
						  64);
		struct transport second;

		params.address = net_address(&first);
		assert_int_equal(transport_open(&second, &choice, &params, 0,
						&net_arena, &err),
				 -EADDRINUSE);
		assert_non_null(strstr(err.text, params.address));
		first.ops->close(first.state);
	}
}

/* An address where nobody listens. */
static void nobody(char *text, int type)
{
	struct socket_address at = { .len = sizeof(struct sockaddr_in) };
	struct sockaddr_in *in = (void *)&at.to;
	struct err err;
	int fd;

	in->sin_family = AF_INET;
	in->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	fd = socket_listen(&at, type, text, &err);
	assert_true(fd >= 0);
	close(fd);
}

static void udp_is_refused(uint32_t connections)
{
	char address[SOCKET_NAME_SIZE];
	struct transport t;
	struct packet pkt[4];

	nobody(address, SOCK_DGRAM);
	t = net_open("udp", 0, address, connections, 64);
	net_send(&t, connections - 1, "ask", 3);
	assert_int_equal(net_recv(&t, pkt, 4), 1);
	assert_int_equal(pkt[0].flags, TRANSPORT_REFUSED);
	assert_int_equal(pkt[0].conn, connections - 1);
	/* The error of one send may come with the next one: told as well. */
	net_send(&t, 0, "ask", 3);
	net_send(&t, 0, "ask", 3);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(net_recv(&t, pkt, 4), 1);
		assert_int_equal(pkt[0].flags, TRANSPORT_REFUSED);
		assert_int_equal(pkt[0].conn, 0);
	}
	t.ops->close(t.state);
}

static void test_udp_refused(void **state)
{
	(void)state;
	udp_is_refused(1);
	udp_is_refused(3);
}

static void test_udp_too_long(void **state)
{
	struct transport server = net_open("udp", 1, "127.0.0.1:0", 4, 16);
	struct transport client = net_open("udp", 0, net_address(&server), 1,
					   1000);
	unsigned char data[100] = { 0 };
	struct packet pkt[2];

	(void)state;
	net_send(&client, 0, data, sizeof(data));
	assert_int_equal(net_recv(&server, pkt, 2), 1);
	assert_int_equal(pkt[0].len, 17); /* one more than the most */
	client.ops->close(client.state);
	server.ops->close(server.state);
}

/* Two for one request, there together: the second when it is asked for. */
static void test_udp_again(void **state)
{
	struct transport server = net_open("udp", 1, "127.0.0.1:0", 4, 64);
	struct transport client = net_open("udp", 0, net_address(&server), 2,
					   64);
	struct packet pkt[4];

	(void)state;
	net_send(&client, 1, "ask", 3);
	assert_int_equal(net_recv(&server, pkt, 4), 1);
	net_send(&server, pkt[0].conn, "half", 4);
	net_send(&server, pkt[0].conn, "other", 5);
	assert_int_equal(net_recv(&client, pkt, 4), 1);
	assert_int_equal(pkt[0].len, 4);
	assert_int_equal(client.ops->recv(client.state, pkt, 4), 0);
	client.ops->again(client.state, 1);
	assert_int_equal(client.ops->recv(client.state, pkt, 4), 1);
	assert_int_equal(pkt[0].len, 5);
	assert_int_equal(pkt[0].conn, 1);
	client.ops->close(client.state);
	server.ops->close(server.state);
}

/* More peers than places: the oldest is forgotten, the others are not. */
static void test_udp_peers_bounded(void **state)
{
	struct transport server = net_open("udp", 1, "127.0.0.1:0", 4, 16);
	struct transport client = net_open("udp", 0, net_address(&server), 5,
					   16);
	struct packet pkt[2];
	uint32_t number[5];

	(void)state;
	for (uint32_t i = 0; i < 5; i++) {
		net_send(&client, i, &i, sizeof(i));
		assert_int_equal(net_recv(&server, pkt, 2), 1);
		number[i] = pkt[0].conn;
		for (uint32_t j = 0; j < i; j++)
			assert_int_not_equal(number[j], number[i]);
	}
	assert_int_equal(number[4] % 4, number[0] % 4);
	net_send(&server, number[0], "old", 3);
	net_send(&server, number[4], "new", 3);
	assert_int_equal(net_recv(&client, pkt, 2), 1);
	assert_int_equal(pkt[0].conn, 4);
	assert_memory_equal(pkt[0].data, "new", 3);
	net_send(&client, 1, "x", 1); /* still known */
	assert_int_equal(net_recv(&server, pkt, 2), 1);
	assert_int_equal(pkt[0].conn, number[1]);
	client.ops->close(client.state);
	server.ops->close(server.state);
}

/*
 * However late a server reads, it knows when a message reached it. A machine
 * that stands still may delay that too, so one of many tries has to show it:
 * the instant of reading is never within half of a sleep.
 */
static void stamped(const char *kind, const char *address)
{
	struct transport server = net_open(kind, 1, address, 4, 64);
	struct transport client = net_open(kind, 0, net_address(&server), 1,
					   64);
	unsigned char byte = 1;
	struct packet pkt[4];
	bool known = false;

	/* The first one may meet a handshake, and the clock's first look. */
	for (int i = 0; i < 50 && !known; i++) {
		int64_t sent_ns;

		net_send(&client, 0, &byte, 1);
		sent_ns = clock_now_ns();
		usleep(20000);
		net_recv(&server, pkt, 4);
		net_keep(&server, pkt[0].conn, 1);
		known = i && pkt[0].stamp_ns < sent_ns + 10000000;
	}
	assert_true(known);
	client.ops->close(client.state);
	server.ops->close(server.state);
}

static void test_stamps(void **state)
{
	(void)state;
	stamped("udp", "127.0.0.1:0");
	stamped("tcp", "127.0.0.1:0");
	stamped("unix-datagram", "@");
}

/* A stamp that cannot be, or none, is the instant of reading. */
static void test_impossible_stamps(void **state)
{
	static const int64_t age_ns[] = { -SECOND, 11 * SECOND, SECOND };
	_Alignas(struct cmsghdr) unsigned char control[SOCKET_STAMP_SIZE];
	struct msghdr msg = { .msg_control = control,
			      .msg_controllen = sizeof(control) };
	struct socket_stamps stamps = { 0 };
	int64_t now_ns = clock_now_ns();

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		struct cmsghdr *c = CMSG_FIRSTHDR(&msg);
		int64_t wall = clock_realtime_ns() - age_ns[i];
		struct timespec at = { wall / SECOND, wall % SECOND };
		int64_t stamp;

		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_TIMESTAMPNS;
		c->cmsg_len = CMSG_LEN(sizeof(at));
		memcpy(CMSG_DATA(c), &at, sizeof(at));
		stamp = socket_stamp(&stamps, &msg, now_ns);
		if (i < 2)
			assert_int_equal(stamp, now_ns);
		else
			assert_true(stamp > now_ns - 2 * SECOND &&
				    stamp < now_ns);
	}
	msg.msg_controllen = 0;
	assert_int_equal(socket_stamp(&stamps, &msg, now_ns), now_ns);
}

/*
 * Edges: of three packets that came together the one is read that is owed.
 * The others stay there, without another edge, until somebody says that one
 * of them was no answer.
 */
static void test_unexpected(void **state)
{
	struct transport server, client;
	struct packet pkt[4];
	uint32_t conn;

	(void)state;
	server = net_open("udp", 1, "127.0.0.1:0", 2, 64);
	client = net_open("udp", 0, net_address(&server), 2, 64);
	net_send(&client, 1, "q", 1);
	assert_int_equal(net_recv(&server, pkt, 4), 1);
	conn = pkt[0].conn;
	for (int i = 0; i < 3; i++)
		net_send(&server, conn, "abc" + i, 1);
	usleep(10000);
	assert_int_equal(net_recv(&client, pkt, 4), 1);
	assert_memory_equal(pkt[0].data, "a", 1);
	net_send(&client, 1, "r", 1);
	net_recv(&server, pkt, 4);
	net_send(&server, conn, "d", 1);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(net_recv(&client, pkt, 4), 1);
		assert_memory_equal(pkt[0].data, "bcd" + i, 1);
		assert_int_equal(pkt[0].conn, 1);
		if (i < 2)
			client.ops->again(client.state, 1);
	}
	assert_int_equal(client.ops->recv(client.state, pkt, 4), 0);
	client.ops->close(client.state);
	server.ops->close(server.state);
}

/* More sockets have more to be read than one turn has room for: none is lost. */
#define STRAYS 3
static void test_crowd(void **state)
{
	enum { SOCKETS = 400 };
	struct transport server = net_open("udp", 1, "127.0.0.1:0", SOCKETS,
					   64);
	struct transport client = net_open("udp", 0, net_address(&server),
					   SOCKETS, 64);
	struct packet pkt[64];
	size_t n = 0, got = 1;

	(void)state;
	for (uint32_t i = 0; i < SOCKETS; i++) {
		net_send(&client, i, "q", 1);
		assert_int_equal(net_recv(&server, pkt, 1), 1);
		for (int k = 0; k < STRAYS; k++)
			net_send(&server, pkt[0].conn, "abc" + k, 1);
	}
	usleep(10000);
	while (got > 0) {
		got = client.ops->recv(client.state, pkt, 64);
		for (size_t i = 0; i < got; i++)
			client.ops->again(client.state, pkt[i].conn);
		n += got;
	}
	assert_int_equal(n, STRAYS * SOCKETS);
	client.ops->close(client.state);
	server.ops->close(server.state);
}

/* Several are under way on one socket, and come in more than one go. */
static void test_owed(void **state)
{
	struct transport server = net_open("udp", 1, "127.0.0.1:0", 2, 64);
	struct transport client = net_open("udp", 0, net_address(&server), 2,
					   64);
	struct packet pkt[8];
	size_t n = 0;

	(void)state;
	for (int i = 0; i < 7; i++)
		net_send(&client, 1, "1234567" + i, 1);
	for (size_t got = 0; got < 7;)
		got += net_recv(&server, pkt, 8);
	for (int i = 0; i < 7; i++)
		net_send(&server, pkt[0].conn, "abcdefg" + i, 1);
	usleep(10000);
	while (n < 7) {
		size_t got = net_recv(&client, pkt, 3);

		assert_in_range(got, 1, 3);
		for (size_t i = 0; i < got; i++)
			assert_memory_equal(pkt[i].data, "abcdefg" + n++, 1);
	}
	client.ops->close(client.state);
	server.ops->close(server.state);
}

/* The server's reply to everybody, who sent his number. */
static void answer_all(struct transport *server, uint32_t n)
{
	struct packet pkt[8];

	for (uint32_t seen = 0; seen < n;) {
		size_t got = net_recv(server, pkt, 8);

		for (size_t i = 0; i < got; i++) {
			net_send(server, pkt[i].conn, pkt[i].data, 4);
			net_keep(server, pkt[i].conn, 4);
		}
		seen += (uint32_t)got;
	}
	usleep(10000);
}

static void check_number(struct transport *client, const struct packet *pkt)
{
	uint32_t word;

	assert_int_equal(pkt->len, 4);
	assert_int_not_equal(pkt->stamp_ns, 0);
	memcpy(&word, pkt->data, 4);
	assert_int_equal(word, pkt->conn);
	net_keep(client, pkt->conn, 4);
}

static size_t look(struct transport *t, uint32_t conn, struct packet *pkt)
{
	return t->ops->look(t->state, conn, pkt, 8);
}

/* What look() reads of one connection, recv() does not tell again. */
static void look_at(const char *kind, const char *address, uint32_t n)
{
	struct transport server = net_open(kind, 1, address, n, 64);
	struct transport client = net_open(kind, 0, net_address(&server), n,
					   64);
	struct packet pkt[8];

	for (int round = 0; round < 3; round++) {
		assert_int_equal(look(&client, 1, pkt), 0);
		for (uint32_t i = 0; i < n; i++)
			net_send(&client, i, &i, sizeof(i));
		answer_all(&server, n);
		for (uint32_t i = 1; i < n; i += 2) {
			assert_int_equal(look(&client, i, pkt), 1);
			assert_int_equal(pkt->conn, i);
			check_number(&client, pkt);
			assert_int_equal(look(&client, i, pkt), 0);
		}
		for (uint32_t i = 0; i < n; i += 2) {
			assert_int_equal(net_recv(&client, pkt, 1), 1);
			assert_int_equal(pkt->conn % 2, 0);
			check_number(&client, pkt);
		}
		assert_int_equal(client.ops->recv(client.state, pkt, 8), 0);
	}
	client.ops->close(client.state);
	server.ops->close(server.state);
}

static void test_looks(void **state)
{
	(void)state;
	look_at("udp", "127.0.0.1:0", 7);
	look_at("tcp", "127.0.0.1:0", 7);
	look_at("unix-datagram", "@", 7);
	look_at("unix", "@", 7);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_addresses),
		cmocka_unit_test(test_local_addresses),
		cmocka_unit_test(test_round_trips),
		cmocka_unit_test(test_unix_round_trips),
		cmocka_unit_test(test_unix_queue_full),
		cmocka_unit_test(test_unix_stale),
		cmocka_unit_test(test_address_in_use),
		cmocka_unit_test(test_stamps),
		cmocka_unit_test(test_impossible_stamps),
		cmocka_unit_test(test_udp_refused),
		cmocka_unit_test(test_udp_too_long),
		cmocka_unit_test(test_udp_again),
		cmocka_unit_test(test_udp_peers_bounded),
		cmocka_unit_test(test_unexpected),
		cmocka_unit_test(test_crowd),
		cmocka_unit_test(test_owed),
		cmocka_unit_test(test_looks),
	};
	int failed = cmocka_run_group_tests(tests, net_setup, net_teardown);

	net_stamped = true;
	return failed + cmocka_run_group_tests_name("stamped", tests,
						    net_setup, net_teardown);
}
