/* validity.c - how often checks reject clean runs, and miss broken ones */
#include <getopt.h>
#include <gsl/gsl_errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "coordinator/check.h"
#include "coordinator/plan.h"
#include "coordinator/verdict.h"
#include "lancet/core/arena.h"
#include "lancet/core/err.h"
#include "lancet/core/kind.h"
#include "tests/validity/world.h"

#define POINTS 9
#define REQUESTS 200000
#define CHECKS_MOST 32

static const char usage[] =
	"usage: validity false-alarms|misses [--runs N] [--seed S] [--only TEXT]\n"
	"\n"
	"Simulates runs through the coordinator's own judgement: reports of\n"
	"agents to point, checks, correction, verdict. false-alarms: 1000 clean\n"
	"runs of nine points; misses: 200 of each fault at one load, a quarter as\n"
	"many at others and with half the requests. Prints a table; exit status\n"
	"1 where more than 1% of runs were rejected, or of the 200 missed.\n";

struct request {
	const char *what, *only;
	long runs;
	uint64_t seed;
};

/* --- one run -------------------------------------------------------------- */

static void judge(const struct world *w, const struct plan *plan, size_t point,
		  size_t requests, struct result_point *to,
		  struct arena *arena)
{
	struct point_data data;
	struct arena bulk;
	struct err err;

	arena_init(&bulk);
	world_point(w, plan, point, requests, &data, &bulk);
	if (check_all(&data, arena, &to->checks, &to->nchecks, &err)) {
		fprintf(stderr, "%s\n", err.text);
		exit(2);
	}
	verdict_point(to->checks, to->nchecks, arena, &to->verdict);
	arena_fini(&bulk);
}

/* Its place in the table: not all checks judge all data. */
static size_t place(const char *name)
{
	const struct kind *const *table = kind_table(KIND_CHECK);
	size_t i = 0;

	while (strcmp(table[i]->name, name))
		i++;
	return i;
}

/* How often each check was among the reasons. */
struct tally {
	long runs, rejected;
	long by[CHECKS_MOST];
};

static void count(struct tally *tally, struct result_point *points, size_t n,
		  bool loud, struct arena *arena)
{
	bool by[CHECKS_MOST] = { false }, rejected = false;

	check_run(points, n, arena);
	for (size_t i = 0; i < n; i++) {
		for (size_t c = 0; c < points[i].nchecks; c++)
			by[place(points[i].checks[c].name)] |=
				!strcmp(points[i].checks[c].status, "fail");
		if (!strcmp(points[i].verdict.status, "valid"))
			continue;
		rejected = true;
		for (size_t r = 0; loud && r < points[i].verdict.nreasons; r++)
			fprintf(stderr, "run %ld, point %zu: %s\n",
				tally->runs, i, points[i].verdict.reasons[r]);
	}
	tally->runs++;
	tally->rejected += rejected;
	for (size_t c = 0; c < CHECKS_MOST; c++)
		tally->by[c] += by[c];
}

/* Names of the checks that rejected, the most frequent first. */
static void print_by(const struct tally *tally)
{
	const struct kind *const *table = kind_table(KIND_CHECK);
	const char *comma = "";
	struct tally left = *tally;

	for (;;) {
		size_t most = 0;

		for (size_t i = 0; i < CHECKS_MOST; i++)
			if (left.by[i] > left.by[most])
				most = i;
		if (!left.by[most])
			break;
		printf("%s%s %ld", comma, table[most]->name, left.by[most]);
		left.by[most] = 0;
		comma = ", ";
	}
	printf(" |\n");
}

/* --- clean runs ----------------------------------------------------------- */

static const char *const clean[][2] = {
	{ "Poisson", "poisson" },
	{ "equal distances", "fixed" },
	{ "MMPP, 3:1, 1 ms in a state",
	  "{mmpp: {rates: [3, 1], switches: [1ms, 1ms]}}" },
};

