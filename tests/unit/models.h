/* models.h - what the tests of laws, schedules and queues share */
#ifndef TESTS_UNIT_MODELS_H
#define TESTS_UNIT_MODELS_H

#include "lancet/core/arena.h"
#include "lancet/core/err.h"
#include "lancet/core/option.h"
#include "lancet/core/rng.h"
#include "tests/unit/seed.h"
#include "workloads/schedule.h"

/* A kind from its text as on the command line; the test fails without. */
static inline struct choice test_choice(enum kind_class class,
					const char *text, struct arena *arena)
{
	struct choice choice;
	struct err err = { 0 };

	if (option_parse_choice(class, OPTION_UNIT_TIME, text, &choice, arena,
				&err))
		fail_msg("%s: %s", text, err.text);
	return choice;
}

static inline struct dist test_dist(const char *text, struct arena *arena)
{
	struct choice choice = test_choice(KIND_DIST, text, arena);
	struct dist dist;
	struct err err = { 0 };

	if (dist_init(&dist, &choice, arena, &err))
		fail_msg("%s: %s", text, err.text);
	return dist;
}

/* One class "all" with a service law. */
static inline struct workload test_workload(const char *arrival,
					    const char *service,
					    struct arena *arena)
{
	struct workload w = { .nclasses = 1 };

	w.class = arena_alloc(arena, sizeof(*w.class));
	w.class->name = "all";
	w.class->weight = 1;
	w.class->service = test_dist(service, arena);
	w.arrival = test_choice(KIND_ARRIVAL, arrival, arena);
	return w;
}

/* A file for a test to read; its name. */
static inline const char *test_file(const char *text, size_t len)
{
	static char name[64];
	FILE *f;
	int fd;

	strcpy(name, "/tmp/lancet-test-XXXXXX");
	fd = mkstemp(name);
	assert_true(fd >= 0);
	f = fdopen(fd, "w");
	fwrite(text, 1, len, f);
	fclose(f);
	return name;
}

#endif
