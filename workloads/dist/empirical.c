/* empirical.c - values measured elsewhere, drawn with equal probability */
#include "workloads/dist.h"

#include <errno.h>

#include "lancet/core/arena.h"
#include "lancet/core/err.h"
#include "lancet/core/option.h"
#include "workloads/discrete.h"
#include "lancet/core/lines.h"

struct empirical_options {
	const char *file;
};

static const struct option_row empirical_rows[] = {
	OPTION(STRING, struct empirical_options, file,
	       OPTION_REQUIRED | OPTION_FILE, NULL, 0, 0,
	       "text file, one value a line: ns (bytes for sizes), or "
	       "with a unit"),
	{ 0 },
};

/* Alias tables index with 31 bits; this is far beyond use. */
#define EMPIRICAL_MAX ((size_t)1 << 28)

static int read_atoms(struct lines *l, struct atom **atom, size_t *n,
		      struct arena *arena, struct err *err)
{
	size_t room = 0;
	int rc;

	while ((rc = lines_next(l, err)) > 0) {
		double x;

		if (l->nfields != 1)
			return lines_error(l, err,
					   "%zu fields; give one value"
					   " a line",
					   l->nfields);
		rc = lines_value(l, 0, &x, err);
		if (rc)
			return rc;
		if (*n == EMPIRICAL_MAX)
			return lines_error(l, err, "more than %zu values",
					   EMPIRICAL_MAX);
		if (*n == room)
			*atom = arena_grow(arena, *atom, *n, &room,
					   sizeof(**atom));
		(*atom)[(*n)++] = (struct atom){ x, 1 };
	}
	return rc;
}

static int empirical_init(void *state, const void *options, struct arena *arena,
			  struct err *err)
{
	const struct empirical_options *o = options;
	struct atom *atom = NULL;
	struct lines lines;
	size_t n = 0;
	int rc = lines_open(&lines, o->file, err);

	if (rc)
		return rc;
	rc = read_atoms(&lines, &atom, &n, arena, err);
	lines_close(&lines);
	if (rc)
		return rc;
	if (!n)
		return err_set(err, -EINVAL,
			       "%s has no values; give one a "
			       "line",
			       o->file);
	discrete_build(state, atom, n, arena);
	return 0;
}

const struct dist_ops dist_empirical = {
	.kind = {
		.name = "empirical",
		.help = "values from a file, each with equal probability",
		.options = empirical_rows,
		.options_size = sizeof(struct empirical_options),
		.short_keys = "file",
		.short_help = "empirical:FILE",
	},
	.state_size = sizeof(struct discrete),
	.init = empirical_init,
	.sample = discrete_sample,
	.moment = discrete_moment,
	.cdf = discrete_cdf,
	.quantile = discrete_quantile,
	.atoms = discrete_atoms,
	.laplace = discrete_laplace,
};
