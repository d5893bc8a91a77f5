/* frame.c - the control protocol: one JSON document a line over two pipes */
#include "lancet/core/frame.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lancet/core/clock.h"
#include "lancet/core/err.h"

#define BANNER_MAX (64u << 10)
#define BUFFER_SIZE (FRAME_MAX + BANNER_MAX)

/* Write it all, waiting where the pipe is full or does not block. */
static int write_all(int fd, const char *data, size_t len, struct err *err)
{
	while (len > 0) {
		ssize_t n = write(fd, data, len);
		struct pollfd room = { .fd = fd, .events = POLLOUT };

		if (n >= 0) {
			data += n;
			len -= (size_t)n;
		} else if (errno == EAGAIN) {
			poll(&room, 1, -1);
		} else if (errno != EINTR) {
			return err_set(err, -errno, "cannot write a frame: %s",
				       strerror(errno));
		}
	}
	return 0;
}

int frame_open(struct frame_io *io, int in, int out)
{
	struct err err;

	memset(io, 0, sizeof(*io));
	io->in = in;
	io->out = out;
	io->buf = malloc(BUFFER_SIZE);
	if (!io->buf)
		return -ENOMEM;
	return write_all(out, FRAME_MAGIC "\n", sizeof(FRAME_MAGIC), &err);
}

void frame_close(struct frame_io *io)
{
	free(io->buf);
	io->buf = NULL;
}

/* Wait for input until the deadline: 1, 0 (none) or -errno. */
static int wait_input(int fd, int64_t deadline_ns)
{
	struct pollfd input = { .fd = fd, .events = POLLIN };

	for (;;) {
		int64_t left = deadline_ns ? deadline_ns - clock_now_ns() : 0;
		struct timespec ts = { 0 };
		int n;

		if (left > 0) {
			ts.tv_sec = left / 1000000000;
			ts.tv_nsec = left % 1000000000;
		}
		n = ppoll(&input, 1, deadline_ns == INT64_MAX ? NULL : &ts,
			  NULL);
		if (n >= 0)
			return n;
		if (errno != EINTR)
			return -errno;
	}
}

/* Make room behind what is there, then read once: 1, 0 (none yet), -errno. */
static int fill(struct frame_io *io, int64_t deadline_ns, struct err *err)
{
	ssize_t n;
	int rc;

	if (io->used > 0) {
		memmove(io->buf, io->buf + io->used, io->len - io->used);
		io->len -= io->used;
		io->used = 0;
	}
	if (io->len >= BUFFER_SIZE)
		return err_set(err, -EBADMSG,
			       "the peer sent a line of more than 1 MiB");
	rc = wait_input(io->in, deadline_ns);
	if (rc < 0)
		return err_set(err, rc, "cannot wait for a frame: %s",
			       strerror(-rc));
	if (rc == 0)
		return 0;
	n = read(io->in, io->buf + io->len, BUFFER_SIZE - io->len);
	if (n > 0) {
		io->len += (size_t)n;
		return 1;
	}
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return deadline_ns ? 1 : 0;
	if (n < 0 && errno != ECONNRESET)
		return err_set(err, -errno, "cannot read a frame: %s",
			       strerror(errno));
	return err_set(err, -EPIPE, "the peer ended its stream%s",
		       io->greeted ? "" : " before it sent a line of our "
					  "protocol");
}

/* A line before the magic one belongs to a login banner. */
static int greet(struct frame_io *io, const char *line, size_t len,
		 struct err *err)
{
	if (len == sizeof(FRAME_MAGIC) - 1 && !memcmp(line, FRAME_MAGIC, len)) {
		io->greeted = 1;
		return 0;
	}
	io->skipped += len + 1;
	if (io->skipped > BANNER_MAX)
		return err_set(err, -EBADMSG,
			       "the peer does not speak our protocol");
	return 0;
}

static int parse(const char *line, size_t len, json_t **frame, struct err *err)
{
	json_error_t why;

	if (len >= FRAME_MAX)
		return err_set(err, -EBADMSG,
			       "the peer sent a line of more than 1 MiB");
	*frame = json_loadb(line, len, JSON_REJECT_DUPLICATES, &why);
	if (!*frame)
		return err_set(err, -EBADMSG, "the peer sent no JSON: %s",
			       why.text);
	if (!*frame_type(*frame)) {
		json_decref(*frame);
		*frame = NULL;
		return err_set(err, -EBADMSG,
			       "the peer sent a frame without a type");
	}
	return 1;
}

int frame_read(struct frame_io *io, json_t **frame, int64_t deadline_ns,
	       struct err *err)
{
	*frame = NULL;
	for (;;) {
		const char *line = io->buf + io->used;
		const char *end = memchr(line, '\n', io->len - io->used);
		size_t len = end ? (size_t)(end - line) : io->len - io->used;
		int rc;

		if (end) {
			io->used += len + 1;
			if (io->greeted)
				return parse(line, len, frame, err);
			rc = greet(io, line, len, err);
			if (rc < 0)
				return rc;
			continue;
		}
		if (!io->greeted && io->skipped + len > BANNER_MAX)
			return err_set(err, -EBADMSG,
				       "the peer does not speak our protocol");
		rc = fill(io, deadline_ns, err);
		if (rc <= 0)
			return rc;
	}
}

int frame_write(struct frame_io *io, json_t *frame, struct err *err)
{
	size_t len;
	char *text = json_dumps(frame, JSON_COMPACT);
	int rc;

	json_decref(frame);
	if (!text)
		return err_set(err, -EINVAL, "a frame cannot be written");
	len = strlen(text);
	if (len + 1 > FRAME_MAX) {
		free(text);
		return err_set(err, -EMSGSIZE,
			       "a frame of %zu bytes is too long", len);
	}
	text[len] = '\n';
	rc = write_all(io->out, text, len + 1, err);
	free(text);
	return rc;
}

const char *frame_type(const json_t *frame)
{
	const char *type = json_string_value(json_object_get(frame, "t"));

	return type ? type : "";
}
