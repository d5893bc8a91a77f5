/* row.c - the rows of a folder of golden values, together by queue */
#include "tests/golden/row.h"

#include <errno.h>
#include <glob.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lancet/core/arena.h"
#include "tests/golden/csv.h"

enum column {
	COLUMN_ID,
	COLUMN_MODEL,
	COLUMN_ARRIVAL,
	COLUMN_SERVICE,
	COLUMN_K,
	COLUMN_POLICY,
	COLUMN_LOAD,
	COLUMN_METRIC,
	COLUMN_VALUE,
	COLUMN_TOL,
	COLUMN_METHOD,
	COLUMNS /* the source is for people */
};

static const char *const column_name[COLUMNS] = {
	"id",	"model",  "arrival", "service", "k",	  "policy",
	"load", "metric", "value",   "tol",	"method",
};

/* Columns beyond these are not looked at. */
#define FIELDS 32

struct folder {
	struct golden_rows *rows;
	struct arena *arena;
	const char *file;
	size_t line;
	size_t at[COLUMNS]; /* which field each column is */
	size_t room;
};

static const char *read_header(struct folder *r, char **field, size_t n)
{
	for (int c = 0; c < COLUMNS; c++) {
		size_t i = 0;

		while (i < n && strcmp(field[i], column_name[c]))
			i++;
		if (i == n)
			return column_name[c];
		r->at[c] = i;
	}
	return NULL;
}

static bool read_number(const char *text, double *to)
{
	char *end;

	*to = strtod(text, &end);
	return end != text && !*end && !isnan(*to);
}

static enum golden_kind kind_of(const char *method)
{
	if (!strcmp(method, "simulation"))
		return GOLDEN_SIMULATED;
	return strcmp(method, "formula") ? GOLDEN_EXACT : GOLDEN_FORMULA;
}

static void read_fields(const struct folder *r, struct golden_row *row,
			char **field)
{
	row->id = field[r->at[COLUMN_ID]];
	row->arrival = field[r->at[COLUMN_ARRIVAL]];
	row->service = field[r->at[COLUMN_SERVICE]];
	row->workers = field[r->at[COLUMN_K]];
	row->policy = field[r->at[COLUMN_POLICY]];
	row->load = field[r->at[COLUMN_LOAD]];
	row->metric = field[r->at[COLUMN_METRIC]];
	row->kind = kind_of(field[r->at[COLUMN_METHOD]]);
	if (!read_number(field[r->at[COLUMN_VALUE]], &row->value))
		row->wrong = "the value is no number";
	else if (!read_number(field[r->at[COLUMN_TOL]], &row->tolerance) ||
		 row->tolerance < 0)
		row->wrong = "the tolerance is no number";
}

static bool same_queue(const struct golden_row *a, const struct golden_row *b)
{
	return a->kind == b->kind && !a->wrong && !b->wrong &&
	       !strcmp(a->arrival, b->arrival) &&
	       !strcmp(a->service, b->service) &&
	       !strcmp(a->workers, b->workers) &&
	       !strcmp(a->policy, b->policy) && !strcmp(a->load, b->load);
}

static void add_row(struct folder *r, struct golden_row *row)
{
	struct golden_rows *rows = r->rows;
	size_t i = rows->nqueues;

	rows->nrows++;
	/* Mostly it is the last one. */
	while (i > 0 && !same_queue(rows->queue[i - 1], row))
		i--;
	if (i > 0) {
		struct golden_row **end = &rows->queue[i - 1]->next;

		while (*end)
			end = &(*end)->next;
		*end = row;
		return;
	}
	if (rows->nqueues == r->room)
		rows->queue = arena_grow(r->arena, rows->queue, rows->nqueues,
					 &r->room, sizeof(*rows->queue));
	rows->queue[rows->nqueues++] = row;
}

static void read_row(struct folder *r, const char *text)
{
	struct golden_row *row = arena_alloc(r->arena, sizeof(*row));
	char *field[FIELDS];
	size_t n = csv_split(arena_strdup(r->arena, text), field, FIELDS);

	row->file = r->file;
	row->line = r->line;
	row->id = "?";
	for (int c = 0; c < COLUMNS; c++)
		if (r->at[c] >= n)
			row->wrong = n ? "there are too few columns"
				       : "a quote is not closed";
	if (!row->wrong)
		read_fields(r, row, field);
	add_row(r, row);
}

static int read_lines(struct folder *r, FILE *f, const char *path)
{
	char *line = NULL, *field[FIELDS];
	const char *lacks = "a line";
	size_t size = 0;
	int rc = 0;

	if (getline(&line, &size, f) > 0)
		lacks = read_header(r, field, csv_split(line, field, FIELDS));
	if (lacks) {
		fprintf(stderr,
			"golden-models: %s: the first line lacks %s; it must "
			"name the columns of golden values\n",
			path, lacks);
		rc = -EINVAL;
	}
	for (r->line = 2; !rc && getline(&line, &size, f) > 0; r->line++)
		if (line[strspn(line, " \t\r\n")])
			read_row(r, line);
	free(line);
	return rc;
}

static int read_file(struct folder *r, const char *path)
{
	FILE *f = fopen(path, "r");
	int rc;

	if (!f) {
		rc = -errno;
		fprintf(stderr, "golden-models: %s: %s\n", path,
			strerror(errno));
		return rc;
	}
	r->file = arena_strdup(r->arena, strrchr(path, '/') + 1);
	rc = read_lines(r, f, path);
	fclose(f);
	return rc;
}

int golden_rows_read(struct golden_rows *rows, const char *folder,
		     struct arena *arena)
{
	struct folder r = { .rows = rows, .arena = arena };
	char pattern[4096];
	glob_t found;
	int rc = 0;

	*rows = (struct golden_rows){ 0 };
	snprintf(pattern, sizeof(pattern), "%s/*.csv", folder);
	if (glob(pattern, 0, NULL, &found)) {
		fprintf(stderr, "golden-models: %s: no *.csv there\n", folder);
		return -ENOENT;
	}
	for (; !rc && rows->nfiles < found.gl_pathc; rows->nfiles++)
		rc = read_file(&r, found.gl_pathv[rows->nfiles]);
	globfree(&found);
	return rc;
}
