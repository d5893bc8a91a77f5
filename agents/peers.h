/* peers.h - numbers for the senders of datagrams, a bounded many of them */
#ifndef AGENTS_PEERS_H
#define AGENTS_PEERS_H

#include <stdint.h>
#include <sys/socket.h>

struct arena;

/*
 * A server's peers are known by their addresses only. They are numbered 0, 1,
 * ... as they first come; when there are more than places the oldest is
 * forgotten, and gets a new number should it come again. So `number & mask`
 * is a place of its own for every peer that is known.
 */
struct peers {
	struct peer *peer;	/* mask + 1 of them */
	uint32_t *bucket;	/* heads of chains: place + 1, or 0 */
	uint32_t mask, bucket_mask;
	uint32_t next;		/* the number of the next new peer */
	uint64_t seed;		/* so that no sender can aim at a chain */
};

/* At least `most` places, a power of two. */
void peers_init(struct peers *peers, uint32_t most, struct arena *arena);

/* Hot. The number of an address, a new one where it is unknown. */
uint32_t peers_number(struct peers *peers, const struct sockaddr *address,
		      socklen_t len);

/* Hot. The address of a number; NULL when that peer was forgotten. */
const struct sockaddr *peers_address(const struct peers *peers,
				     uint32_t number, socklen_t *len);

#endif
