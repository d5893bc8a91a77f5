/* main.c - how often the intervals of simulated points hold the truth */
#include <getopt.h>
#include <gsl/gsl_errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/coverage/paired.h"
#include "tests/coverage/simulated.h"
#include "tests/coverage/table.h"
#include "tests/coverage/truth.h"

static const char usage[] =
	"usage: coverage [--quick] [--cell NAME] [--load L] [--seeds N] "
	"[--seed S]\n"
	"                [--calm] [--relative R | --whole PART]\n"
	"                [--paired N | --truth N | --list]\n"
	"\n"
	"Prints a Markdown table of how often 95% intervals hold the truth, of\n"
	"points that are simulated, measured and stopped as lancet does; status\n"
	"1 where they do not often enough.\n"
	"\n"
	"  --quick       one cell, a few seconds\n"
	"  --cell, --load  only these\n"
	"  --seeds       of each cell; else 1000, or 200 of the costly ones\n"
	"  --calm        the agent never stands still\n"
	"  --relative    precision of p99; else that of the cell, mostly 0.05\n"
	"  --whole       no precision asked: that part of the requests needed\n"
	"  --paired      instead, M/M/1 points of N requests beside their replay\n"
	"  --truth       instead, what truth.inc holds, by runs of N requests\n"
	"  --list        instead, load and name of each cell\n";

/* The intervals of a queue: at least so many hold, as far as is known. */
#define HELD .93

/* Points of cells that take some 1e6 requests each. */
#define COSTLY 200

#define CELL(name, policy, workers, arrival, service, held, seeds) \
	{ name, policy, workers, arrival, service, .5, held, seeds, .05 }, \
	{ name, policy, workers, arrival, service, .7, held, seeds, .05 }, \
	{ name, policy, workers, arrival, service, .9, held, COSTLY, .05 }

static const struct cell cells[] = {
	CELL("M/M/1", "fcfs", 1, "poisson", "{exponential: {mean: 100us}}",
	     HELD, 1000),
	CELL("bimodal M/G/4", "fcfs", 4, "poisson",
	     "{modes: [{p: 0.9, value: 50us}, {p: 0.1, value: 550us}]}",
	     HELD, 1000),
	CELL("extreme M/G/14", "fcfs", 14, "poisson",
	     "{modes: [{p: 0.995, value: 5us}, {p: 0.005, value: 5ms}]}",
	     HELD, COSTLY),
	CELL("M/M/1-PS", "ps", 1, "poisson", "{exponential: {mean: 100us}}",
	     HELD, 1000),
	CELL("MMPP/M/1", "fcfs", 1,
	     "{mmpp: {rates: [3, 1], switches: [1ms, 1ms]}}",
	     "{exponential: {mean: 100us}}", HELD, 1000),
	/* Of these 5% are known of less than 100 independent requests beyond. */
	{ "bimodal M/G/4, to 2%", "fcfs", 4, "poisson",
	  "{modes: [{p: 0.9, value: 50us}, {p: 0.1, value: 550us}]}",
	  .5, HELD, 1000, .02 },
	{ "M/M/16, to 2%", "fcfs", 16, "poisson",
	  "{exponential: {mean: 1600us}}", .7, HELD, 1000, .02 },
	/* Nothing was chosen by these. */
	{ "M/D/1", "fcfs", 1, "poisson", "{constant: {value: 100us}}",
	  .7, HELD, 1000, .05 },
	{ "M/M/16", "fcfs", 16, "poisson", "{exponential: {mean: 1600us}}",
	  .7, HELD, 1000, .05 },
	{ "M/H2/1, scv 10", "fcfs", 1, "poisson",
	  "{hyperexponential: {mean: 100us, scv: 10}}", .7, HELD, COSTLY, .05 },
	{ "batches of 8, 4 workers", "fcfs", 4, "{batch: {size: 8}}",
	  "{exponential: {mean: 100us}}", .7, HELD, COSTLY, .05 },
};

struct settings {
	const char *cell;	/* NULL: all */
	double load;		/* 0: all */
	struct table_settings table;
	double paired, truth;	/* requests; 0: neither */
	bool list;
};

static void find_truth(const struct cell *cell, double requests,
		       uint64_t seed)
{
	struct truth truth[TRUTHS];
	struct stream_queue queue;
	struct protocol protocol = { .limit_s = 10 };
	struct arena arena;

	arena_init(&arena);
	queue = simulated_queue(simulated_plan(cell, &protocol, &arena));
	truth_find(&queue, cell->relative, requests, seed, truth);
	printf("\t{ \"%s\", %g, {\n", cell->name, cell->load);
	for (int i = 0; i < TRUTHS; i++)
		printf("\t\t{ %.6g, %.1e, %.3g, %.3g },\n", truth[i].ns,
		       truth[i].error, truth[i].needed, truth[i].worth_one);
	printf("\t} },\n");
	fflush(stdout);
	arena_fini(&arena);
}

static void read_options(int argc, char **argv, struct settings *set)
{
	static const struct option options[] = {
		{ "quick", no_argument, NULL, 'k' },
		{ "cell", required_argument, NULL, 'c' },
		{ "load", required_argument, NULL, 'l' },
		{ "seeds", required_argument, NULL, 'n' },
		{ "seed", required_argument, NULL, 's' },
		{ "calm", no_argument, NULL, 'm' },
		{ "relative", required_argument, NULL, 'r' },
		{ "whole", required_argument, NULL, 'w' },
		{ "paired", required_argument, NULL, 'p' },
		{ "truth", required_argument, NULL, 't' },
		{ "list", no_argument, NULL, 'i' },
		{ 0 }
	};
	struct table_settings *table = &set->table;
	int c;

	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (c) {
		case 'k':
			set->cell = "M/M/1";
			set->load = .5;
			table->seeds = 100;
			break;
		case 'c': set->cell = optarg; break;
		case 'l': set->load = atof(optarg); break;
		case 'n': table->seeds = (unsigned)atoi(optarg); break;
		case 's': table->seed = strtoull(optarg, NULL, 10); break;
		case 'm': table->calm = true; break;
		case 'r': table->relative = atof(optarg); break;
		case 'w': table->whole = atof(optarg); break;
		case 'p': set->paired = atof(optarg); break;
		case 't': set->truth = atof(optarg); break;
		case 'i': set->list = true; break;
		default:
			fputs(usage, stderr);
			exit(2);
		}
	}
}

/* True unless too few intervals held. */
static bool run(const struct cell *cell, const struct settings *set)
{
	if (set->list) {
		printf("%g %s\n", cell->load, cell->name);
		return true;
	}
	if (set->truth > 0) {
		find_truth(cell, set->truth, set->table.seed);
		return true;
	}
	if (set->paired > 0)
		return strcmp(cell->name, "M/M/1") ||
		       table_paired(cell, set->paired, &set->table);
	return table_cell(cell, &set->table);
}

int main(int argc, char **argv)
{
	struct settings set = { .table = { .seed = 1 } };
	bool held = true;

	gsl_set_error_handler_off();
	read_options(argc, argv, &set);
	if (!(set.truth > 0) && !set.list)
		table_head(set.paired > 0);
	for (size_t i = 0; i < sizeof(cells) / sizeof(cells[0]); i++)
		if ((!set.cell || !strcmp(cells[i].name, set.cell)) &&
		    (!(set.load > 0) || fabs(cells[i].load - set.load) < .01))
			held &= run(&cells[i], &set);
	return !held;
}
