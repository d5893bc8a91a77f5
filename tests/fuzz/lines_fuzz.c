/* lines_fuzz.c - files of values and of traces never upset what reads them */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "workloads/arrival/trace.c"
#include "workloads/dist/empirical.c"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A file in memory that has a name, as both are read by theirs. */
static const char *file_of(const uint8_t *data, size_t size)
{
	static char name[40];
	static int fd = -1;

	if (fd < 0) {
		fd = memfd_create("lines", MFD_CLOEXEC);
		snprintf(name, sizeof(name), "/proc/self/fd/%d", fd);
	}
	if (fd < 0 || ftruncate(fd, 0) ||
	    pwrite(fd, data, size, 0) != (ssize_t)size)
		abort();
	return name;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *file = file_of(data, size);
	const struct arrival_share share = { .rate_rps = 1e6, .index = 1,
					     .of = 2 };
	struct empirical_options values = { file };
	struct trace_options times = { file, 0 };
	struct discrete law = { 0 };
	struct trace trace = { 0 };
	struct arena arena;
	struct err err = { 0 };
	double x;

	arena_init(&arena);
	if (!empirical_init(&law, &values, &arena, &err)) {
		x = discrete_quantile(&law, 0.5);
		if (!(x >= 0) || discrete_cdf(&law, x) < 0.5)
			abort();
	}
	if (!trace_init(&trace, &times, &share, &arena, &err))
		while (trace_gaps(&trace, NULL, &x, 1))
			if (!(x >= 0))
				abort();
	arena_fini(&arena);
	return 0;
}
