/* split.h - a protocol fed with a stream in pieces, however it is split */
#ifndef TESTS_FUZZ_SPLIT_H
#define TESTS_FUZZ_SPLIT_H

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lancet/core/arena.h"
#include "lancet/core/err.h"
#include "lancet/core/option.h"
#include "workloads/proto.h"

#define SPLIT_MOST 4096		/* completions that are compared */

struct split_proto {
	struct arena arena;
	struct proto proto;
	void *cs;
	unsigned char *out;
};

/* What a stream gave: completions, and whether it ended in rubbish. */
struct split_seen {
	struct proto_done done[SPLIT_MOST];
	size_t n;
	int bad;
};

static inline void split_open(struct split_proto *p, const char *text)
{
	struct choice choice = { 0 };
	struct err err;

	arena_init(&p->arena);
	if (option_parse_choice(KIND_PROTO, OPTION_UNIT_TIME, text, &choice,
				&p->arena, &err) != 0 ||
	    proto_init(&p->proto, &choice, &p->arena, &err) != 0)
		abort();
	p->cs = arena_alloc(&p->arena, p->proto.ops->conn_size + 1);
	p->out = arena_alloc(&p->arena, p->proto.max_out);
}

static inline void split_close(struct split_proto *p)
{
	arena_fini(&p->arena);
}

/* As an agent does: what was not consumed comes again, longer. */
static inline void split_take(struct split_proto *p, const unsigned char *data,
			      size_t *from, size_t to, struct split_seen *seen)
{
	struct proto_done done[3];
	size_t n = 1;
	long used = 1;

	while (!seen->bad && (used > 0 || n > 0) && *from < to) {
		used = p->proto.ops->feed(p->proto.state, p->cs, data + *from,
					  to - *from, done, 3, &n);
		if (used < 0) {
			seen->bad = 1;
			return;
		}
		if ((size_t)used > to - *from || n > 3)
			abort();
		*from += (size_t)used;
		for (size_t i = 0; i < n && seen->n < SPLIT_MOST; i++)
			seen->done[seen->n++] = done[i];
	}
}

/* The stream in pieces of so many bytes; the last one is what remains. */
static inline void split_feed(struct split_proto *p, const unsigned char *data,
			      size_t len, size_t piece, struct split_seen *seen)
{
	size_t from = 0, to = 0;

	memset(p->cs, 0, p->proto.ops->conn_size);
	seen->n = 0;
	seen->bad = 0;
	while (to < len && !seen->bad) {
		to = len - to < piece ? len : to + piece;
		split_take(p, data, &from, to, seen);
	}
}

static inline int split_same(const struct split_seen *a,
			     const struct split_seen *b)
{
	if (a->n != b->n || a->bad != b->bad)
		return 0;
	for (size_t i = 0; i < a->n; i++)
		if (a->done[i].id != b->done[i].id ||
		    a->done[i].status != b->done[i].status ||
		    a->done[i].served_ns != b->done[i].served_ns ||
		    a->done[i].has_trailer != b->done[i].has_trailer)
			return 0;
	return 1;
}

/* Whole, byte by byte and in odd pieces: always the same. 1 when it is. */
static inline int split_agrees(struct split_proto *p,
			       const unsigned char *data, size_t len)
{
	static struct split_seen whole, pieces;
	static const size_t piece[] = { 1, 2, 7, 41 };

	split_feed(p, data, len, len ? len : 1, &whole);
	for (size_t i = 0; i < sizeof(piece) / sizeof(*piece); i++) {
		split_feed(p, data, len, piece[i], &pieces);
		if (!split_same(&whole, &pieces))
			return 0;
	}
	return 1;
}

/* As a target does: every request read is answered. Returns how many. */
static inline size_t split_serve(struct split_proto *p,
				 const unsigned char *data, size_t len)
{
	const struct proto_trailer trailer = { .arrival_ns = 1 };
	struct proto_served req[4];
	size_t from = 0, all = 0, n;
	long used;

	memset(p->cs, 0, p->proto.ops->conn_size);
	while (from < len) {
		used = p->proto.ops->serve(p->proto.state, p->cs, data + from,
					   len - from, req, 4, &n);
		if (used < 0 || (used == 0 && n == 0))
			break;
		if ((size_t)used > len - from || n > 4)
			abort();
		for (size_t i = 0; i < n; i++)
			if (p->proto.ops->reply(p->proto.state, p->cs, &req[i],
						req[i].req.trailer ? &trailer :
								     NULL,
						PROTO_OK, p->out,
						p->proto.max_out) >
			    p->proto.max_out)
				abort();
		from += (size_t)used;
		all += n;
	}
	return all;
}

/* The whole of a fuzz target for one protocol. */
static inline int split_fuzz(const char *text, const unsigned char *data,
			     size_t len)
{
	static struct split_proto p;

	if (!p.out)
		split_open(&p, text);
	if (!split_agrees(&p, data, len))
		abort();
	if (p.proto.ops->serve)
		split_serve(&p, data, len);
	return 0;
}

#endif
