/* err.h - one failure in words, told once, with what led to it in front */
#ifndef LANCET_CORE_ERR_H
#define LANCET_CORE_ERR_H

#include <stddef.h>

/*
 * A function that can fail takes a `struct err *` (never NULL) and returns 0
 * or -errno, or a pointer or NULL. The text is one line without a final dot:
 * what; remedy. code is the -errno that was returned.
 */
struct err {
	int code;
	char text[1024];
};

/* Fill in the failure; returns code, which is negative. */
int err_set(struct err *err, int code, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* Put "what: " before the text that is there; returns the code. */
int err_wrap(struct err *err, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* What is no text of one line becomes '?': for others' words in a message. */
void err_one_line(char *text);

#endif
