/* loader.c - filling a target's store before anything is measured */
#include <errno.h>

#include "agents/worker.h"
#include "lancet/core/arena.h"
#include "lancet/core/clock.h"
#include "lancet/core/err.h"

/*
 * Requests are pipelined on connection 0, a window at a time. There is no
 * bound on the time that a large store takes, but on a time without a reply.
 * Datagrams may be lost: a few at a time, and what is not answered again.
 */
#define WINDOW 64u
#define DATAGRAMS 8u
#define PROGRESS_NS 3000000000
#define AGAIN_NS 20000000

struct loader {
	struct worker *w;
	uint64_t built, answered;
	bool all;		/* built */
	bool pending;		/* the outbox's first packet waits for room */
	uint64_t first, missing; /* datagrams: the last few, a bit for each */
	int64_t progress_ns, sent_ns;
};

/* Item i, in the outbox's first packet; false: there is none. */
static bool build(struct loader *l, uint64_t i)
{
	struct worker *w = l->w;
	struct packet *pkt = &w->out.pkt[0];

	pkt->data = w->out.bytes;
	pkt->len = (uint32_t)w->proto.ops->populate(
		w->proto.state, w->conn_state, i, pkt->data, w->proto.max_out);
	pkt->conn = 0;
	pkt->flags = 0;
	return pkt->len > 0;
}

static void build_and_send(struct loader *l)
{
	struct worker *w = l->w;
	struct packet *pkt = &w->out.pkt[0];

	while (!l->all && l->built - l->answered < WINDOW) {
		l->all = !l->pending && !build(l, l->built);
		if (l->all)
			return;
		l->pending = !w->transport.ops->send(w->transport.state, pkt,
						     1);
		if (l->pending)
			return;
		l->built++;
	}
}

/* The next few, once those before are answered; or what is missing of them. */
static void send_datagrams(struct loader *l)
{
	struct worker *w = l->w;
	bool again = l->missing;

	if (again && clock_now_ns() - l->sent_ns < AGAIN_NS)
		return;
	if (!again)
		l->first = l->built;
	for (uint64_t i = 0; i < DATAGRAMS; i++) {
		if (again && !(l->missing >> i & 1))
			continue;
		l->all = !build(l, l->first + i);
		if (l->all)
			break;
		w->transport.ops->send(w->transport.state, &w->out.pkt[0], 1);
		l->missing |= UINT64_C(1) << i;
		l->built += !again;
	}
	l->sent_ns = clock_now_ns();
}

/* Which one it was; an answer to one that was sent twice counts once. */
static bool is_new(struct loader *l, const struct proto_done *done)
{
	uint64_t at = done->id - l->first;

	if (l->w->stream)
		return true;
	if (at >= DATAGRAMS || !(l->missing >> at & 1))
		return false;
	l->missing &= ~(UINT64_C(1) << at);
	return true;
}

/* Its own words, the first line of them as far as they can be read. */
static int refused(int rc, const char *what, const struct packet *pkt,
		   size_t at, struct err *err)
{
	char word[64];
	size_t n = 0;

	while (n + 1 < sizeof(word) && at + n < pkt->len &&
	       pkt->data[at + n] >= ' ' && pkt->data[at + n] <= '~') {
		word[n] = (char)pkt->data[at + n];
		n++;
	}
	word[n] = '\0';
	return err_set(err, rc, "%s%s%s%s", what, n ? ": it said \"" : "",
		       word, n ? "\"" : "");
}

/* Every reply in the packet; only connection 0 was asked anything. */
static int take(struct loader *l, const struct packet *pkt, struct err *err)
{
	struct worker *w = l->w;
	struct proto_done done;
	size_t used = 0, ndone;
	long n = 1;

	/* One by one: so it is known where each begins. */
	while (used < pkt->len && n > 0) {
		ndone = 0;
		n = w->proto.ops->feed(w->proto.state, w->conn_state,
				       pkt->data + used, pkt->len - used,
				       &done, 1, &ndone);
		if (ndone && done.status != PROTO_OK)
			return refused(-EIO, "the target refused to store an "
				       "item", pkt, used, err);
		l->answered += ndone && is_new(l, &done);
		if (n < 0)
			return refused(-EBADMSG, arena_printf(&w->arena,
				       "the target does not speak %s",
				       w->proto.ops->kind.name), pkt, used,
				       err);
		used += (size_t)n;
		if (ndone > 0)
			l->progress_ns = clock_now_ns();
	}
	if (pkt->flags & TRANSPORT_REFUSED)
		return err_set(err, -ECONNREFUSED,
			       "target unreachable: nobody listens at %s",
			       w->params.address);
	if (pkt->flags & TRANSPORT_CLOSED)
		return err_set(err, -ECONNRESET,
			       "target unreachable: it closed the connection "
			       "while its store was being filled");
	if (w->stream)
		w->transport.ops->keep(w->transport.state, pkt->conn, used);
	return 0;
}

int loader_fill(struct worker *w, struct err *err)
{
	struct loader l = { .w = w, .progress_ns = clock_now_ns() };
	int rc = 0;

	while (rc == 0 && (!l.all || l.answered < l.built)) {
		size_t n;

		if (w->stream)
			build_and_send(&l);
		else
			send_datagrams(&l);
		n = w->transport.ops->recv(w->transport.state, w->in,
					   WORKER_RECV);
		for (size_t i = 0; i < n && rc == 0; i++)
			rc = take(&l, &w->in[i], err);
		if (n == 0)
			w->transport.ops->wait(w->transport.state,
					       clock_now_ns() + 10000000);
		if (rc == 0 && clock_now_ns() - l.progress_ns > PROGRESS_NS)
			rc = err_set(err, -ETIMEDOUT,
				     "target unreachable: %s did not answer "
				     "while its store was being filled",
				     w->params.address);
		if (atomic_load(&w->stop) == WORKER_HALT)
			rc = err_set(err, -ECANCELED, "stopped");
	}
	return rc;
}
