/* stamping.c - which stamps the path to the target really gives */
#include "agents/stamping.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "agents/stamps.h"
#include "agents/worker.h"
#include "hwts/sys.h"
#include "hwts/pairing_witness.h"
#include "lancet/core/clock.h"

#define PROBES 8u
#define REPLY_NS 200000000	/* to each; a target has just been started */
#define STAMPS_NS 10000000	/* after the last reply, for a card's stamps */
#define RETRIES 10		/* while no reply comes in with a stamp: */
#define RETRY_NS 10000000	/* a helper of the kernel's has to turn it on */
#define LOG_REQUESTS (1u << 16)	/* room for these, to begin with */
#define BUFFER (8 << 20)	/* for a stream's waiting stamps */
#define AUTO_SHARE (1. / 16)	/* timestamps: auto costs little */
#define LAUNCH_NS 2000000	/* ahead of a probe: no discipline leaves it */
#define LAUNCH_LATE_NS 1000000	/* and none, that keeps times, is so late */
#define PROBE_POINT 0xffu	/* in their ids: no point's */

/* In the order in which they are tried. */
static const struct source {
	const char *name;
	enum config_timestamps word;
	const char *kind;
	bool hardware;
} sources[] = {
	{ "hardware", STAMPS_HARDWARE, "socket", true },
	{ "kernel", STAMPS_KERNEL, "socket", false },
	{ "pcap", STAMPS_PCAP, "pcap", false }, /* only where it is named */
	{ "user", STAMPS_USER, "user", false },
};

#define SOURCES (sizeof(sources) / sizeof(sources[0]))

/* --- probes --------------------------------------------------------------- */

struct probe {
	struct worker *w;
	struct sample sample[PROBES];
	uint32_t sent, answered;
	const char *broken;	/* why no more can be sent this way; or NULL */
};

static bool probe_send(struct probe *p)
{
	struct worker *w = p->w;
	struct packet *pkt = &w->out.pkt[0];
	struct proto_request req = {
		.id = wire_id(w->params.agent, w->params.index, PROBE_POINT) |
		      p->sent,
		.service_ns = w->params.workload->class[0].service.ops ? 1 : 0,
		.draw = rng_mix(p->sent),
		.conn = w->params.first_conn,
	};

	*pkt = (struct packet){
		.data = w->out.bytes,
		.launch_ns = w->params.launch ? clock_now_ns() + LAUNCH_NS : 0,
	};
	pkt->len = (uint32_t)w->proto.ops->build(w->proto.state, w->conn_state,
						 &req, pkt->data,
						 w->proto.max_out);
	p->sample[p->sent] = (struct sample){ .seq = p->sent };
	stamps_choose(w->stamps, req.id, pkt, &p->sample[p->sent]);
	pkt->flags |= TRANSPORT_STAMP | TRANSPORT_STAMP_MORE;
	if (!pkt->len ||
	    !w->transport.ops->send(w->transport.state, pkt, 1))
		return false;
	p->sample[p->sent].wire_out_ns = SAMPLE_LOST_STAMP;
	p->sample[p->sent].wire_in_ns = SAMPLE_LOST_STAMP;
	p->sample[p->sent].sent_ns = pkt->stamp_ns;
	if (pkt->flags & TRANSPORT_STAMP)
		stamps_sent(w->stamps, pkt, p->sent);
	p->sent++;
	return true;
}

/* The reply to the last one. */
static void probe_reply(struct probe *p, const struct packet *pkt)
{
	struct sample *s = &p->sample[p->sent - 1];

	if (p->answered >= p->sent)
		return;
	p->answered++;
	s->received_ns = pkt->stamp_ns;
	stamps_replied(p->w->stamps, pkt, s->seq);
}

/* What came in, and n of a parser, that is no reply; or NULL. */
static const char *amiss(const struct packet *pkt, long n)
{
	if (pkt->flags & TRANSPORT_REFUSED)
		return "the target refused a test request";
	if (pkt->flags & TRANSPORT_CLOSED)
		return "the target closed a connection instead of answering "
		       "test requests";
	if (n < 0)
		return "the reply to a test request could not be parsed";
	return pkt->conn != 0 ? "bytes came that nobody had asked for" : NULL;
}

