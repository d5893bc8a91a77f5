/* progress.h - what a run tells while it goes on */
#ifndef LANCET_CMD_PROGRESS_H
#define LANCET_CMD_PROGRESS_H

#include <stdbool.h>

#include "coordinator/coordinator.h"
#include "coordinator/plan.h"

/*
 * On standard error: one line that is rewritten where that is a terminal,
 * one line a finished point where it is not, nothing when quiet.
 */
struct progress {
	bool quiet, terminal;
	bool drawn;		/* the line is not empty */
	const struct plan *plan;
	const struct plan_point *point;
	int64_t begun_ns;
	size_t finished;
};

void progress_init(struct progress *progress, bool quiet);
struct coordinator_watch progress_watch(struct progress *progress);

/* Wipe the line, before something else is written. */
void progress_clear(struct progress *progress);

#endif
