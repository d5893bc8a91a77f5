/* stream.h - connections of byte streams over one epoll, for tcp and unix */
#ifndef AGENTS_STREAM_H
#define AGENTS_STREAM_H

#include "agents/socket.h"
#include "agents/transport.h"

/*
 * Each connection has a place, with a buffer for bytes that came in and are
 * not yet a whole message, and one for the rest of a message that the kernel
 * took in part. A client's connection is its place. A server's is numbered
 * so that `number & mask` is the place, and a peer that takes the place of
 * another has another number: a late reply to the first goes nowhere.
 *
 * A transport's state begins with this structure; its open() fills `to`
 * and `nodelay`, ends in stream_open(), and the functions below fill its
 * other slots.
 */
struct stream {
	struct socket_peers to;	/* to connect to in turn, or to listen on */
	int nodelay;		    /* TCP only: send at once */
	int epoll, listener;
	struct socket_events events;
	struct stream_conn *conn;
	uint32_t n, mask;	    /* places */
	uint32_t *vacant;	    /* a stack of free places; server */
	uint32_t nvacant;
	size_t in_room, out_room;
	unsigned char *in, *out;    /* buffers of all places */
	struct socket_stamps stamps; /* server */
	struct stamps *wire;	    /* client; NULL: none */
	char name[SOCKET_NAME_SIZE];
};

int stream_open(struct stream *s, const struct transport_params *params,
		int64_t deadline_ns, struct arena *arena, struct err *err);

/* Slots of the same names of transport_ops. */
void stream_close(void *state);
const char *stream_address(const void *state);
size_t stream_send(void *state, struct packet *pkt, size_t n);
size_t stream_look(void *state, uint32_t number, struct packet *pkt, size_t n);
size_t stream_recv(void *state, struct packet *pkt, size_t n);
void stream_keep(void *state, uint32_t number, size_t used);
void stream_wait(void *state, int64_t until_ns);
int stream_reopen(void *state, uint32_t number, struct err *err);
void stream_drop(void *state, uint32_t number);

#endif
