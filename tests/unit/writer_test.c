/* writer_test.c - the result folder, the table, the page, the pictures */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <ftw.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lancet/core/err.h"
#include "reports/curve.h"
#include "reports/load.h"
#include "reports/output.h"
#include "reports/page.h"
#include "reports/plot.h"
#include "reports/words.h"
#include "reports/writer.h"
#include "tests/unit/synthetic.h"

static struct arena arena;
static struct result *result;
static char folder[] = "/tmp/lancet-writer-XXXXXX";

static int setup(void **state)
{
	(void)state;
	arena_init(&arena);
	result = synthetic_result(&arena);
	strcpy(folder + strlen(folder) - 6, "XXXXXX");
	return !mkdtemp(folder);
}

static int remove_one(const char *path, const struct stat *st, int type,
		      struct FTW *ftw)
{
	(void)st, (void)type, (void)ftw;
	return remove(path);
}

static int teardown(void **state)
{
	(void)state;
	arena_fini(&arena);
	return nftw(folder, remove_one, 8, FTW_PHYS | FTW_DEPTH);
}

static const char *path_of(const char *name)
{
	return arena_printf(&arena, "%s/%s", folder, name);
}

static char *slurp(const char *path)
{
	FILE *in = fopen(path, "r");
	char *text = arena_alloc(&arena, 4 << 20);

	assert_non_null(in);
	assert_true(fread(text, 1, (4 << 20) - 1, in) > 0);
	fclose(in);
	return text;
}

static struct choice named(const char *name)
{
	return (struct choice){ .kind = kind_find(KIND_WRITER, name) };
}

/* --- the folder -------------------------------------------------------- */

static unsigned entries;

static int count_one(const char *path, const struct stat *st, int type,
		     struct FTW *ftw)
{
	(void)path, (void)st, (void)type;
	entries += ftw->level == 1;
	return 0;
}

static void only(unsigned n)
{
	entries = 0;
	nftw(folder, count_one, 8, FTW_PHYS);
	assert_int_equal(entries, n);
}

static void test_folder(void **state)
{
	struct choice writers[] = { named("text"), named("html"),
				    named("json") };
	struct err err = { 0 };
	struct result *back;
	struct stat st;

	(void)state;
	assert_int_equal(writer_folder(result, path_of("a/b/run"), writers, 3,
				       &err), 0);
	assert_int_equal(stat(path_of("a/b/run/report.html"), &st), 0);
	assert_int_equal(st.st_mode & 0600, 0600);
	assert_int_equal(stat(path_of("a/b/run"), &st), 0);
	assert_int_equal(st.st_mode & 0500, 0500);
	assert_int_not_equal(stat(path_of("a/b/run/latency.svg"), &st), 0);
	assert_string_equal(slurp(path_of("a/b/run/config.yaml")),
			    result->config_yaml);
	back = load_result(path_of("a/b/run"), &arena, &err);
	assert_non_null(back);
	for (size_t i = 0; i < back->npoints; i++) {
		assert_memory_equal(
			back->points[i].response_hist->count,
			result->points[i].response_hist->count,
			sizeof(back->points[i].response_hist->count));
		assert_non_null(back->points[i].slowdown_hist);
	}
}

static void test_folder_exists(void **state)
{
	struct err err = { 0 };

	(void)state;
	assert_int_equal(writer_folder(result, folder, NULL, 0, &err), -EEXIST);
	assert_int_equal(mkdir(path_of("run"), 0700), 0);
	assert_int_equal(writer_folder(result, path_of("run//"), NULL, 0, &err),
			 -EEXIST);
	assert_non_null(strstr(err.text, "name another folder"));
	only(1);
}

static int fails(const struct result *r, const char *dir, FILE *out,
		 struct err *err)
{
	(void)r, (void)dir;
	fputs("half a file", out);
	return err_set(err, -ENOSPC, "no space left");
}

static void test_all_or_nothing(void **state)
{
	static const struct writer_ops broken = {
		.kind = { .name = "broken" }, .file = "broken", .write = fails,
	};
	struct choice writers[] = { { .kind = &broken.kind } };
	struct err err = { 0 };

	(void)state;
	assert_int_equal(writer_folder(result, path_of("run"), writers, 1,
				       &err), -ENOSPC);
	assert_string_equal(err.text, "broken: no space left");
	only(0);
}

