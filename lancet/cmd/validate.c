/* validate.c - `lancet validate`: is this a configuration that could run? */
#include "lancet/cmd/cmd.h"

#include <getopt.h>
#include <stddef.h>

#include "lancet/core/arena.h"
#include "lancet/core/config.h"

static const char usage[] =
	"lancet validate my.yaml\n"
	"lancet validate configs/*.yaml\n"
	"\n"
	"Checks configurations without running them: says what `lancet run`\n"
	"would say, one line a mistake with file, line and remedy.\n"
	"\n"
	"usage: lancet validate [OPTION]... CONFIG...\n"
	"  --set KEY=YAML   as with run: replace what stands at a dotted key\n"
	"  --quiet          say nothing about files that are fine\n"
	"\n"
	"Exit status: 0 all are fine, 2 one is not.\n";

static int validate(const char *file, const struct cmd_set *set, int quiet)
{
	struct arena arena;
	struct config *config;
	int fine;

	arena_init(&arena);
	config = cmd_config(file, set, &arena);
	fine = config && cmd_plan(config, &arena);
	if (fine && !quiet)
		printf("%s: fine\n", file);
	arena_fini(&arena);
	return fine ? STATUS_FINE : STATUS_USAGE;
}

static int run(int argc, char **argv)
{
	static const struct option options[] = {
		{ "set", required_argument, NULL, 's' },
		{ "quiet", no_argument, NULL, 'q' },
		{ NULL, 0, NULL, 0 },
	};
	struct cmd_set set = { 0 };
	int c, quiet = 0, status = STATUS_FINE;

	while ((c = cmd_getopt(argc, argv, "q", options)) != -1) {
		if (c == 'q')
			quiet = 1;
		else if (c != 's' || cmd_set(&set, argv[0], optarg))
			return STATUS_USAGE;
	}
	if (optind == argc)
		return cmd_fail(argv[0], STATUS_USAGE,
				"no configuration given; name one or more");
	for (; optind < argc; optind++)
		if (validate(argv[optind], &set, quiet))
			status = STATUS_USAGE;
	return status;
}

const struct command command_validate = {
	.name = "validate",
	.help = "check configurations without running them",
	.usage = usage,
	.run = run,
};
