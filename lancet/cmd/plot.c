/* plot.c - `lancet plot`: curves of one or more results */
#include "lancet/cmd/cmd.h"

#include <getopt.h>
#include <math.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lancet/core/arena.h"
#include "lancet/core/err.h"
#include "lancet/core/unit.h"
#include "reports/load.h"
#include "reports/output.h"
#include "reports/plot.h"

static const char usage[] =
	"lancet plot results/quickstart-20260102-030405\n"
	"lancet plot before after --metric p99.9 --out compare.pdf\n"
	"lancet plot results/mine --kind tail --out tail.svg\n"
	"\n"
	"Draws results with gnuplot. The script and its data stay in the\n"
	"result's folder plot/, or beside FILE, for those who want another\n"
	"style.\n"
	"\n"
	"usage: lancet plot [OPTION]... RESULT...\n"
	"  --kind KIND    what to draw [load]\n"
	"                 load       response time over load, with confidence\n"
	"                            band, model and slo\n"
	"                 tail       response time by percentile\n"
	"                 cdf        share of requests over response time\n"
	"                 timeline   response time over time, with stalls\n"
	"                 residual   measured minus model, over load\n"
	"  --metric P     one quantile of response time: p50, p99, p99.9 ...\n"
	"                 (for load, timeline, residual)\n"
	"  --out FILE     .svg, .pdf or .png; - is standard output, as SVG\n"
	"                 [KIND.svg]\n"
	"\n"
	"RESULT is a folder that `lancet run` wrote, or its result.json.\n"
	"Exit status: 0 fine, 2 no such result, kind or format, 4 gnuplot is\n"
	"missing or failed.\n";

struct request {
	struct plot plot;
	enum plot_format format;
	const char *out;
	char *const *paths;
	int n;
};

static int named(const char *const *names, const char *text)
{
	for (int i = 0; names[i]; i++)
		if (!strcmp(names[i], text))
			return i;
	return -1;
}

static int take_kind(struct request *r, const char *text)
{
	int kind = named(plot_kind_name, text);
	const char *nearest = cmd_nearest(text, plot_kind_name);

	if (kind < 0 && nearest)
		return cmd_fail("plot", STATUS_USAGE,
				"no kind '%s'; did you mean '%s'?", text,
				nearest);
	if (kind < 0)
		return cmd_fail("plot", STATUS_USAGE,
				"no kind '%s'; there are load, tail, cdf, "
				"timeline, residual",
				text);
	r->plot.kind = (enum plot_kind)kind;
	return 0;
}

static int take_metric(struct request *r, const char *text)
{
	double q;

	if (unit_quantile(text, &q))
		return cmd_fail("plot", STATUS_USAGE,
				"no metric '%s'; name a quantile of response "
				"time: p50, p99, p99.9",
				text);
	r->plot.q = q;
	return 0;
}

static int take_out(struct request *r, const char *path)
{
	int format = plot_format_of(path);

	if (!strcmp(path, "-"))
		format = PLOT_SVG;
	if (format < 0)
		return cmd_fail("plot", STATUS_USAGE,
				"--out %s: unknown format; let it end in .svg, "
				".pdf or .png",
				path);
	r->format = (enum plot_format)format;
	r->out = path;
	return 0;
}

/* The quantiles of a result are a fixed set, those of windows two. */
static int check_metric(const struct request *r)
{
	bool windows = r->plot.kind == PLOT_TIMELINE;

	if (r->plot.q == 0 || r->plot.kind == PLOT_TAIL ||
	    r->plot.kind == PLOT_CDF)
		return 0;
	if (windows && fabs(r->plot.q - .5) > 1e-9 &&
	    fabs(r->plot.q - .99) > 1e-9)
		return cmd_fail("plot", STATUS_USAGE,
				"windows have the metrics p50 and p99");
	for (int i = 0; i < RESULT_QUANTILES; i++)
		if (fabs(r->plot.q - result_quantiles[i]) < 1e-9)
			return 0;
	return cmd_fail("plot", STATUS_USAGE,
			"results have the metrics p50, p90, p95, p99, p99.9 "
			"and p99.99");
}

/* Where script and data stay: with the result, or else with the picture. */
static const char *stem(const struct request *r, struct arena *arena)
{
	const char *kind = plot_kind_name[r->plot.kind];
	char *folder = arena_printf(arena, "%s/plot", r->paths[0]);
	const char *dot = strrchr(r->out, '.');
	struct stat st;

	if (r->n == 1 && !stat(r->paths[0], &st) && S_ISDIR(st.st_mode)) {
		mkdir(folder, 0777);
		if (!access(folder, W_OK))
			return arena_printf(arena, "%s/%s", folder, kind);
	}
	return dot ? arena_printf(arena, "%.*s", (int)(dot - r->out), r->out)
		   : kind;
}

static int draw(const struct request *r, struct arena *arena)
{
	struct output output;
	struct err err = { 0 };
	int rc = output_open(&output, r->out, &err);

	if (!rc) {
		rc = plot_draw(&r->plot, r->format, stem(r, arena), output.file,
			       &err);
		rc = output_close(&output, rc, &err);
	}
	if (rc)
		return cmd_fail("plot", STATUS_BROKEN, "%s", err.text);
	if (strcmp(r->out, "-"))
		printf("%s\n", r->out);
	return STATUS_FINE;
}

static int plot(struct request *r, struct arena *arena)
{
	const struct result **results =
		arena_array(arena, (size_t)r->n, sizeof(*results));
	struct err err = { 0 };

	for (int i = 0; i < r->n; i++) {
		results[i] = load_result(r->paths[i], arena, &err);
		if (!results[i])
			return cmd_fail("plot", STATUS_USAGE, "%s", err.text);
	}
	r->plot.result = results;
	r->plot.n = (size_t)r->n;
	if (!r->out)
		r->out = arena_printf(arena, "%s.svg",
				      plot_kind_name[r->plot.kind]);
	return draw(r, arena);
}

static int run(int argc, char **argv)
{
	static const struct option options[] = {
		{ "kind", required_argument, NULL, 'k' },
		{ "metric", required_argument, NULL, 'm' },
		{ "out", required_argument, NULL, 'o' },
		{ NULL, 0, NULL, 0 },
	};
	struct request r = { .plot.kind = PLOT_LOAD };
	struct arena arena;
	int c, status = 0;

	while (!status && (c = cmd_getopt(argc, argv, "o:", options)) != -1)
		status = c == 'k'   ? take_kind(&r, optarg)
			 : c == 'm' ? take_metric(&r, optarg)
			 : c == 'o' ? take_out(&r, optarg)
				    : STATUS_USAGE;
	if (!status && optind == argc)
		status = cmd_fail(argv[0], STATUS_USAGE,
				  "no result given; name a folder that "
				  "`lancet run` wrote");
	if (!status)
		status = check_metric(&r);
	if (status)
		return status;
	r.paths = argv + optind;
	r.n = argc - optind;
	arena_init(&arena);
	status = plot(&r, &arena);
	arena_fini(&arena);
	return status;
}

const struct command command_plot = {
	.name = "plot",
	.help = "plot one or more results",
	.usage = usage,
	.run = run,
};
