/* verdict.c - from checks to a decision, and why */
#include "coordinator/verdict.h"

#include <string.h>

#include "coordinator/check.h"
#include "lancet/core/arena.h"

static void reason_add(struct result_verdict *verdict, const char *text)
{
	verdict->status = "invalid";
	verdict->reasons[verdict->nreasons++] = text;
}

void verdict_point(const struct result_check *checks, size_t n,
		   struct arena *arena, struct result_verdict *verdict)
{
	*verdict = (struct result_verdict){
		.status = "valid",
		.reasons = arena_array(arena, n, sizeof(char *)),
	};
	/* What could not run may be for want of what a fault left out. */
	for (int failed = 1; failed >= 0; failed--)
		for (size_t i = 0; i < n; i++)
			if (check_rejects(&checks[i]) &&
			    failed == !!strcmp(checks[i].status, "not_run"))
				reason_add(verdict,
					   arena_printf(arena, "%s: %s",
							checks[i].name,
							checks[i].reason));
}

const char *verdict_agent(const struct result_counts *counts,
			  struct arena *arena)
{
	if (!counts->intended)
		return "it intended no request";
	if (counts->unsent * 1000 > counts->intended)
		return arena_printf(arena, "%lld of %lld requests unsent",
				    (long long)counts->unsent,
				    (long long)counts->intended);
	return "valid";
}

void verdict_run(const struct result_point *points, size_t n,
		 const char *broken, struct arena *arena,
		 struct result_verdict *verdict)
{
	*verdict = (struct result_verdict){
		.status = "valid",
		.reasons = arena_array(arena, n + 2, sizeof(char *)),
	};
	if (broken)
		reason_add(verdict, broken);
	if (!n)
		reason_add(verdict, "no point was finished");
	for (size_t i = 0; i < n; i++) {
		const struct result_verdict *point = &points[i].verdict;

		if (!strcmp(point->status, "valid"))
			continue;
		reason_add(verdict, arena_printf(arena,
			"point %zu (%.0f requests/s): %s", i + 1,
			points[i].offered_rps,
			point->nreasons ? point->reasons[0] : "invalid"));
	}
}
