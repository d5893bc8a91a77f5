/* launch.h - how an agent is started: an argv that speaks on stdin and stdout */
#ifndef COORDINATOR_LAUNCH_H
#define COORDINATOR_LAUNCH_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "lancet/core/kind.h"

struct arena;
struct err;

struct launch_ops {
	struct kind kind;

	/*
	 * The argv that runs `agent` (an argv itself, NULL ended) on a host;
	 * NULL ended, in the arena. NULL with err filled when it cannot.
	 */
	char *const *(*argv)(const void *options, const char *host,
			     char *const *agent, struct arena *arena,
			     struct err *err);
};

/*
 * A child of ours, in a session of its own so that a terminal's Ctrl-C
 * reaches only us. It dies with us whatever happens to us. Control path,
 * main thread only.
 */
struct child {
	pid_t pid;		/* 0: none */
	int fd;			/* its stdin and stdout; -1: it has neither */
};

/*
 * Start argv (execvp; never a shell). With `control` its stdin and stdout
 * are the other end of child->fd; else it reads nothing and its stdout is
 * discarded. stderr stays ours.
 */
int child_start(struct child *child, char *const *argv, int control,
		struct err *err);

/* 1 when it has ended, with how in words; 0 while it runs. Reaps it. */
int child_ended(struct child *child, char *text, size_t size);

/*
 * Close its input, or where it has none ask it by SIGTERM; wait until the
 * instant for its end, then kill it.
 */
void child_stop(struct child *child, int64_t until_ns);

/* From a signal handler that will exit: kill and reap every child. */
void child_kill_all(void);

/* This program, for argv[0] of agents and targets; in the arena. */
char *launch_self(struct arena *arena);

#endif
