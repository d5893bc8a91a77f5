/* transport.h - what moves bytes between an agent and a target */
#ifndef AGENTS_TRANSPORT_H
#define AGENTS_TRANSPORT_H

#include <stddef.h>
#include <stdint.h>

#include "lancet/core/kind.h"

struct arena;
struct config_tls;
struct err;
struct launch;
struct sockaddr_storage;
struct socket_peers;
struct stamps;

enum transport_flag {
	TRANSPORT_STREAM = 1,	/* else datagrams: one packet, one message */
	TRANSPORT_MEMORY = 2,	/* needs no target process (loop) */
	TRANSPORT_CLOSED = 4,	/* packet flag: the peer closed this conn */
	TRANSPORT_REFUSED = 8,	/* packet flag: nobody listens there */
	TRANSPORT_RUBBISH = 16,	/* packet flag, with CLOSED: the peer broke
				 * the rules of the transport itself */
	TRANSPORT_OPENED = 32,	/* packet flag: a stream that was opened
				 * again stands, since the stamp */
	TRANSPORT_WIRE = 64,	/* over devices that the kernel can stamp at */
	TRANSPORT_STAMP = 128,	/* packet flag: its stamps are asked for, */
	TRANSPORT_STAMP_MORE = 256, /* and those of its way through the host */
	TRANSPORT_HARDWARE = 512, /* packet flag: wire_ns is the card's */
};

/* One message (datagram) or some bytes (stream) of one connection. */
struct packet {
	unsigned char *data;
	uint32_t len;		/* sent, with TRANSPORT_STAMP: becomes that of
				 * all that its key stands for, a TLS record */
	uint32_t conn;
	uint32_t flags;		/* TRANSPORT_CLOSED, _REFUSED on receive */
	uint32_t key;		/* sent: which stamps are of it; tsource.h */
	int64_t stamp_ns;	/* when sent or received, by the user; a
				 * server's: when it reached the socket */
	int64_t wire_ns;	/* received: the raw stamp; 0: none */
	int64_t launch_ns;	/* sent, by params.launch: when to leave; 0: now */
};

struct transport_params {
	const char *address;	/* where the target listens, or to listen; a
				 * client's: a list of several, by commas */
	uint32_t connections;	/* client: open so many; server: at most */
	uint32_t open;		/* client, streams: only the first of them,
				 * others by reopen(); 0: all */
	int listen;		/* server */
	size_t max_message;	/* largest request or reply */
	const struct config_tls *tls; /* NULL: in clear; lives as long */
	struct stamps *stamps;	/* client: NULL: none; lives as long */
	const struct launch *launch; /* UDP client: launch times; or NULL */
};

/*
 * One file transport/NAME.c, for both sides: a client opens all its
 * connections in open(), numbered from 0; a server listens and numbers its
 * peers as they come. A peer's number modulo the bound (a power of two, the
 * next above `connections`) is its place, which nobody else has until it is
 * gone; then the next one there has a greater number, and what is sent to
 * the old one goes nowhere. One state belongs to one thread. Hot slots never
 * block, never allocate, and readiness comes from one epoll, never a sweep;
 * but for look(), of one connection that is known to owe.
 */
struct transport_ops {
	struct kind kind;
	unsigned flags;
	const char *listen; /* where a server listens unless told otherwise */
	size_t state_size;

	/*
	 * Cold. Connect (within deadline_ns of CLOCK_MONOTONIC) or listen.
	 * -ECONNREFUSED, -ETIMEDOUT ... with the address named.
	 */
	int (*open)(void *state, const struct transport_params *params,
		    const void *options, int64_t deadline_ns,
		    struct arena *arena, struct err *err);
	void (*close)(void *state);

	/* The address it listens on ("127.0.0.1:4711"), once open. */
	const char *(*address)(const void *state);

	/*
	 * Hot. Hand over a burst in order; returns how many were taken whole
	 * (a stream keeps the rest of a partly taken one to itself, within
	 * max_message of room). stamp_ns of each is set just before the
	 * system call that took it. What is not taken the caller keeps; the
	 * connection pkt[taken].conn is the one that had no room. A broken
	 * connection takes everything and is told by recv (CLOSED).
	 * A packet with STAMP gets its key, or loses the flag where that
	 * cannot be told.
	 */
	size_t (*send)(void *state, struct packet *pkt, size_t n);

	/*
	 * Hot. At most n packets that have come in, with their instants, in
	 * one round of epoll. The data belong to the transport and stay until
	 * the next recv(). For streams, bytes that the caller did not consume
	 * are given again, longer, after keep().
	 */
	size_t (*recv)(void *state, struct packet *pkt, size_t n);

	/*
	 * Hot: the same of one connection, without asking whether any came.
	 * A client that polls awaits a reply there. Optional.
	 */
	size_t (*look)(void *state, uint32_t conn, struct packet *pkt,
		       size_t n);

	/*
	 * Streams, hot: the first `used` bytes of the conn's packet are done
	 * with; the rest stay in its buffer. Called once per packet.
	 */
	void (*keep)(void *state, uint32_t conn, size_t used);

	/*
	 * Datagrams, hot: the last packet of this conn answered nothing that
	 * is open, so that another may wait behind it. Optional.
	 */
	void (*again)(void *state, uint32_t conn);

	/* Cold: wait for input or room until the instant; block mode. */
	void (*wait)(void *state, int64_t until_ns);

	/*
	 * Cold, does not wait: a new connection in the place of one that is
	 * closed, or is closed by it. It has no room until it stands, which
	 * a stream is told by OPENED, and is told CLOSED where it fails (with
	 * REFUSED: nobody listens). -errno when it cannot even begin.
	 */
	int (*reopen)(void *state, uint32_t conn, struct err *err);

	/*
	 * Server, stream: close a peer that sent rubbish, or one that was
	 * CLOSED, which may still wait for its replies (half-closed), once it
	 * has them. Optional.
	 */
	void (*drop)(void *state, uint32_t conn);
};

struct transport {
	const struct transport_ops *ops;
	void *state;
};

/*
 * From a configuration's choice (KIND_TRANSPORT), behind the filter of tls.h
 * where params ask for it; else as ops->open.
 */
int transport_open(struct transport *t, const struct choice *choice,
		   const struct transport_params *params, int64_t deadline_ns,
		   struct arena *arena, struct err *err);

/* Split host:port ([v6]:port too) and resolve; for every IP transport. */
int transport_resolve(const char *address, int listen,
		      struct sockaddr_storage *to, unsigned *len,
		      struct err *err);

/* The same of all that params->address lists; local: names of Unix sockets. */
int transport_peers(const struct transport_params *params, int local,
		    struct socket_peers *to, struct arena *arena,
		    struct err *err);

#endif
