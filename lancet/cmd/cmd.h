/* cmd.h - what a command of the program promises */
#ifndef LANCET_CMD_CMD_H
#define LANCET_CMD_CMD_H

#include <stddef.h>
#include <stdio.h>

/*
 * One file lancet/cmd/NAME.c exports `const struct command command_NAME`; the
 * Makefile collects them. run gets the command's own argv (argv[0] is its
 * name), parses with cmd_getopt, and returns the exit status. Data goes to
 * standard output, progress and messages to standard error. main answers
 * --help and says when standard output could not be written.
 */
struct command {
	const char *name;
	const char *help;	/* one line for `lancet help` */
	const char *usage;	/* what `lancet NAME --help` prints: examples */
				/* first, then every option */
	int (*run)(int argc, char **argv);
	int hidden;		/* started by lancet itself: agent */
};

/* In order of name; ends with NULL. Generated at build time. */
extern const struct command *const command_table[];

/* Exit statuses; when several hold: 4, 2, 3, 1. */
enum status {
	STATUS_FINE = 0,
	STATUS_MISSED = 1,	/* the slo, at a fixed rate */
	STATUS_USAGE = 2,
	STATUS_INVALID = 3,
	STATUS_BROKEN = 4,	/* agent died, target unreachable */
};

/* One line on standard error: `lancet NAME: what; remedy`; returns status. */
int cmd_fail(const char *command, int status, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/*
 * getopt_long with messages of our form: '?' after an unknown option (with
 * the nearest known one) or a missing argument has been told.
 */
struct option;
int cmd_getopt(int argc, char **argv, const char *shorts,
	       const struct option *longs);

/*
 * What `--set KEY=YAML` gave. cmd_set() keeps the pointer; it returns 0, or
 * STATUS_USAGE when it has said that there are too many.
 */
#define CMD_SET_MAX 256

struct cmd_set {
	const char *item[CMD_SET_MAX];
	size_t n;
};

int cmd_set(struct cmd_set *set, const char *command, const char *item);

/*
 * A configuration read and checked, with what `--set` changes (NULL: none);
 * then what a run would do. NULL when the problems of either have been
 * printed.
 */
struct arena;
struct config;
struct plan;
struct config *cmd_config(const char *file, const struct cmd_set *set,
			  struct arena *arena);
struct plan *cmd_plan(const struct config *config, struct arena *arena);

/* The candidate that is a slip of the pen away from text; NULL: none is. */
const char *cmd_nearest(const char *text, const char *const *candidates);

#endif
