/* local.c - agents on this machine: the agent's own argv, as it is */
#include "coordinator/launch.h"

static char *const *local_argv(const void *options, const char *host,
			       char *const *agent, struct arena *arena,
			       struct err *err)
{
	(void)options;
	(void)host;
	(void)arena;
	(void)err;
	return agent;
}

const struct launch_ops launch_local = {
	.kind = {
		.name = "local",
		.help = "a process on this machine",
	},
	.argv = local_argv,
};
