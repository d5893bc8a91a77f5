/* output.h - a file that is there whole or as it was before */
#ifndef REPORTS_OUTPUT_H
#define REPORTS_OUTPUT_H

#include <limits.h>
#include <stdio.h>

struct err;

/* Written under another name beside it and renamed; `-` is standard output. */
struct output {
	FILE *file;
	char path[PATH_MAX];
	char temporary[PATH_MAX];
};

int output_open(struct output *output, const char *path, struct err *err);

/* Where rc is not 0 the file stays as it was; returns rc or what failed. */
int output_close(struct output *output, int rc, struct err *err);

#endif
