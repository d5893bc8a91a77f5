/* records.h - a file of raw records: one point's samples, agent by agent */
#ifndef LANCET_CORE_RECORDS_H
#define LANCET_CORE_RECORDS_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "lancet/core/sample.h"

struct arena;
struct err;

/*
 * Little endian, in lines of 64 bytes:
 *	struct records_head
 *	names of the classes, each ended by NUL, filled up with NUL
 *	blocks: struct records_block, then its `count` struct samples
 * A block is what one agent recorded in one segment, in order of thread and
 * seq. The file is what stands in memory; a change of it is a new version.
 */
#define RECORDS_MAGIC "LANCETRR"
#define RECORDS_BLOCK 0x4b434c42u	/* "BLCK" */
#define RECORDS_VERSION 1
#define RECORDS_MONOTONIC 1	/* clock: CLOCK_MONOTONIC of the agent's host */

struct records_head {
	char magic[8];
	uint16_t version;
	uint16_t record_size;	/* sizeof(struct sample) */
	uint16_t clock;
	uint16_t classes;
	uint32_t names_size;	/* of the names, a multiple of 64 */
	uint32_t point;		/* index in the result's points */
	double share;		/* of all requests: of those sample_kept() */
	uint64_t count;		/* records in all blocks */
	double offered_rps;
	int64_t window_ns;
	int64_t seed;
};

_Static_assert(sizeof(struct records_head) == 64, "a line");

/*
 * Schedule time, which windows and results speak of, is intended_ns -
 * at_ns + from_ns. Before warm_ns of it was the warm-up, which no figure of
 * a result counts.
 */
struct records_block {
	uint32_t magic;		/* RECORDS_BLOCK */
	uint32_t agent, segment;
	uint32_t zero;
	uint64_t count;
	int64_t at_ns;		/* CLOCK_MONOTONIC of from_ns */
	int64_t from_ns, until_ns, warm_ns;
	int64_t zero2;
};

_Static_assert(sizeof(struct records_block) == 64, "a line");

/* --- writing -------------------------------------------------------------- */

struct records_writer {
	FILE *file;
	struct records_head head;
};

/*
 * Start a file: sizes, magic and count in the head are the writer's. Then
 * blocks, each followed by its samples in any portions. records_finish()
 * writes the count and closes, in any case. 0 or -errno.
 */
int records_create(struct records_writer *w, const char *path,
		   const struct records_head *head, const char *const *class,
		   struct err *err);
int records_begin(struct records_writer *w, const struct records_block *block,
		  struct err *err);
long records_at(const struct records_writer *w);	/* of the next block */

/* The head of a block that began there is another, after all. */
int records_rewrite(struct records_writer *w, long at,
		    const struct records_block *block, struct err *err);
int records_add(struct records_writer *w, const struct sample *sample,
		size_t n, struct err *err);
int records_finish(struct records_writer *w, struct err *err);

/* --- reading -------------------------------------------------------------- */

/* What it says was checked. One sample is in memory at a time. */
struct records_reader {
	FILE *file;
	struct records_head head;
	const char **class;
	struct records_block block;	/* of the last sample */
	uint64_t left;			/* in this block */
	uint64_t read;
};

/* The stream stays the caller's; names of classes live in the arena. */
int records_open(struct records_reader *r, FILE *file, struct arena *arena,
		 struct err *err);

/* 1: *to is the next one; 0: that was all; -EBADMSG and others. */
int records_next(struct records_reader *r, struct sample *to, struct err *err);

#endif
