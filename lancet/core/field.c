/* field.c - rows that map a structure to JSON, back, and to its JSON Schema */
#include "lancet/core/field.h"

#include <errno.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "lancet/core/err.h"
#include "lancet/core/yamljson.h"

/* JSON has no infinity; the reason beside the null keeps it for the reader. */
#define ABOVE "infinite: no upper bound is known"
#define BELOW "minus infinite: no lower bound is known"

/* Where a reader stands, for its one line of complaint. */
struct place {
	const struct place *up;
	const char *key; /* NULL: an item of a list */
	size_t index;
};

struct reader {
	struct arena *arena;
	struct err *err;
};

/* What one type of member does; a row without a member ignores the pointer. */
struct field_ops {
	json_t *(*write)(const struct field *row, const void *member, size_t n);
	int (*read)(struct reader *in, const struct place *at,
		    const struct field *row, const json_t *value, void *member,
		    size_t *n);
};

static const struct field_ops field_ops[FIELD_TYPES];

static int read_members(struct reader *in, const struct place *at,
			const struct shape *shape, const json_t *json,
			void *to);

bool field_nullable(const struct field *row)
{
	return row->type == FIELD_NULL || row->type == FIELD_REAL ||
	       row->type == FIELD_STRING || row->type == FIELD_POINTER;
}

static void place_print(const struct place *at, char *text, size_t size)
{
	size_t used;

	if (!at) {
		text[0] = '\0';
		return;
	}
	place_print(at->up, text, size);
	used = strlen(text);
	if (at->key)
		snprintf(text + used, size - used, "%s%.60s", used ? "." : "",
			 at->key);
	else
		snprintf(text + used, size - used, "[%zu]", at->index);
}

static int bad(struct reader *in, const struct place *at, const char *what)
{
	char path[512];

	place_print(at, path, sizeof(path));
	return err_set(in->err, -EBADMSG, "%s%s%s", path,
		       path[0] ? " " : "the file ", what);
}

/* --- writing ----------------------------------------------------------- */

static json_t *write_text(const struct field *row, const void *member, size_t n)
{
	(void)member, (void)n;
	return json_string(row->why);
}

static json_t *write_null(const struct field *row, const void *member, size_t n)
{
	(void)row, (void)member, (void)n;
	return json_null();
}

static json_t *real(double value)
{
	return isfinite(value) ? json_real(value) : json_null();
}

static json_t *write_real(const struct field *row, const void *member, size_t n)
{
	(void)row, (void)n;
	return real(*(const double *)member);
}

static json_t *write_int(const struct field *row, const void *member, size_t n)
{
	(void)row, (void)n;
	return json_integer(*(const int64_t *)member);
}

/* Text of a foreign machine may be no UTF-8; JSON must be. */
static json_t *string(const char *text)
{
	json_t *s;

	if (!text)
		return json_null();
	s = json_string(text);
	return s ? s : json_string("(not UTF-8)");
}

static json_t *write_string(const struct field *row, const void *member,
			    size_t n)
{
	(void)row, (void)n;
	return string(*(const char *const *)member);
}

static json_t *write_yaml(const struct field *row, const void *member, size_t n)
{
	(void)row, (void)n;
	return yamljson_object(*(const char *const *)member);
}

static json_t *write_object(const struct field *row, const void *member,
			    size_t n)
{
	(void)n;
	return field_write(row->shape, member);
}

static json_t *write_pointer(const struct field *row, const void *member,
			     size_t n)
{
	const void *to = *(const void *const *)member;

	(void)n;
	return to ? field_write(row->shape, to) : json_null();
}

static json_t *write_list(const struct field *row, const void *member, size_t n)
{
	const char *items = *(const char *const *)member;
	json_t *list = json_array();

	for (size_t i = 0; i < n; i++)
		json_array_append_new(
			list,
			field_write(row->shape, items + i * row->shape->size));
	return list;
}

static json_t *write_map(const struct field *row, const void *member, size_t n)
{
	const char *items = *(const char *const *)member;
	json_t *map = json_object();

	for (size_t i = 0; i < n; i++) {
		const char *item = items + i * row->item;

		json_object_set_new(
			map, *(const char *const *)item,
			field_write(row->shape, item + row->inside));
	}
	return map;
}

static json_t *write_strings(const struct field *row, const void *member,
			     size_t n)
{
	const char *const *items = *(const char *const *const *)member;
	json_t *list = json_array();

	(void)row;
	for (size_t i = 0; i < n; i++)
		json_array_append_new(list, string(items[i]));
	return list;
}

static json_t *write_ints(const struct field *row, const void *member, size_t n)
{
	const int64_t *items = *(const int64_t *const *)member;
	json_t *list = json_array();

	(void)row;
	for (size_t i = 0; i < n; i++)
		json_array_append_new(list, json_integer(items[i]));
	return list;
}

