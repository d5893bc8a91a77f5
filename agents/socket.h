/* socket.h - what the transports on the kernel's sockets share */
#ifndef AGENTS_SOCKET_H
#define AGENTS_SOCKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>

struct err;

/* A resolved address and its length, as the kernel wants them. */
struct socket_address {
	struct sockaddr_storage to;
	socklen_t len;
};

/* What a client's connections go to, in turn; or the one place to listen. */
struct socket_peers {
	struct socket_address *at;
	uint32_t n;
};

/* "127.0.0.1:4711", "[::1]:4711", "/run/it", "@it"; returns text. */
#define SOCKET_NAME_SIZE 128
char *socket_name(const struct socket_address *address, char *text,
		  size_t size);

/* A socket of SOCK_DGRAM or SOCK_STREAM that never blocks; -errno. */
int socket_open(const struct socket_address *address, int type);

/*
 * Receive and send buffers of so many bytes, beyond the system's limit where
 * that is permitted, else up to it.
 */
void socket_buffers(int fd, int bytes);

/* Bind (and for a stream, listen), then say where; -errno. */
int socket_listen(const struct socket_address *address, int type,
		  char name[SOCKET_NAME_SIZE], struct err *err);

/* A Unix client needs a name to be answered at: any free one. 0 or -1. */
int socket_bind_local(int fd, const struct socket_address *to);

/* The file of a Unix socket: removed where nobody listens on it; or anyhow. */
void socket_unlink_stale(const struct socket_address *at, int type);
void socket_unlink(const struct socket_address *at);

/* Be allowed n descriptors more than are usual. 0 or -EMFILE. */
int socket_limit(size_t n, struct err *err);

/* Watch a descriptor with an epoll; `data` comes back with its events. */
int socket_watch(int epoll, int op, int fd, uint32_t events, uint32_t data);

/*
 * What an epoll told, also while its user slept, stays until it is taken, one
 * by one: it may be edge-triggered, and is then not told again.
 */
#define SOCKET_EVENTS 64
#define SOCKET_ALARM (UINT32_MAX - 1) /* an event's data: of nobody else */
struct socket_events {
	struct epoll_event event[SOCKET_EVENTS];
	int n, at;		/* the next to be taken */
	bool asked;		/* by a wait, and not looked at since */
	int alarm;		/* a timer that ends waits; 0: none so far */
	int64_t alarm_ns;	/* when it does */
};

void socket_events_wait(struct socket_events *e, int epoll, int64_t until_ns);

/* With the epoll, or -1. */
void socket_events_close(struct socket_events *e, int epoll);

/* Hot. Look for more where all were taken; false: there are none. */
bool socket_events_look(struct socket_events *e, int epoll);

/* Hot. NULL: all were taken. */
static inline const struct epoll_event *
socket_events_next(struct socket_events *e)
{
	return e->at < e->n ? &e->event[e->at++] : NULL;
}

/* Cold: what was told of this one is of a descriptor that is closed now. */
void socket_events_forget(struct socket_events *e, uint32_t data);

/*
 * The kernel's receive stamps (SO_TIMESTAMPNS, CLOCK_REALTIME) in our clock:
 * when a packet reached this host, however late it is read. The offset
 * between the clocks is looked up again each 100 ms: the wall clock may step.
 */
struct socket_stamps {
	int64_t offset_ns;	/* CLOCK_REALTIME - clock_now_ns() */
	int64_t next_ns;	/* when to look again */
};

/* Room for the control message of one stamp. */
#define SOCKET_STAMP_SIZE CMSG_SPACE(sizeof(struct timespec))

void socket_stamps_enable(int fd);

/*
 * Hot. The stamp of a message read at now_ns; now_ns where it has none, or
 * one that cannot be (later, or by more than 10 s earlier).
 */
int64_t socket_stamp(struct socket_stamps *s, struct msghdr *msg,
		     int64_t now_ns);

/* recv() without flags that tells the stamp of what came in last. */
ssize_t socket_recv(int fd, void *data, size_t room, struct socket_stamps *s,
		    int64_t *stamp_ns);

/* Zeroed pages that cost nothing until they are touched; NULL. */
void *socket_pages(size_t size);
void socket_pages_free(void *pages, size_t size);

#endif
