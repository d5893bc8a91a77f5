/* row.h - the rows of a folder of golden values, together by queue */
#ifndef TESTS_GOLDEN_ROW_H
#define TESTS_GOLDEN_ROW_H

#include <stdbool.h>
#include <stddef.h>

struct arena;

/* How a golden value was made, and so how lancet is asked for it. */
enum golden_kind {
	GOLDEN_EXACT,	  /* all but the two below */
	GOLDEN_FORMULA,	  /* an approximation, to be met as such */
	GOLDEN_SIMULATED, /* has noise of its own */
	GOLDEN_KINDS
};

struct golden_row {
	const char *file; /* without folder */
	size_t line;	  /* from 1 */
	const char *id, *arrival, *service, *workers, *policy, *load;
	const char *metric;
	const char *wrong; /* why it could not be read; or NULL */
	double value, tolerance;
	enum golden_kind kind;
	struct golden_row *next; /* of the same queue */
};

/* Rows that ask about one queue, so that one simulation answers them. */
struct golden_rows {
	struct golden_row **queue; /* the first row of each */
	size_t nqueues;
	size_t nrows, nfiles;
};

/*
 * All *.csv of a folder, in order of name. 0, or -errno with what could not
 * be read on standard error. A line that is no row becomes a row with
 * `wrong`: nothing is left out.
 */
int golden_rows_read(struct golden_rows *rows, const char *folder,
		     struct arena *arena);

#endif
