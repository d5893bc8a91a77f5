/* loop.c - the hot loop: one for every protocol and every transport */
#include "agents/worker.h"

#include <string.h>

#include "agents/stamps.h"
#include "lancet/core/clock.h"

/*
 * A turn reads the clock once, takes in what has come, hands over what is
 * due, and looks for timeouts. It never blocks (in poll mode), allocates
 * nothing, and writes a record of each finished request for all the rest.
 */
#define DONES 32u		/* completions of one feed() */
#define LOOK_EACH 16u		/* turns between looks while nothing is owed */
#define ROUND_EACH 4u		/* looks, one of them by epoll */
#define LOOK_NS 800		/* what a look for replies takes, and then some */
#define LULL_NS 8000		/* what a drain of stamps takes, and more */
#define COST_EACH 16u		/* sends between two whose cost is taken */
#define DRAW_AHEAD_NS 2000	/* draw when nothing is due so soon */
#define OVERTIME 4		/* part of a drain, while replies still come in */

/* --- the end of a request ------------------------------------------------- */

static void record(struct worker *w, const struct sample *s)
{
	struct sample *to = ring_reserve(&w->ring);

	if (to) {
		*to = *s;
		ring_publish(&w->ring);
	}
}

void loop_finish(struct worker *w, struct sample *s, enum outcome outcome)
{
	s->outcome = (uint8_t)outcome;
	worker_count(&w->count.outcome[outcome]);
	record(w, s);
	flight_free(&w->flight, s);
}

static void begin_sample(const struct worker *w, struct sample *s,
			 const struct intent *intent)
{
	s->intended_ns = w->pacer.base_ns + intent->intended_ns;
	s->sent_ns = s->received_ns = 0;
	s->service_ns = intent->service_ns;
	s->served_ns = s->release_ns = 0;
	s->wire_out_ns = s->wire_in_ns = SAMPLE_NO_STAMP;
	s->class = (uint16_t)intent->class;
	s->thread = (uint8_t)w->params.index;
}

void loop_unsent(struct worker *w, const struct intent *intent)
{
	struct sample s = { .seq = intent->seq, .outcome = OUTCOME_UNSENT };

	begin_sample(w, &s, intent);
	worker_count(&w->count.outcome[OUTCOME_UNSENT]);
	record(w, &s);
}

/* --- in ------------------------------------------------------------------- */

/* The open request that this completion on this connection means, or NULL. */
static struct sample *match(struct worker *w, uint32_t conn,
			    const struct proto_done *done)
{
	struct sample *s;
	uint32_t seq = (uint32_t)done->id;

	if (done->id == PROTO_OLDEST) {
		if (!w->in_order || !pool_paid(&w->pool, conn, &seq))
			return NULL;
		/* Timed out or not, the connection owes it no more. */
		pool_answered(&w->pool, conn);
		return flight_find(&w->flight, seq);
	}
	if ((done->id & ~(uint64_t)UINT32_MAX) != w->id || w->in_order)
		return NULL;
	s = flight_find(&w->flight, seq);
	if (!s || s->conn != w->params.first_conn + conn)
		return NULL;
	pool_answered(&w->pool, conn);
	return s;
}

/* The target's instants, which are ours too where its host is. */
static void pass_on(struct worker *w, uint32_t conn, uint32_t seq,
		    const struct proto_trailer *t)
{
	if (t->boot_id != w->boot_id) {
		stamps_told(w->stamps, conn, seq, PAIRING_FOREIGN, 0);
		return;
	}
	stamps_told(w->stamps, conn, seq, PAIRING_ARRIVED,
		    (int64_t)t->arrival_ns);
	stamps_told(w->stamps, conn, seq, PAIRING_RELEASED,
		    (int64_t)t->release_ns);
}

/* It answers nothing: what does may stand behind it. */
static void read_past(struct worker *w, const struct packet *pkt)
{
	if (w->transport.ops->again)
		w->transport.ops->again(w->transport.state, pkt->conn);
}

