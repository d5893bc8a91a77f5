/* writer.h - what turns a result into a file or a text */
#ifndef REPORTS_WRITER_H
#define REPORTS_WRITER_H

#include <stdio.h>

#include "lancet/core/kind.h"
#include "lancet/core/result.h"

struct err;

/* One file writer/NAME.c: text, json, html, svg, hlog. */
struct writer_ops {
	struct kind kind;
	const char *file;	/* its name in the result folder; NULL: stdout */

	/*
	 * Write the result into `dir` (under its own name; the caller made
	 * dir temporary and renames it) or, where file is NULL, to `out`.
	 * 0 or -errno.
	 */
	int (*write)(const struct result *result, const char *dir, FILE *out,
		     struct err *err);
};

/*
 * A whole result folder: every writer asked for, plus config.yaml and
 * latency.hlog; under a temporary name beside it, synced, then renamed.
 * -EEXIST when `dir` exists.
 */
int writer_folder(const struct result *result, const char *dir,
		  const struct choice *writers, size_t n, struct err *err);

#endif
