/* requests_fuzz.c - any file as requests: read or refused in one line, judged */
#include <gsl/gsl_errno.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "coordinator/check.h"
#include "coordinator/testimony.h"
#include "lancet/core/arena.h"
#include "lancet/core/err.h"
#include "lancet/core/requests.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void judge(struct requests *requests, struct arena *arena)
{
	const struct testimony asked = { .arrival = "poisson",
					 .rate_rps = NAN };
	struct result_check *checks;
	struct point_data point;
	struct err err;
	size_t n;

	if (testimony_take(requests, &asked, &point, arena, &err) ||
	    check_all(&point, arena, &checks, &n, &err))
		abort();
	for (size_t i = 0; i < n; i++)
		if (!checks[i].reason || !checks[i].status)
			abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	FILE *in = size ? fmemopen((void *)data, size, "r") : NULL;
	struct requests requests;
	struct arena arena;
	struct err err = { .text = "" };

	if (!in)
		return 0;
	gsl_set_error_handler_off();
	arena_init(&arena);
	if (!requests_read(&requests, in, "fuzz", &arena, &err))
		judge(&requests, &arena);
	else if (strncmp(err.text, "fuzz:", 5) || strchr(err.text, '\n'))
		abort();
	requests_fini(&requests);
	fclose(in);
	arena_fini(&arena);
	return 0;
}
