/* pairing.h - which stamp belongs to which request, found after the run */
#ifndef HWTS_PAIRING_H
#define HWTS_PAIRING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hwts/tsource.h"
#include "lancet/core/sample.h"

struct arena;
struct wall;

/*
 * While requests fly nothing is matched: a thread logs, in order, what it
 * sent with which key and every stamp that it heard of. Afterwards both sides
 * of each instant are known, and a stamp is believed only where it fits:
 *
 *  - Its key is of a send. A stamp of another key is `stray`.
 *  - It lies between the send and the reply, and after the stamps before it
 *    on the way, within the clocks' bound; else it is `misplaced`.
 *  - Of datagrams, two different stamps of one kind and key contradict each
 *    other and neither is believed (`disputed`). A stream sends again what
 *    was lost, and the kernel stamps that too: the first one counts.
 *  - A stream's stamp is of the last byte of a write, and of the packet that
 *    carried it: pairing_stream.h says what is known of requests before.
 *
 * What was asked for and has no stamp to believe is lost, and counted.
 */
enum pairing_what {
	PAIRING_STAMP,		/* of a send: conn, key, kind, ns */
	PAIRING_SENT,		/* seq on conn has this key; kinds asked for */
	PAIRING_RECEIVED,	/* the reply to seq came in at ns */
	PAIRING_OPENED,		/* keys of conn begin anew */
	PAIRING_ARRIVED,	/* the target says: seq reached it at ns, */
	PAIRING_RELEASED,	/* and its reply was handed over at ns */
	PAIRING_FOREIGN,	/* it says, but by a clock that is not ours */
	PAIRING_RESENT,		/* a stream: conn has sent something again;
				 * key: 1, and may have lost stamps before */
};

struct pairing_entry {
	int64_t ns;		/* of `clock`; SENT: bytes with this key */
	uint32_t conn, key, seq;
	uint8_t what;
	uint8_t kind;		/* SENT: TSOURCE_BITs */
	uint8_t clock, quality;
};

_Static_assert(sizeof(struct pairing_entry) == 24, "as small as it was");

/* How the stamps of all threads of a path are to be judged. */
struct pairing_rules {
	uint32_t connections;
	bool stream;
	bool hardware;		/* the card's stamps count, no others do */
	bool dropped;		/* the kernel had no room for some */
	bool unrecorded;	/* the log had none: entries are missing */
	bool every;		/* the log has all sends, not only some */
	bool witness;		/* a stream: all of its packets are stamped */
	const struct wall *wall;
	/* PHC stamps: as wall_mono(); NULL: there are none. */
	bool (*phc_mono)(const void *phc, int64_t ns, int64_t near_ns,
			 int64_t *mono_ns, int64_t *bound_ns);
	const void *phc;
};

/* One request that asked, and its instants in our clock; 0: none. */
struct pairing_send {
	uint64_t key;
	struct sample *sample;	/* NULL: its record was dropped */
	int64_t at_ns[TSOURCE_KINDS];
	int64_t arrived_ns, released_ns; /* by the target; 0: not told */
	int64_t later_ns;	/* a stream: a byte behind it had left; or 0 */
	uint32_t opening;	/* of its connection: the how-manieth */
	uint32_t len_bytes;	/* with this key: of its whole TLS record */
	uint8_t asked;		/* TSOURCE_BITs */
	uint8_t own;		/* stamps with its very key, of any quality */
	uint8_t disputed;
	bool resent, unsure;	/* its connection; its own stamp */
};

struct pairing_counts {
	int64_t asked;		/* requests sent, of which stamps were asked */
	int64_t replies;	/* of these: with a reply */
	int64_t lost_tx, lost_rx; /* no stamp of the send, of its reply */
	int64_t shared;	/* have the stamp of a later byte's packet */
	int64_t stray, twice, disputed, misplaced;
	int64_t unclear;	/* the clocks moved while it was taken */
	int64_t told, foreign;	/* replies with the target's instants */
	int64_t misfit;		/* of told: do not lie between the stamps */
};

struct pairing {
	struct pairing_send *send; /* by connection, in order */
	size_t n;
	struct pairing_counts count;
	int64_t bound_ns;	/* the widest of all stamps believed */
};

/*
 * Fill wire_out_ns and wire_in_ns of one thread's samples, which are in
 * order of seq. Before, those that asked have SAMPLE_LOST_STAMP in both;
 * afterwards, where no stamp can be believed, they still do; and those that
 * came to nothing (not sent; no reply) have SAMPLE_NO_STAMP.
 */
void pairing_join(struct pairing *p, const struct pairing_entry *log,
		  size_t n, struct sample *sample, size_t nsamples,
		  const struct pairing_rules *rules, struct arena *arena);

#endif
