/* cmd.c - what all commands share: messages, options, the nearest word */
#include "lancet/cmd/cmd.h"

#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "agents/transport.h"
#include "coordinator/plan.h"
#include "lancet/core/arena.h"
#include "lancet/core/config.h"
#include "lancet/core/err.h"
#include "lancet/core/nearest.h"

#define WORD_MAX 64
#define OPTIONS_MAX 64

int cmd_fail(const char *command, int status, const char *fmt, ...)
{
	va_list args;

	/* A table stands before what is said of it, in one file too. */
	fflush(stdout);
	fprintf(stderr, "lancet%s%s: ", command ? " " : "",
		command ? command : "");
	va_start(args, fmt);
	vfprintf(stderr, fmt, args);
	va_end(args);
	fputc('\n', stderr);
	return status;
}

const char *cmd_nearest(const char *text, const char *const *candidates)
{
	struct nearest nearest;

	nearest_start(&nearest, text);
	for (; *candidates; candidates++)
		nearest_try(&nearest, *candidates);
	return nearest.best;
}

static void unknown_option(char **argv, const struct option *longs)
{
	const char *names[OPTIONS_MAX + 1] = { NULL };
	const char *text = argv[optind - 1], *nearest;
	char word[WORD_MAX];
	size_t n = 0;

	if (strncmp(text, "--", 2)) {
		cmd_fail(argv[0], 0,
			 "unknown option -%c; `lancet %s --help` lists them",
			 optopt, argv[0]);
		return;
	}
	snprintf(word, sizeof word, "%.*s", (int)strcspn(text + 2, "="),
		 text + 2);
	for (; longs->name && n < OPTIONS_MAX; longs++)
		names[n++] = longs->name;
	nearest = cmd_nearest(word, names);
	if (nearest)
		cmd_fail(argv[0], 0, "unknown option --%s; did you mean --%s?",
			 word, nearest);
	else
		cmd_fail(argv[0], 0,
			 "unknown option --%s; `lancet %s --help` lists them",
			 word, argv[0]);
}

int cmd_getopt(int argc, char **argv, const char *shorts,
	       const struct option *longs)
{
	char quiet[WORD_MAX];
	int c;

	/* The leading ':' makes getopt tell a missing argument apart. */
	snprintf(quiet, sizeof quiet, ":%s", shorts);
	opterr = 0;
	c = getopt_long(argc, argv, quiet, longs, NULL);
	if (c == ':') {
		cmd_fail(argv[0], 0, "%s needs an argument", argv[optind - 1]);
		return '?';
	}
	if (c == '?' && optopt > 255)
		cmd_fail(argv[0], 0, "%s takes no argument", argv[optind - 1]);
	else if (c == '?')
		unknown_option(argv, longs);
	return c;
}

int cmd_set(struct cmd_set *set, const char *command, const char *item)
{
	if (set->n == CMD_SET_MAX)
		return cmd_fail(command, STATUS_USAGE, "more than %d options "
				"--set; write them into the configuration",
				CMD_SET_MAX);
	set->item[set->n++] = item;
	return 0;
}

struct config *cmd_config(const char *file, const struct cmd_set *set,
			  struct arena *arena)
{
	struct option_problems problems = { 0 };
	struct config *config;

	config = config_load(file, set ? set->item : NULL, set ? set->n : 0,
			     arena, &problems);
	if (!config)
		option_problems_print(&problems, NULL, stderr);
	return config;
}

struct plan *cmd_plan(const struct config *config, struct arena *arena)
{
	const struct transport_ops *transport =
		(const void *)config->workload.transport.kind;
	struct option_problems problems = { 0 };
	struct plan_host host = {
		.stream = transport->flags & TRANSPORT_STREAM,
		.memory = transport->flags & TRANSPORT_MEMORY,
		.wire = transport->flags & TRANSPORT_WIRE,
		.paths = transport->listen && *transport->listen == '@',
	};
	struct err err = { 0 };
	struct plan *plan;

	plan_host_read(&host, arena);
	plan = plan_create(config, &host, arena, &problems, &err);
	if (plan)
		return plan;
	if (err.text[0])
		fprintf(stderr, "%s\n", err.text);
	option_problems_print(&problems, NULL, stderr);
	return NULL;
}