static void probe_take(struct probe *p, const struct packet *pkt)
{
	struct worker *w = p->w;
	struct proto_done done[4];
	size_t used = 0;
	long n = 1;

	while (used < pkt->len && n > 0) {
		size_t ndone = 0;

		n = w->proto.ops->feed(w->proto.state, w->conn_state,
				       pkt->data + used, pkt->len - used, done,
				       4, &ndone);
		for (size_t i = 0; i < ndone; i++)
			probe_reply(p, pkt);
		used += n > 0 ? (size_t)n : 0;
	}
	if (!p->broken)
		p->broken = amiss(pkt, n);
	if (w->stream && !(pkt->flags & TRANSPORT_CLOSED))
		w->transport.ops->keep(w->transport.state, pkt->conn, used);
}

static void probe_wait(struct probe *p, int64_t until_ns)
{
	struct worker *w = p->w;

	while (p->answered < p->sent && !p->broken &&
	       clock_now_ns() < until_ns) {
		size_t n = w->transport.ops->recv(w->transport.state, w->in,
						  WORKER_RECV);

		for (size_t i = 0; i < n; i++)
			probe_take(p, &w->in[i]);
		stamps_drain(w->stamps, 0);
	}
}

/* What was logged, in one piece; how many stamped both ways. */
static uint32_t probe_judge(struct probe *p, struct pairing *pairing)
{
	struct ring *ring = &p->w->stamps->log;
	size_t n = ring_ready(ring);
	struct pairing_entry *log = arena_array(&p->w->arena, n, sizeof(*log));
	uint32_t good = 0;

	for (size_t i = 0; i < n; i++)
		memcpy(&log[i], ring_at(ring, i), sizeof(*log));
	stamping_join(p->w, pairing, log, n, p->sample, p->sent,
		      &p->w->arena);
	for (uint32_t i = 0; i < p->sent; i++)
		good += sample_stamped(&p->sample[i]);
	return good;
}

/*
 * Did they leave when they were to? Of one that left before, the stamp lies
 * before the send, and is misplaced.
 */
static int launch_judge(const struct probe *p, const struct pairing *pairing,
			struct err *why)
{
	uint32_t late = 0;

	for (uint32_t i = 0; i < p->sent; i++)
		late += sample_stamped(&p->sample[i]) &&
			p->sample[i].wire_out_ns > LAUNCH_LATE_NS;
	if (pairing->count.misplaced > 0)
		return err_set(why, -ENOTSUP, "of %u packets sent as a test, "
			       "some left before their launch time", p->sent);
	if (late > p->sent / 2)
		return err_set(why, -ENOTSUP, "of %u packets sent as a test, "
			       "%u left %d us or more after their launch time",
			       p->sent, late, LAUNCH_LATE_NS / 1000);
	return 0;
}

/*
 * 0: stamps come; else why not, in one line: -EAGAIN where the sends' do.
 * Broken: a connection is, or owes a reply, which must not be taken for that
 * to a request.
 */
static int probe_once(struct worker *w, bool *broken, struct err *why)
{
	struct probe p = { .w = w };
	struct pairing pairing;
	int64_t until;
	uint32_t good;

	if (w->stamps->enabled < 0)
		return err_set(why, w->stamps->enabled, "%s",
			       w->stamps->why->text);
	stamps_begin(w->stamps);
	while (p.sent < PROBES && probe_send(&p)) {
		probe_wait(&p, clock_now_ns() + REPLY_NS);
		*broken = p.broken || p.answered < p.sent;
		if (*broken)
			return err_set(why, -ETIMEDOUT, "%s", p.broken
				       ? p.broken
				       : "the target did not answer a test "
					 "request");
	}
	for (until = clock_now_ns() + STAMPS_NS; clock_now_ns() < until;)
		stamps_drain(w->stamps, 0);
	stamps_end(w->stamps);
	good = probe_judge(&p, &pairing);
	if (w->params.launch && launch_judge(&p, &pairing, why) < 0)
		return why->code;
	if (good > 0)
		return 0;
	if (pairing.count.lost_tx < p.sent)
		return err_set(why, -EAGAIN, "of %u test requests, no reply "
			       "had a stamp", p.sent);
	return err_set(why, -ENOTSUP, "of %u test requests, none got a stamp",
		p.sent);
}

