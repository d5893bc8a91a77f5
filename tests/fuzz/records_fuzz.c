/* records_fuzz.c - files of raw records of any bytes; what is read makes sense */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "lancet/core/arena.h"
#include "lancet/core/err.h"
#include "lancet/core/records.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_all(FILE *in, size_t size, struct arena *arena)
{
	struct records_reader r;
	struct sample s;
	struct err err = { 0 };
	uint64_t n = 0;
	int rc = records_open(&r, in, arena, &err);

	if (rc < 0)
		return;
	while ((rc = records_next(&r, &s, &err)) > 0) {
		n++;
		if (!sample_fine(&s) || !*r.class[s.class] ||
		    n * sizeof(s) > size)
			abort();
	}
	/* A whole file has what its head says. */
	if (rc == 0 && n != r.head.count)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena arena;
	FILE *in;

	if (!size)
		return 0;
	in = fmemopen((void *)(uintptr_t)data, size, "r");
	if (!in)
		return 0;
	arena_init(&arena);
	read_all(in, size, &arena);
	arena_fini(&arena);
	fclose(in);
	return 0;
}