static void complete(struct worker *w, const struct packet *pkt,
		     const struct proto_done *done)
{
	static const enum outcome outcome[] = {
		[PROTO_OK] = OUTCOME_RECEIVED,
		[PROTO_NACK] = OUTCOME_NACKED,
		[PROTO_ERROR] = OUTCOME_ERROR,
	};
	struct sample *s = match(w, pkt->conn, done);

	w->answered++;
	w->refused_ns = 0;
	w->pool.conn[pkt->conn].fresh = false;
	w->pool.conn[pkt->conn].tries = 0;
	if (!s) {
		worker_count(&w->count.late_replies);
		read_past(w, pkt);
		return;
	}
	s->received_ns = pkt->stamp_ns;
	s->served_ns = done->served_ns;
	s->release_ns = done->has_trailer ? proto_release_ns(&done->trailer) :
					    done->code;
	if (s->wire_in_ns == SAMPLE_LOST_STAMP) {
		stamps_replied(w->stamps, pkt, s->seq);
		if (done->has_trailer)
			pass_on(w, pkt->conn, s->seq, &done->trailer);
	}
	loop_finish(w, s, outcome[done->status]);
}

/* False when the bytes were none of the protocol's. */
static bool feed(struct worker *w, const struct packet *pkt, size_t *used)
{
	const struct proto_ops *ops = w->proto.ops;
	void *cs = w->conn_state + pkt->conn * w->conn_size;
	struct proto_done done[DONES];
	long n = 1;

	for (*used = 0; *used < pkt->len && n > 0; *used += (size_t)n) {
		size_t ndone = 0;

		n = ops->feed(w->proto.state, cs, pkt->data + *used,
			      pkt->len - *used, done, DONES, &ndone);
		for (size_t i = 0; i < ndone; i++)
			complete(w, pkt, &done[i]);
		if (ndone == 0)
			read_past(w, pkt);
		if (n < 0)
			return false;
	}
	return true;
}

static void take(struct worker *w, const struct packet *pkt)
{
	size_t used = 0;
	bool fine;

	if (pkt->flags & TRANSPORT_REFUSED)
		mend_refused(w);
	if (w->pool.conn[pkt->conn].barred & POOL_DOWN) {
		mend_told(w, pkt);
		return;
	}
	fine = feed(w, pkt, &used);
	if (!pkt->len && !w->stream && !(pkt->flags & TRANSPORT_REFUSED))
		read_past(w, pkt);
	if (!fine || (!w->stream && used < pkt->len) ||
	    pkt->flags & TRANSPORT_RUBBISH)
		worker_count(&w->count.bad_replies);
	if (!w->stream)
		return;
	if (!fine || pkt->flags & TRANSPORT_RUBBISH) {
		w->connections.protocol++;
		/* Somebody is there, whoever it is. */
		w->refused_ns = 0;
	} else if (pkt->flags & TRANSPORT_CLOSED) {
		w->connections.closed++;
	}
	if (!fine || pkt->flags & TRANSPORT_CLOSED)
		mend_break(w, pkt->conn);
	else
		w->transport.ops->keep(w->transport.state, pkt->conn, used);
}

/*
 * Packets that were stamped one after the other: that a turn with many takes
 * long is work, and no standstill; what stood still did so between two.
 */
static void seen(struct worker *w, const struct packet *pkt, size_t n)
{
	for (size_t i = 0; i < n; i++)
		stall_turn(&w->stalls, pkt[i].stamp_ns);
}

/*
 * Polling: whose reply is awaited longest, most often the next to come, but
 * not where one sent after it is finished: it may be slow, or lost. To ask
 * epoll is to look twice, and at each stamp that waits in a socket.
 */
static const struct sample *awaited(struct worker *w)
{
	const struct flight *f = &w->flight;
	const struct sample *s = flight_oldest(&w->flight, FLIGHT_STEPS);

	return s && s->outcome == FLIGHT_SENT && f->next - s->seq <= f->open ?
		       s : NULL;
}

