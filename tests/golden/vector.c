/* vector.c - the data and the expected statistics of a folder */
#include "tests/golden/vector.h"

#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lancet/core/arena.h"
#include "lancet/core/err.h"
#include "tests/golden/csv.h"

/* The method, which is the last column, is for people. */
#define COLUMNS 7
#define FIELDS 32

static const char *const column[COLUMNS] = {
	"id", "vector", "test", "params", "metric", "value", "tol",
};

static bool read_number(const char *text, double *to)
{
	char *end;

	*to = strtod(text, &end);
	end += strspn(end, " \t\r\n");
	return end != text && !*end && isfinite(*to);
}

int golden_stat_header(char *line, struct err *err)
{
	char *field[FIELDS];
	size_t n = csv_split(line, field, FIELDS);

	for (size_t i = 0; i < COLUMNS; i++)
		if (i >= n || strcmp(field[i], column[i]))
			return err_set(err, -EINVAL, "column %zu must be %s",
				       i + 1, column[i]);
	return 0;
}

/* '#' lines, a line with the name of the column, then a number a line. */
static int read_values(struct golden_folder *folder, FILE *f, const char *name,
		       struct golden_vector *vector, struct err *err)
{
	size_t room = 0, size = 0, number = 0;
	bool header = false;
	char *line = NULL;
	double *x = NULL;
	int rc = 0;

	while (!rc && getline(&line, &size, f) > 0) {
		number++;
		if (line[0] == '#' || !line[strspn(line, " \t\r\n")])
			continue;
		if (!header) {
			header = true;
			continue;
		}
		if (vector->n == room)
			x = arena_grow(folder->arena, x, vector->n, &room,
				       sizeof(*x));
		if (!read_number(line, &x[vector->n++]))
			rc = err_set(err, -EINVAL, "%s:%zu: this is no number",
				     name, number);
	}
	free(line);
	vector->x = x;
	return rc;
}

static int read_vector(struct golden_folder *folder, const char *name,
		       struct golden_vector *vector, struct err *err)
{
	struct golden_file *file = folder->file;
	FILE *f;
	int rc;

	while (file && strcmp(file->name, name))
		file = file->next;
	if (file) {
		*vector = file->vector;
		return 0;
	}
	f = fopen(arena_printf(folder->arena, "%s/%s", folder->path, name),
		  "r");
	if (!f)
		return err_set(err, -errno, "%s: %s", name, strerror(errno));
	file = arena_alloc(folder->arena, sizeof(*file));
	file->name = arena_strdup(folder->arena, name);
	rc = read_values(folder, f, name, &file->vector, err);
	fclose(f);
	if (rc)
		return rc;
	file->next = folder->file;
	folder->file = file;
	*vector = file->vector;
	return 0;
}

static int read_vectors(struct golden_folder *folder, struct golden_stat *stat,
			struct err *err)
{
	char *names = arena_strdup(folder->arena, stat->vector);

	if (!strcmp(names, "-"))
		return 0;
	for (char *name; (name = strsep(&names, "|")) != NULL; stat->ndata++) {
		int rc;

		if (stat->ndata == 2)
			return err_set(err, -EINVAL, "more than two vectors");
		rc = read_vector(folder, name, &stat->data[stat->ndata], err);
		if (rc)
			return rc;
	}
	return 0;
}

int golden_stat_read(struct golden_folder *folder, const char *line,
		     struct golden_stat *stat, struct err *err)
{
	char *field[FIELDS];
	size_t n = csv_split(arena_strdup(folder->arena, line), field, FIELDS);

	if (n < COLUMNS)
		return err_set(err, -EINVAL,
			       n ? "there are too few columns"
				 : "a quote is not closed");
	*stat = (struct golden_stat){
		.id = field[0],
		.vector = field[1],
		.test = field[2],
		.params = field[3],
		.metric = field[4],
	};
	if (!read_number(field[5], &stat->value))
		return err_set(err, -EINVAL, "the value is no number");
	if (!read_number(field[6], &stat->tolerance) || stat->tolerance < 0)
		return err_set(err, -EINVAL, "the tolerance is no number");
	return read_vectors(folder, stat, err);
}