static int false_alarms(const struct request *request)
{
	long rejected = 0, runs = 0;

	printf("| sends | runs | points of a run | requests of a point | "
	       "rejected | by |\n|---|--:|--:|--:|--:|---|\n");
	for (size_t k = 0; k < 3; k++) {
		struct tally tally = { 0 };

		for (long i = (long)k; i < request->runs; i += 3) {
			struct world w = {
				.arrival = clean[k][1], .agents = 1,
				.seed = request->seed + (uint64_t)i,
			};
			struct result_point points[POINTS] = { 0 };
			struct arena arena;
			struct plan *plan;

			arena_init(&arena);
			plan = world_plan(&w, .3, .9, POINTS, &arena);
			for (size_t p = 0; p < POINTS; p++)
				judge(&w, plan, p, REQUESTS, &points[p],
				      &arena);
			count(&tally, points, POINTS, true, &arena);
			arena_fini(&arena);
		}
		printf("| %s | %ld | %d | %d | %ld | ", clean[k][0],
		       tally.runs, POINTS, REQUESTS, tally.rejected);
		print_by(&tally);
		fflush(stdout);
		runs += tally.runs;
		rejected += tally.rejected;
	}
	printf("| all | %ld | | | %ld | |\n", runs, rejected);
	return rejected * 100 > runs;
}

/* --- broken runs ---------------------------------------------------------- */

struct fault {
	const char *name;
	struct world world;
	size_t requests;
	size_t at;		/* the load that is to be met, of three */
};

static const double loads[] = { .5, .7, .9 };

#define POISSON .arrival = "poisson"

static const struct fault faults[] = {
	{ "equal gaps instead of Poisson",
	  { POISSON, .agents = 1, .sent_arrival = "fixed" }, REQUESTS, 1 },
	{ "Erlang-2 gaps instead of Poisson",
	  { POISSON, .agents = 1, .sent_arrival = "E2" }, REQUESTS, 1 },
	{ "hyperexponential gaps, scv 2, instead of Poisson",
	  { POISSON, .agents = 1, .sent_arrival = "H2:2" }, REQUESTS, 1 },
	{ "two agents with one seed",
	  { POISSON, .agents = 2, .one_seed = true }, REQUESTS, 1 },
	{ "rate 5% too high",
	  { POISSON, .agents = 1, .rate = .05 }, REQUESTS, 1 },
	{ "rate 5% too low",
	  { POISSON, .agents = 1, .rate = -.05 }, REQUESTS, 1 },
	{ "rate 2.5% too low",
	  { POISSON, .agents = 1, .rate = -.025 }, REQUESTS, 1 },
	{ "sender frozen 50 ms each second, unnoticed",
	  { POISSON, .agents = 1, .freeze_ns = 50000000 }, REQUESTS, 1 },
	{ "latency rises by 20%",
	  { POISSON, .agents = 1, .rise = .2 }, 1000000, 1 },
	{ "latency rises by 20%; records of all requests",
	  { POISSON, .agents = 1, .records = true, .rise = .2 }, REQUESTS, 1 },
	{ "latency jumps by 20%",
	  { POISSON, .agents = 1, .step = .2 }, 1000000, 1 },
	{ "latency jumps by 20%; records of all requests",
	  { POISSON, .agents = 1, .records = true, .step = .2 }, REQUESTS, 1 },
	{ "latency in four waves, +-10%",
	  { POISSON, .agents = 1, .wave = .1, .periods = 4 }, 1000000, 1 },
	{ "latency in four waves, +-10%; records of all requests",
	  { POISSON, .agents = 1, .records = true, .wave = .1, .periods = 4 }, REQUESTS, 1 },
	{ "1% of replies lost",
	  { POISSON, .agents = 1, .lost = .01 }, REQUESTS, 1 },
	{ "connections full for a tenth of requests",
	  { POISSON, .agents = 1, .waiting = .1 }, REQUESTS, 1 },
	{ "one of two agents 50 us farther away",
	  { POISSON, .agents = 2, .apart_ns = 50000 }, REQUESTS, 1 },
	{ "one of two agents meets 1 ms more, 2% of the time",
	  { POISSON, .agents = 2, .tail = .02 }, REQUESTS, 1 },
	{ "a file: nothing sent for 500 ms, once",
	  { POISSON, .agents = 1, .file = true, .pause_ns = 500000000 },
	  REQUESTS, 1 },
	{ "a file: the last tenth has the latencies of the first",
	  { POISSON, .agents = 1, .file = true, .copied = .1 }, REQUESTS, 1 },
	{ "a file: 1% took 0 ns",
	  { POISSON, .agents = 1, .file = true, .zero = .01 }, REQUESTS, 1 },
	{ "a file: nothing was sent while one was in flight",
	  { POISSON, .agents = 1, .file = true, .shy = true }, REQUESTS, 1 },
	{ "a file, in 2 us, no law given: connections full for a tenth",
	  { POISSON, .agents = 1, .file = true, .waiting = .1,
	    .round_ns = 2000, .any_arrival = true }, REQUESTS, 1 },
	{ "a file: 30% of latencies are in us",
	  { POISSON, .agents = 1, .file = true, .in_us = .3 }, REQUESTS, 1 },
	{ "a file: 1% of lines missing, ten in a row",
	  { POISSON, .agents = 1, .file = true, .missing = .01 }, REQUESTS, 1 },
	{ "service 10% longer than asked",
	  { POISSON, .agents = 1, .longer = .1 }, REQUESTS, 1 },
};

