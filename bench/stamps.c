/* stamps.c - what kernel stamps cost the agent, beside the calls they take */
#include "bench/bench.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <gsl/gsl_sort.h>
#include <gsl/gsl_statistics_double.h>
#include <linux/net_tstamp.h>

/*
 * The whole agent with stamps and without, in turns, over loopback. An agent
 * that polls is never idle by the kernel's account, so its server runs on the
 * same thread, before each look for replies: no look is in vain, no other CPU
 * has a part in it, and the server's share is in both. Each pair of rounds
 * gives a difference of CPU time; their median counts.
 *
 * The floor is the same difference of bare calls: to ask for the stamps, to
 * receive those of replies, and to drain those of sends as rarely as the
 * agent does.
 */
#define REQUESTS 2000
#define PAIRS 101u
#define SIZE 64		/* echo's preset */
#define SOCKETS 16
#define BURST 16
#define DRAIN_EACH 8	/* sends of a socket, as STAMPS_EACH */
#define FLAGS (SOF_TIMESTAMPING_SOFTWARE | SOF_TIMESTAMPING_RX_SOFTWARE | \
	       SOF_TIMESTAMPING_OPT_ID | SOF_TIMESTAMPING_OPT_TSONLY)

static void check(int rc, const char *what)
{
	if (rc >= 0)
		return;
	perror(what);
	exit(1);
}

/* ---- the server ---- */

static struct {
	bool stream;
	int fd, epoll;
	struct sockaddr_in at;
	char address[32];
	unsigned open;		/* that it accepted */
	_Atomic bool stop;	/* the thread that serves while agents start */
	cpu_set_t cpus;
} server;

static void nodelay(int fd)
{
	int on = 1;

	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
}

static void watch(int epoll, int fd, uint32_t events)
{
	struct epoll_event event = { .events = events, .data.fd = fd };

	check(epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event), "epoll_ctl");
}

static void server_open(bool stream)
{
	struct sockaddr_in at = { .sin_family = AF_INET };
	socklen_t len = sizeof(at);

	at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	server.stream = stream;
	server.stop = false;
	server.fd = socket(AF_INET, (stream ? SOCK_STREAM : SOCK_DGRAM) |
			   SOCK_NONBLOCK, 0);
	check(server.fd, "socket");
	check(bind(server.fd, (struct sockaddr *)&at, len), "bind");
	if (stream)
		check(listen(server.fd, 4 * SOCKETS), "listen");
	getsockname(server.fd, (struct sockaddr *)&at, &len);
	server.at = at;
	snprintf(server.address, sizeof(server.address), "127.0.0.1:%d",
		 ntohs(at.sin_port));
	server.epoll = epoll_create1(0);
	check(server.epoll, "epoll_create1");
	if (stream)
		watch(server.epoll, server.fd, EPOLLIN);
}

static void serve_datagrams(void)
{
	unsigned char data[2048];
	struct sockaddr_in from;
	socklen_t len = sizeof(from);
	ssize_t n;

	while ((n = recvfrom(server.fd, data, sizeof(data), 0,
			     (struct sockaddr *)&from, &len)) > 0)
		sendto(server.fd, data, (size_t)n, 0,
		       (struct sockaddr *)&from, len);
}

static void serve_stream(int fd)
{
	unsigned char data[2048];
	ssize_t n;

	if (fd == server.fd) {
		fd = accept4(server.fd, NULL, NULL, SOCK_NONBLOCK);
		check(fd, "accept4");
		server.open++;
		nodelay(fd);
		watch(server.epoll, fd, EPOLLIN);
		return;
	}
	n = recv(fd, data, sizeof(data), 0);
	if (n > 0)
		send(fd, data, (size_t)n, MSG_NOSIGNAL);
	else if (n == 0 || errno != EAGAIN)
		server.open -= close(fd) == 0;
}

/* All that has come. */
static void serve(void)
{
	struct epoll_event event[64];
	int n = 0;

	if (!server.stream) {
		serve_datagrams();
		return;
	}
	n = epoll_wait(server.epoll, event, 64, 0);
	for (int i = 0; i < n; i++)
		serve_stream(event[i].data.fd);
}

static void *serve_start(void *unused)
{
	setpriority(PRIO_PROCESS, 0, -20);	/* as the agent */
	sched_setaffinity(0, sizeof(server.cpus), &server.cpus);
	while (!atomic_load(&server.stop))
		serve();
	return unused;
}

/* ---- the agent ---- */

static const struct transport_ops *real;