/*
 * The first socket that wants stamps of what comes in has the whole kernel
 * turn them on, which waits for its turn on every CPU: longer than eight
 * requests take, above all where this thread keeps one for itself.
 */
static int probe_run(struct worker *w, bool *broken, struct err *why)
{
	const struct timespec pause = { .tv_nsec = RETRY_NS };
	int rc = probe_once(w, broken, why);

	for (int i = 0; i < RETRIES && rc == -EAGAIN; i++) {
		nanosleep(&pause, NULL);
		rc = probe_once(w, broken, why);
	}
	return rc;
}

/* --- sources -------------------------------------------------------------- */

static double share_of(const struct config *c)
{
	if (c->measure.stamps > 0)
		return c->measure.stamps;
	return c->timestamps == STAMPS_AUTO ? AUTO_SHARE : 1;
}

/* SND of all that are chosen, and its way there of few. */
static struct stamps_params params_of(const struct worker *w,
				      const struct source *source)
{
	const struct transport_ops *t = (const void *)
		w->params.config->workload.transport.kind;
	bool stream = t->flags & TRANSPORT_STREAM;
	double share = share_of(w->params.config);
	const struct tsource_ops *ops =
		(const void *)kind_find(KIND_TSOURCE, source->kind);
	bool witness = ops->flags & TSOURCE_WITNESSES;

	return (struct stamps_params){
		.ops = ops,
		.share = share,
		/* What waits for its launch time is scheduled before it. */
		.detail = witness || w->params.launch ? 0 :
			  TSOURCE_BIT(TSOURCE_SCHED),
		.detail_share = share / 4 < STAMPS_DETAIL ? share / 4 :
							    STAMPS_DETAIL,
		.told = w->trailer,
		.source = {
			.connections = w->params.connections,
			.stream = stream,
			.hardware = source->hardware,
			.every = share >= 1 || witness,
			.buffer = stream ? BUFFER : 0,
		},
	};
}

/* Streams of a file system, or memory, pass no device. */
static bool has_wire(const struct worker *w)
{
	const struct transport_ops *t = (const void *)
		w->params.config->workload.transport.kind;

	return t->flags & TRANSPORT_WIRE;
}

static bool wanted(const struct worker *w, const struct source *s)
{
	int want = w->params.config->timestamps;

	return want == (int)s->word ||
	       (want == STAMPS_AUTO && s->word != STAMPS_PCAP);
}

/* The next source that is permitted, from this one on; NULL. */
static const struct source *next_source(const struct worker *w,
					const struct source *s)
{
	for (; s < sources + SOURCES; s++)
		if (wanted(w, s) && (has_wire(w) || s->word == STAMPS_USER))
			return s;
	return NULL;
}

/* Of this source, and of the next that is not tried any more; or NULL. */
static void note_why(struct worker *w, const struct source *s,
		     const struct source *next, const struct err *why)
{
	size_t len = strlen(w->stamps_why);
	bool both = next && next->word != STAMPS_USER;

	snprintf(w->stamps_why + len, sizeof(w->stamps_why) - len,
		 "%sno %s%s%s stamps: %.160s", len ? "; " : "", s->name,
		 both ? " or " : "", both ? next->name : "", why->text);
}

/* No stamps; over connections that nothing was tried on, where asked. */
static int go_without(struct worker *w, bool anew)
{
	struct err ignored;

	if (anew)
		stamping_close(w);
	else if (w->tried)
		stamps_retune(w->tried, NULL, &ignored);
	w->stamps = NULL;
	return anew || !w->transport.ops ? worker_connect(w) : 0;
}

/* A transport whose sockets are ready for the source. */
static int begin(struct worker *w, const struct source *s)
{
	struct stamps_params params = params_of(w, s);
	int rc;

	w->tried = w->stamps = arena_alloc(&w->arena, sizeof(*w->stamps));
	rc = stamps_init(w->stamps, &params, LOG_REQUESTS, &w->arena, &w->err);
	return rc < 0 ? rc : worker_connect(w);
}