/* Behind several that were just sent, several may come. */
static size_t receive(struct worker *w, size_t out)
{
	const struct transport_ops *ops = w->transport.ops;
	bool looks = w->poll && ops->look && out <= 1 &&
		     w->looks++ % ROUND_EACH > 0;
	const struct sample *s = looks ? awaited(w) : NULL;
	size_t n = s ? ops->look(w->transport.state,
				 s->conn - w->params.first_conn, w->in,
				 WORKER_RECV) :
		       ops->recv(w->transport.state, w->in, WORKER_RECV);

	w->flooded = (s && w->pool.n > 1) || n == WORKER_RECV;
	if (n > 1)
		seen(w, w->in, n);
	w->came_ns = n == 1 ? w->in[0].stamp_ns : 0;
	for (size_t i = 0; i < n; i++)
		take(w, &w->in[i]);
	return n;
}

/* --- out ------------------------------------------------------------------ */

/* Write one request into the outbox; false when the protocol cannot. */
static bool build(struct worker *w, const struct intent *intent, uint32_t conn)
{
	struct worker_outbox *o = &w->out;
	struct packet *pkt = &o->pkt[o->n];
	const struct packet *last = pkt - 1;
	struct sample *s;
	struct proto_request req = {
		.id = w->id | intent->seq,
		.service_ns = intent->service_ns,
		.draw = intent->draw,
		.request_size = intent->request_size,
		.reply_size = intent->reply_size,
		.conn = w->params.first_conn + conn,
		.class = (uint16_t)intent->class,
		.trailer = w->trailer,
	};

	/* Next to each other, a burst for one connection goes as one piece. */
	pkt->data = o->n > 0 ? last->data + last->len : o->bytes;
	pkt->len = (uint32_t)w->proto.ops->build(
		w->proto.state, w->conn_state + conn * w->conn_size, &req,
		pkt->data, w->proto.max_out);
	if (pkt->len == 0)
		return false;
	pkt->conn = conn;
	pkt->flags = 0;
	o->seq[o->n++] = intent->seq;
	s = w->flight.lines ? expire_take(w, intent)
			    : flight_take(&w->flight, intent->seq);
	begin_sample(w, s, intent);
	s->sent_ns = w->now_ns;	/* until it is: how long it is held */
	s->conn = req.conn;
	pkt->launch_ns = w->params.launch ? s->intended_ns : 0;
	if (w->stamps)
		stamps_choose(w->stamps, req.id, pkt, s);
	if (w->in_order)
		pool_owe(&w->pool, conn, intent->seq);
	return true;
}

/* Sticky: its key's. Fanned out: the next, so that parts have different ones. */
static uint32_t own_of(const struct worker *w, const struct intent *intent)
{
	struct proto_request req = {
		.id = w->id | intent->seq,
		.draw = intent->draw,
		.class = (uint16_t)intent->class,
	};

	if (w->params.workload->fanout > 1)
		return intent->seq % w->pool.n;
	return pool_own(&w->pool, w->proto.ops->key(w->proto.state, &req));
}

/* In its own connection's, or the one line; unsent where there is no room. */
static void stand_in_line(struct worker *w, const struct intent *intent)
{
	bool sticky = w->pool.pick == PICK_STICKY;
	uint32_t own = sticky ? own_of(w, intent) : POOL_NONE;

	if (w->pool.opened == w->pool.n && !w->pool.growing)
		mend_wait(w, own);
	if (!(sticky ? pool_wait_own(&w->pool, own, intent)
		     : pool_wait(&w->pool, intent)))
		loop_unsent(w, intent);
}

/*
 * No connection has room: what is due waits, with its intended instant, or is
 * unsent where the queue is full. Whether more may be due.
 */
static bool starve(struct worker *w)
{
	for (uint32_t i = 0; i < PACER_BATCH; i++) {
		const struct intent *due = pacer_due(&w->pacer, w->now_ns);

		if (!due)
			return false;
		worker_count(&w->count.intended);
		stand_in_line(w, due);
		pacer_pop(&w->pacer);
	}
	return true;
}

/* The transport took these. */
static void sent(struct worker *w, size_t first, size_t n)
{
	const struct worker_outbox *o = &w->out;

	for (size_t i = first; i < first + n; i++) {
		struct sample *s = &w->flight.slot[o->seq[i] & w->flight.mask];

		s->sent_ns = o->pkt[i].stamp_ns;
		s->outcome = FLIGHT_SENT;
		if (o->pkt[i].flags & TRANSPORT_STAMP)
			stamps_sent(w->stamps, &o->pkt[i], o->seq[i]);
		worker_count(&w->count.sent);
	}
}

