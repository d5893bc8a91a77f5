/* stamps.h - asking for stamps of the wire, and logging what came in flight */
#ifndef AGENTS_STAMPS_H
#define AGENTS_STAMPS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "agents/transport.h"
#include "agents/waiting.h"
#include "hwts/pairing.h"
#include "hwts/phc_track.h"
#include "hwts/tsource.h"
#include "hwts/wall.h"
#include "lancet/core/arena.h"
#include "lancet/core/ring.h"
#include "lancet/core/sample.h"

struct err;
struct msghdr;

/*
 * One measuring thread's. The loop chooses which requests ask for stamps; the
 * transport asks, and passes on what comes; everything goes, in order, into a
 * log, from which pairing.h finds out after the segment what belongs to what.
 *
 * Stamps wait in the error queue of a socket, where one by one they cost
 * half as much again as eight at a time. It is drained after so many sends;
 * or in a lull, when the first of them was so long ago.
 */
#define STAMPS_EACH 8u
#define STAMPS_WAIT_NS 1000000
/* Of all requests, and of few that are stamped a quarter: of SCHED, too. */
#define STAMPS_DETAIL (1. / 16)

struct stamps_params {
	const struct tsource_ops *ops;
	struct tsource_params source;
	double share;		/* of all requests */
	unsigned detail;	/* TSOURCE_BITs of those chosen for more */
	double detail_share;	/* of all requests */
	bool told;		/* replies bear the target's instants */
};

/* Of one connection; those with stamps to wait for stand in a line. */
struct stamps_conn {
	int64_t since_ns;	/* when it lined up */
	uint32_t waiting;	/* sends since the last drain */
	uint32_t open;		/* sends whose reply has not come */
	uint32_t most;		/* that may wait: what its buffer has room for;
				 * 0: it is closed */
	uint32_t room;		/* stamps that fill half of its buffer */
	uint32_t heard;		/* since there were none left */
	uint32_t next;		/* in the line */
	bool lined;		/* stands in it */
	bool full;		/* it was, so that some may be missing */
};

#define STAMPS_NONE UINT32_MAX

struct stamps {
	struct tsource source;
	struct stamps_params params;
	bool on;		/* false: there are none after all */
	bool every;		/* the source hears of every send */
	struct stamps_conn *conn;
	uint32_t first, last;	/* of the line; STAMPS_NONE */
	struct waiting full;	/* those with the most that may wait */
	uint32_t *got;		/* of a witness: messages or bytes received */
				/* on each connection; else NULL */
	int enabled;		/* 0, or the first failure: */
	struct err *why;
	struct ring log;	/* struct pairing_entry */
	struct wall wall;
	struct phc_track card;	/* the card's clock */
	bool tracking, tracked;	/* it is read; it was, in this segment */
	struct arena arena;	/* a segment's */
	struct tsource_stamp drained[TSOURCE_DRAIN];
};

/* Cold. requests: that its log has room for at first. */
int stamps_init(struct stamps *s, const struct stamps_params *params,
		size_t requests, struct arena *arena, struct err *err);
void stamps_fini(struct stamps *s);

/* Cold, between segments: room in the log for so many requests. -ENOMEM. */
int stamps_make_room(struct stamps *s, size_t requests);

/* Cold: other stamps from here on (hardware, every); NULL: none. */
int stamps_retune(struct stamps *s, const struct stamps_params *params,
		  struct err *err);

/* Cold: a segment begins, ends. What came in between is forgotten. */
void stamps_begin(struct stamps *s);
void stamps_end(struct stamps *s);

/* --- the transport's ------------------------------------------------------ */

/* Cold: this descriptor is the connection's from here on. */
void stamps_enable(struct stamps *s, uint32_t conn, int fd);

/* Cold: it is about to be closed. */
void stamps_disable(struct stamps *s, uint32_t conn);

/* Hot: is there anything to be had? Also where s is NULL. */
static inline bool stamps_on(const struct stamps *s)
{
	return s && s->on;
}

/* Hot: may the next that comes be a reply with a stamp? Also with NULL. */
static inline bool stamps_wait(const struct stamps *s, uint32_t conn)
{
	return s && s->on && (s->got || s->conn[conn].open > 0);
}

/* Hot: does sending this need stamps_request()? Also where s is NULL. */
static inline bool stamps_asks(const struct stamps *s,
			       const struct packet *pkt)
{
	return s && s->on && (s->every || pkt->flags & TRANSPORT_STAMP);
}

/*
 * Hot. Before a send of packets whose flags, together, are these: the bytes
 * of control data it needs, or 0; and of datagrams the key.
 */
size_t stamps_request(struct stamps *s, uint32_t conn, uint32_t flags,
		      void *control, uint32_t *key);

/* Cold: the send after stamps_request() failed so. True: once more. */
bool stamps_failed(struct stamps *s, uint32_t conn, int error);

/* Stamps of this connection's sends that have come. */
void stamps_drain(struct stamps *s, uint32_t conn);

/* Hot: what the control data of a message of len bytes say of when it came. */
void stamps_received(struct stamps *s, const struct msghdr *msg, uint32_t len,
		     struct packet *pkt);

/* Hot: recv() without flags to pkt->data, with what stamps there are. */
ssize_t stamps_recv(struct stamps *s, int fd, size_t room,
		    struct packet *pkt);

/* --- the loop's ----------------------------------------------------------- */

/* Hot: are stamps wanted of this request? Its packet asks, its record waits. */
static inline void stamps_choose(const struct stamps *s, uint64_t id,
				 struct packet *pkt, struct sample *sample)
{
	const struct stamps_params *p = &s->params;

	if (p->share < 1 && !sample_kept(id, p->share))
		return;
	pkt->flags |= TRANSPORT_STAMP;
	if (sample_kept(id, p->detail_share))
		pkt->flags |= TRANSPORT_STAMP_MORE;
	sample->wire_out_ns = sample->wire_in_ns = SAMPLE_LOST_STAMP;
}

/* Hot: the transport took it. */
void stamps_sent(struct stamps *s, const struct packet *pkt, uint32_t seq);

/* Hot: a request that was chosen has this reply. */
void stamps_replied(struct stamps *s, const struct packet *pkt, uint32_t seq);

/* Hot, behind that: an instant that the target tells in it. */
void stamps_told(struct stamps *s, uint32_t conn, uint32_t seq,
		 enum pairing_what what, int64_t ns);

/* Hot, once a turn: what has to be done now and then. */
static inline bool stamps_due(const struct stamps *s, int64_t now_ns,
			      bool idle)
{
	return now_ns >= s->wall.next_ns || s->full.n > 0 ||
	       (idle && s->first != STAMPS_NONE &&
		now_ns >= s->conn[s->first].since_ns + STAMPS_WAIT_NS);
}
void stamps_turn(struct stamps *s, int64_t now_ns, bool idle);

#endif