static int open_source(struct worker *w)
{
	const struct source *s = next_source(w, sources);
	bool broken = false;

	while (s && s->word != STAMPS_USER) {
		struct stamps_params params = params_of(w, s);
		struct err why = { 0 };
		int rc = 0;

		w->source = s->name;
		if (!w->tried)
			rc = begin(w, s);
		else if (stamps_retune(w->tried, &params, &why) < 0)
			rc = 1;
		if (rc < 0)
			return rc;
		if (rc == 0 && probe_run(w, &broken, &why) == 0)
			return 0;
		note_why(w, s, broken ? next_source(w, s + 1) : NULL, &why);
		s = next_source(w, broken ? &sources[SOURCES - 1] : s + 1);
	}
	w->source = "user";
	if (s && !w->params.launch)
		return go_without(w, broken);
	return err_set(&w->err, -ENOTSUP, "%s%s", w->stamps_why,
		       strstr(w->stamps_why, "; use ") ? "" :
		       "; use timestamps: auto");
}

/* fq holds packets by CLOCK_MONOTONIC, etf and cards by CLOCK_TAI. */
int stamping_open(struct worker *w)
{
	static const clockid_t clocks[] = { CLOCK_MONOTONIC, CLOCK_TAI };
	int rc = 0;

	if (!w->params.launch)
		return open_source(w);
	for (size_t i = 0; i < 2; i++) {
		launch_init(&w->launch, &sys_kernel, clocks[i]);
		w->stamps_why[0] = '\0';
		rc = open_source(w);
		if (rc != -ENOTSUP)
			return rc;
		stamping_close(w);
	}
	return err_set(&w->err, rc, "launch times do not work on this path: "
		       "%s; give its interface the queueing discipline fq (tc "
		       "qdisc replace dev IFACE root fq), or remove pacer: "
		       "launchtime", w->stamps_why);
}

void stamping_close(struct worker *w)
{
	if (w->transport.ops)
		w->transport.ops->close(w->transport.state);
	w->transport.ops = NULL;
	if (w->tried)
		stamps_fini(w->tried);
	w->tried = w->stamps = NULL;
	memset(w->conn_state, 0, w->params.connections * w->conn_size);
}

void stamping_join(const struct worker *w, struct pairing *p,
		   struct pairing_entry *log, size_t n, struct sample *sample,
		   size_t nsamples, struct arena *arena)
{
	const struct stamps *s = w->stamps;
	const struct tsource_ops *ops = s->source.ops;
	const struct pairing_rules rules = {
		.connections = s->params.source.connections,
		.stream = s->params.source.stream,
		.hardware = s->params.source.hardware,
		.every = s->every,
		.witness = ops->flags & TSOURCE_WITNESSES,
		.dropped = ops->drops && ops->drops(s->source.state) > 0,
		.unrecorded = s->log.full > 0,
		.wall = &s->wall,
		.phc_mono = s->tracked ? phc_track_mono : NULL,
		.phc = &s->card,
	};

	if (ops->flags & TSOURCE_WITNESSES)
		n = pairing_witness(log, n, &rules, arena);
	pairing_join(p, log, n, sample, nsamples, &rules, arena);
}

/* What its clock did in this segment, where it did not just run. */
static void note_clock(struct worker *w)
{
	const struct stamps *s = w->stamps;
	unsigned steps, freezes;

	if (!s || !s->tracked)
		return;
	steps = atomic_load(&s->card.steps);
	freezes = atomic_load(&s->card.freezes);
	w->stamps_why[0] = '\0';
	if (steps || freezes)
		snprintf(w->stamps_why, sizeof(w->stamps_why),
			 "the card's clock stepped %u times and stood still %u "
			 "times; stamps near these times are rejected", steps,
			 freezes);
}

void stamping_describe(struct worker *const *worker, uint32_t n,
		       struct wire_stamps *to)
{
	size_t least = 0;

	*to = (struct wire_stamps){ .source = "user", .reason = "" };
	for (uint32_t i = 0; i < n; i++) {
		size_t k = 0;

		note_clock(worker[i]);
		while (k < SOURCES - 1 && worker[i]->source &&
		       strcmp(worker[i]->source, sources[k].name) != 0)
			k++;
		if (i > 0 && k <= least)
			continue;
		least = k;
		to->source = sources[k].name;
		to->reason = worker[i]->stamps_why;
	}
}
