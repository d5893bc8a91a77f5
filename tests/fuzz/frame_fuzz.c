/* frame_fuzz.c - a control stream from any bytes: frames and every decoder */
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "lancet/core/err.h"
#include "lancet/core/wire.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A frame goes to everything that reads frames, whatever its type says. */
static void decode(const json_t *frame, struct wire_report_in *in,
		   struct arena *arena)
{
	struct err err, why;
	union {
		struct wire_hello hello;
		struct wire_plan plan;
		struct wire_start start;
		struct wire_tick tick;
		struct wire_target target;
	} to;

	wire_hello_decode(frame, &to.hello, &err);
	wire_error_decode(frame, &why, &err);
	wire_plan_decode(frame, &to.plan, arena, &err);
	wire_start_decode(frame, &to.start, &err);
	wire_tick_decode(frame, &to.tick, &err);
	wire_target_decode(frame, &to.target, arena, &err);
	wire_report_take(in, frame, &err);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static int fd = -1, sink = -1;
	struct wire_report_in in;
	struct frame_io io;
	struct arena arena;
	struct err err;
	json_t *frame;

	if (fd < 0) {
		fd = memfd_create("frames", 0);
		sink = memfd_create("sink", 0);
	}
	if (ftruncate(fd, 0) || pwrite(fd, data, size, 0) != (ssize_t)size ||
	    ftruncate(sink, 0))
		return 0;
	lseek(fd, 0, SEEK_SET);
	arena_init(&arena);
	in = (struct wire_report_in){ .arena = &arena };
	if (frame_open(&io, fd, sink) == 0) {
		/* Most inputs should get past the greeting. */
		io.greeted = size > 0 && data[0] == '{';
		while (frame_read(&io, &frame, INT64_MAX, &err) == 1) {
			decode(frame, &in, &arena);
			json_decref(frame);
		}
	}
	frame_blob_fini(&in.blob);
	frame_close(&io);
	arena_fini(&arena);
	return 0;
}