static json_t *write_reals(const struct field *row, const void *member,
			   size_t n)
{
	const double *items = *(const double *const *)member;
	json_t *list = json_array();

	(void)row;
	for (size_t i = 0; i < n; i++)
		json_array_append_new(list, real(items[i]));
	return list;
}

/* Why the member that was just written is null; NULL: nothing to say. */
static const char *reason(const struct field *row, const char *member)
{
	if (row->type == FIELD_REAL && isinf(*(const double *)member))
		return *(const double *)member > 0 ? ABOVE : BELOW;
	return row->why;
}

json_t *field_write(const struct shape *shape, const void *from)
{
	json_t *object = json_object();

	for (const struct field *row = shape->fields; row->key; row++) {
		const char *member = (const char *)from + row->offset;
		size_t n = row->count ? *(const size_t *)((const char *)from +
							  row->count)
				      : 0;
		json_t *value = field_ops[row->type].write(row, member, n);
		const char *why =
			json_is_null(value) ? reason(row, member) : NULL;

		json_object_set_new(object, row->key, value);
		if (why) {
			char key[80];

			snprintf(key, sizeof(key), "%s_reason", row->key);
			json_object_set_new(object, key, json_string(why));
		}
	}
	return object;
}

/* --- reading ----------------------------------------------------------- */

static int read_text(struct reader *in, const struct place *at,
		     const struct field *row, const json_t *value, void *member,
		     size_t *n)
{
	char what[256];

	(void)member, (void)n;
	if (json_is_string(value) &&
	    !strcmp(json_string_value(value), row->why))
		return 0;
	snprintf(what, sizeof(what), "is \"%.60s\", this lancet reads \"%s\"",
		 json_is_string(value) ? json_string_value(value) : "?",
		 row->why);
	return bad(in, at, what);
}

static int read_null(struct reader *in, const struct place *at,
		     const struct field *row, const json_t *value, void *member,
		     size_t *n)
{
	(void)in, (void)at, (void)row, (void)value, (void)member, (void)n;
	return 0;
}

static int read_real(struct reader *in, const struct place *at,
		     const struct field *row, const json_t *value, void *member,
		     size_t *n)
{
	(void)row, (void)n;
	if (!json_is_number(value))
		return bad(in, at, "is not a number");
	*(double *)member = json_number_value(value);
	return 0;
}

static int read_int(struct reader *in, const struct place *at,
		    const struct field *row, const json_t *value, void *member,
		    size_t *n)
{
	(void)row, (void)n;
	if (!json_is_integer(value))
		return bad(in, at, "is not an integer");
	*(int64_t *)member = json_integer_value(value);
	return 0;
}

static int read_string(struct reader *in, const struct place *at,
		       const struct field *row, const json_t *value,
		       void *member, size_t *n)
{
	(void)row, (void)n;
	if (!json_is_string(value))
		return bad(in, at, "is not a string");
	*(const char **)member =
		arena_strdup(in->arena, json_string_value(value));
	return 0;
}

static int read_yaml(struct reader *in, const struct place *at,
		     const struct field *row, const json_t *value, void *member,
		     size_t *n)
{
	(void)row, (void)n;
	if (!json_is_object(value))
		return bad(in, at, "is not an object");
	*(const char **)member = yamljson_text(value, in->arena);
	return 0;
}

static int read_object(struct reader *in, const struct place *at,
		       const struct field *row, const json_t *value,
		       void *member, size_t *n)
{
	(void)n;
	return read_members(in, at, row->shape, value, member);
}

static int read_pointer(struct reader *in, const struct place *at,
			const struct field *row, const json_t *value,
			void *member, size_t *n)
{
	void *to = arena_alloc(in->arena, row->shape->size);

	(void)n;
	*(void **)member = to;
	return read_members(in, at, row->shape, value, to);
}

/* Room for a list's items; NULL with the complaint made. */
static void *list_room(struct reader *in, const struct place *at,
		       const struct field *row, const json_t *value,
		       void *member, size_t *n, size_t size)
{
	size_t length = json_array_size(value);
	void *items;

	if (!json_is_array(value)) {
		bad(in, at, "is not a list");
		return NULL;
	}
	if (row->same && length != *n) {
		bad(in, at, "differs in length from the list before it");
		return NULL;
	}
	items = arena_array(in->arena, length + !length, size);
	*(void **)member = items;
	*n = length;
	return items;
}

static int read_list(struct reader *in, const struct place *at,
		     const struct field *row, const json_t *value, void *member,
		     size_t *n)
{
	size_t size = row->shape->size;
	char *items = list_room(in, at, row, value, member, n, size);
	int rc = items ? 0 : -EBADMSG;

	for (size_t i = 0; !rc && i < *n; i++) {
		struct place here = { at, NULL, i };

		rc = read_members(in, &here, row->shape,
				  json_array_get(value, i), items + i * size);
	}
	return rc;
}

