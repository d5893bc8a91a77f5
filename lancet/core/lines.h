/* lines.h - a text file of comma separated fields; errors say where */
#ifndef LANCET_CORE_LINES_H
#define LANCET_CORE_LINES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

struct err;

/*
 * Empty lines and lines that start with '#' are passed over; blanks at either
 * end of a field, quotes around it, CRs and a byte order mark do not count. A
 * line that is too long, or holds a NUL, is an error before it is all read.
 */
#define LINES_FIELDS 64
#define LINES_LENGTH 65536

struct lines {
	FILE *in;
	const char *file;
	bool named;	/* the first line names columns: keep it; else a first
			 * line that starts with a letter is passed over */
	unsigned long line;	/* of the last lines_next() */
	char *field[LINES_FIELDS];
	size_t nfields;
	char text[LINES_LENGTH + 1];
};

/* A regular file by its name, to be closed; or one that is open already. */
int lines_open(struct lines *l, const char *file, struct err *err);
void lines_close(struct lines *l);
void lines_begin(struct lines *l, FILE *in, const char *file, bool named);

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
