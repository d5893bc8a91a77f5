/* stages.c - what each part of the agent adds to a request, without a network */
#include "bench/bench.h"

#include "agents/recorder.h"

/*
 * The same requests over and over, each time with one part more of the hot
 * loop, on the transport `loop`, in bursts of 16. What a part adds is the
 * difference to the row before; system calls are what bench/sockets.c's bare
 * loops cost.
 */
#define REQUESTS 50000
#define ROUNDS 40u

static const char peer[] = "the row before";

static double begun_ns;

static void begin(void)
{
	begun_ns = (double)clock_now_ns();
}

static double each_ns(uint32_t n)
{
	return ((double)clock_now_ns() - begun_ns) / n;
}

static void arm(struct worker *w, uint32_t segment)
{
	struct wire_start start = {
		.segment = segment, .rate_rps = 1e9,
		.at_ns = clock_now_ns(), .from_ns = (int64_t)segment * REQUESTS,
		.until_ns = INT64_MAX / 2,
	};
	struct err err;

	if (worker_arm(w, &start, &err) < 0)
		bench_fail(&err);
	/* The next one goes on from here, instead of drawing all again. */
	w->reached_ns = start.from_ns;
}

/* Gap, class, sizes and number of each request. */
static double draw(struct worker *w)
{
	begin();
	for (uint32_t i = 0; i < REQUESTS; i++) {
		const struct intent *next = pacer_next(&w->pacer);

		__asm__ volatile("" : : "r"(next) : "memory");
		pacer_pop(&w->pacer);
	}
	return each_ns(REQUESTS);
}

/* The next request's bytes, as the loop has them built. */
static void build(struct worker *w, uint32_t i, uint32_t conn)
{
	const struct intent *next = pacer_next(&w->pacer);
	struct packet *pkt = &w->out.pkt[i];
	struct proto_request req = {
		.id = w->id | next->seq,
		.request_size = next->request_size,
		.reply_size = next->reply_size,
		.conn = conn,
	};

	pkt->data = i > 0 ? pkt[-1].data + pkt[-1].len : w->out.bytes;
	pkt->len = (uint32_t)w->proto.ops->build(
		w->proto.state, w->conn_state + conn * w->conn_size, &req,
		pkt->data, w->proto.max_out);
	pkt->conn = conn;
	pacer_pop(&w->pacer);
}

static double draw_and_build(struct worker *w)
{
	begin();
	for (uint32_t i = 0; i < REQUESTS; i++)
		build(w, i % WORKER_BURST, i % w->pool.n);
	return each_ns(REQUESTS);
}

/* And out, and in, and parsed; `feeds` apart from what only moves bytes. */
static double move(struct worker *w, bool feeds)
{
	uint32_t n = 0, back = 0;

	begin();
	while (back < REQUESTS) {
		size_t got;

		for (uint32_t i = 0; i < WORKER_BURST; i++, n++)
			build(w, i, n % w->pool.n);
		w->transport.ops->send(w->transport.state, w->out.pkt,
				       WORKER_BURST);
		got = w->transport.ops->recv(w->transport.state, w->in,
					     WORKER_RECV);
		for (size_t i = 0; feeds && i < got; i++) {
			const struct packet *pkt = &w->in[i];
			struct proto_done done[4];
			size_t ndone = 0;

			w->proto.ops->feed(w->proto.state,
					   w->conn_state +
						   pkt->conn * w->conn_size,
					   pkt->data, pkt->len, done, 4,
					   &ndone);
		}
		back += (uint32_t)got;
	}
	return each_ns(n);
}

static double fold(struct recorder *recorder, struct worker *w)
{
	uint32_t n = (uint32_t)ring_ready(&w->ring);

	recorder_reset(recorder, w->pacer.base_ns, 0);
	begin();
	recorder_fold(recorder, &w->ring);
	return each_ns(n);
}

int main(void)
{
	enum { DRAW, BUILD, MOVE, FEED, ALL, FOLDED, STAGES };
	static const char *const name[STAGES] = {
		"stage: drawn from the schedule", "stage: and built",
		"stage: and moved by the transport", "stage: and parsed",
		"stage: and paced, matched, recorded",
		"stage: and folded into windows",
	};
	struct bench_best best[STAGES] = { 0 }, folding = { 0 };
	struct recorder recorder;
	struct arena arena;
	struct worker *w;

	clock_sync();
	arena_init(&arena);
	w = bench_worker("loop", NULL, "", 64, 0, 0, &arena);
	if (recorder_init(&recorder, 0, 1, 10000000, 1))
		return 1;
	for (uint32_t i = 0; i < ROUNDS; i++) {
		arm(w, 5 * i);
		bench_round(&best[DRAW], draw(w));
		arm(w, 5 * i + 1);
		bench_round(&best[BUILD], draw_and_build(w));
		arm(w, 5 * i + 2);
		bench_round(&best[MOVE], move(w, false));
		arm(w, 5 * i + 3);
		bench_round(&best[FEED], move(w, true));
		bench_round(&best[ALL],
			    bench_segment(w, 5 * i + 4, REQUESTS));
		bench_round(&folding, fold(&recorder, w));
	}
	best[FOLDED].ns = best[ALL].ns + folding.ns;
	for (int i = 0; i < STAGES; i++)
		bench_row(name[i], best[i].ns, "ns/request",
			  i > 0 ? best[i - 1].ns : (double)NAN, peer);
	recorder_fini(&recorder);
	worker_close(w);
	free(w);
	arena_fini(&arena);
	return 0;
}
