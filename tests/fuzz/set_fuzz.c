/* set_fuzz.c - any lines as --set assignments on a configuration */
#include <stdlib.h>
#include <string.h>

#include "lancet/core/config.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char base[] = "target: {builtin: {workers: 4}}\n"
			   "workload: {protocol: spin, service: exp:100us}\n"
			   "agents: [{count: 2}]\n"
			   "load: {rate: 50%}\n"
			   "measure: {precision: {quantile: p99}}\n";

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct option_problems problems = { 0 };
	const char *set[8];
	struct arena arena;
	char *rest, *line;
	size_t n = 0;

	arena_init(&arena);
	rest = arena_alloc(&arena, size + 1);
	memcpy(rest, data, size);
	while (n < 8 && (line = strsep(&rest, "\n")))
		set[n++] = line;
	if (!config_parse("fuzz.yaml", base, sizeof(base) - 1, set, n, &arena,
			  &problems) != (problems.n > 0))
		abort();
	arena_fini(&arena);
	return 0;
}
