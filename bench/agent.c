/* agent.c - what the agent itself costs, with no network under it */
#include "bench/bench.h"

#include <string.h>

#include "agents/recorder.h"

/*
 * The whole way of a request through the hot loop (draw, build, send, feed,
 * stamp, record) on the transport `loop`, in bursts of 16 and of one, beside
 * a floor that does what no load generator can do without: two TSC reads,
 * one logarithm, a 40-byte copy, two histogram increments.
 */
#define REQUESTS 50000
#define ROUNDS 60u

static const char peer[] =
	"two TSC reads, a logarithm, 40 bytes copied, two histogram increments";

static uint64_t tsc(void)
{
#ifdef __x86_64__
	return __builtin_ia32_rdtsc();
#else
	return (uint64_t)clock_now_ns();
#endif
}

struct floor_record {
	uint64_t word[5];
};

static double run_floor(void)
{
	static struct floor_record record[65536];
	static uint32_t count[2][4096];
	struct rng_key key = { .seed = 1 };
	struct rng rng;
	int64_t begun = clock_now_ns();

	rng_init(&rng, &key);
	for (uint64_t i = 0; i < REQUESTS; i++) {
		uint64_t sent = tsc();
		double gap = -log(rng_open(&rng));
		struct floor_record r = {
			{ sent, i, (uint64_t)(gap * 1e3), 0, 0 },
		};

		r.word[3] = tsc();
		record[i % 65536] = r;
		count[0][r.word[2] & 4095]++;
		count[1][(r.word[3] - sent) & 4095]++;
		/* All of it is really done. */
		__asm__ volatile("" : : "r"(record), "r"(count) : "memory");
	}
	return (double)(clock_now_ns() - begun) / REQUESTS;
}

/* Folding is done after a segment, on the control thread. */
static double run_fold(struct recorder *recorder, struct worker *w)
{
	size_t n = ring_ready(&w->ring);
	int64_t begun = clock_now_ns();

	recorder_fold(recorder, &w->ring);
	return (double)(clock_now_ns() - begun) / (double)n;
}

int main(void)
{
	struct bench_best base = { 0 }, many = { 0 }, one = { 0 }, fold = { 0 };
	struct recorder recorder;
	struct arena arena;
	struct worker *w;

	clock_sync();
	arena_init(&arena);
	w = bench_worker("loop", NULL, "", 64, 0, 0, &arena);
	if (recorder_init(&recorder, 0, 1, 10000000, 1))
		return 1;
	for (uint32_t i = 0; i < ROUNDS; i++) {
		bench_round(&base, run_floor());
		w->burst = WORKER_BURST;
		bench_round(&many, bench_segment(w, 2 * i, REQUESTS));
		recorder_reset(&recorder, w->pacer.base_ns, 0);
		bench_round(&fold, run_fold(&recorder, w));
		w->burst = 1;
		bench_round(&one, bench_segment(w, 2 * i + 1, REQUESTS));
		recorder_reset(&recorder, w->pacer.base_ns, 0);
		run_fold(&recorder, w);
	}
	bench_row("agent on loop, bursts of 16", many.ns, "ns/request", base.ns,
		  peer);
	bench_row("agent on loop, bursts of one", one.ns, "ns/request",
		  base.ns, peer);
	bench_row("agent, folding afterwards", fold.ns, "ns/request", NAN,
		  NULL);
	recorder_fini(&recorder);
	worker_close(w);
	free(w);
	arena_fini(&arena);
	return 0;
}
