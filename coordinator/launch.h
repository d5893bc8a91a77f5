/* launch.h - how an agent is started: an argv that speaks on stdin and stdout */
#ifndef COORDINATOR_LAUNCH_H
#define COORDINATOR_LAUNCH_H

#include <stddef.h>

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

#endif
