/* lines.h - numbers from a text file, with errors that say where */
#ifndef WORKLOADS_LINES_H
#define WORKLOADS_LINES_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

struct err;

/*
 * A file of comma separated fields. Empty lines and lines that start with
 * '#' are skipped; so is a first line that starts with a letter: a header.
 * Lines are at most 4096 bytes long and hold no NUL.
 */
#define LINES_FIELDS 4
#define LINES_LENGTH 4096

struct lines {
	FILE *in;
	const char *file;
	unsigned line; /* of the last lines_next() */
	char text[LINES_LENGTH];
	char *field[LINES_FIELDS]; /* without blanks at either end */
	size_t nfields;
};

int lines_open(struct lines *l, const char *file, struct err *err);
void lines_close(struct lines *l);

/* 1: a line's fields; 0: end of file; -EINVAL or -EIO, with file and line. */
int lines_next(struct lines *l, struct err *err);

/* As err_set, with "file:line: " in front. */
int lines_error(const struct lines *l, struct err *err, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/*
 * Field i as a number >= 0, plain or with the unit of a duration or a size;
 * a plain one is in the unit of the law: ns or bytes.
 */
int lines_value(const struct lines *l, size_t i, double *value,
		struct err *err);

/* The same for a text from anywhere; -EINVAL or -ERANGE, nothing said. */
int value_parse(const char *text, double *value);

#endif
