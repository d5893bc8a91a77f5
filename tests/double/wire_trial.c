/* wire_trial.c - requests over the kernel's sockets, every stamp looked at */
#include "tests/double/wire_trial.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agents/stamps.h"
#include "lancet/core/arena.h"
#include "lancet/core/clock.h"
#include "lancet/core/err.h"
#include "lancet/core/option.h"
#include "lancet/core/stats/vector.h"
#include "tests/double/echo.h"

#define PATIENCE_NS INT64_C(10000000000)	/* without a reply, */
#define SILENT_NS 500000000	/* where some are expected to be lost */
#define RECV 32

extern const struct tsource_ops tsource_socket;

struct flight {
	struct wire_trial *t;
	struct transport transport;
	struct stamps stamps;
	struct arena arena;
	struct sample *sample;
	unsigned char *data;
	uint32_t sent, answered;
	uint32_t at[256];	/* stream: bytes of the reply that have come */
	int64_t moved_ns;	/* something was sent, or came */
};

static int choose(struct flight *f, struct choice *to, struct err *err)
{
	char text[64];

	snprintf(text, sizeof(text), "%s", f->t->stream ? "tcp" : "udp");
	return option_parse_choice(KIND_TRANSPORT, OPTION_UNIT_TIME, text, to,
				   &f->arena, err);
}

static int open_flight(struct flight *f, const char *address, struct err *err)
{
	const struct wire_trial *t = f->t;
	struct stamps_params stamps = {
		.ops = &tsource_socket,
		.share = t->share,
		.detail = TSOURCE_BIT(TSOURCE_SCHED) |
			  (t->stream ? TSOURCE_BIT(TSOURCE_ACK) : 0),
		.detail_share = t->detail,
		.source = { .connections = t->connections,
			    .stream = t->stream, .every = t->share >= 1,
			    .buffer = (int)t->buffer },
	};
	struct transport_params params = {
		.address = address, .connections = t->connections,
		.max_message = t->size, .stamps = &f->stamps,
	};
	struct choice choice;
	int rc = stamps_init(&f->stamps, &stamps, 2 * t->requests, &f->arena,
			     err);

	if (rc == 0)
		rc = choose(f, &choice, err);
	if (rc == 0)
		rc = transport_open(&f->transport, &choice, &params,
				    clock_now_ns() + PATIENCE_NS, &f->arena,
				    err);
	if (rc == 0 && f->stamps.enabled)
		rc = err_set(err, f->stamps.enabled, "%s", f->stamps.why->text);
	f->sample = calloc(t->requests, sizeof(*f->sample));
	f->data = calloc(t->burst, t->size);
	return rc;
}

static void close_flight(struct flight *f)
{
	if (f->transport.state)
		f->transport.ops->close(f->transport.state);
	stamps_fini(&f->stamps);
	free(f->sample);
	free(f->data);
	arena_fini(&f->arena);
}

/* --- requests ------------------------------------------------------------- */

static void build(struct flight *f, uint32_t i, struct packet *pkt)
{
	struct sample *s = &f->sample[i];

	*pkt = (struct packet){
		.data = f->data + (size_t)(i % f->t->burst) * f->t->size,
		.len = f->t->size,
		/* Neighbours share a connection: they may share a write. */
		.conn = i / 2 % f->t->connections,
	};
	memcpy(pkt->data, &i, sizeof(i));
	*s = (struct sample){ .seq = i, .wire_out_ns = SAMPLE_NO_STAMP,
			      .wire_in_ns = SAMPLE_NO_STAMP };
	stamps_choose(&f->stamps, i, pkt, s);
}

static void send_burst(struct flight *f)
{
	struct wire_trial *t = f->t;
	struct packet pkt[64];
	uint32_t n = 0, took;

	while (n < 64 && f->sent + n < t->requests &&
	       (t->silent || f->sent + n - f->answered < t->burst) &&
	       n < t->burst) {
		build(f, f->sent + n, &pkt[n]);
		n++;
	}
	took = (uint32_t)f->transport.ops->send(f->transport.state, pkt, n);
	for (uint32_t i = 0; i < took; i++) {
		struct sample *s = &f->sample[f->sent + i];

		s->sent_ns = pkt[i].stamp_ns;
		if (pkt[i].flags & TRANSPORT_STAMP)
			stamps_sent(&f->stamps, &pkt[i], s->seq);
	}
	f->sent += took;
	if (took > 0)
		f->moved_ns = clock_now_ns();
}