static int read_map(struct reader *in, const struct place *at,
		    const struct field *row, const json_t *value, void *member,
		    size_t *n)
{
	const char *key;
	json_t *item;
	char *items;

	if (!json_is_object(value))
		return bad(in, at, "is not an object");
	items = arena_array(in->arena, json_object_size(value) + 1, row->item);
	*(void **)member = items;
	json_object_foreach((json_t *)value, key, item)
	{
		struct place here = { at, key, 0 };
		int rc = read_members(in, &here, row->shape, item,
				      items + row->inside);

		if (rc)
			return rc;
		*(const char **)(void *)items = arena_strdup(in->arena, key);
		items += row->item;
		++*n;
	}
	return 0;
}

static int read_strings(struct reader *in, const struct place *at,
			const struct field *row, const json_t *value,
			void *member, size_t *n)
{
	const char **items =
		list_room(in, at, row, value, member, n, sizeof(*items));
	int rc = items ? 0 : -EBADMSG;

	for (size_t i = 0; !rc && i < *n; i++) {
		struct place here = { at, NULL, i };

		rc = read_string(in, &here, row, json_array_get(value, i),
				 &items[i], NULL);
	}
	return rc;
}

static int read_ints(struct reader *in, const struct place *at,
		     const struct field *row, const json_t *value, void *member,
		     size_t *n)
{
	int64_t *items =
		list_room(in, at, row, value, member, n, sizeof(*items));
	int rc = items ? 0 : -EBADMSG;

	for (size_t i = 0; !rc && i < *n; i++) {
		struct place here = { at, NULL, i };

		rc = read_int(in, &here, row, json_array_get(value, i),
			      &items[i], NULL);
	}
	return rc;
}

static int read_reals(struct reader *in, const struct place *at,
		      const struct field *row, const json_t *value,
		      void *member, size_t *n)
{
	double *items =
		list_room(in, at, row, value, member, n, sizeof(*items));
	int rc = items ? 0 : -EBADMSG;

	for (size_t i = 0; !rc && i < *n; i++) {
		struct place here = { at, NULL, i };
		json_t *item = json_array_get(value, i);

		items[i] = NAN;
		if (!json_is_null(item))
			rc = read_real(in, &here, row, item, &items[i], NULL);
	}
	return rc;
}

/* A null number was unknown or infinite; the reason beside it tells. */
static double null_real(const json_t *object, const char *key)
{
	char name[80];
	const char *why;

	snprintf(name, sizeof(name), "%s_reason", key);
	why = json_string_value(json_object_get(object, name));
	if (why && !strncmp(why, "infinite", 8))
		return INFINITY;
	return why && !strncmp(why, "minus", 5) ? -INFINITY : NAN;
}

static int read_member(struct reader *in, const struct place *at,
		       const struct field *row, const json_t *object, char *to)
{
	const json_t *value = json_object_get(object, row->key);
	struct place here = { at, row->key, 0 };

	if (!value && row->late)
		return 0;
	if (!value && !field_nullable(row))
		return bad(in, &here, "is missing");
	if (!value || (json_is_null(value) && field_nullable(row))) {
		if (row->type == FIELD_REAL)
			*(double *)(void *)(to + row->offset) =
				null_real(object, row->key);
		return 0;
	}
	return field_ops[row->type].read(in, &here, row, value,
					 to + row->offset,
					 (size_t *)(void *)(to + row->count));
}

static int read_members(struct reader *in, const struct place *at,
			const struct shape *shape, const json_t *json, void *to)
{
	if (!json_is_object(json))
		return bad(in, at, "is not an object");
	for (const struct field *row = shape->fields; row->key; row++) {
		int rc = read_member(in, at, row, json, to);

		if (rc)
			return rc;
	}
	return 0;
}

int field_read(const struct shape *shape, const json_t *json, void *to,
	       struct arena *arena, struct err *err)
{
	struct reader in = { arena, err };

	return read_members(&in, NULL, shape, json, to);
}

static const struct field_ops field_ops[FIELD_TYPES] = {
	[FIELD_TEXT] = { write_text, read_text },
	[FIELD_NULL] = { write_null, read_null },
	[FIELD_REAL] = { write_real, read_real },
	[FIELD_INT] = { write_int, read_int },
	[FIELD_STRING] = { write_string, read_string },
	[FIELD_YAML] = { write_yaml, read_yaml },
	[FIELD_OBJECT] = { write_object, read_object },
	[FIELD_POINTER] = { write_pointer, read_pointer },
	[FIELD_LIST] = { write_list, read_list },
	[FIELD_MAP] = { write_map, read_map },
	[FIELD_STRINGS] = { write_strings, read_strings },
	[FIELD_INTS] = { write_ints, read_ints },
	[FIELD_REALS] = { write_reals, read_reals },
};