size_t loop_offer(struct worker *w, size_t i, size_t n)
{
	struct packet *pkt = &w->out.pkt[i];
	size_t took = w->transport.ops->send(w->transport.state, pkt, n);

	sent(w, i, took);
	if (took > 1 && !w->params.launch) /* stamped when they will leave */
		seen(w, pkt, took);
	if (took > 0 && w->sends++ % COST_EACH == 0)
		w->send_cost_ns[w->send_costs++ % WORKER_COSTS] =
			(int32_t)((clock_now_ns() - pkt->stamp_ns) /
				  (int64_t)took);
	return took;
}

/* The outbox: all of it in one go, but for connections without room. */
static void flush(struct worker *w, size_t held)
{
	size_t took = held > 0 ? 0 : loop_offer(w, 0, w->out.n);

	if (took < w->out.n)
		mend_flush(w, took, held == 0);
	else
		w->out.n = 0;
}

void loop_abandon(struct worker *w, struct sample *s, enum outcome outcome)
{
	if (s->outcome == FLIGHT_BUILT) {
		mend_give_up(w, s);
		return;
	}
	if (!w->in_order)
		pool_answered(&w->pool, s->conn - w->params.first_conn);
	loop_finish(w, s, outcome);
}

/*
 * Its slot may still be taken, by a request so old that a whole table of
 * others was sent since: to wait for it would hold up all that is due.
 */
static void make_way(struct worker *w, uint32_t seq)
{
	if (!flight_is_free(&w->flight, seq))
		loop_abandon(w, &w->flight.slot[seq & w->flight.mask],
			     OUTCOME_LOST);
}

static void send_on(struct worker *w, const struct intent *next, uint32_t conn)
{
	if (build(w, next, conn))
		return;
	pool_answered(&w->pool, conn);
	loop_unsent(w, next);
}

/* The same as send_next(), where each request has a connection of its own. */
static bool send_sticky(struct worker *w)
{
	const struct intent *next;
	struct intent waited;
	uint32_t conn;

	if (pool_wake(&w->pool, &waited, &conn)) {
		make_way(w, waited.seq);
		send_on(w, &waited, conn);
		return true;
	}
	next = pacer_due(&w->pacer, w->now_ns);
	if (!next)
		return false;
	make_way(w, next->seq);
	worker_count(&w->count.intended);
	conn = own_of(w, next);
	if (pool_take(&w->pool, conn))
		send_on(w, next, conn);
	else
		stand_in_line(w, next);
	pacer_pop(&w->pacer);
	return true;
}

/* Whose turn it is: of those due together, a few share one. */
static uint32_t pick(struct worker *w)
{
	if (w->more > 0 && pool_again(&w->pool, w->picked)) {
		w->more--;
		return w->picked;
	}
	w->picked = pool_pick(&w->pool);
	w->more = w->params.pipeline > 1 ? w->params.pipeline - 1 : 0;
	return w->picked;
}

/* One request that is due, or waited, goes into the outbox. */
static bool send_next(struct worker *w)
{
	const struct intent *next = pool_waiting(&w->pool);
	bool waited = next;
	uint32_t conn;

	if (!waited)
		next = pacer_due(&w->pacer, w->now_ns);
	if (!next)
		return false;
	if (w->pool.pick == PICK_STICKY)
		return send_sticky(w);
	make_way(w, next->seq);
	conn = pick(w);
	if (conn == POOL_NONE) {
		starve(w);
		w->full = w->pool.opened == w->pool.n;
		if (!w->full)
			mend_grow(w);
		return false;
	}
	if (!waited)
		worker_count(&w->count.intended);
	send_on(w, next, conn);
	if (waited)
		pool_unwait(&w->pool);
	else
		pacer_pop(&w->pacer);
	return true;
}