/* The run has nine points, which levels are for; one of them is simulated. */
static void miss(const struct fault *f, size_t load, size_t requests,
		 const struct request *request, long runs, struct tally *tally)
{
	for (long i = 0; i < runs; i++) {
		struct world w = f->world;
		struct result_point point = { 0 };
		struct arena arena;
		struct plan *plan;

		w.seed = request->seed + (uint64_t)i;
		arena_init(&arena);
		plan = world_plan(&w, .1, .9, POINTS, &arena);
		/* .1, .2, ... .9 */
		judge(&w, plan, (size_t)lround(loads[load] * 10) - 1, requests,
		      &point, &arena);
		count(tally, &point, 1, false, &arena);
		arena_fini(&arena);
	}
}

static int misses(const struct request *request)
{
	int failed = 0;

	printf("| fault | requests | load | caught | of | by |\n"
	       "|---|--:|--:|--:|--:|---|\n");
	for (size_t k = 0; k < sizeof(faults) / sizeof(*faults); k++) {
		const struct fault *f = &faults[k];

		if (request->only && !strstr(f->name, request->only))
			continue;
		for (int half = 0; half < 2; half++)
			for (size_t load = 0; load < 3; load++) {
				size_t n = f->requests / (half ? 2 : 1);
				bool counts = !half && load == f->at;
				struct tally tally = { 0 };

				miss(f, load, n, request,
				     counts ? request->runs : (request->runs + 3) / 4,
				     &tally);
				printf("| %s | %zu | %.0f%% | %ld | %ld | ",
				       f->name, n, 100 * loads[load],
				       tally.rejected, tally.runs);
				print_by(&tally);
				fflush(stdout);
				failed |= counts &&
					  (tally.runs - tally.rejected) * 100 >
						  tally.runs;
			}
	}
	return failed;
}

/* --- the command line ----------------------------------------------------- */

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "runs", required_argument, NULL, 'n' },
		{ "seed", required_argument, NULL, 's' },
		{ "only", required_argument, NULL, 'o' },
		{ "help", no_argument, NULL, 'h' },
		{ 0 },
	};
	struct request request = { .seed = 1 };
	int option;

	gsl_set_error_handler_off();
	while ((option = getopt_long(argc, argv, "h", options, NULL)) != -1) {
		if (option == 'n')
			request.runs = strtol(optarg, NULL, 10);
		else if (option == 's')
			request.seed = strtoull(optarg, NULL, 10);
		else if (option == 'o')
			request.only = optarg;
		else
			return printf("%s", usage), option == 'h' ? 0 : 2;
	}
	request.what = optind < argc ? argv[optind] : "";
	if (!strcmp(request.what, "false-alarms")) {
		request.runs = request.runs > 0 ? request.runs : 1000;
		return false_alarms(&request);
	}
	if (!strcmp(request.what, "misses")) {
		request.runs = request.runs > 0 ? request.runs : 200;
		return misses(&request);
	}
	fputs(usage, stderr);
	return 2;
}