static size_t served_recv(void *state, struct packet *pkt, size_t n)
{
	serve();
	return real->recv(state, pkt, n);
}

static size_t served_look(void *state, uint32_t conn, struct packet *pkt,
			  size_t n)
{
	serve();
	return real->look(state, conn, pkt, n);
}

/* Two: without stamps, and with. */
static void agents_open(struct worker **w, uint32_t conns, double share,
			struct arena *arena)
{
	static struct transport_ops ops;
	pthread_t thread;

	check(-pthread_create(&thread, NULL, serve_start, NULL), "thread");
	for (int i = 0; i < 2; i++)
		w[i] = bench_worker(server.stream ? "tcp" : "udp", NULL,
				    server.address, conns,
				    conns == 1 ? 2 * BURST : 1, i ? share : 0,
				    arena);
	atomic_store(&server.stop, true);
	pthread_join(thread, NULL);
	real = w[0]->transport.ops;
	ops = *real;
	ops.recv = served_recv;
	ops.look = real->look ? served_look : NULL;
	w[0]->transport.ops = w[1]->transport.ops = &ops;
}

static double agent_ns(struct worker *w, uint32_t i)
{
	bench_segment(w, i, REQUESTS);
	ring_release(&w->ring, ring_ready(&w->ring));
	return w->cpu_s * 1e9 / (double)w->count.intended;
}

/* ---- bare calls ---- */

struct bare {
	int fd[SOCKETS], epoll;
	uint32_t n, each;	/* sockets; one request in so many is stamped */
	uint32_t waits[SOCKETS];	/* stamps */
	uint32_t sent;
};

static void bare_open(struct bare *b, uint32_t n, double share)
{
	int flags = FLAGS | (share < 1 ? 0 : SOF_TIMESTAMPING_TX_SOFTWARE) |
		    (server.stream ? 1 << 16 : 0);	/* OPT_ID_TCP */
	int type = server.stream ? SOCK_STREAM : SOCK_DGRAM;

	*b = (struct bare){ .n = n, .epoll = epoll_create1(0) };
	b->each = share > 0 ? (uint32_t)(1 / share) : 0;
	for (uint32_t i = 0; i < n; i++) {
		b->fd[i] = socket(AF_INET, type, 0);
		check(b->fd[i], "socket");
		check(connect(b->fd[i], (struct sockaddr *)&server.at,
			      sizeof(server.at)), "connect");
		if (server.stream)
			nodelay(b->fd[i]);
		if (n > 1 || server.stream)
			watch(b->epoll, b->fd[i], EPOLLIN | EPOLLET);
		if (share > 0)
			check(setsockopt(b->fd[i], SOL_SOCKET, SO_TIMESTAMPING,
					 &flags, sizeof(flags)), "stamps");
		if (server.stream)
			serve();
	}
}

static void bare_close(struct bare *b)
{
	for (uint32_t i = 0; i < b->n; i++)
		close(b->fd[i]);
	close(b->epoll);
}

/* One of a few asks by itself. */
static void bare_send(struct bare *b, uint32_t i)
{
	static unsigned char data[SIZE];
	_Alignas(struct cmsghdr) unsigned char
		control[CMSG_SPACE(sizeof(uint32_t))];
	struct cmsghdr *c = (void *)control;
	struct iovec iov = { data, SIZE };
	struct msghdr msg = {
		.msg_iov = &iov, .msg_iovlen = 1, .msg_control = control,
		.msg_controllen = sizeof(control),
	};
	uint32_t flags = SOF_TIMESTAMPING_TX_SOFTWARE;
	bool stamped = b->each && b->sent++ % b->each == 0;

	b->waits[i] += stamped;
	if (!stamped || b->each == 1) {
		check((int)send(b->fd[i], data, SIZE, 0), "send");
		return;
	}
	*c = (struct cmsghdr){ .cmsg_len = CMSG_LEN(sizeof(flags)),
			       .cmsg_level = SOL_SOCKET,
			       .cmsg_type = SO_TIMESTAMPING };
	memcpy(CMSG_DATA(c), &flags, sizeof(flags));
	check((int)sendmsg(b->fd[i], &msg, 0), "sendmsg");
}

static struct mmsghdr message[2 * BURST];
static struct iovec piece[2 * BURST];
static unsigned char came[2 * BURST][SIZE], control[2 * BURST][128];

static void room(size_t n, size_t iov, bool stamps)
{
	for (size_t i = 0; i < n; i++) {
		piece[i] = (struct iovec){ came[i], SIZE };
		message[i].msg_hdr = (struct msghdr){
			.msg_iov = &piece[i], .msg_iovlen = iov,
			.msg_control = stamps ? control[i] : NULL,
			.msg_controllen = stamps ? sizeof(control[i]) : 0,
		};
	}
}

