/* sockets.c - the agent over loopback sockets, beside a bare loop of the same */
#include "bench/bench.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

/*
 * One server, a process that repeats what comes, serves both in turns: the
 * agent's whole loop, and a loop that only sends and receives as many bytes
 * with as many requests under way. CPU time a request, client side.
 */
#define REQUESTS 2000
#define ROUNDS 31u
#define SIZE 64		/* echo's preset */
#define WINDOW 32	/* UDP: on one socket */
#define CONNS 16	/* TCP: one request under way on each */

struct service {
	int fd;
	pid_t pid;
	char address[32];
};

static cpu_set_t all;	/* that we may use */

/* To the lowest or the highest CPU. */
static void pin(bool lowest)
{
	size_t cpu = CPU_SETSIZE;
	cpu_set_t one;

	CPU_ZERO(&one);
	for (size_t i = 0; i < CPU_SETSIZE; i++)
		if (CPU_ISSET(i, &all) && (cpu == CPU_SETSIZE || !lowest))
			cpu = i;
	CPU_SET(cpu, &one);
	sched_setaffinity(0, sizeof(one), &one);
}

static void check(int rc, const char *what)
{
	if (rc >= 0)
		return;
	perror(what);
	exit(1);
}

/* ---- the server ---- */

static void serve_udp(int fd)
{
	unsigned char data[2048];
	struct sockaddr_in from;

	for (;;) {
		socklen_t len = sizeof(from);
		ssize_t n = recvfrom(fd, data, sizeof(data), MSG_DONTWAIT,
				     (struct sockaddr *)&from, &len);

		if (n > 0)
			sendto(fd, data, (size_t)n, 0,
			       (struct sockaddr *)&from, len);
	}
}

static void watch(int epoll, int fd)
{
	struct epoll_event event = { .events = EPOLLIN, .data.fd = fd };

	check(epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event), "epoll_ctl");
}

static void nodelay(int fd)
{
	int on = 1;

	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
}

static void repeat(int epoll, int listener, int fd)
{
	unsigned char data[2048];
	ssize_t n;

	if (fd == listener) {
		int peer = accept(listener, NULL, NULL);

		nodelay(peer);
		watch(epoll, peer);
		return;
	}
	n = recv(fd, data, sizeof(data), MSG_DONTWAIT);
	if (n > 0)
		check((int)send(fd, data, (size_t)n, MSG_NOSIGNAL), "send");
	else if (n == 0 || errno != EAGAIN)
		close(fd);
}

static void serve_tcp(int listener)
{
	struct epoll_event event[64];
	int epoll = epoll_create1(0);

	check(epoll, "epoll_create1");
	watch(epoll, listener);
	for (;;) {
		int n = epoll_wait(epoll, event, 64, 0);

		for (int i = 0; i < n; i++)
			repeat(epoll, listener, event[i].data.fd);
	}
}

static struct sockaddr_in start(struct service *s, int type)
{
	struct sockaddr_in at = { .sin_family = AF_INET };
	socklen_t len = sizeof(at);

	at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	s->fd = socket(AF_INET, type, 0);
	check(s->fd, "socket");
	check(bind(s->fd, (struct sockaddr *)&at, len), "bind");
	if (type == SOCK_STREAM)
		check(listen(s->fd, 64), "listen");
	getsockname(s->fd, (struct sockaddr *)&at, &len);
	snprintf(s->address, sizeof(s->address), "127.0.0.1:%d",
		 ntohs(at.sin_port));
	s->pid = fork();
	check(s->pid, "fork");
	if (s->pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		setpriority(PRIO_PROCESS, 0, -20); /* as the agent */
		pin(false);
		if (type == SOCK_STREAM)
			serve_tcp(s->fd);
		serve_udp(s->fd);
	}
	close(s->fd);
	return at;
}

static void stop(struct service *s)
{
	kill(s->pid, SIGKILL);
	waitpid(s->pid, NULL, 0);
}

/* ---- the bare loops ---- */

static double cpu_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &ts);
	return (double)ts.tv_sec * 1e9 + (double)ts.tv_nsec;
}

static int dial(const struct sockaddr_in *to, int type)
{
	int fd = socket(AF_INET, type, 0);

	check(fd, "socket");
	check(connect(fd, (const struct sockaddr *)to, sizeof(*to)),
	      "connect");
	if (type == SOCK_STREAM)
		nodelay(fd);
	return fd;
}

static double bare_udp(const struct sockaddr_in *to)
{
	unsigned char data[SIZE] = { 0 };
	int fd = dial(to, SOCK_DGRAM), sent = 0, got = 0;
	double begun = cpu_ns();

	while (got < REQUESTS) {
		for (; sent < REQUESTS && sent - got < WINDOW; sent++)
			check((int)send(fd, data, SIZE, MSG_DONTWAIT), "send");
		while (recv(fd, data, SIZE, MSG_DONTWAIT) > 0)
			got++;
	}
	begun = cpu_ns() - begun;
	close(fd);
	return begun / REQUESTS;
}

