/* blob.c - what is too large for one frame, as numbered chunks with a hash */
#include "lancet/core/frame.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lancet/core/err.h"

#define CHUNK ((size_t)512 << 10)

uint64_t frame_hash(const void *data, size_t len)
{
	const unsigned char *p = data;
	uint64_t h = UINT64_C(0xcbf29ce484222325);

	for (size_t i = 0; i < len; i++)
		h = (h ^ p[i]) * UINT64_C(0x100000001b3);
	return h;
}

static const char digits[] =
	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

char *base64_encode(const void *data, size_t len)
{
	const unsigned char *in = data;
	char *text = malloc((len + 2) / 3 * 4 + 1);
	char *out = text;

	if (!text)
		return NULL;
	for (size_t i = 0; i < len; i += 3) {
		uint32_t three = (uint32_t)in[i] << 16;

		if (i + 1 < len)
			three |= (uint32_t)in[i + 1] << 8;
		if (i + 2 < len)
			three |= in[i + 2];
		*out++ = digits[three >> 18];
		*out++ = digits[three >> 12 & 63];
		*out++ = i + 1 < len ? digits[three >> 6 & 63] : '=';
		*out++ = i + 2 < len ? digits[three & 63] : '=';
	}
	*out = '\0';
	return text;
}

/* 0..63, or 64 for what is no digit. */
static uint32_t digit(unsigned char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26u;
	if (c >= '0' && c <= '9')
		return c - '0' + 52u;
	return c == '+' ? 62 : c == '/' ? 63 : 64;
}

unsigned char *base64_decode(const char *text, size_t *len)
{
	size_t n = strlen(text), pad = 0;
	unsigned char *data, *out;

	while (pad < 2 && pad < n && text[n - 1 - pad] == '=')
		pad++;
	data = out = n % 4 ? NULL : malloc(n / 4 * 3 + 1);
	if (!data)
		return NULL;
	for (size_t i = 0; i < n; i += 4) {
		uint32_t three = 0;

		for (size_t j = i; j < i + 4; j++) {
			uint32_t d = j < n - pad ?
				digit((unsigned char)text[j]) : 0;

			if (d > 63)
				goto bad;
			three = three << 6 | d;
		}
		*out++ = (unsigned char)(three >> 16);
		*out++ = (unsigned char)(three >> 8);
		*out++ = (unsigned char)three;
	}
	/* One text for one blob: what padding leaves over is zero. */
	for (size_t i = 0; i < pad; i++)
		if (*--out)
			goto bad;
	*len = (size_t)(out - data);
	return data;
bad:
	free(data);
	return NULL;
}

static size_t chunks(size_t len)
{
	return len ? (len + CHUNK - 1) / CHUNK : 1;
}

int frame_send_blob(struct frame_io *io, const char *name, const void *data,
		    size_t len, struct err *err)
{
	const unsigned char *bytes = data;
	size_t n = chunks(len);
	char hash[17];

	if (len > FRAME_BLOB_MAX)
		return err_set(err, -EMSGSIZE,
			       "%s: a blob of %zu bytes is too large", name,
			       len);
	snprintf(hash, sizeof(hash), "%016" PRIx64, frame_hash(data, len));
	for (size_t i = 0; i < n; i++) {
		size_t part = i + 1 < n ? CHUNK : len - i * CHUNK;
		char *text = base64_encode(len ? bytes + i * CHUNK : NULL,
					   part);
		json_t *chunk;
		int rc;

		if (!text)
			return err_set(err, -ENOMEM, "out of memory");
		chunk = json_pack("{ss ss sI sI sI ss ss}", "t", "chunk",
				  "name", name, "i", (json_int_t)i, "n",
				  (json_int_t)n, "bytes", (json_int_t)len,
				  "hash", hash, "data", text);
		free(text);
		rc = frame_write(io, chunk, err);
		if (rc < 0)
			return rc;
	}
	return 0;
}

struct chunk {
	const char *name, *hash, *data;
	json_int_t i, n, bytes;
};

/* The first chunk of a blob says what the others must repeat. */
static int begin(struct frame_blob *blob, const struct chunk *c,
		 struct err *err)
{
	char *end;

	frame_blob_fini(blob);
	if (strlen(c->name) >= sizeof(blob->name) || c->bytes < 0 ||
	    (uint64_t)c->bytes > FRAME_BLOB_MAX ||
	    c->n != (json_int_t)chunks((size_t)c->bytes) ||
	    strlen(c->hash) != 16)
		return err_set(err, -EBADMSG, "a chunk of no blob of ours");
	strcpy(blob->name, c->name);
	blob->bytes = (size_t)c->bytes;
	blob->total = (uint64_t)c->n;
	blob->hash = strtoull(c->hash, &end, 16);
	return *end ? err_set(err, -EBADMSG, "a chunk without hash") : 0;
}

/* Memory grows with what has come, not with what the peer announces. */
static int append(struct frame_blob *blob, const char *text, struct err *err)
{
	size_t expect = blob->next + 1 < blob->total ?
		CHUNK : blob->bytes - blob->next * CHUNK;
	size_t len, room;
	unsigned char *more, *data = base64_decode(text, &len);

	if (!data || len != expect) {
		free(data);
		return err_set(err, -EBADMSG, "%s: chunk %llu is damaged",
			       blob->name, (unsigned long long)blob->next);
	}
	/* Doubles: a reallocation at every power of two of chunks. */
	room = CHUNK;
	while (room < blob->len + len)
		room *= 2;
	if ((blob->next & (blob->next - 1)) == 0) {
		more = realloc(blob->data, room);
		if (!more) {
			free(data);
			return err_set(err, -ENOMEM, "out of memory");
		}
		blob->data = more;
	}
	memcpy(blob->data + blob->len, data, len);
	blob->len += len;
	blob->next++;
	free(data);
	return 0;
}

int frame_blob_take(struct frame_blob *blob, const json_t *frame,
		    struct err *err)
{
	struct chunk c;
	int rc;

	if (json_unpack((json_t *)frame, "{ss sI sI sI ss ss}", "name",
			&c.name, "i", &c.i, "n", &c.n, "bytes", &c.bytes,
			"hash", &c.hash, "data", &c.data))
		return err_set(err, -EBADMSG, "a chunk without its fields");
	if (blob->next == blob->total) {
		rc = begin(blob, &c, err);
		if (rc < 0)
			return rc;
	}
	if (strcmp(c.name, blob->name) || c.i < 0 ||
	    (uint64_t)c.i != blob->next || (uint64_t)c.n != blob->total ||
	    (uint64_t)c.bytes != blob->bytes)
		return err_set(err, -EBADMSG, "%s: a chunk out of order",
			       blob->name);
	rc = append(blob, c.data, err);
	if (rc < 0 || blob->next < blob->total)
		return rc;
	if (frame_hash(blob->data, blob->len) != blob->hash)
		return err_set(err, -EBADMSG, "%s: a blob arrived damaged",
			       blob->name);
	return 1;
}

void frame_blob_fini(struct frame_blob *blob)
{
	free(blob->data);
	memset(blob, 0, sizeof(*blob));
}
