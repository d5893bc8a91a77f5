/* vector.h - the data and the expected statistics of a folder */
#ifndef TESTS_GOLDEN_VECTOR_H
#define TESTS_GOLDEN_VECTOR_H

#include <stddef.h>

struct arena;
struct err;

struct golden_vector {
	const double *x;
	size_t n;
};

/* One line of *_expected.csv with its data: none ("-"), one ("a") or a pair. */
struct golden_stat {
	const char *id, *vector, *test, *params, *metric;
	double value, tolerance;
	struct golden_vector data[2];
	size_t ndata;
};

/* Files are read once; kept for the next line that names them. */
struct golden_folder {
	const char *path;
	struct arena *arena;
	struct golden_file {
		const char *name;
		struct golden_vector vector;
		struct golden_file *next;
	} * file;
};

/* Names of the columns: 0, or -errno. */
int golden_stat_header(char *line, struct err *err);

/* 0, or -errno with what the line (or a vector it names) lacks. */
int golden_stat_read(struct golden_folder *folder, const char *line,
		     struct golden_stat *stat, struct err *err);

#endif
