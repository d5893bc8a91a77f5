/* pipe.h - a stream of frames through a file, as large as it may get */
#ifndef TESTS_UNIT_PIPE_H
#define TESTS_UNIT_PIPE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lancet/core/err.h"
#include "lancet/core/frame.h"

/* What is written is read back from the start; then the stream ends. */
struct stream {
	FILE *file;
	struct frame_io io;
};

static inline void stream_begin(struct stream *s)
{
	s->file = tmpfile();
	assert_non_null(s->file);
	assert_int_equal(frame_open(&s->io, fileno(s->file), fileno(s->file)),
			 0);
}

static inline void stream_put(struct stream *s, const char *text)
{
	assert_int_equal(write(fileno(s->file), text, strlen(text)),
			 (ssize_t)strlen(text));
}

static inline void stream_rewind(struct stream *s)
{
	assert_int_equal(lseek(fileno(s->file), 0, SEEK_SET), 0);
}

/* As frame_read, waiting for ever. */
static inline int stream_read(struct stream *s, json_t **frame,
			      struct err *err)
{
	return frame_read(&s->io, frame, INT64_MAX, err);
}

static inline void stream_end(struct stream *s)
{
	frame_close(&s->io);
	fclose(s->file);
}

#endif
