/* reassembly.c - one direction of a TCP connection, in order, as captured */
#include "hwts/reassembly.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Serial numbers (RFC 1982): how far b is behind a. */
static int32_t ahead(uint32_t a, uint32_t b)
{
	return (int32_t)(a - b);
}

static void drop_first(struct reassembly *r)
{
	struct reassembly_held *h = r->held;

	r->held = h->next;
	r->nheld--;
	free(h);
}

/* Held segments of which nothing is new any more. */
static void drop_old(struct reassembly *r)
{
	while (r->held && ahead(r->held->seq + r->held->full, r->next) <= 0)
		drop_first(r);
}

void reassembly_begin(struct reassembly *r, uint32_t seq)
{
	r->begun = true;
	r->next = seq;
	r->ready.full = 0;
	drop_old(r);
}

static void jump(struct reassembly *r, uint32_t to)
{
	r->gap = true;
	r->gaps++;
	r->next = to;
	drop_old(r);
}

static int hold(struct reassembly *r, uint32_t seq,
		const struct reassembly_piece *s)
{
	struct reassembly_held **at = &r->held, *h;

	while (*at && ahead((*at)->seq, seq) < 0)
		at = &(*at)->next;
	if (*at && (*at)->seq == seq && (*at)->full >= s->full) {
		r->retransmitted++;
		return 0;
	}
	h = malloc(sizeof(*h) + s->len);
	if (!h)
		return -ENOMEM;
	*h = (struct reassembly_held){ .next = *at, .at_ns = s->at_ns,
				       .seq = seq, .len = s->len,
				       .full = s->full };
	memcpy(h->data, s->data, s->len);
	*at = h;
	r->early++;
	if (++r->nheld > REASSEMBLY_HELD)
		jump(r, r->held->seq);
	return 0;
}

/* From seq on, of which the bytes before r->next were there already. */
static void make_ready(struct reassembly *r, uint32_t seq,
		       const struct reassembly_piece *s)
{
	uint32_t old = r->next - seq;
	uint32_t skip = old < s->len ? old : s->len;

	r->ready = (struct reassembly_piece){
		.at_ns = s->at_ns, .data = s->data + skip,
		.len = s->len - skip, .full = s->full - old, .gap = r->gap,
	};
	r->gap = false;
	r->next = seq + s->full;
}

int reassembly_put(struct reassembly *r, uint32_t seq,
		   const struct reassembly_piece *segment)
{
	if (!r->begun)
		reassembly_begin(r, seq);
	if (ahead(seq, r->next) > 0)
		return hold(r, seq, segment);
	if (ahead(seq, r->next) < 0)
		r->retransmitted++;
	if (ahead(seq + segment->full, r->next) > 0)
		make_ready(r, seq, segment);
	return 0;
}

void reassembly_end(struct reassembly *r, uint32_t seq)
{
	if (r->begun && r->next == seq)
		r->next++;
}

void reassembly_acked(struct reassembly *r, uint32_t seq)
{
	if (r->begun && ahead(seq, r->next) > 0)
		jump(r, r->held && ahead(r->held->seq, seq) < 0 ? r->held->seq
								: seq);
}

bool reassembly_take(struct reassembly *r, struct reassembly_piece *piece)
{
	free(r->given);
	r->given = NULL;
	drop_old(r);
	if (!r->ready.full && r->held && ahead(r->held->seq, r->next) <= 0) {
		struct reassembly_held *h = r->held;
		struct reassembly_piece s = { .at_ns = h->at_ns, .len = h->len,
					      .data = h->data,
					      .full = h->full };

		r->held = h->next;
		r->nheld--;
		r->given = h;
		make_ready(r, h->seq, &s);
	}
	if (!r->ready.full)
		return false;
	*piece = r->ready;
	r->ready.full = 0;
	return true;
}

void reassembly_fini(struct reassembly *r)
{
	while (r->held)
		drop_first(r);
	free(r->given);
	*r = (struct reassembly){ 0 };
}
