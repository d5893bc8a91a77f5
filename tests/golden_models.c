/* golden_models.c - build/bin/golden-models: predictions against a folder */
#include <errno.h>
#include <getopt.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lancet/core/arena.h"
#include "lancet/core/err.h"
#include "lancet/core/slo.h"
#include "models/maxload.h"
#include "models/metric.h"
#include "models/policy.h"
#include "tests/golden/queue.h"
#include "tests/golden/row.h"

static const char usage[] =
	"golden-models tests/golden/models\n"
	"golden-models --quick tests/golden/models\n"
	"\n"
	"Asks lancet's models for every figure in the *.csv of a folder\n"
	"(format: tests/golden/README.md) and prints each that is missed.\n"
	"\n"
	"usage: golden-models [OPTION]... DIR\n"
	"  --quick      all exact rows, and some of the simulated queues\n"
	"  --simulate   simulate simulated rows also where a formula holds\n"
	"  --seed N     of our simulations [1]\n"
	"\n"
	"An exact row is met within tol * value, by an exact formula; one of\n"
	"an approximation by that formula. A simulated row is met within tol "
	"*\n"
	"value plus the half-width of our own 95% interval, which must be at\n"
	"most max(1%, tol / 2) of the value. As both sides have noise, 2% of\n"
	"the simulated rows may be missed. What cannot be read is failed.\n"
	"\n"
	"The last line counts rows, `N passed, N failed`: every missed row is\n"
	"failed there. Exit status: 0 when all exact rows and 98% of the\n"
	"simulated ones are met, 1 when not, 2 when nothing could be asked.\n";

/* Of the simulated rows, how many must be met. */
#define SIMULATED_SHARE 0.98
/* Our own half-width is at most this, or half of the row's tolerance. */
#define OWN_HALF 0.01
/* Asked of our value, which may be more than the row's, it must be less. */
#define ASKED_OF_HALF 0.93
/* A simulation that is not precise enough by then is a miss. */
#define TIME_LIMIT_S 120
/* So many queues are simulated by --quick, evenly over the folder. */
#define QUICK_QUEUES 8

struct options {
	bool quick, simulate;
	uint64_t seed;
};

struct tally {
	const struct options *options;
	size_t met[GOLDEN_KINDS], missed[GOLDEN_KINDS];
	size_t done, queues;
};

/* --- judging ---------------------------------------------------------------
 */

static void miss(struct tally *tally, const struct golden_row *row,
		 const char *what)
{
	tally->missed[row->kind]++;
	if (isatty(STDERR_FILENO))
		fputs("\r\033[K", stderr);
	if (row->wrong)
		printf("%s:%zu: %s: %s\n", row->file, row->line, row->id, what);
	else
		printf("%s:%zu: %s: %s of %s/%s/%s %s at %s: %s\n", row->file,
		       row->line, row->id, row->metric, row->arrival,
		       row->service, row->workers, row->policy,
		       *row->load ? row->load : "any load", what);
	fflush(stdout);
}

static double own_limit(const struct golden_row *row)
{
	return fmax(OWN_HALF, row->tolerance / 2);
}

/* A figure that is infinite is to be given as that, or refused as that. */
static bool infinite(const struct predict_answer *a)
{
	return a->value.value == INFINITY ||
	       (isnan(a->value.value) && a->refused &&
		strstr(a->refused, "infinite"));
}

static void judge(struct tally *tally, const struct golden_row *row,
		  const struct predict_answer *a)
{
	const struct predict_value *v = &a->value;
	double half = row->kind == GOLDEN_SIMULATED ? (v->hi - v->lo) / 2 : 0;
	double allowed = row->tolerance * fabs(row->value) + half;
	double most = own_limit(row) * fabs(row->value);
	char text[512];

	if (isinf(row->value)
		    ? infinite(a)
		    : fabs(v->value - row->value) <= allowed + 1e-12 &&
			      half <= most + 1e-12) {
		tally->met[row->kind]++;
		return;
	}
	if (isnan(v->value))
		snprintf(text, sizeof(text), "no answer: %s",
			 a->refused ? a->refused : "not known");
	else if (half > most)
		snprintf(text, sizeof(text),
			 "%.9g, but only within %.2g, at most %.2g is allowed "
			 "(%s)",
			 v->value, half, most, a->method);
	else
		snprintf(text, sizeof(text), "%.9g, not %.9g within %.2g (%s)",
			 v->value, row->value, allowed, a->method);
	miss(tally, row, text);
}

/* --- asking ----------------------------------------------------------------
 */

static enum predict_method method_for(const struct tally *tally,
				      const struct golden_row *row)
{
	switch (row->kind) {
	case GOLDEN_EXACT:
		return PREDICT_EXACT;
	case GOLDEN_FORMULA:
		return PREDICT_APPROX;
	default:
		return tally->options->simulate ? PREDICT_SIMULATE
						: PREDICT_AUTO;
	}
}