static size_t transmit(struct worker *w)
{
	const size_t most = WORKER_HELD + WORKER_BURST;
	size_t held = w->out.n, n = 0;

	w->more = 0;
	w->full = false;
	while (n < w->burst && w->out.n < most && send_next(w))
		n++;
	if (w->out.n == most)
		starve(w);
	if (w->out.n > 0)
		flush(w, held);
	return n;
}

/* --- turns ---------------------------------------------------------------- */

/* Send order is the order of numbers: the oldest is the first to time out. */
static void expire(struct worker *w)
{
	for (uint32_t i = 0; i < FLIGHT_STEPS; i++) {
		struct sample *s = flight_oldest(&w->flight, FLIGHT_STEPS);

		if (s && w->flight.lines)
			expire_lines(w);
		if (!s || w->flight.lines ||
		    w->now_ns - s->sent_ns <= w->timeout_ns)
			return;
		loop_abandon(w, s, OUTCOME_TIMEOUT);
	}
}

/* A single packet was stamped a moment ago: that will do. */
static int64_t what_time(struct worker *w)
{
	int64_t now_ns = w->came_ns > w->now_ns ? w->came_ns : clock_now_ns();

	return w->poll ? pacer_await(&w->pacer, now_ns, LOOK_NS) : now_ns;
}

/* What takes long delays nothing: no reply is awaited, and nothing due soon. */
static bool lull(struct worker *w)
{
	return !w->poll || (w->idle && w->flight.open == 0 &&
			    pacer_next_ns(&w->pacer) > w->now_ns + LULL_NS);
}

static void turn(struct worker *w)
{
	size_t out, in = 0;

	w->now_ns = what_time(w);
	stall_turn(&w->stalls, w->now_ns);
	/* Poll mode looks after each burst: a reply's stamp is its reading. */
	do
		out = transmit(w);
	while (!w->poll && out == w->burst && (w->answered -= (int32_t)out) > 0);
	w->answered = 0;
	/* A whole burst: more may be due; flooded: more has come. */
	if (!w->poll && out < w->burst && !w->flooded) {
		worker_nap(w);
		while (w->full && starve(w))
			; /* before a reply makes room */
	}
	w->flooded = false;
	if (w->flight.open > 0 || !w->poll || w->turns++ % LOOK_EACH == 0)
		in = receive(w, out);
	/* What has come but was not taken in yet is neither late nor lost. */
	w->idle = out + in == 0 && !w->flooded;
	if (w->stamps && stamps_due(w->stamps, w->now_ns, lull(w)))
		stamps_turn(w->stamps, w->now_ns, lull(w));
	if (!w->flooded)
		expire(w);
	if (w->pool.down > 0)
		mend_turn(w);
	if (pacer_low(&w->pacer) &&
	    pacer_next_ns(&w->pacer) > w->now_ns + DRAW_AHEAD_NS)
		pacer_refill(&w->pacer);
}

/* The coordinator wants the segment to end now. */
static void cut_short(struct worker *w)
{
	int64_t now = clock_now_ns();

	w->pacer.until_ns = clock_sooner(w->pacer.until_ns, now - w->pacer.base_ns);
	w->drain_end_ns = clock_sooner(w->drain_end_ns, now + w->drain_ns);
	w->end_ns = clock_sooner(w->end_ns, now);
}

static bool over(struct worker *w)
{
	int stop = atomic_load_explicit(&w->stop, memory_order_relaxed);

	if (stop == WORKER_HALT || w->failed)
		return true;
	if (stop == WORKER_DRAIN && w->end_ns > w->now_ns)
		cut_short(w);
	if (w->now_ns < w->end_ns)
		return false;
	if (w->now_ns >= w->drain_end_ns)
		return w->idle || w->now_ns >= w->drain_end_ns + w->drain_ns / OVERTIME;
	return !w->flight.open && !w->pool.waiting_n && !w->out.n &&
	       !pacer_next(&w->pacer);
}

void loop_run(struct worker *w)
{
	w->now_ns = clock_now_ns();
	w->idle = false;
	/* Late for the start, it stood still since then. */
	stall_begin(&w->stalls, clock_sooner(w->now_ns, w->start.at_ns));
	while (!over(w))
		turn(w);
}