static double bare_tcp(const struct sockaddr_in *to)
{
	unsigned char data[SIZE] = { 0 };
	struct epoll_event event[CONNS];
	int epoll = epoll_create1(0), fd[CONNS], sent = 0, got = 0;
	double begun;

	for (int i = 0; i < CONNS; i++) {
		fd[i] = dial(to, SOCK_STREAM);
		watch(epoll, fd[i]);
	}
	begun = cpu_ns();
	for (; sent < CONNS; sent++)
		check((int)send(fd[sent], data, SIZE, MSG_DONTWAIT), "send");
	while (got < REQUESTS) {
		int n = epoll_wait(epoll, event, CONNS, 0);

		for (int i = 0; i < n; i++) {
			int from = event[i].data.fd;

			if (recv(from, data, SIZE, MSG_DONTWAIT) != SIZE)
				continue;
			got++;
			if (sent++ < REQUESTS)
				check((int)send(from, data, SIZE, MSG_DONTWAIT),
				      "send");
		}
	}
	begun = cpu_ns() - begun;
	for (int i = 0; i < CONNS; i++)
		close(fd[i]);
	close(epoll);
	return begun / REQUESTS;
}

/* ---- side by side ---- */

static void compare(const char *name, const char *transport, int type,
		    uint32_t conns, uint32_t in_flight,
		    double (*bare)(const struct sockaddr_in *to))
{
	struct bench_best floor = { 0 }, agent = { 0 };
	struct service service;
	struct sockaddr_in at = start(&service, type);
	struct arena arena;
	struct worker *w;

	arena_init(&arena);
	w = bench_worker(transport, NULL, service.address, conns, in_flight, 0,
			 &arena);
	for (uint32_t i = 0; i < ROUNDS; i++) {
		bench_round(&floor, bare(&at));
		bench_segment(w, i, REQUESTS);
		bench_round(&agent, w->cpu_s * 1e9 / (double)w->count.intended);
		ring_release(&w->ring, ring_ready(&w->ring));
	}
	bench_row(name, agent.ns, "ns/request", floor.ns,
		  "a bare send and receive loop, client CPU time");
	worker_close(w);
	free(w);
	arena_fini(&arena);
	stop(&service);
}

/* ---- TLS, beside the same in clear ---- */

static struct config_tls any;	/* whoever signed it; version 1.3 */

/* What comes goes back, by the transport that a target would use. */
static void serve_transport(struct transport *t)
{
	struct packet pkt[64];

	for (;;) {
		size_t n = t->ops->recv(t->state, pkt, 64);

		for (size_t i = 0; i < n; i++) {
			/* That a connection stands is told without bytes. */
			if (pkt[i].len > 0)
				t->ops->send(t->state, &pkt[i], 1);
			t->ops->keep(t->state, pkt[i].conn, pkt[i].len);
		}
	}
}

static void start_transport(struct service *s, const struct config_tls *tls,
			    struct arena *arena)
{
	const struct choice tcp = bench_choice(KIND_TRANSPORT, "tcp", arena);
	const struct transport_params params = {
		.address = "127.0.0.1:0", .connections = CONNS, .listen = 1,
		.max_message = 4096, .tls = tls,
	};
	struct transport t;
	struct err err;

	if (transport_open(&t, &tcp, &params, 0, arena, &err) < 0)
		bench_fail(&err);
	snprintf(s->address, sizeof(s->address), "%s",
		 t.ops->address(t.state));
	s->pid = fork();
	check(s->pid, "fork");
	if (s->pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		setpriority(PRIO_PROCESS, 0, -20);
		pin(false);
		serve_transport(&t);
	}
	t.ops->close(t.state);
}

static void segment(struct worker *w, uint32_t i, struct bench_best *best)
{
	bench_segment(w, i, REQUESTS);
	bench_round(best, w->cpu_s * 1e9 / (double)w->count.intended);
	ring_release(&w->ring, ring_ready(&w->ring));
}

static void compare_tls(uint32_t conns, uint32_t in_flight, const char *name)
{
	struct config_tls *const tls[2] = { NULL, &any };
	struct bench_best best[2] = { { 0 }, { 0 } };
	struct service service[2];
	struct worker *w[2];
	struct arena arena;

	arena_init(&arena);
	for (int i = 0; i < 2; i++) {
		start_transport(&service[i], tls[i], &arena);
		w[i] = bench_worker("tcp", tls[i], service[i].address, conns,
				    in_flight, 0, &arena);
		kill(service[i].pid, SIGSTOP);
	}
	for (uint32_t i = 0; i < 2 * ROUNDS; i++) {
		kill(service[i % 2].pid, SIGCONT);
		segment(w[i % 2], i / 2, &best[i % 2]);
		kill(service[i % 2].pid, SIGSTOP);
	}
	bench_row(name, best[1].ns, "ns/request", best[0].ns,
		  "the agent over TCP in clear, client CPU time");
	for (int i = 0; i < 2; i++) {
		stop(&service[i]);
		worker_close(w[i]);
		free(w[i]);
	}
	arena_fini(&arena);
}

int main(void)
{
	clock_sync();
	check(sched_getaffinity(0, sizeof(all), &all), "sched_getaffinity");
	pin(true);
	compare("agent over UDP, 32 under way on 1 socket", "udp", SOCK_DGRAM,
		1, WINDOW, bare_udp);
	compare("agent over TCP, 1 under way on each of 16", "tcp",
		SOCK_STREAM, CONNS, 1, bare_tcp);
	compare_tls(CONNS, 1, "agent over TLS, 1 under way on each of 16");
	compare_tls(1, WINDOW, "agent over TLS, 32 under way on 1 socket");
	return 0;
}
