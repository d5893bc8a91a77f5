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
	 * Write the result to `out`: its file, opened by the caller, or the
	 * standard output. `dir` is where more files may go (the caller made
	 * it temporary and renames it); for a text, the folder to name; NULL:
	 * none. 0 or -errno.
	 */
	int (*write)(const struct result *result, const char *dir, FILE *out,
		     struct err *err);
};

/*
 * A whole result folder: every writer asked for that writes a file, and in
 * any case config.yaml, result.json and latency.hlog; under a temporary name
 * beside it, synced, then renamed. Folders above it are made. -EEXIST when
 * `dir` exists.
 */
int writer_folder(const struct result *result, const char *dir,
		  const struct choice *writers, size_t n, struct err *err);

/*
 * The same in two steps, for what is written before the result is there:
 * the folder under its temporary name (room for PATH_MAX), then all the
 * rest and its own name; or nothing of it, as where the second step failed.
 */
int writer_begin(const char *dir, char *temporary, struct err *err);
int writer_finish(const struct result *result, const char *dir,
		  const char *temporary, const struct choice *writers,
		  size_t n, struct err *err);
void writer_abort(const char *temporary);

#endif