static void answer(struct flight *f, const struct packet *pkt,
		   const unsigned char *data)
{
	struct sample *s;
	uint32_t i;

	memcpy(&i, data, sizeof(i));
	if (i >= f->sent || f->sample[i].received_ns)
		return;
	s = &f->sample[i];
	s->received_ns = pkt->stamp_ns;
	f->answered++;
	if (s->wire_in_ns == SAMPLE_LOST_STAMP)
		stamps_replied(&f->stamps, pkt, i);
}

static void receive(struct flight *f)
{
	const struct transport_ops *ops = f->transport.ops;
	struct packet pkt[RECV];
	size_t n = ops->recv(f->transport.state, pkt, RECV);

	for (size_t i = 0; i < n; i++) {
		uint32_t used = 0;

		for (; used + f->t->size <= pkt[i].len; used += f->t->size)
			answer(f, &pkt[i], pkt[i].data + used);
		if (ops->keep && !(pkt[i].flags & TRANSPORT_CLOSED))
			ops->keep(f->transport.state, pkt[i].conn, used);
	}
	if (n > 0)
		f->moved_ns = clock_now_ns();
	if (stamps_due(&f->stamps, clock_now_ns(), n == 0))
		stamps_turn(&f->stamps, clock_now_ns(), n == 0);
}

static void fly(struct flight *f)
{
	int64_t now_ns, end_ns;
	int64_t patience_ns = f->t->silent ? SILENT_NS : PATIENCE_NS;

	stamps_begin(&f->stamps);
	for (uint32_t i = 0; f->t->silent && i < f->t->connections; i++)
		f->stamps.conn[i].most = UINT32_MAX;
	f->moved_ns = clock_now_ns();
	/* Who stood still looks once more before patience ends. */
	do {
		now_ns = clock_now_ns();
		if (f->sent < f->t->requests)
			send_burst(f);
		if (!f->t->silent || f->sent == f->t->requests)
			receive(f);
	} while (f->answered < f->t->requests &&
		 now_ns - f->moved_ns < patience_ns);
	/* Acknowledgements, and what was not drained yet. */
	for (end_ns = clock_now_ns() + 60000000; clock_now_ns() < end_ns;)
		for (uint32_t i = 0; i < f->t->connections; i++)
			stamps_drain(&f->stamps, i);
	stamps_end(&f->stamps);
}

/* --- what came of it ------------------------------------------------------ */

/* Counted from the log alone; keys in order of sending, of one connection. */
static uint64_t count_heard(const struct pairing_entry *log, size_t n,
			    struct arena *arena)
{
	struct pairing_entry *sent = arena_array(arena, n, sizeof(*sent));
	uint64_t heard = 0;
	size_t m = 0;

	for (size_t i = 0; i < n; i++) {
		if (log[i].what == PAIRING_SENT)
			sent[m++] = log[i];
		if (log[i].what != PAIRING_STAMP || log[i].kind != TSOURCE_SND)
			continue;
		/* Those of one write have one key, and stand together. */
		for (size_t k = m; k-- > 0;) {
			if (sent[k].conn != log[i].conn ||
			    sent[k].key > log[i].key)
				continue;
			if (sent[k].key < log[i].key)
				break;
			heard += !sent[k].quality;
			sent[k].quality = 1;
		}
	}
	return heard;
}

/* How CLOCK_REALTIME, which packets are seen by, goes with our own clock. */
static void dump_clocks(const struct wire_trial *t, const struct wall *wall)
{
	for (uint32_t i = 0; i < wall->n; i++) {
		const struct tsource_reading *r = &wall->look[i];

		fprintf(t->dump, "clock,%" PRId64 ",%" PRId64 "\n",
			r->before_ns + (r->after_ns - r->before_ns) / 2,
			r->other_ns);
	}
}