/* Why a file cannot be written is said, and not only that it cannot. */
static void test_no_room(void **state)
{
	struct rlimit before, few;
	struct err err = { 0 };
	FILE *out = fopen("/dev/full", "w");
	const struct result *results[] = { result };

	(void)state;
	assert_int_equal(page_write(results, 1, out, &err), -ENOSPC);
	assert_non_null(strstr(err.text, "No space left"));
	fclose(out);
	signal(SIGXFSZ, SIG_IGN);
	getrlimit(RLIMIT_FSIZE, &before);
	few = before;
	few.rlim_cur = 8192;
	setrlimit(RLIMIT_FSIZE, &few);
	assert_true(writer_folder(result, path_of("run"), NULL, 0, &err) < 0);
	setrlimit(RLIMIT_FSIZE, &before);
	assert_string_equal(err.text, "result.json: File too large");
	only(0);
}

static void test_output_stays(void **state)
{
	struct output output;
	struct err err = { 0 };

	(void)state;
	assert_int_equal(output_open(&output, path_of("x"), &err), 0);
	fputs("first", output.file);
	assert_int_equal(output_close(&output, 0, &err), 0);
	assert_int_equal(output_open(&output, path_of("x"), &err), 0);
	fputs("half", output.file);
	assert_int_equal(output_close(&output, -EIO, &err), -EIO);
	assert_string_equal(slurp(path_of("x")), "first");
	only(1);
}

/* --- text -------------------------------------------------------------- */

static char *text_of(const struct result *r)
{
	const struct writer_ops *text = (const void *)named("text").kind;
	struct err err = { 0 };
	char *all = NULL, *copy;
	FILE *out;
	size_t size;

	out = fopen(path_of("text"), "w");
	assert_int_equal(text->write(r, NULL, out, &err), 0);
	fclose(out);
	all = slurp(path_of("text"));
	size = strlen(all);
	copy = arena_copy(&arena, all, size + 1);
	return copy;
}

static void test_text(void **state)
{
	char *text = text_of(result);

	(void)state;
	assert_non_null(strstr(text, "   80%     32krps     142us"));
	assert_non_null(strstr(text, "the agent stood still for 26%"));
	assert_non_null(strstr(text, "invalid: 7 of 8 points valid; not 70% (stalls)\n"));
	assert_non_null(strstr(text, "slo p99 <= 10x: holds up to 60%, "
				     "not from 70% on"));
	assert_non_null(strstr(text, "\noverhead: communication dominates: it "
				     "costs 7us"));
	assert_null(strchr(text, '\033'));
}

static void test_text_of_little(void **state)
{
	struct result empty = { .verdict.status = "invalid" };
	struct result_point point = { .utilisation = NAN };

	(void)state;
	assert_non_null(strstr(text_of(&empty), "invalid: 0 of 0"));
	empty.points = &point;
	empty.npoints = 1;
	assert_non_null(strstr(text_of(&empty), "0rps"));
}

/* What to do next is about the figures that are there. */
static void test_text_hints(void **state)
{
	struct result_quantile quantile[2] = {
		{ .q = .5, .value = 1e5, .lo = 9e4, .hi = 2e5 },
		{ .q = .99, .value = 1e6, .lo = 9e5, .hi = INFINITY },
	};
	struct result_check check = { .name = "achieved", .status = "fail" };
	struct result_point point = {
		.utilisation = NAN,
		.response_ns = { .quantiles = quantile, .nquantiles = 2 },
		.counts = { .received = 1000 },
		.checks = &check,
	};
	struct result of = { .points = &point, .npoints = 1,
			     .verdict.status = "valid" };

	(void)state;
	assert_non_null(strstr(text_of(&of), "the p99 of 1 of 1 points has no "
					     "upper bound"));
	quantile[1].hi = 2e6;
	assert_null(strstr(text_of(&of), "next:"));
	point.nchecks = 1;
	assert_non_null(strstr(text_of(&of), "next: lower the load"));
	assert_non_null(strstr(text_of(&of), "drawn hollow"));
	point.counts = (struct result_counts){ .error = 1000 };
	point.response_ns.nquantiles = 0;
	assert_non_null(strstr(text_of(&of), "answers with errors "
					     "or closes connections:"));
	assert_null(strstr(text_of(&of), "drawn hollow"));
}

/* --- html -------------------------------------------------------------- */

static char *page_of(const struct result *const *results, size_t n)
{
	struct err err = { 0 };
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	assert_int_equal(page_write(results, n, out, &err), 0);
	fclose(out);
	return text;
}

static unsigned count(const char *text, const char *what)
{
	unsigned n = 0;

	while ((text = strstr(text, what))) {
		n++;
		text++;
	}
	return n;
}

