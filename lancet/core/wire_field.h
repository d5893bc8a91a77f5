/* wire_field.h - fields of frames and bytes of blobs; wire*.c only */
#ifndef LANCET_CORE_WIRE_FIELD_H
#define LANCET_CORE_WIRE_FIELD_H

#include <stdlib.h>

#include "lancet/core/wire.h"

/* A field of a peer's frame, checked; -EBADMSG with frame and key named. */
int wire_get_int(const json_t *frame, const char *key, int64_t min,
		 int64_t max, int64_t *to, struct err *err);
int wire_get_u32(const json_t *frame, const char *key, uint32_t min,
		 uint32_t max, uint32_t *to, struct err *err);
int wire_get_u64(const json_t *frame, const char *key, uint64_t *to,
		 struct err *err);
int wire_get_real(const json_t *frame, const char *key, double min, double max,
		  double *to, struct err *err);	/* null: NAN */
int wire_get_text(const json_t *frame, const char *key, const char **to,
		  struct err *err);
json_t *wire_real(double value);	/* null where it is not finite */

#define WIRE_TIME_MAX SAMPLE_TIME_MAX

/* A growing blob; running out of memory marks it and is told once. */
struct wire_bytes {
	unsigned char *data;
	size_t len, room;
	bool failed;
};

/* Bytes of a peer's blob; taking past the end marks it and gives zeroes. */
struct wire_cursor {
	const unsigned char *at, *end;
	bool failed;
};

/*
 * A stall on the wire, little endian: start, length, wait (8 bytes each),
 * cause, thread (4 bytes each).
 */
#define WIRE_STALL_SIZE 32
#define WIRE_TARGET_STALLS 10000	/* what one frame has room for */

void wire_put_stalls(struct wire_bytes *to, const struct stall *stall,
		     const uint32_t *thread, size_t n);
int wire_take_stalls(const unsigned char *data, size_t len,
		     struct arena *arena, struct stall **stall, size_t *n,
		     uint32_t **thread, struct err *err);

#endif
