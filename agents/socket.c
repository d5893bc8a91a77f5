/* socket.c - what the transports on the kernel's sockets share */
#include "agents/socket.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/timerfd.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "lancet/core/clock.h"
#include "lancet/core/err.h"

/* Descriptors that the program needs besides its connections. */
#define SPARE_FILES 64

/* An abstract name's first byte is 0, and its end is told by the length. */
static void local_name(const struct socket_address *address, char *text,
		       size_t size)
{
	const struct sockaddr_un *un = (const void *)&address->to;
	size_t n = address->len - offsetof(struct sockaddr_un, sun_path);

	if (address->len <= offsetof(struct sockaddr_un, sun_path))
		n = 0;
	snprintf(text, size, "%s%.*s", un->sun_path[0] ? "" : "@",
		 (int)(n - (n && !un->sun_path[0])),
		 un->sun_path + !un->sun_path[0]);
}

char *socket_name(const struct socket_address *address, char *text, size_t size)
{
	const struct sockaddr_in6 *in6 = (const void *)&address->to;
	const struct sockaddr_in *in = (const void *)&address->to;
	char ip[INET6_ADDRSTRLEN] = "?";

	if (address->to.ss_family == AF_UNIX) {
		local_name(address, text, size);
	} else if (address->to.ss_family == AF_INET6) {
		inet_ntop(AF_INET6, &in6->sin6_addr, ip, sizeof(ip));
		snprintf(text, size, "[%s]:%u", ip, ntohs(in6->sin6_port));
	} else {
		inet_ntop(AF_INET, &in->sin_addr, ip, sizeof(ip));
		snprintf(text, size, "%s:%u", ip, ntohs(in->sin_port));
	}
	return text;
}

int socket_bind_local(int fd, const struct socket_address *to)
{
	const struct sockaddr_un any = { .sun_family = AF_UNIX };

	if (to->to.ss_family != AF_UNIX)
		return 0;
	return bind(fd, (const void *)&any, sizeof(sa_family_t));
}

void socket_unlink(const struct socket_address *at)
{
	const struct sockaddr_un *un = (const void *)&at->to;

	if (at->to.ss_family == AF_UNIX && un->sun_path[0])
		unlink(un->sun_path);
}

void socket_unlink_stale(const struct socket_address *at, int type)
{
	int fd = socket_open(at, type);

	if (fd < 0)
		return;
	if (connect(fd, (const void *)&at->to, at->len) != 0 &&
	    errno == ECONNREFUSED)
		socket_unlink(at);
	close(fd);
}

int socket_open(const struct socket_address *address, int type)
{
	int fd = socket(address->to.ss_family,
			type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	return fd < 0 ? -errno : fd;
}

static void socket_buffer(int fd, int force, int plain, int bytes)
{
	if (setsockopt(fd, SOL_SOCKET, force, &bytes, sizeof(bytes)) != 0)
		setsockopt(fd, SOL_SOCKET, plain, &bytes, sizeof(bytes));
}

void socket_buffers(int fd, int bytes)
{
	socket_buffer(fd, SO_RCVBUFFORCE, SO_RCVBUF, bytes);
	socket_buffer(fd, SO_SNDBUFFORCE, SO_SNDBUF, bytes);
}

static int listen_on(int fd, const struct socket_address *address, int type)
{
	int on = 1;

	/* Only for streams: two UDP servers could share a port with it. */
	if (type == SOCK_STREAM)
		setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (bind(fd, (const void *)&address->to, address->len) != 0)
		return -errno;
	if (type == SOCK_STREAM && listen(fd, SOMAXCONN) != 0)
		return -errno;
	return 0;
}

int socket_listen(const struct socket_address *address, int type,
		  char name[SOCKET_NAME_SIZE], struct err *err)
{
	struct socket_address bound = { .len = sizeof(bound.to) };
	int fd = socket_open(address, type);
	int ret = fd < 0 ? fd : listen_on(fd, address, type);

	socket_name(address, name, SOCKET_NAME_SIZE);
	if (ret != 0) {
		if (fd >= 0)
			close(fd);
		return err_set(err, ret, "cannot listen on %s: %s%s", name,
			       strerror(-ret),
			       ret == -EADDRINUSE ? "; stop who does, or take "
						    "another port" : "");
	}
	if (getsockname(fd, (void *)&bound.to, &bound.len) == 0)
		socket_name(&bound, name, SOCKET_NAME_SIZE);
	return fd;
}

int socket_limit(size_t n, struct err *err)
{
	rlim_t want = n + SPARE_FILES;
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= want)
		return 0;
	limit.rlim_cur = want;
	if (limit.rlim_max < want)
		limit.rlim_max = want;
	if (setrlimit(RLIMIT_NOFILE, &limit) == 0)
		return 0;
	return err_set(err, -EMFILE,
		       "%zu connections need %ju open files; raise the limit "
		       "(ulimit -n %ju), or ask for fewer connections",
		       n, (uintmax_t)want, (uintmax_t)want);
}

int socket_watch(int epoll, int op, int fd, uint32_t events, uint32_t data)
{
	struct epoll_event event = { .events = events, .data.u32 = data };

	return epoll_ctl(epoll, op, fd, &event) != 0 ? -errno : 0;
}

/* The time until an instant, for a system call; NULL: for ever. */
static const struct timespec *time_left(int64_t until_ns, struct timespec *left)
{
	int64_t ns;

	if (until_ns == INT64_MAX)
		return NULL;
	ns = until_ns - clock_now_ns();
	if (ns < 0)
		ns = 0;
	*left = (struct timespec){ ns / 1000000000, ns % 1000000000 };
	return left;
}

/* Sleep until a descriptor (an epoll, that is) can be read, or the instant. */
static void socket_wait(int fd, int64_t until_ns)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	struct timespec left;

	ppoll(&p, 1, time_left(until_ns, &left), NULL);
}

