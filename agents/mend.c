/* mend.c - broken connections, and a target that is not there: cold, bounded */
#include <errno.h>
#include <string.h>

#include "agents/worker.h"
#include "lancet/core/clock.h"

#define MEND_NS 10000000	/* between two rounds of mending */
#define MEND_MOST 16u		/* connections opened in a round */

/*
 * After one that led nowhere: twice as long each time, so that a server that
 * is overrun by connections gets rid of them, and spread by half, so that
 * they do not come back all at once.
 */
#define RETRY_NS 20000000
#define RETRY_MOST_NS 500000000

/* Where a SYN was lost it is sent again after 1 s (RFC 6298), then 2. */
#define CONNECT_NS 2000000000

/*
 * Refused for so long without a single reply, the target is taken for dead:
 * long enough for a server that is started again at once, and short of the
 * 3 s in which a run has to end.
 */
#define REFUSED_NS 1000000000

/* Packet i, and none before it but the n that there are, stays. */
static void keep(struct worker_outbox *o, size_t i)
{
	struct packet *to = &o->pkt[o->n];
	unsigned char *end = o->n > 0 ? to[-1].data + to[-1].len : o->bytes;

	*to = o->pkt[i];
	to->data = memmove(end, to->data, to->len);
	o->seq[o->n++] = o->seq[i];
}

static struct pool_conn *conn_of(const struct worker *w, size_t i)
{
	return &w->pool.conn[w->out.pkt[i].conn];
}

void mend_flush(struct worker *w, size_t i, bool full)
{
	struct worker_outbox *o = &w->out;
	size_t all = o->n;

	for (size_t j = 0; j < all; j++)
		conn_of(w, j)->barred &= (uint8_t)~POOL_HELD;
	o->n = 0;
	while (i < all) {
		size_t n = 0;

		if (full) {
			conn_of(w, i)->barred |= POOL_HELD;
			keep(o, i++);
		}
		while (i + n < all && !(conn_of(w, i + n)->barred & POOL_HELD))
			n++;
		for (n = n > 0 ? loop_offer(w, i, n) : 0; n > 0; n--)
			pool_offer(&w->pool, o->pkt[i++].conn);
		/* Refused just now, or behind one that was. */
		full = true;
	}
}

static void unreachable(struct worker *w, const char *why)
{
	if (!w->refused_ns) {
		w->refused_ns = w->now_ns;
	} else if (!w->failed && w->now_ns - w->refused_ns >= REFUSED_NS) {
		err_set(&w->err, -ECONNREFUSED, "target unreachable: %s %s",
			why, w->params.address);
		w->failed = true;
	}
}

void mend_refused(struct worker *w)
{
	unreachable(w, "nobody listens at");
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
	size_t all = o->n;

	o->n = 0;
	for (size_t i = 0; i < all; i++) {
		struct sample *s = &w->flight.slot[o->seq[i] & w->flight.mask];

		if (o->pkt[i].conn != conn) {
			keep(o, i);
			continue;
		}
		s->sent_ns = 0;
		loop_finish(w, s, OUTCOME_UNSENT);
	}
}

static void retry_later(struct worker *w, struct pool_conn *c)
{
	int64_t ns = RETRY_MOST_NS;

	if (c->tries < 5)
		ns = (int64_t)RETRY_NS << c->tries;
	c->tries++;
	c->retry_ns = w->now_ns +
		      (int64_t)((0.5 + rng_uniform(&w->backoff)) * (double)ns);
}

/* It broke, or stands again. */
static void mark_cut(struct worker *w, uint32_t conn, bool cut)
{
	struct pool_conn *c = &w->pool.conn[conn];

	w->cut += (uint32_t)cut - (uint32_t)c->cut;
	c->cut = cut;
}

/*
 * Those in line wait for what the first of them waits for. That all others
 * are full is the fault of those that broke only where they are the most.
 */
void mend_wait(struct worker *w, uint32_t own)
{
	struct pool *pool = &w->pool;
	bool *cut_off = own == POOL_NONE ? &w->cut_off
					 : &pool->conn[own].cut_off;

	if (own == POOL_NONE && !pool_waiting(pool))
		*cut_off = 2 * w->cut > pool->opened;
	else if (own != POOL_NONE && pool->link[own].first == POOL_NONE)
		*cut_off = pool->conn[own].cut;
	worker_count(&w->count.waited);
	if (*cut_off)
		worker_count(&w->count.cut_off);
}

void mend_break(struct worker *w, uint32_t conn)
{
	struct pool_conn *c = &w->pool.conn[conn];

	mark_cut(w, conn, true);
	fail_requests(w, conn);
	drop_held(w, conn);
	pool_break(&w->pool, conn);
	memset(w->conn_state + conn * w->conn_size, 0, w->conn_size);
	c->retry_ns = w->now_ns;
	if (c->fresh) {
		/* Opened anew and closed without a word. */
		retry_later(w, c);
		unreachable(w, "new connections are closed without any data "
			       "by");
	}
}

