/* pairing_witness.c - a capture's stamps of replies find their replies */
#include "hwts/pairing_witness.h"

#include <stdlib.h>

#include "lancet/core/arena.h"

/* Where the keys of one connection stand. */
struct place {
	uint32_t opening;
	uint64_t key;		/* the greatest so far, without its wrap */
};

struct arrival {
	const struct pairing_entry *stamp;
	uint32_t conn;
	struct place at;
};

static void walk(struct place *place, const struct pairing_entry *e)
{
	int32_t ahead = (int32_t)(e->key - (uint32_t)place->key);

	if (e->what == PAIRING_OPENED)
		*place = (struct place){ .opening = place->opening + 1 };
	else if (ahead > 0)
		place->key += (uint32_t)ahead;
}

/* A key may be behind: retransmitted. */
static struct place place_of(const struct place *place, uint32_t key)
{
	struct place at = *place;

	at.key += (uint64_t)(int64_t)(int32_t)(key - (uint32_t)place->key);
	return at;
}

static int by_place(const void *left, const void *right)
{
	const struct arrival *a = left, *b = right;

	if (a->conn != b->conn)
		return a->conn < b->conn ? -1 : 1;
	if (a->at.opening != b->at.opening)
		return a->at.opening < b->at.opening ? -1 : 1;
	if (a->at.key != b->at.key)
		return a->at.key < b->at.key ? -1 : 1;
	return a->stamp && b->stamp
		       ? (a->stamp->ns > b->stamp->ns) -
				 (a->stamp->ns < b->stamp->ns)
		       : 0;
}

static bool is_arrival(const struct pairing_entry *e)
{
	return e->what == PAIRING_STAMP && e->kind == TSOURCE_RX;
}

static size_t collect(const struct pairing_entry *log, size_t n,
		      struct place *place, struct arrival *to)
{
	size_t found = 0;

	for (size_t i = 0; i < n; i++) {
		struct place *p = &place[log[i].conn];

		if (log[i].what != PAIRING_OPENED && !is_arrival(&log[i]))
			continue;
		walk(p, &log[i]);
		if (is_arrival(&log[i]))
			to[found++] = (struct arrival){
				.stamp = &log[i], .conn = log[i].conn,
				.at = place_of(p, log[i].key),
			};
	}
	qsort(to, found, sizeof(*to), by_place);
	return found;
}

/* The first arrival that is not before `want`; NULL: of none there. */
static const struct arrival *find(const struct arrival *arrival, size_t n,
				  const struct arrival *want, bool stream)
{
	size_t lo = 0, hi = n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (by_place(&arrival[mid], want) < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	if (lo == n || arrival[lo].conn != want->conn ||
	    arrival[lo].at.opening != want->at.opening ||
	    (!stream && arrival[lo].at.key != want->at.key))
		return NULL;
	return &arrival[lo];
}

/* Fill in when the reply came in; false: nobody knows. */
static bool resolve(struct pairing_entry *e, const struct place *place,
		    const struct arrival *arrival, size_t n, bool stream)
{
	const struct arrival want = {
		.conn = e->conn, .at = place_of(place, e->key),
	};
	const struct arrival *a = find(arrival, n, &want, stream);

	if (!a)
		return false;
	e->ns = a->stamp->ns;
	e->clock = a->stamp->clock;
	e->quality = a->stamp->quality;
	return true;
}

size_t pairing_witness(struct pairing_entry *log, size_t n,
		       const struct pairing_rules *rules, struct arena *arena)
{
	uint32_t conns = rules->connections;
	struct arrival *arrival = arena_array(arena, n + 1, sizeof(*arrival));
	struct place *place = arena_array(arena, 2 * conns, sizeof(*place));
	const struct pairing_entry *all =
		arena_copy(arena, log, n * sizeof(*log));
	size_t found = collect(all, n, place, arrival), kept = 0;

	place += conns;
	for (size_t i = 0; i < n; i++) {
		struct pairing_entry e = all[i];

		if (e.what == PAIRING_OPENED || e.what == PAIRING_RECEIVED)
			walk(&place[e.conn], &e);
		if (e.what == PAIRING_STAMP &&
		    (rules->dropped || e.kind == TSOURCE_RX))
			continue;
		if (e.what == PAIRING_RECEIVED && !e.ns &&
		    (rules->dropped || !resolve(&e, &place[e.conn], arrival,
						found, rules->stream)))
			continue;
		log[kept++] = e;
	}
	return kept;
}
