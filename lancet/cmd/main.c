/* main.c - the program: finds the command and runs it */
#include "lancet/cmd/cmd.h"

#include <errno.h>
#include <gsl/gsl_errno.h>
#include <stdio.h>
#include <string.h>

#include "lancet/core/frame.h"

#define COMMANDS_MAX 64

static const char intro[] =
	"lancet measures the tail latency of microsecond-scale servers, and\n"
	"says how far each figure can be trusted.\n"
	"\n"
	"  lancet run configs/quickstart.yaml     measure the built-in server\n"
	"  lancet init memcached --target HOST:11211 > my.yaml\n"
	"  lancet run my.yaml\n"
	"\n"
	"Commands:\n";

static const char outro[] =
	"\n"
	"`lancet COMMAND --help` tells more; so does `man lancet`.\n";

static void help(FILE *out)
{
	fputs(intro, out);
	for (size_t i = 0; command_table[i]; i++)
		if (!command_table[i]->hidden)
			fprintf(out, "  %-10s %s\n", command_table[i]->name,
				command_table[i]->help);
	fputs(outro, out);
}

static const struct command *find(const char *name)
{
	for (size_t i = 0; command_table[i]; i++)
		if (!strcmp(command_table[i]->name, name))
			return command_table[i];
	return NULL;
}

static int unknown(const char *name)
{
	const char *names[COMMANDS_MAX + 1] = { NULL };
	const char *nearest;

	for (size_t i = 0; command_table[i] && i < COMMANDS_MAX; i++)
		names[i] = command_table[i]->name;
	nearest = cmd_nearest(name, names);
	if (nearest)
		return cmd_fail(NULL, STATUS_USAGE,
				"unknown command '%s'; did you mean '%s'?",
				name, nearest);
	return cmd_fail(NULL, STATUS_USAGE,
			"unknown command '%s'; `lancet help` lists them", name);
}

static int help_on(const char *name)
{
	const struct command *command = find(name);

	if (!command)
		return unknown(name);
	fputs(command->usage, stdout);
	return STATUS_FINE;
}

static int asks_help(int argc, char **argv)
{
	for (int i = 1; i < argc && strcmp(argv[i], "--"); i++)
		if (!strcmp(argv[i], "--help") || !strcmp(argv[i], "-h"))
			return 1;
	return 0;
}

static int dispatch(int argc, char **argv)
{
	const struct command *command;

	if (argc < 2) {
		help(stderr);
		return STATUS_USAGE;
	}
	if (!strcmp(argv[1], "--version") || !strcmp(argv[1], "-V")) {
		printf("lancet %s\n", lancet_version);
		return STATUS_FINE;
	}
	if (!strcmp(argv[1], "help") && argc > 2 && strcmp(argv[2], "help"))
		return help_on(argv[2]);
	if (!strcmp(argv[1], "help") || !strcmp(argv[1], "--help") ||
	    !strcmp(argv[1], "-h")) {
		help(stdout);
		return STATUS_FINE;
	}
	command = find(argv[1]);
	if (!command)
		return unknown(argv[1]);
	if (asks_help(argc - 1, argv + 1))
		return help_on(argv[1]);
	return command->run(argc - 1, argv + 1);
}

int main(int argc, char **argv)
{
	int status;

	/* What GSL cannot do comes back as NAN; it does not end a run. */
	gsl_set_error_handler_off();
	status = dispatch(argc, argv);

	/* A full disk must not look like success. */
	if ((fflush(stdout) || ferror(stdout)) && status == STATUS_FINE)
		return cmd_fail(NULL, STATUS_BROKEN,
				"cannot write standard output: %s",
				strerror(errno));
	return status;
}
