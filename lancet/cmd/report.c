/* report.c - `lancet report`: one self-contained page of results */
#include "lancet/cmd/cmd.h"

#include <getopt.h>
#include <string.h>
#include <sys/stat.h>

#include "lancet/core/arena.h"
#include "lancet/core/err.h"
#include "reports/load.h"
#include "reports/output.h"
#include "reports/page.h"

static const char usage[] =
	"lancet report results/quickstart-20260102-030405\n"
	"lancet report before after --out comparison.html\n"
	"\n"
	"Writes one HTML file with verdict, curves, checks and environment; "
	"it\n"
	"loads nothing. Several results come side by side.\n"
	"\n"
	"usage: lancet report [OPTION]... RESULT...\n"
	"  --out FILE.html   where to write it (- is standard output); "
	"without\n"
	"                    it report.html in the result's folder, or\n"
	"                    comparison.html here for several\n"
	"\n"
	"RESULT is a folder that `lancet run` wrote, or its result.json.\n"
	"Exit status: 0 fine, 2 no result there, 4 it could not be written.\n";

static const char *default_name(char *const *paths, int n, struct arena *arena)
{
	struct stat st;

	if (n == 1 && !stat(paths[0], &st) && S_ISDIR(st.st_mode))
		return arena_printf(arena, "%s/report.html", paths[0]);
	return n == 1 ? "report.html" : "comparison.html";
}

static int write_page(const char *path, const struct result *const *results,
		      int n, struct err *err)
{
	struct output output;
	int rc = output_open(&output, path, err);

	if (rc)
		return rc;
	rc = page_write(results, (size_t)n, output.file, err);
	return output_close(&output, rc, err);
}

static int report(char *const *paths, int n, const char *out,
		  struct arena *arena)
{
	const struct result **results =
		arena_array(arena, (size_t)n, sizeof(*results));
	struct err err = { 0 };

	for (int i = 0; i < n; i++) {
		results[i] = load_result(paths[i], arena, &err);
		if (!results[i])
			return cmd_fail("report", STATUS_USAGE, "%s", err.text);
	}
	if (!out)
		out = default_name(paths, n, arena);
	if (write_page(out, results, n, &err))
		return cmd_fail("report", STATUS_BROKEN, "%s", err.text);
	if (strcmp(out, "-"))
		printf("%s\n", out);
	return STATUS_FINE;
}

static int run(int argc, char **argv)
{
	static const struct option options[] = {
		{ "out", required_argument, NULL, 'o' },
		{ NULL, 0, NULL, 0 },
	};
	const char *out = NULL;
	struct arena arena;
	int c, status;

	while ((c = cmd_getopt(argc, argv, "o:", options)) != -1) {
		if (c != 'o')
			return STATUS_USAGE;
		out = optarg;
	}
	if (optind == argc)
		return cmd_fail(argv[0], STATUS_USAGE,
				"no result given; name a folder that `lancet "
				"run` wrote");
	arena_init(&arena);
	status = report(argv + optind, argc - optind, out, &arena);
	arena_fini(&arena);
	return status;
}

const struct command command_report = {
	.name = "report",
	.help = "write one self-contained HTML page of results",
	.usage = usage,
	.run = run,
};
