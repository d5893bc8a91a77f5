/* golden_traces.c - every golden trace of a folder, job by job */
#include <dirent.h>
#include <stdbool.h>
#include <string.h>

#include "lancet/core/arena.h"
#include "lancet/core/err.h"
#include "tests/golden/trace.h"

static int is_trace(const struct dirent *entry)
{
	size_t len = strlen(entry->d_name);

	return len > 4 && !strcmp(entry->d_name + len - 4, ".csv");
}

/* Misses go to standard output; true when there are none. */
static bool passes(const char *folder, const char *name)
{
	struct arena arena;
	struct trace trace;
	struct err err = { 0 };
	long misses;

	arena_init(&arena);
	misses = trace_read(&trace, arena_printf(&arena, "%s/%s", folder, name),
			    &arena, &err);
	if (!misses)
		misses = trace_run(&trace, 0, stdout, &err);
	if (misses < 0)
		printf("%s\n", err.text);
	arena_fini(&arena);
	return misses == 0;
}

int main(int argc, char **argv)
{
	struct dirent **entry;
	int passed = 0, n;

	if (argc != 2) {
		fprintf(stderr, "usage: golden-traces FOLDER\n");
		return 2;
	}
	n = scandir(argv[1], &entry, is_trace, alphasort);
	if (n <= 0) {
		fprintf(stderr, "%s: no traces (*.csv) there\n", argv[1]);
		return 2;
	}
	for (int i = 0; i < n; i++)
		passed += passes(argv[1], entry[i]->d_name);
	printf("%d passed, %d failed\n", passed, n - passed);
	return passed < n;
}