/*
 * To wait with a timeout costs up to a microsecond: the machine's timer is
 * set, which takes a virtual one to its host. So waits of so long end with an
 * alarm that is set once for all of them, somewhat early perhaps.
 */
#define ALARM_NS 1000000

static void alarm_open(struct socket_events *e, int epoll)
{
	e->alarm = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC);
	if (e->alarm < 0 ||
	    socket_watch(epoll, EPOLL_CTL_ADD, e->alarm, EPOLLIN | EPOLLET,
			 SOCKET_ALARM) == 0)
		return;
	close(e->alarm);
	e->alarm = -1;
}

static bool alarm_set(struct socket_events *e, int epoll, int64_t until_ns)
{
	const struct itimerspec at = { .it_value = {
		until_ns / 1000000000, until_ns % 1000000000 } };
	int64_t now_ns = clock_now_ns();

	if (until_ns - now_ns < ALARM_NS || until_ns == INT64_MAX)
		return false;
	if (e->alarm_ns > now_ns && e->alarm_ns <= until_ns)
		return true;
	if (e->alarm == 0)
		alarm_open(e, epoll);
	e->alarm_ns = 0;
	if (timerfd_settime(e->alarm, TFD_TIMER_ABSTIME, &at, NULL) == 0)
		e->alarm_ns = until_ns;
	return e->alarm_ns > 0;
}

/* It has done its work, and is nobody's event. */
static void alarm_forget(struct socket_events *e)
{
	int n = e->n;

	if (n <= 0 || e->alarm <= 0)
		return;
	socket_events_forget(e, SOCKET_ALARM);
	if (e->n < n)
		e->alarm_ns = 0;
}

void socket_events_close(struct socket_events *e, int epoll)
{
	if (e->alarm > 0)
		close(e->alarm);
	if (epoll >= 0)
		close(epoll);
	e->alarm = 0;
	e->alarm_ns = 0;
}

void socket_events_wait(struct socket_events *e, int epoll, int64_t until_ns)
{
	struct timespec left;

	if (e->at < e->n)
		return;
	if (alarm_set(e, epoll, until_ns))
		until_ns = INT64_MAX;
	e->at = 0;
	e->n = epoll_pwait2(epoll, e->event, SOCKET_EVENTS,
			    time_left(until_ns, &left), NULL);
	e->asked = e->n >= 0;
	alarm_forget(e);
	/* Kernels before 5.11 lack it, and some sandboxes forbid it. */
	if (e->n < 0 && errno != EINTR)
		socket_wait(epoll, until_ns);
}

bool socket_events_look(struct socket_events *e, int epoll)
{
	bool asked = e->asked;

	e->asked = false;
	if (asked || e->at < e->n)
		return e->at < e->n;
	e->at = 0;
	e->n = epoll_wait(epoll, e->event, SOCKET_EVENTS, 0);
	alarm_forget(e);
	return e->n > 0;
}

void socket_events_forget(struct socket_events *e, uint32_t data)
{
	int to = e->at;

	for (int i = e->at; i < e->n; i++)
		if (e->event[i].data.u32 != data)
			e->event[to++] = e->event[i];
	e->n = to;
}

void socket_stamps_enable(int fd)
{
	int on = 1;

	/* Without it, a message is stamped when it is read. */
	setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof(on));
}

#define STAMP_LOOK_NS 100000000
#define STAMP_OLDEST_NS 10000000000

/* A bracketed pair: the wall clock between two looks at ours. */
static void stamps_look(struct socket_stamps *s, int64_t now_ns)
{
	int64_t before, wall, after, best = INT64_MAX;

	for (int i = 0; i < 4; i++) {
		before = clock_now_ns();
		wall = clock_realtime_ns();
		after = clock_now_ns();
		if (after - before >= best)
			continue;
		best = after - before;
		s->offset_ns = wall - (before + best / 2);
	}
	s->next_ns = now_ns + STAMP_LOOK_NS;
}

int64_t socket_stamp(struct socket_stamps *s, struct msghdr *msg,
		     int64_t now_ns)
{
	const struct cmsghdr *c = CMSG_FIRSTHDR(msg);
	struct timespec at;
	int64_t stamp;

	if (!c || c->cmsg_level != SOL_SOCKET ||
	    c->cmsg_type != SCM_TIMESTAMPNS ||
	    c->cmsg_len < CMSG_LEN(sizeof(at)))
		return now_ns;
	if (now_ns >= s->next_ns)
		stamps_look(s, now_ns);
	memcpy(&at, CMSG_DATA(c), sizeof(at));
	stamp = at.tv_sec * INT64_C(1000000000) + at.tv_nsec - s->offset_ns;
	if (stamp > now_ns || stamp < now_ns - STAMP_OLDEST_NS)
		return now_ns;
	return stamp;
}

ssize_t socket_recv(int fd, void *data, size_t room, struct socket_stamps *s,
		    int64_t *stamp_ns)
{
	_Alignas(struct cmsghdr) unsigned char control[SOCKET_STAMP_SIZE];
	struct iovec iov = { .iov_base = data, .iov_len = room };
	struct msghdr msg = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = control,
		.msg_controllen = sizeof(control),
	};
	ssize_t got = recvmsg(fd, &msg, 0);

	*stamp_ns = clock_now_ns();
	if (got > 0)
		*stamp_ns = socket_stamp(s, &msg, *stamp_ns);
	return got;
}

void *socket_pages(size_t size)
{
	void *pages = mmap(NULL, size, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	return pages == MAP_FAILED ? NULL : pages;
}

void socket_pages_free(void *pages, size_t size)
{
	if (pages)
		munmap(pages, size);
}
