/* template.c - messages described by a line of text: numbers within bytes */
#include "workloads/template.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lancet/core/arena.h"
#include "lancet/core/err.h"

#define TEMPLATE_MOST 65507 /* what a datagram can carry */

enum template_what {
	TEMPLATE_BYTES,
	TEMPLATE_ID,
	TEMPLATE_SERVICE,
	TEMPLATE_SERVICE_US,
	TEMPLATE_CLASS,
	TEMPLATE_KEY,
	TEMPLATE_SIZE,
	TEMPLATE_HEX,
	TEMPLATE_ZEROS,
	TEMPLATE_WHATS
};

static const char *const names[TEMPLATE_WHATS] = {
	[TEMPLATE_BYTES] = "",
	[TEMPLATE_ID] = "id",
	[TEMPLATE_SERVICE] = "service",
	[TEMPLATE_SERVICE_US] = "service_us",
	[TEMPLATE_CLASS] = "class",
	[TEMPLATE_KEY] = "key",
	[TEMPLATE_SIZE] = "size",
	[TEMPLATE_HEX] = "hex",
	[TEMPLATE_ZEROS] = "zeros",
};

struct template_part {
	enum template_what what;
	struct number_format format;
	const unsigned char *bytes;
	size_t len;
};

/* --- numbers --- */

int number_format_parse(struct number_format *f, const char *text, size_t len)
{
	static const struct {
		const char *name;
		struct number_format format;
	} known[] = {
		{ "text", { 0, false } },  { "u8", { 1, false } },
		{ "u16le", { 2, false } }, { "u16be", { 2, true } },
		{ "u32le", { 4, false } }, { "u32be", { 4, true } },
		{ "u64le", { 8, false } }, { "u64be", { 8, true } },
	};

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (strlen(known[i].name) == len &&
		    !memcmp(known[i].name, text, len)) {
			*f = known[i].format;
			return 0;
		}
	return -EINVAL;
}

static size_t number_write(const struct number_format *f, uint64_t value,
			   unsigned char *out)
{
	char digits[NUMBER_ROOM + 1];

	if (!f->bytes) {
		int n = snprintf(digits, sizeof(digits), "%ju",
				 (uintmax_t)value);

		memcpy(out, digits, (size_t)n);
		return (size_t)n;
	}
	for (unsigned i = 0; i < f->bytes; i++) {
		unsigned at = f->big ? f->bytes - 1u - i : i;

		out[at] = (unsigned char)(value >> 8 * i);
	}
	return f->bytes;
}

uint64_t number_read(const struct number_format *f, const unsigned char *in)
{
	uint64_t value = 0;

	for (unsigned i = 0; i < f->bytes; i++)
		value = value << 8 | in[f->big ? i : f->bytes - 1u - i];
	return value;
}

/* --- parsing --- */

struct reader {
	struct template *t;
	const char *text, *at;
	struct arena *arena;
	struct err *err;
};

static int wrong(const struct reader *r, const char *at, const char *what)
{
	return err_set(r->err, -EINVAL, "at byte %zu of '%.80s': %s",
		       (size_t)(at - r->text), r->text, what);
}

static void add(struct reader *r, const struct template_part *part)
{
	r->t->part[r->t->n++] = *part;
	r->t->most += part->what == TEMPLATE_BYTES ? part->len
		      : part->format.bytes	   ? part->format.bytes
						   : NUMBER_ROOM;
}

/* Up to the next brace; the first byte may be one that stands for itself. */
static void read_text(struct reader *r)
{
	struct template_part part = { .bytes = (const void *)r->at,
				      .len = strcspn(r->at + 1, "{") + 1 };

	add(r, &part);
	r->at += part.len;
}

static int hex_digit(char c)
{
	if (!isxdigit((unsigned char)c))
		return -1;
	return isdigit((unsigned char)c) ? c - '0'
					 : tolower((unsigned char)c) - 'a' + 10;
}

static int read_hex(struct reader *r, const char *text, size_t len)
{
	unsigned char *bytes = arena_alloc(r->arena, len / 2 + 1);
	struct template_part part = { .bytes = bytes, .len = len / 2 };

	for (size_t i = 0; i < len; i++)
		if (hex_digit(text[i]) < 0 || len % 2)
			return wrong(r, text + i,
				     "bytes are written as pairs of "
				     "hexadecimal digits, {hex:00ff}");
	for (size_t i = 0; i < len / 2; i++)
		bytes[i] = (unsigned char)(hex_digit(text[2 * i]) << 4 |
					   hex_digit(text[2 * i + 1]));
	add(r, &part);
	return 0;
}

