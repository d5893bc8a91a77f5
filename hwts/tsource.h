/* tsource.h - where stamps of the wire come from: one contract for all */
#ifndef HWTS_TSOURCE_H
#define HWTS_TSOURCE_H

#include <net/if.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lancet/core/kind.h"

struct arena;
struct err;
struct msghdr;
struct sys_ops;

/* What happened at the instant, in the order of a request's way. */
enum tsource_kind {
	TSOURCE_SCHED,		/* handed to the queueing discipline */
	TSOURCE_SND,		/* handed to the device; hardware: on the wire */
	TSOURCE_RX,		/* came in */
	TSOURCE_ACK,		/* a stream: the peer has all of it */
	TSOURCE_KINDS
};

#define TSOURCE_BIT(kind) (1u << (kind))

/* Whose time it is. Conversion comes after the run, from both sides. */
enum tsource_clock { TSOURCE_MONOTONIC, TSOURCE_REALTIME, TSOURCE_PHC };

enum tsource_quality {
	TSOURCE_HARDWARE = 1,	/* taken by the network card */
	TSOURCE_WITNESS = 2,	/* by somebody beside the path: a capture */
};

/*
 * One stamp. Of a connection's sends it belongs to the one with its key: of
 * datagrams, the number of the send among those that asked, from 0; of a
 * stream, the offset of the last byte of the write since enable(), modulo
 * 2^32. A source says what it heard, be it late, twice, out of order or of a
 * key that nobody sent: pairing.h judges.
 */
struct tsource_stamp {
	int64_t ns;		/* never 0: that is no stamp */
	uint32_t conn;
	uint32_t key;		/* RX by rx_stamp(): 0 */
	uint8_t kind, clock, quality;
};

_Static_assert(sizeof(struct tsource_stamp) == 24, "as small as it was");

/* What the path may offer, by what it says of itself: no proof. */
struct tsource_caps {
	unsigned kinds;		/* TSOURCE_BITs */
	bool hardware;		/* the interface claims transmit and receive */
	int phc;		/* number of its /dev/ptp, or -1 */
	char interface[IF_NAMESIZE]; /* "" where it is not known */
	char reason[128];	/* why kinds is 0, or hardware false; "" */
};

struct tsource_params {
	const struct sys_ops *sys; /* NULL: the kernel's */
	uint32_t connections;	/* numbered from 0 */
	bool stream;		/* else datagrams */
	bool hardware;		/* by the network card, where it can */
	bool every;		/* every send is asked for; else few are */
	const char *interface;	/* that the path leaves by; NULL: unknown */
	int buffer;		/* receive buffer, which waiting stamps share, of
				 * each connection; 0: as it is */
};

/* Another clock between two looks at CLOCK_MONOTONIC. */
struct tsource_reading {
	int64_t before_ns, other_ns, after_ns;
};

/* The least room for stamps that tx_drain() may ask for. */
#define TSOURCE_DRAIN 64
/* Room for what tx_request() writes. */
#define TSOURCE_CONTROL 64
/* Room for the control data of one message received. */
#define TSOURCE_RECEIVED 128

enum tsource_flag {
	TSOURCE_SOCKETS = 1,	/* works on descriptors of kernel sockets */
	TSOURCE_NONE = 2,	/* gives no stamps at all (user) */
	/*
	 * Sees packets from beside the path: tx_drain(), of any connection,
	 * also gives those of messages that came in, TSOURCE_RX. Their key
	 * is, of datagrams, the number of the message; of a stream, the
	 * offset of the last byte, both since enable().
	 */
	TSOURCE_WITNESSES = 4,
};

/*
 * One file tsource/NAME.c. A state belongs to one measuring thread, which
 * calls all but probe() and phc_read(). Hot slots never block and never
 * allocate. Slots but open and close are optional: NULL, and no flag, says
 * that the source has nothing of the kind.
 */
struct tsource_ops {
	struct kind kind;
	unsigned flags;
	size_t state_size;

	/*
	 * Cold, any thread: what may be had on the path to the address that
	 * this descriptor is connected to. Nothing is changed; nothing is
	 * proved by it either: that takes stamps that came back.
	 */
	int (*probe)(const struct tsource_params *params, int fd,
		     struct tsource_caps *caps, struct err *err);

	/* Cold. close() undoes all of it, also what it did to an interface. */
	int (*open)(void *state, const struct tsource_params *params,
		    struct arena *arena, struct err *err);
	void (*close)(void *state);

	/*
	 * Cold: stamps from here on for this connection, whose keys begin
	 * anew; again where it was opened again. -errno with one line.
	 */
	int (*enable)(void *state, uint32_t conn, int fd, struct err *err);

	/*
	 * Cold: what is enabled goes on with other stamps (hardware, every),
	 * NULL: with none. Keys count on, also where enable() failed.
	 */
	int (*retune)(void *state, const struct tsource_params *params,
		      struct err *err);

	/*
	 * Hot, before a send whose stamps of these kinds are wanted: control
	 * data for sendmsg() go to control[TSOURCE_CONTROL]; how many bytes, 0
	 * where the send needs none. With params.every, before all sends.
	 * *key: of datagrams, what the stamps will bear; streams' senders
	 * know it themselves.
	 */
	size_t (*tx_request)(void *state, uint32_t conn, unsigned kinds,
			     void *control, uint32_t *key);

	/*
	 * Cold: the send after tx_request() failed with this errno, so that
	 * keys are unsure. True: ask again and try once more.
	 */
	bool (*tx_failed)(void *state, uint32_t conn, int error);

	/* Hot: at most n >= TSOURCE_DRAIN stamps of sends that have come. */
	size_t (*tx_drain)(void *state, uint32_t conn,
			   struct tsource_stamp *stamp, size_t n);

	/*
	 * Hot: the stamp of a message received with TSOURCE_RECEIVED bytes
	 * of control data; of a stream, of the last byte. False: none.
	 */
	bool (*rx_stamp)(void *state, const struct msghdr *msg,
			 struct tsource_stamp *stamp);

	/*
	 * Cold: a segment ends (over), so that tx_drain() is to give all
	 * that there is, however late; or one begins.
	 */
	void (*settle)(void *state, bool over);

	/*
	 * Cold, a helper's thread: the clock of TSOURCE_PHC stamps, up to n
	 * times in a row; how many, or -errno. The caller keeps the best.
	 */
	int (*phc_read)(void *state, struct tsource_reading *reading, int n);

	/*
	 * Cold, after a segment: stamps and messages that the kernel had no
	 * room for since enable(), over all connections.
	 */
	uint64_t (*drops)(void *state);

	/*
	 * Cold: has this connection sent anything again since this was asked
	 * last, or since enable()? NULL: it never does, or would tell.
	 */
	bool (*resent)(void *state, uint32_t conn);
};

struct tsource {
	const struct tsource_ops *ops;
	void *state;
};

#endif
