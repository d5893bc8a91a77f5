/* presets.c - `lancet list presets`: each with its queue and its promise */
#include "lancet/cmd/presets.h"

#include <stdio.h>
#include <string.h>

#include "lancet/core/arena.h"
#include "lancet/core/config.h"
#include "lancet/core/err.h"
#include "lancet/core/preset.h"
#include "workloads/schedule.h"

/* Mean and scv of the service law over all classes. */
static void print_law(const struct preset *preset, struct arena *arena)
{
	struct option_problems problems = { 0 };
	const struct config *config =
		preset_config(preset->name, arena, &problems);
	struct workload workload;
	struct err err = { 0 };
	double mean;

	if (!config || workload_init(&workload, config, arena, &err))
		return;
	mean = workload_moment(&workload, 1);
	if (!(mean > 0)) {
		fputs("the server's own service", stdout);
		return;
	}
	printf("mean %.6gus, scv %.3g", mean / 1e3,
	       workload_moment(&workload, 2) / (mean * mean) - 1);
}

static void print_details(const struct preset *preset, struct arena *arena)
{
	fputs("    ", stdout);
	if (!preset->lacks) {
		print_law(preset, arena);
		fputs(preset->workers || preset->slo ? ", " : "", stdout);
	}
	if (preset->workers)
		printf("%d workers%s", preset->workers,
		       preset->slo ? ", " : "");
	printf("%s\n", preset->slo ? preset->slo : "");
	if (preset->lacks)
		printf("    lacks %s\n", preset->lacks);
	if (preset->note)
		printf("    %s\n", preset->note);
}

static void print_preset(const struct preset *preset, bool details,
			 struct arena *arena)
{
	printf("  %-18s %s", preset->name, preset->help);
	if (preset->also)
		printf(" (also: %s)", preset->also);
	putchar('\n');
	if (details)
		print_details(preset, arena);
}

void presets_print(bool details)
{
	const struct preset *table;
	struct arena arena;
	size_t n;

	arena_init(&arena);
	table = preset_table(&n, &arena);
	puts("presets");
	for (size_t i = 0; i < n; i++)
		print_preset(&table[i], details, &arena);
	arena_fini(&arena);
}

bool presets_print_one(const char *name)
{
	const struct preset *preset;
	struct arena arena;

	arena_init(&arena);
	preset = preset_find(name, &arena);
	if (preset) {
		puts("preset");
		print_preset(preset, true, &arena);
	}
	arena_fini(&arena);
	return preset != NULL;
}
