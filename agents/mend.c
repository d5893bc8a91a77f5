/* mend.c - broken connections, and a target that is not there: cold, bounded */
#include <errno.h>
#include <string.h>

#include "agents/worker.h"

#define MEND_NS 10000000	/* between two rounds of mending */
#define MEND_MOST 16u		/* connections opened in a round */
#define RETRY_NS 100000000	/* after one that led nowhere */

/*
 * Refused for so long without a single reply, the target is taken for dead:
 * long enough for a server that is started again at once, and short of the
 * 3 s in which a run has to end.
 */
#define REFUSED_NS 1000000000

void mend_refused(struct worker *w)
{
	if (!w->refused_ns) {
		w->refused_ns = w->now_ns;
	} else if (!w->failed && w->now_ns - w->refused_ns >= REFUSED_NS) {
		err_set(&w->err, -ECONNREFUSED,
			"target unreachable: nobody listens at %s",
			w->params.address);
		w->failed = true;
	}
}

/* Requests on the connection: their answer will not come. */
static void fail_requests(struct worker *w, uint32_t conn)
{
	uint32_t global = w->params.first_conn + conn;

	for (uint32_t seq = w->flight.oldest; seq != w->flight.next; seq++) {
		struct sample *s = flight_find(&w->flight, seq);

		if (s && s->conn == global)
			loop_finish(w, s, OUTCOME_ERROR);
	}
}

/* Packets that it never took: they were not sent. */
static void drop_held(struct worker *w, uint32_t conn)
{
	struct worker_outbox *o = &w->out;
	size_t kept = 0;

	for (size_t i = 0; i < o->n; i++) {
		struct packet pkt = o->pkt[i];
		uint32_t seq = o->seq[i];

		if (pkt.conn == conn) {
			struct sample *s =
				&w->flight.slot[seq & w->flight.mask];

			s->sent_ns = 0;
			loop_finish(w, s, OUTCOME_UNSENT);
			continue;
		}
		o->pkt[i] = o->pkt[kept];
		o->seq[i] = o->seq[kept];
		o->pkt[kept] = pkt;
		o->seq[kept++] = seq;
	}
	o->n = kept;
}

void mend_break(struct worker *w, uint32_t conn)
{
	struct pool_conn *c = &w->pool.conn[conn];

	fail_requests(w, conn);
	drop_held(w, conn);
	pool_break(&w->pool, conn);
	memset(w->conn_state + conn * w->conn_size, 0, w->conn_size);
	c->retry_ns = w->now_ns;
	if (c->fresh) {
		/* Opened anew and closed without a word. */
		c->retry_ns += RETRY_NS;
		mend_refused(w);
	}
}

void mend_give_up(struct worker *w, const struct sample *s)
{
	uint32_t conn = s->conn - w->params.first_conn;

	w->pool.conn[conn].fresh = false;
	mend_break(w, conn);
}

static void reopen(struct worker *w, uint32_t conn)
{
	struct pool_conn *c = &w->pool.conn[conn];
	struct err err;

	if (w->transport.ops->reopen(w->transport.state, conn, &err) < 0) {
		c->retry_ns = w->now_ns + RETRY_NS;
		mend_refused(w);
		return;
	}
	pool_mend(&w->pool, conn);
	c->fresh = true;
}

void mend_turn(struct worker *w)
{
	uint32_t n = 0;

	if (w->now_ns < w->mend_ns)
		return;
	w->mend_ns = w->now_ns + MEND_NS;
	for (uint32_t i = 0; i < w->pool.n && n < MEND_MOST; i++) {
		if (!(w->pool.conn[i].barred & POOL_DOWN) ||
		    w->pool.conn[i].retry_ns > w->now_ns)
			continue;
		reopen(w, i);
		n++;
	}
}
