/* stall.c - gaps of a loop that should never stand still, and their causes */
#include "lancet/core/stall.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

const char *const stall_cause_name[STALL_CAUSES] = {
	[STALL_PREEMPTED] = "preempted",
	[STALL_SWITCHED] = "switched out",
	[STALL_STOPPED] = "stopped",
	[STALL_HOST] = "host",
};

int stall_init(struct stall_log *log, int64_t threshold_ns, size_t room)
{
	memset(log, 0, sizeof(*log));
	log->fd = -1;
	log->threshold_ns = threshold_ns;
	log->stall = calloc(room ? room : 1, sizeof(*log->stall));
	if (!log->stall)
		return -ENOMEM;
	log->room = room;
	return 0;
}

void stall_fini(struct stall_log *log)
{
	if (log->fd >= 0)
		close(log->fd);
	log->fd = -1;
	free(log->stall);
	log->stall = NULL;
}

/*
 * schedstat: time on a CPU, time waiting for one, slices. Its first number
 * is brought up to date only by the tick, so the time on a CPU comes from
 * the thread's own clock.
 */
static int64_t stall_wait_ns(int fd)
{
	char text[96];
	long long wait;
	ssize_t n = fd < 0 ? -1 : pread(fd, text, sizeof(text) - 1, 0);

	if (n <= 0)
		return 0;
	text[n] = '\0';
	return sscanf(text, "%*d %lld", &wait) == 1 ? wait : 0;
}

static int64_t stall_run_ns(void)
{
	struct timespec ts;

	if (clock_gettime(CLOCK_THREAD_CPUTIME_ID, &ts))
		return 0;
	return ts.tv_sec * INT64_C(1000000000) + ts.tv_nsec;
}

/* What the kernel says about the time since the last look. */
struct stall_account {
	int64_t wall_ns, wait_ns, run_ns, switches;
};

static struct stall_account stall_look(struct stall_log *log, int64_t now_ns)
{
	struct rusage usage = { 0 };
	struct stall_account a = {
		.wall_ns = now_ns - log->looked_ns - log->paused_ns,
	};
	int64_t wait_ns = stall_wait_ns(log->fd);
	int64_t run_ns = stall_run_ns();

	getrusage(RUSAGE_THREAD, &usage);
	a.wait_ns = wait_ns - log->wait_ns;
	a.run_ns = run_ns - log->run_ns;
	a.switches = usage.ru_nivcsw - log->switches;
	log->looked_ns = now_ns;
	log->paused_ns = 0;
	log->wait_ns = wait_ns;
	log->run_ns = run_ns;
	log->switches = usage.ru_nivcsw;
	return a;
}

void stall_begin(struct stall_log *log, int64_t now_ns)
{
	if (!log->begun) {
		log->begun = 1;
		log->fd = open("/proc/thread-self/schedstat",
			       O_RDONLY | O_CLOEXEC);
		log->last_ns = now_ns;
		stall_look(log, now_ns);
	}
	log->paused_ns += now_ns - log->last_ns;
	log->last_ns = now_ns;
}

/*
 * Most of the gap decides. Without schedstat a switch is all there is to
 * tell a preemption from a stop.
 */
static enum stall_cause stall_why(const struct stall_log *log,
				  const struct stall_account *a,
				  int64_t gap_ns)
{
	int64_t absent_ns = a->wall_ns - a->run_ns - a->wait_ns;

	if (a->wait_ns >= gap_ns / 2)
		return STALL_PREEMPTED;
	if (log->fd < 0 && a->switches)
		return STALL_SWITCHED;
	if (absent_ns >= gap_ns / 2)
		return STALL_STOPPED;
	return a->switches ? STALL_SWITCHED : STALL_HOST;
}

/* Every counted gap looks, so that the accounts of a stall are its own. */
void stall_slow(struct stall_log *log, int64_t now_ns, int64_t gap_ns)
{
	struct stall_account a = stall_look(log, now_ns);

	log->gaps++;
	if (gap_ns > log->longest_ns)
		log->longest_ns = gap_ns;
	if (gap_ns <= log->threshold_ns)
		return;
	if (log->n == log->room) {
		log->dropped++;
		return;
	}
	log->stall[log->n++] = (struct stall){
		.start_ns = now_ns - gap_ns,
		.length_ns = gap_ns,
		.wait_ns = a.wait_ns < gap_ns ? a.wait_ns : gap_ns,
		.cause = stall_why(log, &a, gap_ns),
	};
}
