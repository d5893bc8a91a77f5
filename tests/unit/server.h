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