void mend_give_up(struct worker *w, const struct sample *s)
{
	uint32_t conn = s->conn - w->params.first_conn;

	w->pool.conn[conn].fresh = false;
	w->connections.timeout++;
	mend_break(w, conn);
}

/* --- opening again -------------------------------------------------------- */

/* Opened for the first time, or again: however that went. */
static int64_t *opened_count(struct worker *w, struct pool_conn *c)
{
	if (!c->growing)
		return &w->connections.opened;
	c->growing = false;
	w->pool.growing--;
	return &w->connections.grown;
}

static void stands(struct worker *w, uint32_t conn, int64_t stamp_ns)
{
	struct pool_conn *c = &w->pool.conn[conn];

	hist_record(w->connect, stamp_ns - c->retry_ns);
	++*opened_count(w, c);
	mark_cut(w, conn, false);
	pool_mend(&w->pool, conn);
}

/* why NULL: somebody is there, whoever it is. */
static void failed(struct worker *w, uint32_t conn, int64_t *count,
		   const char *why)
{
	struct pool_conn *c = &w->pool.conn[conn];

	++*count;
	c->opening = false;
	retry_later(w, c);
	if (why)
		unreachable(w, why);
	else
		w->refused_ns = 0;
}

static void refused(struct worker *w, uint32_t conn)
{
	failed(w, conn, &w->connections.refused, "nobody listens at");
}

void mend_told(struct worker *w, const struct packet *pkt)
{
	struct pool_conn *c = &w->pool.conn[pkt->conn];

	if (w->stream)
		w->transport.ops->keep(w->transport.state, pkt->conn,
				       pkt->len);
	/* Broken already: nothing else it says counts. */
	if (!c->opening)
		return;
	if (pkt->flags & TRANSPORT_RUBBISH)
		failed(w, pkt->conn, &w->connections.protocol, NULL);
	else if (pkt->flags & TRANSPORT_REFUSED)
		refused(w, pkt->conn);
	else if (pkt->flags & TRANSPORT_CLOSED)
		failed(w, pkt->conn, &w->connections.closed,
		       "new connections are closed by");
	else if (pkt->flags & TRANSPORT_OPENED)
		stands(w, pkt->conn, pkt->stamp_ns);
}

/* From here on retry_ns is when it began. */
static void reopen(struct worker *w, uint32_t conn)
{
	struct pool_conn *c = &w->pool.conn[conn];
	struct err err;

	c->retry_ns = clock_now_ns();
	if (w->transport.ops->reopen(w->transport.state, conn, &err) < 0) {
		if (err.code == -ECONNREFUSED || err.code == -ENOENT)
			refused(w, conn);
		else
			failed(w, conn, &w->connections.failed,
			       "no connection can be opened to");
		return;
	}
	c->opening = true;
	c->fresh = true;
	/* Datagrams and memory have nothing to wait for. */
	if (!w->stream)
		stands(w, conn, c->retry_ns);
}

/* As many as there are requests that wait, at least one; a few at a time. */
void mend_grow(struct worker *w)
{
	struct pool *pool = &w->pool;

	while (pool->opened < pool->n && pool->growing < MEND_MOST &&
	       (pool->growing == 0 || pool->growing < pool->waiting_n)) {
		uint32_t conn = pool_grow(pool);

		reopen(w, conn);
		if (!pool->conn[conn].opening)
			return;
	}
}

/* One that had its requests, and owes nothing or nothing that will come. */
static void retire(struct worker *w, uint32_t conn)
{
	struct pool_conn *c = &w->pool.conn[conn];

	w->connections.worn++;
	c->fresh = false;
	c->tries = 0;
	mend_break(w, conn);
	mark_cut(w, conn, false);
	reopen(w, conn);
}

/* What it is time to do for a connection; false: nothing. */
static bool look_after(struct worker *w, uint32_t conn)
{
	struct pool_conn *c = &w->pool.conn[conn];

	if (c->barred & POOL_WORN) {
		/* A reply that is lost is owed for ever. */
		if (c->retry_ns && w->now_ns - c->retry_ns > w->timeout_ns) {
			retire(w, conn);
			return true;
		}
		if (!c->retry_ns)
			c->retry_ns = w->now_ns;
		return false;
	}
	if (!(c->barred & POOL_DOWN))
		return false;
	if (c->opening) {
		if (w->now_ns - c->retry_ns > CONNECT_NS)
			failed(w, conn, &w->connections.timeout,
			       "new connections are not answered by");
		return false;
	}
	if (c->retry_ns > w->now_ns)
		return false;
	reopen(w, conn);
	return true;
}

void mend_turn(struct worker *w)
{
	uint32_t conn, n = 0;

	while (n < MEND_MOST && (conn = pool_spent(&w->pool)) != POOL_NONE) {
		retire(w, conn);
		n++;
	}
	if (w->now_ns < w->mend_ns)
		return;
	w->mend_ns = w->now_ns + MEND_NS;
	for (uint32_t i = 0; i < w->pool.n && n < MEND_MOST; i++)
		n += look_after(w, i);
}
