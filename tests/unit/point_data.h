/* point_data.h - points as agents would report them, for the coordinator's tests */
#ifndef TESTS_UNIT_POINT_DATA_H
#define TESTS_UNIT_POINT_DATA_H

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "coordinator/plan.h"
#include "coordinator/point.h"
#include "lancet/core/arena.h"
#include "lancet/core/err.h"
#include "lancet/core/rng.h"
#include "lancet/core/sort.h"
#include "tests/unit/near.h"
#include "tests/unit/seed.h"

#define WINDOW INT64_C(10000000)

/* What a test stands on, zeroed; its first member is its arena. */
static inline void *fixture_create(size_t size)
{
	struct arena *arena = calloc(1, size);

	assert_non_null(arena);
	arena_init(arena);
	return arena;
}

static inline int fixture_destroy(void **state)
{
	arena_fini(*state);
	free(*state);
	return 0;
}

/* A plan from YAML on four CPUs; NULL with the problems printed. */
static inline struct plan *
plan_of(const char *text, size_t ncpus, struct arena *arena,
	struct option_problems *problems)
{
	const struct config *config = config_parse("test.yaml", text,
						   strlen(text), NULL, 0,
						   arena, problems);
	struct plan_host host = { .ncpus = ncpus };
	struct plan *plan;
	struct err err;

	if (!config) {
		option_problems_print(problems, NULL, stderr);
		return NULL;
	}
	host.cpu = arena_array(arena, ncpus, sizeof(*host.cpu));
	for (size_t i = 0; i < ncpus; i++)
		host.cpu[i] = (int32_t)i;
	plan = plan_create(config, &host, arena, problems, &err);
	if (!plan && err.text[0])
		fprintf(stderr, "%s\n", err.text);
	return plan;
}

/* An agent's report in the making: sorted response times a window. */
struct made {
	struct arena *arena;
	struct wire_report report;
	size_t room;
};

static inline struct hist_sparse made_sparse(struct arena *arena,
					     int64_t *value, size_t n)
{
	struct hist_sparse h = { 0 };

	h.cell = arena_array(arena, n, sizeof(*h.cell));
	sort_i64(value, n);
	for (size_t i = 0; i < n; i++)
		hist_sparse_append(&h, value[i]);
	return h;
}

static inline void made_window(struct made *made, uint32_t index,
			       enum outcome outcome, int64_t *value, size_t n)
{
	struct wire_report *r = &made->report;
	struct wire_window *w;

	r->window = arena_grow(made->arena, r->window, r->nwindows,
			       &made->room, sizeof(*w));
	w = &r->window[r->nwindows++];
	*w = (struct wire_window){ .index = index, .outcome = (uint8_t)outcome };
	if (outcome == OUTCOME_RECEIVED)
		w->response = made_sparse(made->arena, value, n);
	else
		w->response.total = n;
}

#endif
