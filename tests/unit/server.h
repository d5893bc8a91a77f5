/* server.h - real servers on ports of our own, and a client that waits */
#ifndef TESTS_UNIT_SERVER_H
#define TESTS_UNIT_SERVER_H

#include "tests/unit/net.h"

#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "lancet/core/rng.h"
#include "tests/fuzz/split.h"

static inline uint16_t server_port(void)
{
	struct transport t = net_open("tcp", 1, "127.0.0.1:0", 1, 64);
	const char *colon = strrchr(net_address(&t), ':');
	uint16_t port = (uint16_t)atoi(colon + 1);

	t.ops->close(t.state);
	return port;
}

/* Not as root, silent, with the port where argv says PORT. */
static inline void server_exec(const char *const *argv, const char *port)
{
	const struct passwd *nobody = getpwnam("nobody");
	const char *word[32];
	size_t n = 0;

	for (; argv[n] && n < 31; n++)
		word[n] = strcmp(argv[n], "PORT") ? argv[n] : port;
	word[n] = NULL;
	if (geteuid() == 0 && nobody && (setgid(nobody->pw_gid) != 0 ||
					 setuid(nobody->pw_uid) != 0))
		_exit(126);
	prctl(PR_SET_PDEATHSIG, SIGTERM); /* a failed test leaves nothing */
	if (!freopen("/dev/null", "w", stdout))
		_exit(126);
	execvp(word[0], (char *const *)(uintptr_t)word);
	_exit(127);
}

/* Its pid, once it takes connections; 0: there is none on this machine. */
static inline pid_t server_start_at(const char *const *argv, const char *port,
				    char *address, size_t size)
{
	struct choice tcp = net_choice(KIND_TRANSPORT, "tcp");
	struct transport_params params = { .address = address,
					   .connections = 1,
					   .max_message = 64 };
	int64_t until = clock_now_ns() + PATIENCE;
	struct transport t;
	struct err err;
	pid_t pid;

	snprintf(address, size, "127.0.0.1:%s", port);
	pid = fork();
	if (pid == 0)
		server_exec(argv, port);
	while (transport_open(&t, &tcp, &params, until, &net_arena, &err)) {
		if (waitpid(pid, NULL, WNOHANG) == pid)
			return 0;
		assert_true(clock_now_ns() < until);
		usleep(10000);
	}
	t.ops->close(t.state);
	return pid;
}

static inline pid_t server_start(const char *const *argv, char *address,
				 size_t size)
{
	char port[8];

	snprintf(port, sizeof(port), "%u", server_port());
	return server_start_at(argv, port, address, size);
}

static inline void server_stop(pid_t pid)
{
	kill(pid, SIGTERM);
	waitpid(pid, NULL, 0);
}

static inline size_t server_build(struct split_proto *p, uint64_t draw)
{
	struct proto_request req = { .draw = draw };

	return p->proto.ops->build(p->proto.state, p->cs, &req, p->out,
				   p->proto.max_out);
}

/* The stream gives these statuses (0 fine, 1 nacked, 2 error) however it is
 * split, and then is rubbish or not. */
static inline void server_expect(struct split_proto *p, const void *data,
				 size_t len, const char *statuses, int bad)
{
	static struct split_seen seen;

	split_feed(p, data, len, len ? len : 1, &seen);
	if (seen.n != strlen(statuses) || seen.bad != bad)
		fail_msg("%.60s: %zu replies, bad %d", (const char *)data,
			 seen.n, seen.bad);
	assert_true(split_agrees(p, data, len));
	for (size_t i = 0; i < seen.n; i++) {
		assert_int_equal(seen.done[i].id, PROTO_OLDEST);
		assert_int_equal(seen.done[i].status, statuses[i] - '0');
	}
}

/* What a target answers to 64 requests, its client takes. */
static inline void server_target_answers(const char *text, struct rng *rng)
{
	static unsigned char requests[64 * 600], replies[64 * 600];
	struct proto_served served[64];
	char fine[65] = "";
	size_t len = 0, n, back = 0;
	struct split_proto p;

	split_open(&p, text);
	memset(fine, '0', 64);
	for (int i = 0; i < 64; i++) {
		size_t one = server_build(&p, rng_next(rng));

		memcpy(requests + len, p.out, one);
		len += one;
	}
	assert_int_equal(split_serve(&p, requests, len), 64);
	memset(p.cs, 0, p.proto.ops->conn_size);
	assert_int_equal(p.proto.ops->serve(p.proto.state, p.cs, requests, len,
					    served, 64, &n),
			 len);
	assert_int_equal(n, 64);
	for (size_t i = 0; i < n; i++)
		back += p.proto.ops->reply(p.proto.state, p.cs, &served[i],
					   NULL, PROTO_OK, replies + back,
					   sizeof(replies) - back);
	server_expect(&p, replies, back, fine, 0);
	split_close(&p);
}

/* n requests, one after the other; how many ended with that status. */
static inline size_t server_converse(struct split_proto *p, struct transport *t,
				     struct rng *rng, size_t n, bool fill,
				     int status)
{
	struct proto_done done;
	struct packet pkt;
	size_t hits = 0;

	for (size_t i = 0; i < n; i++) {
		size_t got = 0, len;

		len = fill ? p->proto.ops->populate(p->proto.state, p->cs, i,
						    p->out, p->proto.max_out) :
			     server_build(p, rng_next(rng));
		assert_true(len > 0);
		net_send(t, 0, p->out, len);
		while (got == 0) {
			long used;

			net_recv(t, &pkt, 1);
			assert_int_equal(pkt.flags, 0);
			used = p->proto.ops->feed(p->proto.state, p->cs,
						  pkt.data, pkt.len, &done, 1,
						  &got);
			assert_true(used >= 0);
			net_keep(t, 0, (size_t)used);
		}
		hits += done.status == status;
	}
	return hits;
}

#endif
