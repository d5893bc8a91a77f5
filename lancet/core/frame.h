/* frame.h - the control protocol: one JSON document a line over two pipes */
#ifndef LANCET_CORE_FRAME_H
#define LANCET_CORE_FRAME_H

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

struct err;

/*
 * A peer's stream of frames. Lines of at most FRAME_MAX bytes; the stream
 * starts with the line FRAME_MAGIC, before which up to 64 KiB of login
 * banner are skipped. Everything in a frame is the peer's word: checked for
 * type and range by whoever reads it. Not thread safe.
 *
 * Frames {"t": TYPE, ...}, in the order of a run. C: coordinator, A: agent
 * or built-in target ("role" in its hello).
 *   A hello   v, source, role, pid
 *   C plan    config (YAML text), role options (agent index, threads' CPUs,
 *	       mode, target address ...)
 *   A ready   address (target) ; or  A error  code, text
 *   C start   point, attempt, rate_rps, at_ns, from_ns, until_ns, drain_ns
 *   A tick    counters, each second; C beat, each second
 *   C stop    end the segment now
 *   A chunk   name, i, n, bytes, hash, data (base64) of a larger blob
 *   A data    windows and counts of the segment
 *   A done    end of a segment's data
 *   C bye     A bye: success
 */
#define FRAME_MAGIC "LANCET-CONTROL 1"
#define FRAME_MAX (1u << 20)
#define FRAME_VERSION 1

struct frame_io {
	int in, out;
	char *buf;
	size_t len, used;
	int greeted;		/* the magic line has been seen */
	size_t skipped;
};

int frame_open(struct frame_io *io, int in, int out);	/* writes the magic */
void frame_close(struct frame_io *io);

/*
 * The next whole frame, waiting until deadline_ns (CLOCK_MONOTONIC; 0: do
 * not wait, INT64_MAX: for ever). 1: *frame is the caller's to decref; 0:
 * none yet; -EPIPE: the stream ended; -EBADMSG: not a frame of ours.
 */
int frame_read(struct frame_io *io, json_t **frame, int64_t deadline_ns,
	       struct err *err);

/* Takes over the reference. Blocks until written; -EPIPE, -EMSGSIZE. */
int frame_write(struct frame_io *io, json_t *frame, struct err *err);

/* The type of a frame, "" when it has none. */
const char *frame_type(const json_t *frame);

/* A blob of any size as numbered chunk frames of at most 512 KiB. */
int frame_send_blob(struct frame_io *io, const char *name, const void *data,
		    size_t len, struct err *err);

/* Collects chunks; a blob is whole when its frames and its hash are. */
struct frame_blob {
	char name[32];
	unsigned char *data;
	size_t len, bytes;
	uint64_t next, total, hash;
};

#define FRAME_BLOB_MAX ((size_t)4 << 30)

/* 1: blob is whole; 0: more to come; -EBADMSG. frame_blob_fini frees it. */
int frame_blob_take(struct frame_blob *blob, const json_t *chunk,
		    struct err *err);
void frame_blob_fini(struct frame_blob *blob);

/* RFC 4648 base64, and FNV-1a 64 for the hash of a blob. */
char *base64_encode(const void *data, size_t len);	/* free() it */
unsigned char *base64_decode(const char *text, size_t *len); /* NULL: bad */
uint64_t frame_hash(const void *data, size_t len);

/* The same in both programs of one build tree: a hash of the sources. */
extern const char lancet_source_hash[];
extern const char lancet_version[];

#endif