/* The largest load that is stable, of useful work. */
static void ask_capacity(struct tally *tally, const struct golden_row *row,
			 const struct golden_queue *queue)
{
	const struct predict_query *q = &queue->query;
	double rate = policy_capacity(&q->policy, q->workers, q->workload);
	struct predict_answer a = { .method = "capacity of the policy" };

	a.value = predict_sure(rate / queue->capacity);
	judge(tally, row, &a);
}

/* 1: there is an answer, 0: it is refused. */
static void ask_stable(struct tally *tally, const struct golden_row *row,
		       const struct golden_queue *queue, struct arena *arena)
{
	static const struct predict_ask mean = { .relative = 0.1 };
	struct predict_answer a = { .method = "answered" };
	struct predict_query q = queue->query;
	struct predict_result result;
	struct err err = { 0 };

	q.method = PREDICT_AUTO;
	q.ask = &mean;
	q.nask = 1;
	if (isnan(queue->load))
		q.rate = queue->capacity / 2;
	a.value = predict_sure(!predict(&q, &result, arena, &err) &&
			       !result.answer[0].refused);
	if (*err.text)
		a.method = err.text;
	judge(tally, row, &a);
}

/* "p99_sojourn<=10xmean]" into a promise; 0 or -EINVAL. */
static int read_promise(const struct golden_queue *queue, const char *text,
			struct slo *slo, struct err *err)
{
	struct slo_term *term = &slo->term[slo->n++];
	struct predict_ask ask;
	char name[64], *end;
	size_t len = strcspn(text, "<");

	snprintf(name, sizeof(name), "%.*s", (int)len, text);
	if (metric_parse(name, &queue->workload, &ask, err))
		return err->code;
	if (ask.figure != FIGURE_QUANTILE || ask.class || ask.stage ||
	    (ask.of != METRIC_SOJOURN && ask.of != METRIC_SLOWDOWN) ||
	    strncmp(text + len, "<=", 2))
		return err_set(err, -EINVAL, "no promise is made of that");
	term->quantile = ask.q;
	term->metric = ask.of == METRIC_SLOWDOWN ? SLO_SLOWDOWN : SLO_RESPONSE;
	term->bound = strtod(text + len + 2, &end);
	term->relative = !strncmp(end, "xmean", 5);
	end += term->relative ? 5 : 0;
	return strcmp(end, "]") || !(term->bound > 0)
		       ? err_set(err, -EINVAL, "the bound is not understood")
		       : 0;
}

static void ask_maxload(struct tally *tally, const struct golden_row *row,
			const struct golden_queue *queue)
{
	struct predict_answer a = { 0 };
	struct predict_query q = queue->query;
	struct slo slo = { 0 };
	struct maxload found;
	struct err err = { 0 };

	q.relative = ASKED_OF_HALF * own_limit(row);
	if (read_promise(queue, strchr(row->metric, '[') + 1, &slo, &err) ||
	    maxload(&q, &slo, &found, &err)) {
		miss(tally, row, err.text);
		return;
	}
	a.value = found.load;
	a.method = found.method;
	judge(tally, row, &a);
}

/* Those that are asked by themselves. */
static bool ask_special(struct tally *tally, const struct golden_row *row,
			const struct golden_queue *queue, struct arena *arena)
{
	if (!strcmp(row->metric, "max_stable_load"))
		ask_capacity(tally, row, queue);
	else if (!strcmp(row->metric, "stable"))
		ask_stable(tally, row, queue, arena);
	else if (!strncmp(row->metric, "max_load_at_slo[", 16))
		ask_maxload(tally, row, queue);
	else
		return false;
	return true;
}

/* Figures of one queue are one question. */
static void ask_figures(struct tally *tally, const struct golden_row **row,
			const struct predict_ask *ask, size_t n,
			const struct predict_query *of, struct arena *arena)
{
	struct predict_query q = *of;
	struct predict_result result;
	struct err err = { 0 };
	bool failed;

	q.ask = ask;
	q.nask = n;
	failed = n && predict(&q, &result, arena, &err);
	for (size_t i = 0; i < n; i++)
		if (failed)
			miss(tally, row[i], err.text);
		else
			judge(tally, row[i], &result.answer[i]);
}

static size_t count(const struct golden_row *row)
{
	size_t n = 0;

	for (; row; row = row->next)
		n++;
	return n;
}