static void test_page(void **state)
{
	const struct result *several[] = { result, result };
	char *page = page_of(several, 1);

	(void)state;
	/* The hostile name is there, and does nothing. */
	assert_int_equal(count(page, "</script"), 4);
	assert_int_equal(count(page, "<b>"), 0);
	assert_non_null(strstr(page, "synthetic &#60;/script&#62;&#60;b&#62;"));
	assert_non_null(strstr(page, "synthetic \\u003c/script>\\u003cb>"));
	assert_int_equal(count(page, "@{"), 0);
	/* Nothing is loaded: no source, no link, no import, no address of one. */
	assert_int_equal(count(page, " src="), 0);
	assert_int_equal(count(page, "<link"), 0);
	assert_int_equal(count(page, "@import"), 0);
	assert_int_equal(count(page, "url("), 0);
	assert_non_null(strstr(page, "default-src 'none'"));
	assert_non_null(strstr(page, "banner invalid"));
	free(page);
	page = page_of(several, 2);
	assert_non_null(strstr(page, "2 results, side by side"));
	free(page);
}

static void test_page_of_little(void **state)
{
	struct result empty = { .verdict.status = "valid" };
	const struct result *one = &empty;
	char *page = page_of(&one, 1);

	(void)state;
	assert_non_null(strstr(page, "\"shares\":[]"));
	free(page);
}

/* --- plots ------------------------------------------------------------- */

static int draw(enum plot_kind kind, double q, const struct result *const *r,
		size_t n, struct err *err)
{
	struct plot plot = { kind, q, r, n };
	FILE *out = fopen(path_of("picture.svg"), "w");
	int rc = plot_draw(&plot, PLOT_SVG, path_of("picture"), out, err);

	fclose(out);
	return rc;
}

static void test_every_kind_draws(void **state)
{
	const struct result *two[] = { result, result };
	struct err err = { 0 };

	(void)state;
	for (int kind = 0; kind < PLOT_KINDS; kind++)
		for (size_t n = 1; n <= 2; n++)
			for (int named = 0; named < 2; named++) {
				int rc = draw((enum plot_kind)kind,
					      named ? .99 : 0, two, n, &err);

				if (rc == -ENOENT)
					skip();
				if (rc)
					fail_msg("%s: %s", plot_kind_name[kind],
						 err.text);
				assert_non_null(strstr(
					slurp(path_of("picture.svg")),
					"</svg>"));
			}
}

/* One valid point with one known number has no range, yet a picture. */
static void test_degenerate_plots(void **state)
{
	struct result_quantile q = { .q = .99, .value = 1e5,
					     .lo = NAN, .hi = INFINITY };
	struct result_point point = {
		.achieved_rps = 1, .utilisation = NAN,
		.response_ns = { .quantiles = &q, .nquantiles = 1 },
		.verdict.status = "valid",
	};
	struct result little = { .points = &point, .npoints = 1 };
	const struct result *one = &little;
	struct err err = { 0 };
	int rc = draw(PLOT_LOAD, 0, &one, 1, &err);

	(void)state;
	if (rc == -ENOENT)
		skip();
	assert_int_equal(rc, 0);
	little.npoints = 0;
	for (int kind = 0; kind < PLOT_KINDS; kind++)
		assert_int_equal(draw((enum plot_kind)kind, 0, &one, 1, &err),
				 -ENODATA);
}

static void test_gnuplot_runs_nothing_of_ours(void **state)
{
	const struct result *one = result;
	struct err err = { 0 };
	struct stat st;

	(void)state;
	result->name = arena_printf(&arena, "a'\nsystem('touch %s')\n`touch %s`"
				    "\\", path_of("bad"), path_of("bad"));
	if (draw(PLOT_LOAD, 0, &one, 1, &err) == -ENOENT)
		skip();
	assert_int_equal(err.code, 0);
	assert_int_not_equal(stat(path_of("bad"), &st), 0);
	assert_non_null(strstr(slurp(path_of("picture.gp")),
			       "'a'' system(''touch "));
}

static void test_without_gnuplot(void **state)
{
	struct choice writers[] = { named("svg") };
	char *path = strdup(getenv("PATH"));
	struct err err = { 0 };

	(void)state;
	setenv("PATH", "/nonexistent", 1);
	assert_int_equal(writer_folder(result, path_of("run"), writers, 1,
				       &err), 0);
	setenv("PATH", path, 1);
	free(path);
	assert_non_null(strstr(slurp(path_of("run/latency.svg")),
			       "no picture"));
	assert_non_null(strstr(slurp(path_of("run/plot/latency.gp")),
			       "filledcurves"));
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_folder), TEST(test_folder_exists),
		TEST(test_all_or_nothing), TEST(test_no_room),
		TEST(test_output_stays),
		TEST(test_text), TEST(test_text_of_little),
		TEST(test_text_hints), TEST(test_page),
		TEST(test_page_of_little), TEST(test_every_kind_draws),
		TEST(test_degenerate_plots),
		TEST(test_gnuplot_runs_nothing_of_ours),
		TEST(test_without_gnuplot),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
