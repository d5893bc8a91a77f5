/* exchange_guess.h - which end of a capture is the server? */
#ifndef AGENTS_EXCHANGE_GUESS_H
#define AGENTS_EXCHANGE_GUESS_H

#include "agents/exchange.h"

/* Ends that are told apart; the first packets of a capture show enough. */
#define EXCHANGE_ENDS 4096
#define EXCHANGE_LOOK 20000	/* packets with bytes */

struct exchange_end {
	struct dissect_end end;
	uint64_t packets;	/* with bytes, from or to it */
	uint32_t peers;		/* other ends, each counted once */
	uint32_t asked;		/* of them: who spoke to it first */
	bool opened;		/* somebody's SYN went there */
};

struct exchange_guess {
	struct exchange_end *end;
	size_t n;
	uint64_t packets;
	struct exchange_key *pair; /* client: who spoke first */
	size_t npairs;
};

int exchange_guess_init(struct exchange_guess *g);

/* False: it has seen enough. */
bool exchange_guess_take(struct exchange_guess *g,
			 const struct capture_packet *packet);

/*
 * The end that most packets with bytes came from or went to; of those with
 * as many, the one with more peers, with a SYN, with a port that clients are
 * not given, asked first, of the lower port. False: no UDP or TCP at all.
 */
bool exchange_guess_best(const struct exchange_guess *g,
			 struct exchange_server *server);

void exchange_guess_fini(struct exchange_guess *g);

#endif
