/* input.h - files that the user names, to be read */
#ifndef LANCET_CORE_INPUT_H
#define LANCET_CORE_INPUT_H

#include <stdio.h>

/*
 * Open for reading, but never wait for somebody to write: a FIFO that nobody
 * has opened is an empty file. NULL with errno, EISDIR for a folder.
 */
FILE *input_open(const char *path);

/* The same where it will be read more than once: EINVAL for a pipe, a device. */
FILE *input_open_regular(const char *path);

#endif