/*
 * For those who saw the packets: the request; its connection, and where it
 * ends in its stream, both ways; and its instants, 0: none.
 */
static void dump(const struct wire_trial *t, const struct sample *s)
{
	uint32_t pair = s->seq / 2;
	uint64_t before = pair / t->connections * 2 + s->seq % 2;
	bool out = s->wire_out_ns > SAMPLE_LOST_STAMP,
	     in = s->wire_in_ns > SAMPLE_LOST_STAMP;

	fprintf(t->dump, "%u,%u,%" PRIu64 ",%" PRId64 ",%" PRId64 ",%" PRId64
		",%" PRId64 "\n", s->seq, pair % t->connections,
		(before + 1) * t->size, s->sent_ns,
		out ? s->sent_ns + s->wire_out_ns : 0,
		in ? s->received_ns - s->wire_in_ns : 0, s->received_ns);
}

/* Are the instants of one in order, as far as the clocks can tell? */
static void look_at(struct wire_trial *t, const struct pairing_send *s,
		    double *leg[4], size_t *n)
{
	int64_t bound = t->bound_ns + clock_error_ns(), at[5], last;

	if (!s->sample || !sample_stamped(s->sample))
		return;
	at[0] = last = s->sample->sent_ns;
	at[1] = s->at_ns[TSOURCE_SCHED];
	at[2] = s->sample->sent_ns + s->sample->wire_out_ns;
	at[4] = s->sample->received_ns;
	at[3] = at[4] - s->sample->wire_in_ns;
	if (!at[1])
		at[1] = at[2];
	else
		t->detailed++;
	for (int k = 1; k < 5; k++) {
		leg[k - 1][*n] = (double)(at[k] - last);
		t->disordered += at[k] + bound < last;
		last = at[k];
	}
	++*n;
}

static void judge(struct flight *f)
{
	struct wire_trial *t = f->t;
	struct ring *ring = &f->stamps.log;
	size_t n = ring_ready(ring), legs = 0;
	struct pairing_entry *log = arena_array(&f->arena, n, sizeof(*log));
	struct pairing_rules rules = {
		.connections = t->connections, .stream = t->stream,
		.every = t->share >= 1, .wall = &f->stamps.wall,
		.unrecorded = f->stamps.log.full > 0,
	};
	struct pairing p;
	double *leg[4];

	t->drops = tsource_socket.drops(f->stamps.source.state);
	rules.dropped = t->drops > 0;
	for (size_t i = 0; i < n; i++)
		memcpy(&log[i], ring_at(ring, i), sizeof(*log));
	pairing_join(&p, log, n, f->sample, f->sent, &rules, &f->arena);
	t->heard = count_heard(log, n, &f->arena);
	t->count = p.count;
	t->bound_ns = p.bound_ns;
	t->received = f->answered;
	if (t->dump)
		dump_clocks(t, &f->stamps.wall);
	for (uint32_t i = 0; t->dump && i < f->sent; i++)
		dump(t, &f->sample[i]);
	for (int k = 0; k < 4; k++)
		leg[k] = arena_array(&f->arena, p.n + 1, sizeof(double));
	for (size_t i = 0; i < p.n; i++)
		look_at(t, &p.send[i], leg, &legs);
	for (int k = 0; k < 4 && legs; k++) {
		vector_sort(leg[k], legs);
		t->leg_ns[k] = leg[k][legs / 2];
	}
}

int wire_trial_run(struct wire_trial *t, struct err *err)
{
	struct flight f = { .t = t };
	struct echo echo;
	int rc;

	t->heard = t->drops = t->received = t->disordered = t->detailed = 0;
	arena_init(&f.arena);
	if (!t->address) {
		rc = echo_start(&echo, "127.0.0.1:0", t->stream, err);
		if (rc < 0)
			return rc;
	}
	rc = open_flight(&f, t->address ? t->address : echo.address, err);
	if (rc == 0) {
		fly(&f);
		judge(&f);
	}
	close_flight(&f);
	if (!t->address)
		echo_stop(&echo);
	return rc;
}
