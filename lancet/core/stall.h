/* stall.h - gaps of a loop that should never stand still, and their causes */
#ifndef LANCET_CORE_STALL_H
#define LANCET_CORE_STALL_H

#include <stddef.h>
#include <stdint.h>

/*
 * One loop's record: gaps of 20 us and more are counted, those longer than
 * the threshold are listed with their cause by /proc/thread-self/schedstat
 * and getrusage. Written by the loop's thread; read after it stopped or
 * through its own synchronisation. A full list is counted in `dropped`.
 */
#define STALL_COUNT_NS 20000

enum stall_cause {
	STALL_PREEMPTED,	/* waited for a CPU, by schedstat */
	STALL_SWITCHED,		/* an involuntary switch without waiting time */
	STALL_STOPPED,		/* neither ran nor waited: SIGSTOP, a freeze */
	STALL_HOST,		/* ran by the kernel's account: steal, SMI */
	STALL_CAUSES
};

extern const char *const stall_cause_name[STALL_CAUSES];

struct stall {
	int64_t start_ns;	/* CLOCK_MONOTONIC */
	int64_t length_ns;
	int64_t wait_ns;	/* of it, waiting for a CPU */
	enum stall_cause cause;
};

struct stall_log {
	int64_t threshold_ns;
	struct stall *stall;
	size_t n, room;
	uint64_t gaps;		/* of 20 us and more */
	uint64_t dropped;
	int64_t longest_ns;
	int64_t last_ns;
	int fd;			/* schedstat */
	int begun;
	int64_t looked_ns, paused_ns;	   /* last look; pauses since then */
	int64_t wait_ns, run_ns, switches; /* at the last look */
};

int stall_init(struct stall_log *log, int64_t threshold_ns, size_t room);
void stall_fini(struct stall_log *log);

/*
 * Call on the loop's own thread before it starts, and after any pause (cheap
 * then: a pause is the time since the last turn).
 */
void stall_begin(struct stall_log *log, int64_t now_ns);

void stall_slow(struct stall_log *log, int64_t now_ns, int64_t gap_ns);

/* Hot: once each turn of a polling loop. */
static inline void stall_turn(struct stall_log *log, int64_t now_ns)
{
	int64_t gap = now_ns - log->last_ns;

	log->last_ns = now_ns;
	if (__builtin_expect(gap >= STALL_COUNT_NS, 0))
		stall_slow(log, now_ns, gap);
}

#endif
