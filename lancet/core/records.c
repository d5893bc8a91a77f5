/* records.c - a file of raw records: one point's samples, agent by agent */
#include "lancet/core/records.h"

#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "lancet/core/arena.h"
#include "lancet/core/err.h"
#include "lancet/core/wire.h"

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__,
	       "files are written as they stand in memory");

#define LINE 64
#define NAMES_MAX (4u << 20)	/* 65536 classes of 63 letters */

/* --- writing -------------------------------------------------------------- */

static int put(struct records_writer *w, const void *data, size_t size,
	       struct err *err)
{
	if (size && fwrite(data, size, 1, w->file) != 1)
		return err_set(err, -errno, "cannot write raw records: %s",
			       strerror(errno));
	return 0;
}

static int put_names(struct records_writer *w, const char *const *class,
		     struct err *err)
{
	static const char zero[LINE];
	size_t size = 0;
	int rc = 0;

	for (size_t i = 0; !rc && i < w->head.classes; i++) {
		rc = put(w, class[i], strlen(class[i]) + 1, err);
		size += strlen(class[i]) + 1;
	}
	return rc ? rc : put(w, zero, w->head.names_size - size, err);
}

int records_create(struct records_writer *w, const char *path,
		   const struct records_head *head, const char *const *class,
		   struct err *err)
{
	size_t size = 0;

	w->head = *head;
	memcpy(w->head.magic, RECORDS_MAGIC, sizeof(w->head.magic));
	w->head.version = RECORDS_VERSION;
	w->head.record_size = sizeof(struct sample);
	w->head.clock = RECORDS_MONOTONIC;
	w->head.count = 0;
	for (size_t i = 0; i < head->classes; i++)
		size += strlen(class[i]) + 1;
	w->head.names_size = (uint32_t)((size + LINE - 1) / LINE * LINE);
	w->file = fopen(path, "wxe");
	if (!w->file)
		return err_set(err, -errno, "%s: %s", path, strerror(errno));
	if (put(w, &w->head, sizeof(w->head), err) < 0)
		return err->code;
	return put_names(w, class, err);
}

int records_begin(struct records_writer *w, const struct records_block *block,
		  struct err *err)
{
	struct records_block to = *block;

	to.magic = RECORDS_BLOCK;
	w->head.count += block->count;
	return put(w, &to, sizeof(to), err);
}

long records_at(const struct records_writer *w)
{
	return ftell(w->file);
}

int records_rewrite(struct records_writer *w, long at,
		    const struct records_block *block, struct err *err)
{
	struct records_block to = *block;

	to.magic = RECORDS_BLOCK;
	if (fseek(w->file, at, SEEK_SET) ||
	    put(w, &to, sizeof(to), err) < 0 || fseek(w->file, 0, SEEK_END))
		return err_set(err, -errno, "cannot write raw records: %s",
			       strerror(errno));
	return 0;
}

int records_add(struct records_writer *w, const struct sample *sample,
		size_t n, struct err *err)
{
	return put(w, sample, n * sizeof(*sample), err);
}

int records_finish(struct records_writer *w, struct err *err)
{
	int rc = 0;

	if (!w->file)
		return 0;
	if (fseek(w->file, 0, SEEK_SET))
		rc = err_set(err, -errno, "cannot write raw records: %s",
			     strerror(errno));
	else
		rc = put(w, &w->head, sizeof(w->head), err);
	if (fclose(w->file) && !rc)
		rc = err_set(err, -errno, "cannot write raw records: %s",
			     strerror(errno));
	w->file = NULL;
	return rc;
}

/* --- reading -------------------------------------------------------------- */

/* 1; 0 where the file ends before the first byte; negative else. */
static int take(struct records_reader *r, void *to, size_t size,
		struct err *err)
{
	size_t n = fread(to, 1, size, r->file);

	if (n == size)
		return 1;
	if (ferror(r->file))
		return err_set(err, -EIO, "it cannot be read");
	if (n || !size)
		return err_set(err, -EBADMSG, "it was cut short");
	return 0;
}

static int damaged(const char *what, struct err *err)
{
	return err_set(err, -EBADMSG, "its %s makes no sense", what);
}

static int check_head(const struct records_head *h, struct err *err)
{
	if (memcmp(h->magic, RECORDS_MAGIC, sizeof(h->magic)) != 0)
		return err_set(err, -EBADMSG, "these are no raw records of "
			       "lancet; name a file of a result's samples/");
	if (h->version != RECORDS_VERSION)
		return err_set(err, -EBADMSG, "it is of version %u, not %d; "
			       "read it with the lancet that wrote it",
			       h->version, RECORDS_VERSION);
	if (h->record_size != sizeof(struct sample) ||
	    h->clock != RECORDS_MONOTONIC || !h->classes ||
	    h->names_size > NAMES_MAX || h->names_size % LINE ||
	    !(h->share > 0 && h->share <= 1) || !isfinite(h->offered_rps) ||
	    h->offered_rps < 0 || h->window_ns <= 0 || h->seed < 0)
		return damaged("head", err);
	return 0;
}

static int take_names(struct records_reader *r, struct arena *arena,
		      struct err *err)
{
	size_t size = r->head.names_size;
	char *text = arena_alloc(arena, size + 1), *end = text + size;
	int rc = take(r, text, size, err);

	if (rc <= 0)
		return rc ? rc : damaged("list of classes", err);
	r->class = arena_array(arena, r->head.classes, sizeof(*r->class));
	for (size_t i = 0; i < r->head.classes; i++) {
		if (text >= end || !*text ||
		    !memchr(text, 0, (size_t)(end - text)))
			return damaged("list of classes", err);
		r->class[i] = text;
		text += strlen(text) + 1;
	}
	return 0;
}

int records_open(struct records_reader *r, FILE *file, struct arena *arena,
		 struct err *err)
{
	int rc;

	memset(r, 0, sizeof(*r));
	r->file = file;
	rc = take(r, &r->head, sizeof(r->head), err);
	if (rc <= 0)
		return rc ? rc : err_set(err, -EBADMSG, "it is empty");
	rc = check_head(&r->head, err);
	return rc ? rc : take_names(r, arena, err);
}

static bool time_fine(int64_t ns)
{
	return ns >= 0 && ns <= SAMPLE_TIME_MAX;
}

static bool block_fine(const struct records_reader *r)
{
	const struct records_block *b = &r->block;

	return b->magic == RECORDS_BLOCK && !b->zero && !b->zero2 &&
	       b->agent < WIRE_AGENTS && time_fine(b->at_ns) &&
	       time_fine(b->from_ns) && time_fine(b->until_ns) &&
	       time_fine(b->warm_ns) && b->from_ns <= b->until_ns &&
	       b->count <= r->head.count - r->read;
}

int records_next(struct records_reader *r, struct sample *to, struct err *err)
{
	int rc;

	while (!r->left) {
		rc = take(r, &r->block, sizeof(r->block), err);
		if (rc < 0)
			return rc;
		if (!rc && r->read < r->head.count)
			return err_set(err, -EBADMSG, "it was cut short");
		if (!rc)
			return 0;
		if (!block_fine(r))
			return damaged("block", err);
		r->left = r->block.count;
	}
	rc = take(r, to, sizeof(*to), err);
	if (rc <= 0)
		return rc ? rc : err_set(err, -EBADMSG, "it was cut short");
	if (!sample_fine(to) || to->class >= r->head.classes)
		return err_set(err, -EBADMSG, "record %llu makes no sense",
			       (unsigned long long)r->read);
	r->left--;
	r->read++;
	return 1;
}