static void ask_rows(struct tally *tally, const struct golden_row *row,
		     const struct golden_queue *queue, struct arena *arena)
{
	size_t most = count(row), n = 0;
	struct predict_ask *ask = arena_array(arena, most, sizeof(*ask));
	const struct golden_row **of = arena_array(arena, most, sizeof(*of));

	for (; row; row = row->next) {
		struct err err = { 0 };

		if (ask_special(tally, row, queue, arena))
			continue;
		if (metric_parse(row->metric, &queue->workload, &ask[n],
				 &err)) {
			miss(tally, row, err.text);
			continue;
		}
		ask[n].relative = ASKED_OF_HALF * own_limit(row);
		of[n++] = row;
	}
	ask_figures(tally, of, ask, n, &queue->query, arena);
}

static void ask_queue(struct tally *tally, const struct golden_row *row)
{
	struct golden_queue queue;
	struct arena arena;
	struct err err = { 0 };

	arena_init(&arena);
	if (row->wrong) {
		miss(tally, row, row->wrong);
	} else if (golden_queue_init(&queue, row, &arena, &err)) {
		for (; row; row = row->next)
			miss(tally, row, err.text);
	} else {
		queue.query.method = method_for(tally, row);
		queue.query.seed = tally->options->seed;
		queue.query.time_limit_s = TIME_LIMIT_S;
		ask_rows(tally, row, &queue, &arena);
	}
	arena_fini(&arena);
}

/* --- all of it -------------------------------------------------------------
 */

static void progress(const struct tally *tally, size_t failed)
{
	if (isatty(STDERR_FILENO))
		fprintf(stderr, "\r\033[K%zu of %zu queues, %zu rows failed ",
			tally->done, tally->queues, failed);
}

static size_t sum(const size_t n[GOLDEN_KINDS])
{
	return n[GOLDEN_EXACT] + n[GOLDEN_FORMULA] + n[GOLDEN_SIMULATED];
}

/* The i-th of n simulated queues, of which some are taken. */
static bool taken(size_t i, size_t n)
{
	return n <= QUICK_QUEUES ||
	       i * QUICK_QUEUES / n != (i + 1) * QUICK_QUEUES / n;
}

static void ask_all(struct tally *tally, const struct golden_rows *rows)
{
	size_t simulated = 0, at = 0;

	for (size_t i = 0; i < rows->nqueues; i++)
		simulated += rows->queue[i]->kind == GOLDEN_SIMULATED;
	tally->queues = rows->nqueues;
	for (; tally->done < rows->nqueues; tally->done++) {
		const struct golden_row *row = rows->queue[tally->done];

		progress(tally, sum(tally->missed));
		if (!tally->options->quick || row->wrong ||
		    row->kind != GOLDEN_SIMULATED || taken(at, simulated))
			ask_queue(tally, row);
		at += row->kind == GOLDEN_SIMULATED;
	}
	if (isatty(STDERR_FILENO))
		fputs("\r\033[K", stderr);
}

static int close_tally(const struct tally *tally)
{
	static const char *const name[] = { "exact", "approximate",
					    "simulated" };
	const size_t *met = tally->met, *missed = tally->missed;
	bool good = true;

	for (int k = 0; k < GOLDEN_KINDS; k++) {
		size_t n = met[k] + missed[k];
		double least = k == GOLDEN_SIMULATED ? SIMULATED_SHARE : 1;

		good = good && (double)met[k] >= least * (double)n;
		printf("%s: %zu of %zu rows met", name[k], met[k], n);
		if (n)
			printf(", %.2f%%; %.0f%% must be",
			       100 * (double)met[k] / (double)n, 100 * least);
		putchar('\n');
	}
	printf("%zu passed, %zu failed\n", sum(met), sum(missed));
	return good && sum(met) ? 0 : 1;
}

static int take_options(struct options *o, int argc, char **argv)
{
	static const struct option longs[] = {
		{ "quick", no_argument, NULL, 'q' },
		{ "simulate", no_argument, NULL, 's' },
		{ "seed", required_argument, NULL, 'n' },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	int c;

	while ((c = getopt_long(argc, argv, "", longs, NULL)) != -1) {
		if (c == 'q')
			o->quick = true;
		else if (c == 's')
			o->simulate = true;
		else if (c == 'n')
			o->seed = strtoull(optarg, NULL, 0);
		else
			return c;
	}
	return argc - optind == 1 ? 0 : '?';
}

int main(int argc, char **argv)
{
	struct options options = { .seed = 1 };
	struct tally tally = { .options = &options };
	struct golden_rows rows;
	struct arena arena;
	int status = take_options(&options, argc, argv);

	if (status) {
		fputs(usage, status == 'h' ? stdout : stderr);
		return status == 'h' ? 0 : 2;
	}
	arena_init(&arena);
	status = 2;
	if (!golden_rows_read(&rows, argv[optind], &arena)) {
		ask_all(&tally, &rows);
		status = close_tally(&tally);
	}
	arena_fini(&arena);
	return status;
}
