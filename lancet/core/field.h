/* field.h - rows that map a structure to JSON, back, and to its JSON Schema */
#ifndef LANCET_CORE_FIELD_H
#define LANCET_CORE_FIELD_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "lancet/core/arena.h"

struct err;

/*
 * The C type of the member is in brackets. Null, where it is allowed, has
 * KEY_reason beside it when the row says why.
 */
enum field_type {
	FIELD_END,
	FIELD_TEXT,	/* no member: the row's `why`, word for word */
	FIELD_NULL,	/* no member: null until somebody measures it */
	FIELD_REAL,	/* [double] NAN and INFINITY are null */
	FIELD_INT,	/* [int64_t] */
	FIELD_STRING,	/* [const char *] NULL is null */
	FIELD_YAML,	/* [const char *] YAML text of a map; JSON: the map */
	FIELD_OBJECT,	/* [struct]; at offset 0: a group of members */
	FIELD_POINTER,	/* [struct *] NULL is null */
	FIELD_LIST,	/* [struct *] and its count */
	FIELD_MAP,	/* the same, by name; items start with the name */
	FIELD_STRINGS,	/* [const char **] and its count */
	FIELD_INTS,	/* [int64_t *] and its count */
	FIELD_REALS,	/* [double *] and its count */
	FIELD_TYPES
};

/* A structure in JSON: its members in the order they are written. */
struct shape {
	const char *name;		/* in the schema's $defs */
	size_t size;
	const struct field *fields;	/* ends with a zero row */
};

struct field {
	const char *key;
	enum field_type type;
	size_t offset;
	size_t count;			/* offset of a list's size_t */
	bool same;			/* an earlier row owns the count */
	bool late;			/* older files lack it: zero, empty */
	const struct shape *shape;	/* of what is inside */
	size_t item, inside;		/* MAP: sizeof item, where shape is */
	const char *why;		/* why it is null */
};

#define FIELD(TYPE, s, member, key_, why_) \
	{ .key = (key_), .type = FIELD_##TYPE, .offset = offsetof(s, member), \
	  .why = (why_) }
#define FIELD_IN(TYPE, s, member, key_, shape_, why_) \
	{ .key = (key_), .type = FIELD_##TYPE, .offset = offsetof(s, member), \
	  .shape = (shape_), .why = (why_) }
#define FIELD_GROUP(key_, shape_) \
	{ .key = (key_), .type = FIELD_OBJECT, .shape = (shape_) }
#define FIELD_MANY(TYPE, s, member, count_, key_, shape_) \
	{ .key = (key_), .type = FIELD_##TYPE, .offset = offsetof(s, member), \
	  .count = offsetof(s, count_), .shape = (shape_) }
#define FIELD_NAMED(s, member, count_, key_, item_, inside_, shape_) \
	{ .key = (key_), .type = FIELD_MAP, .offset = offsetof(s, member), \
	  .count = offsetof(s, count_), .shape = (shape_), \
	  .item = sizeof(item_), .inside = offsetof(item_, inside_) }
#define FIELD_SAME(TYPE, s, member, count_, key_) \
	{ .key = (key_), .type = FIELD_##TYPE, .offset = offsetof(s, member), \
	  .count = offsetof(s, count_), .same = true }

/* Whether null may stand for it; so may a missing key. */
bool field_nullable(const struct field *row);

/* A new reference. */
json_t *field_write(const struct shape *shape, const void *from);

/*
 * Fills `to` (zeroed) from an object; keys that no row knows are passed
 * over. -EBADMSG with one line: where, what is wrong. Nothing of `json` is
 * kept.
 */
int field_read(const struct shape *shape, const json_t *json, void *to,
	       struct arena *arena, struct err *err);

/* JSON Schema, draft 2020-12, of what field_write makes. */
json_t *field_schema(const struct shape *shape, const char *id,
		     const char *title);

#endif
