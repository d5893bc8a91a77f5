/* recording.h - raw records of a run into files, segment by segment */
#ifndef COORDINATOR_RECORDING_H
#define COORDINATOR_RECORDING_H

#include <stdint.h>

#include "lancet/core/records.h"

struct arena;
struct err;
struct point_data;
struct result_point;
struct wire_report;

/*
 * Of one point: a file in the folder of raw records, written as segments
 * end, so that of what agents sent a segment is in memory at most.
 */
struct recording {
	struct records_writer writer;
	const char *path;	/* NULL: nothing is recorded */
	const char **class;
	struct recording_block {
		long at;
		struct records_block head;
	} *block;
	size_t nblocks, room;
};

/* Start the point's file in `folder`; NULL: none. 0 or -errno. */
int recording_open(struct recording *recording, const char *folder,
		   const struct point_data *data, struct arena *arena,
		   struct err *err);

/*
 * The records of all agents in the segment that was added to `data` last:
 * those of the share that is asked for, intended before its end. `recording`
 * may be NULL.
 */
int recording_add(struct recording *recording, const struct point_data *data,
		  const struct wire_report *const *report, struct err *err);

/* The warm-up of every segment takes so long. 0 or -errno. */
int recording_cut(struct recording *recording, int64_t warmup_ns,
		  struct err *err);

/* What is in it counts no more: another attempt begins. 0 or -errno. */
int recording_restart(struct recording *recording, struct err *err);

/* The file is whole, and the result knows of it. */
int recording_close(struct recording *recording, struct result_point *to,
		    struct arena *arena, struct err *err);

/* The point came to nothing, and so did its file; safe after a close. */
void recording_abort(struct recording *recording);

#endif
