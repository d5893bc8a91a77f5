/* agent.c - `lancet agent`: fires requests for a coordinator */
#include "lancet/cmd/cmd.h"

#include <getopt.h>
#include <signal.h>
#include <unistd.h>

#include "agents/agent.h"
#include "hwts/hwtstamp.h"
#include "hwts/sys.h"

static const char usage[] =
	"lancet agent     started by `lancet run` on every host that fires\n"
	"                 requests; speaks the control protocol on its standard\n"
	"                 input and output\n"
	"\n"
	"It has no options: all it does is in the plan that the coordinator\n"
	"sends. End of input ends it, and its load, at once.\n";

static int run(int argc, char **argv)
{
	static const struct option options[] = { { 0 } };

	if (getopt_long(argc, argv, "", options, NULL) != -1)
		return STATUS_USAGE;
	if (optind < argc)
		return cmd_fail("agent", STATUS_USAGE,
				"unexpected argument '%s'", argv[optind]);
	/* Ctrl-C reaches the whole group: the coordinator decides. */
	signal(SIGINT, SIG_IGN);
	/* What an agent that was killed here has left switched on. */
	hwtstamp_recover(&sys_kernel);
	return agent_run(STDIN_FILENO, STDOUT_FILENO) < 0 ? STATUS_BROKEN :
							    STATUS_FINE;
}

const struct command command_agent = {
	.name = "agent",
	.help = "fire requests for a coordinator (started by lancet run)",
	.usage = usage,
	.run = run,
	.hidden = 1,
};
