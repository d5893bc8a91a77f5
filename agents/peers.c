/* peers.c - numbers for the senders of datagrams, a bounded many of them */
#include "agents/peers.h"

#include <netinet/in.h>
#include <string.h>
#include <sys/random.h>
#include <sys/un.h>

#include "lancet/core/arena.h"
#include "lancet/core/rng.h"

/* An address as three words, the same for equal addresses. */
struct peer_key {
	uint64_t word[3];
};

struct peer {
	struct peer_key key;
	uint32_t number;
	uint32_t chain;		/* the next of its bucket: place + 1, or 0 */
	uint32_t used;
	socklen_t len;
	union {
		struct sockaddr any;
		struct sockaddr_in in;
		struct sockaddr_in6 in6;
		struct sockaddr_un un;
	} address;
};

void peers_init(struct peers *peers, uint32_t most, struct arena *arena)
{
	uint32_t places = 1;

	while (places < most && places < UINT32_C(1) << 30)
		places *= 2;
	peers->mask = places - 1;
	peers->bucket_mask = 2 * places - 1;
	peers->peer = arena_array(arena, places, sizeof(*peers->peer));
	peers->bucket = arena_array(arena, 2 * (size_t)places,
				    sizeof(*peers->bucket));
	peers->next = 0;
	if (getrandom(&peers->seed, sizeof(peers->seed), GRND_NONBLOCK) < 0)
		peers->seed = (uintptr_t)peers;
}

/* A name of up to 110 bytes does not fit: equal ones give equal words. */
static struct peer_key name_key(const struct sockaddr *address, socklen_t len)
{
	const unsigned char *byte = (const void *)address;
	struct peer_key key = { { 1, 2, 3 } };

	for (socklen_t i = 0; i < len; i++)
		for (int w = 0; w < 3; w++)
			key.word[w] = rng_mix(key.word[w] ^ byte[i]);
	return key;
}

static struct peer_key key_of(const struct sockaddr *address, socklen_t len)
{
	const struct sockaddr_in6 *in6 = (const void *)address;
	const struct sockaddr_in *in = (const void *)address;
	struct peer_key key = { { 0 } };

	if (address->sa_family == AF_UNIX)
		return name_key(address, len);
	if (address->sa_family == AF_INET6) {
		memcpy(key.word, &in6->sin6_addr, 16);
		key.word[2] = (uint64_t)in6->sin6_scope_id << 32 |
			      1u << 16 | in6->sin6_port;
	} else {
		key.word[0] = in->sin_addr.s_addr;
		key.word[2] = in->sin_port;
	}
	return key;
}

static uint32_t *bucket_of(struct peers *peers, const struct peer_key *key)
{
	uint64_t h = peers->seed;

	for (int i = 0; i < 3; i++)
		h = rng_mix(h ^ key->word[i]);
	return &peers->bucket[h & peers->bucket_mask];
}

static void forget(struct peers *peers, struct peer *peer)
{
	uint32_t at = (uint32_t)(peer - peers->peer) + 1;
	uint32_t *link = bucket_of(peers, &peer->key);

	while (*link != at)
		link = &peers->peer[*link - 1].chain;
	*link = peer->chain;
}

static uint32_t learn(struct peers *peers, const struct peer_key *key,
		      const struct sockaddr *address, socklen_t len)
{
	uint32_t place = peers->next & peers->mask;
	struct peer *peer = &peers->peer[place];
	uint32_t *bucket;

	if (peer->used)
		forget(peers, peer);
	bucket = bucket_of(peers, key);
	peer->key = *key;
	peer->used = 1;
	peer->number = peers->next++;
	peer->chain = *bucket;
	*bucket = place + 1;
	peer->len = len < sizeof(peer->address) ? len : sizeof(peer->address);
	memcpy(&peer->address, address, peer->len);
	return peer->number;
}

uint32_t peers_number(struct peers *peers, const struct sockaddr *address,
		      socklen_t len)
{
	struct peer_key key = key_of(address, len);
	uint32_t at = *bucket_of(peers, &key);

	while (at != 0) {
		const struct peer *peer = &peers->peer[at - 1];

		if (memcmp(&peer->key, &key, sizeof(key)) == 0)
			return peer->number;
		at = peer->chain;
	}
	return learn(peers, &key, address, len);
}

const struct sockaddr *peers_address(const struct peers *peers,
				     uint32_t number, socklen_t *len)
{
	const struct peer *peer = &peers->peer[number & peers->mask];

	if (!peer->used || peer->number != number)
		return NULL;
	*len = peer->len;
	return &peer->address.any;
}