static void bare_recv(struct bare *b, uint32_t i, size_t n, bool stamps)
{
	if (n > 1 && !server.stream) {
		room(n, 1, stamps);
		recvmmsg(b->fd[i], message, (unsigned)n, MSG_DONTWAIT, NULL);
	} else if (stamps) {
		room(1, 1, true);
		recvmsg(b->fd[i], &message[0].msg_hdr, MSG_DONTWAIT);
	} else {
		recv(b->fd[i], came, sizeof(came), MSG_DONTWAIT);
	}
}

static void bare_drain(struct bare *b, uint32_t i)
{
	if (b->waits[i] < DRAIN_EACH)
		return;
	room(2 * BURST, 0, true);
	recvmmsg(b->fd[i], message, 2 * BURST, MSG_ERRQUEUE | MSG_DONTWAIT,
		 NULL);
	b->waits[i] = 0;
}

static double cpu_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &ts);
	return (double)ts.tv_sec * 1e9 + (double)ts.tv_nsec;
}

/* In bursts, as the agent sends them: each asks for its stamps. */
static double bare_ns(struct bare *b)
{
	struct epoll_event event[SOCKETS];
	double begun = cpu_ns();
	uint32_t had = b->sent;

	for (uint32_t k = 0; k < REQUESTS / BURST; k++) {
		for (uint32_t i = 0; i < BURST; i++)
			bare_send(b, i % b->n);
		serve();
		if (b->n > 1 || server.stream)
			epoll_wait(b->epoll, event, SOCKETS, 0);
		for (uint32_t i = 0; i < b->n; i++) {
			bool stamps = b->each && (b->each == 1 ||
				(had + i) % b->each < BURST / b->n);

			bare_recv(b, i, BURST / b->n, stamps);
			bare_drain(b, i);
		}
		had = b->sent;
	}
	return (cpu_ns() - begun) / REQUESTS;
}

/* ---- side by side ---- */

static double median(double *x, size_t n)
{
	gsl_sort(x, 1, n);
	return gsl_stats_median_from_sorted_data(x, 1, n);
}

/* The order of each two changes, so that nobody is always the second. */
static void compare(const char *name, bool stream, uint32_t conns, double share)
{
	double agent[PAIRS], floor[PAIRS];
	struct bare bare[2];
	struct worker *w[2];
	struct arena arena;

	arena_init(&arena);
	server_open(stream);
	agents_open(w, conns, share, &arena);
	for (int i = 0; i < 2; i++)
		bare_open(&bare[i], conns, i ? share : 0);
	for (uint32_t i = 0; i < PAIRS; i++) {
		double with[2], calls[2];

		for (uint32_t k = i % 2, n = 0; n < 2; k = !k, n++) {
			with[k] = agent_ns(w[k], i);
			calls[k] = bare_ns(&bare[k]);
		}
		agent[i] = with[1] - with[0];
		floor[i] = calls[1] - calls[0];
	}
	bench_row(name, median(agent, PAIRS), "ns/request",
		  median(floor, PAIRS), "the calls alone, client and server");
	for (int i = 0; i < 2; i++) {
		w[i]->transport.ops = real;
		worker_close(w[i]);
		free(w[i]);
		bare_close(&bare[i]);
	}
	arena_fini(&arena);
	while (server.open > 0)
		serve();
	close(server.epoll);
	close(server.fd);
}

int main(void)
{
	cpu_set_t one;	/* the lowest that we may use */

	clock_sync();
	check(sched_getaffinity(0, sizeof(server.cpus), &server.cpus),
	      "sched_getaffinity");
	for (size_t i = CPU_SETSIZE; i-- > 0;)
		if (CPU_ISSET(i, &server.cpus)) {
			CPU_ZERO(&one);
			CPU_SET(i, &one);
		}
	sched_setaffinity(0, sizeof(one), &one);
	compare("stamps of every UDP request, 1 socket", false, 1, 1);
	compare("stamps of every UDP request, 16 sockets", false, SOCKETS, 1);
	compare("stamps of every TCP request, 16 sockets", true, SOCKETS, 1);
	compare("stamps of 1/16 over UDP, 1 socket", false, 1, 1. / 16);
	compare("stamps of 1/16 over UDP, 16 sockets", false, SOCKETS, 1. / 16);
	compare("stamps of 1/16 over TCP, 16 sockets", true, SOCKETS, 1. / 16);
	return 0;
}
