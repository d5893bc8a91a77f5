/* golden_stats.c - every golden statistic of a folder, with its p value */
#include <errno.h>
#include <glob.h>
#include <gsl/gsl_errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lancet/core/arena.h"
#include "lancet/core/err.h"
#include "tests/golden/stat.h"

/* p values below this are compared to a factor of 2; 0 with what rounds so. */
#define TINY_P 1e-12
#define ZERO_P 1e-300

struct tally {
	size_t passed, failed;
};

static bool meets(const struct golden_stat *stat, double value)
{
	if (!strcmp(stat->metric, "p_mc_upper_bound"))
		return value <= stat->value;
	if (!strcmp(stat->metric, "p") && stat->value < TINY_P)
		return stat->value < ZERO_P && value < ZERO_P
			       ? true
			       : value >= stat->value / 2 &&
					 value <= stat->value * 2;
	return fabs(value - stat->value) <= stat->tolerance * fabs(stat->value);
}

/* Says what is wrong with a line; true when nothing is. */
static bool line_passes(struct golden_folder *folder, const char *line,
			const char *name, size_t number)
{
	struct err err = { 0 };
	struct golden_stat stat;
	double value = (double)NAN;
	int rc = golden_stat_read(folder, line, &stat, &err);

	rc = rc ? rc : golden_stat_value(&stat, &value, &err);
	if (rc) {
		printf("%s:%zu: %s\n", name, number, err.text);
		return false;
	}
	if (meets(&stat, value))
		return true;
	printf("%s:%zu: %s: %s of %s (%s) of %s is %.12g, not %.12g +- %g\n",
	       name, number, stat.id, stat.metric, stat.test, stat.params,
	       stat.vector, value, stat.value,
	       stat.tolerance * fabs(stat.value));
	return false;
}

static void read_lines(struct golden_folder *folder, FILE *f, const char *name,
		       struct tally *tally)
{
	struct err err = { 0 };
	char *line = NULL;
	size_t size = 0;

	if (getline(&line, &size, f) <= 0)
		err_set(&err, -EINVAL, "it is empty");
	else
		golden_stat_header(line, &err);
	if (err.code) {
		printf("%s:1: %s\n", name, err.text);
		tally->failed++;
	}
	for (size_t number = 2; !err.code && getline(&line, &size, f) > 0;
	     number++) {
		if (!line[strspn(line, " \t\r\n")])
			continue;
		if (line_passes(folder, line, name, number))
			tally->passed++;
		else
			tally->failed++;
	}
	free(line);
}

static void read_file(struct golden_folder *folder, const char *path,
		      struct tally *tally)
{
	FILE *f = fopen(path, "r");

	if (!f) {
		printf("%s: %s\n", path, strerror(errno));
		tally->failed++;
		return;
	}
	read_lines(folder, f, path, tally);
	fclose(f);
}

int main(int argc, char **argv)
{
	struct tally tally = { 0 };
	struct arena arena;
	struct golden_folder folder = { .arena = &arena };
	char pattern[4096];
	glob_t found;

	if (argc != 2) {
		fprintf(stderr, "usage: golden-stats FOLDER\n");
		return 2;
	}
	snprintf(pattern, sizeof(pattern), "%s/*_expected.csv", argv[1]);
	if (glob(pattern, 0, NULL, &found)) {
		fprintf(stderr, "%s: no *_expected.csv there\n", argv[1]);
		return 2;
	}
	gsl_set_error_handler_off();
	arena_init(&arena);
	folder.path = argv[1];
	for (size_t i = 0; i < found.gl_pathc; i++)
		read_file(&folder, found.gl_pathv[i], &tally);
	printf("%zu passed, %zu failed\n", tally.passed, tally.failed);
	arena_fini(&arena);
	globfree(&found);
	return tally.failed > 0 || tally.passed == 0;
}
