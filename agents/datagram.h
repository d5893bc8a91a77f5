/* datagram.h - packets over the kernel's sockets, for udp and unix-datagram */
#ifndef AGENTS_DATAGRAM_H
#define AGENTS_DATAGRAM_H

#include "agents/peers.h"
#include "agents/socket.h"
#include "agents/transport.h"
#include "agents/waiting.h"
#include "hwts/tsource.h"

#define DATAGRAM_BURST 64	/* packets of one recv() */

/*
 * A client has one connected socket for every connection, so that a target
 * that spreads flows by hash sees that many; a single one is read without
 * epoll, which only waits for it. Of many it tells of edges only, since stamps
 * that wait for being drained are an error to it, of which it would tell again
 * and again; so a socket is read until it is known to be empty. It is when
 * what it owes has come: as many as were sent, less those received that were
 * replies. A server has one socket, numbers its peers, and stamps what comes
 * in by the kernel: when it reached the socket, however late it is read.
 *
 * A transport's state is this structure; its open() fills the first members,
 * ends in datagram_open(), and the functions below fill its other slots.
 */
struct datagram {
	struct socket_peers to;	/* to send to in turn, or to listen on */
	int buffer;		/* bytes of each socket's, as permitted */
	int listening;
	int epoll;		/* -1: fd[0] is the only socket, */
	int only;		/* and this epoll waits for it */
	struct socket_events events;
	int32_t *owed;		/* with edges: replies, by each socket */
	struct waiting look;	/* sockets to be read without an edge */
	uint32_t doubt;		/* the socket of the last error, or so; + 1 */
	int *fd;
	uint32_t n;		/* sockets */
	struct peers peers;	/* listening */
	size_t room;		/* of one packet */
	unsigned char *data;	/* DATAGRAM_BURST packets */
	uint32_t refused[DATAGRAM_BURST]; /* whose send was refused */
	size_t nrefused;
	size_t stale;		/* messages whose lengths were written, */
	bool roomy;		/* with room for control data */
	struct mmsghdr msg[DATAGRAM_BURST];
	struct iovec iov[DATAGRAM_BURST];
	struct sockaddr_storage from[DATAGRAM_BURST];
	struct socket_stamps stamps;
	struct stamps *wire;	/* a client's; NULL: none */
	const struct launch *launch; /* a client's; NULL: none */
	_Alignas(struct cmsghdr) unsigned char
		control[DATAGRAM_BURST][TSOURCE_RECEIVED];
	char name[SOCKET_NAME_SIZE];
};

int datagram_open(struct datagram *s, const struct transport_params *params,
		  struct arena *arena, struct err *err);

/* Slots of the same names of transport_ops. */
void datagram_close(void *state);
const char *datagram_address(const void *state);
size_t datagram_send(void *state, struct packet *pkt, size_t n);
size_t datagram_recv(void *state, struct packet *pkt, size_t n);
size_t datagram_look(void *state, uint32_t conn, struct packet *pkt, size_t n);
void datagram_again(void *state, uint32_t conn);
void datagram_wait(void *state, int64_t until_ns);
int datagram_reopen(void *state, uint32_t conn, struct err *err);

#endif