static int read_zeros(struct reader *r, const char *text, size_t len)
{
	unsigned long n = strtoul(text, NULL, 10);
	struct template_part part = { .len = n };

	if (!len || strspn(text, "0123456789") != len || n > TEMPLATE_MOST)
		return wrong(r, text, "say how many, {zeros:16}");
	part.bytes = arena_alloc(r->arena, n + 1);
	add(r, &part);
	return 0;
}

static int read_number(struct reader *r, enum template_what what,
		       const char *format, size_t len)
{
	struct template_part part = { .what = what };

	if (number_format_parse(&part.format, format, len))
		return wrong(r, format,
			     "no such format; write u8, u16le, u16be, u32le, "
			     "u32be, u64le, u64be or text");
	if (what == TEMPLATE_SIZE && !part.format.bytes)
		return wrong(r, format,
			     "a size that changes the size; give it a fixed "
			     "number of bytes");
	if (what == TEMPLATE_ID) {
		r->t->has_id = true;
		r->t->id = part.format;
	}
	r->t->has_service |= what == TEMPLATE_SERVICE ||
			     what == TEMPLATE_SERVICE_US;
	add(r, &part);
	return 0;
}

/* {NAME:ARGUMENT}, the first brace is at r->at. */
static int read_field(struct reader *r)
{
	const char *name = r->at + 1, *end = strchr(name, '}');
	size_t len = strcspn(name, ":}");
	int what = TEMPLATE_ID;

	if (!end || name[len] != ':')
		return wrong(r, r->at,
			     "a field is {NAME:FORMAT}; write {{ for a brace");
	while (what < TEMPLATE_WHATS && (strlen(names[what]) != len ||
					 memcmp(names[what], name, len)))
		what++;
	if (what == TEMPLATE_WHATS)
		return wrong(r, name,
			     "no such field; write id, service, service_us, "
			     "class, key, size, hex or zeros");
	name += len + 1;
	len = (size_t)(end - name);
	r->at = end + 1;
	if (what == TEMPLATE_HEX)
		return read_hex(r, name, len);
	if (what == TEMPLATE_ZEROS)
		return read_zeros(r, name, len);
	return read_number(r, (enum template_what)what, name, len);
}

int template_parse(struct template *t, const char *text, uint64_t keys,
		   struct arena *arena, struct err *err)
{
	struct reader r = { t, text, text, arena, err };

	*t = (struct template){ .keys = keys };
	t->part = arena_array(arena, strlen(text) + 1, sizeof(*t->part));
	while (*r.at) {
		if (r.at[0] == '{' && r.at[1] != '{') {
			if (read_field(&r))
				return err->code;
			continue;
		}
		r.at += r.at[0] == '{';
		read_text(&r);
	}
	if (!t->most)
		return wrong(&r, text, "a request needs at least one byte");
	if (t->most > TEMPLATE_MOST)
		return wrong(&r, text, "a request has at most 65507 bytes");
	return 0;
}

/* --- writing --- */

static uint64_t value_of(const struct template *t, enum template_what what,
			 const struct proto_request *req)
{
	switch (what) {
	case TEMPLATE_ID:
		return req->id;
	case TEMPLATE_SERVICE:
		return req->service_ns;
	case TEMPLATE_SERVICE_US:
		return (req->service_ns + 500) / 1000;
	case TEMPLATE_CLASS:
		return req->class;
	case TEMPLATE_KEY:
		return template_key(t, req);
	default:
		return 0; /* a size, which is not known yet */
	}
}

size_t template_write(const struct template *t, const struct proto_request *req,
		      unsigned char *out)
{
	const struct template_part *size = NULL;
	size_t n = 0, size_at = 0;

	for (size_t i = 0; i < t->n; i++) {
		const struct template_part *p = &t->part[i];

		if (p->what == TEMPLATE_BYTES) {
			memcpy(out + n, p->bytes, p->len);
			n += p->len;
			continue;
		}
		if (p->what == TEMPLATE_SIZE) {
			size = p;
			size_at = n;
		}
		n += number_write(&p->format, value_of(t, p->what, req),
				  out + n);
	}
	if (size)
		number_write(&size->format, n, out + size_at);
	return n;
}
