/* option_schema.c - JSON Schema of a map that rows describe, for editors */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "lancet/core/option_scalar.h"

#define NUMBER "^[-+]?([0-9]+\\.?[0-9]*|\\.[0-9]+)([eE][-+]?[0-9]+)?"
#define TIMES " ?(ns|us|ms|s|min|h)$"
#define SIZES " ?(B|kB|MB|GB|KiB|MiB|GiB)$"
#define LOADS " ?(rps|krps|mrps|Mrps|/s|k/s|M/s|%)$"

/* What the kinds of a class and unit look like stands once, in $defs. */
static json_t *rows_schema(const struct option_row *rows,
			   enum option_unit unit, json_t *defs);
static json_t *row_schema(const struct option_row *row, enum option_unit unit,
			  json_t *defs);

static json_t *pattern(const char *regex)
{
	return json_pack("{s:s, s:s}", "type", "string", "pattern", regex);
}

static json_t *any_of(json_t *a, json_t *b)
{
	return json_pack("{s:[o, o]}", "anyOf", a, b);
}

static json_t *words(const char *const *names)
{
	json_t *all = json_array();

	for (size_t i = 0; names[i]; i++)
		json_array_append_new(all, json_string(names[i]));
	return json_pack("{s:o}", "enum", all);
}

static json_t *number(const char *type, const struct option_row *row)
{
	json_t *schema = json_pack("{s:s}", "type", type);

	if (row->min == 0 && row->max == 0)
		return schema;
	if (isfinite(row->min))
		json_object_set_new(schema, "minimum", json_real(row->min));
	if (isfinite(row->max))
		json_object_set_new(schema, "maximum", json_real(row->max));
	return schema;
}

static json_t *value_schema(enum option_unit unit,
			    const struct option_row *row)
{
	return unit == OPTION_UNIT_TIME	 ? pattern(NUMBER TIMES) :
	       unit == OPTION_UNIT_BYTES ? pattern(NUMBER SIZES) :
					   number("number", row);
}

static json_t *scalar_schema(const struct option_row *row,
			     enum option_unit unit)
{
	switch (row->type) {
	case OPTION_TYPE_BOOL:
		return json_pack("{s:s}", "type", "boolean");
	case OPTION_TYPE_INT:
		return number("integer", row);
	case OPTION_TYPE_REAL:
		return number("number", row);
	case OPTION_TYPE_DURATION:
		return pattern(NUMBER TIMES);
	case OPTION_TYPE_SIZE:
		return pattern(NUMBER SIZES);
	case OPTION_TYPE_PERCENT:
		return pattern(NUMBER " ?%$");
	case OPTION_TYPE_SHARE:
		return pattern("^(all|none|1/[0-9]+)$|" NUMBER " ?%$");
	case OPTION_TYPE_LOAD:
		return pattern(NUMBER LOADS);
	case OPTION_TYPE_QUANTILE:
		return pattern("^p[0-9]*\\.?[0-9]+$");
	case OPTION_TYPE_VALUE:
		return value_schema(unit, row);
	case OPTION_TYPE_ENUM:
		return words(row->names);
	default:
		return json_pack("{s:s}", "type", "string");
	}
}

/* --- kinds --------------------------------------------------------------- */

static json_t *argument_schema(const struct kind *kind, enum option_unit unit,
			       json_t *defs)
{
	if (!kind->options)
		return json_pack("{s:[s, s], s:i}", "type", "object", "null",
				 "maxProperties", 0);
	if (!*kind->options->key && !kind->options[1].type)
		return row_schema(kind->options, unit, defs);
	return rows_schema(kind->options, unit, defs);
}

/* Call it by its name and by every other name it has. */
static void name_kind(json_t *map, json_t *bare, json_t *numbered,
		      json_t *schema, const struct kind *kind)
{
	const char *at = kind->alias ? kind->alias : "";
	size_t len = strlen(kind->name);
	const char *name = kind->name;

	while (len) {
		char key[64];

		snprintf(key, sizeof(key), "%.*s", (int)len, name);
		if (key[len - 1] == '#') {
			snprintf(key, sizeof(key), "^%.*s[0-9]+$",
				 (int)len - 1, name);
			json_array_append_new(numbered, pattern(key));
		} else {
			json_object_set(map, key, schema);
			json_array_append_new(bare, json_stringn(name, len));
		}
		at += strspn(at, " ");
		name = at;
		len = strcspn(at, " ");
		at += len;
	}
}

/* A short form is any text with a colon: its fields are the kind's own. */
static json_t *class_schema(enum kind_class class, enum option_unit unit,
			    json_t *defs)
{
	const struct kind *const *table = kind_table(class);
	json_t *map = json_object(), *bare = json_array();
	json_t *numbered = json_array(), *any, *plain;

	for (size_t i = 0; table[i]; i++) {
		json_t *schema = argument_schema(table[i], unit, defs);

		if (table[i]->help)
			json_object_set_new(schema, "description",
					    json_string(table[i]->help));
		name_kind(map, bare, numbered, schema, table[i]);
		json_decref(schema);
	}
	any = json_pack("{s:[{s:o}, o, {s:s, s:i, s:i, s:b, s:o}]}", "anyOf",
			"enum", bare, pattern("^[A-Za-z0-9_-]+:.+$"), "type",
			"object", "minProperties", 1, "maxProperties", 1,
			"additionalProperties", 0, "properties", map);
	json_array_extend(json_object_get(any, "anyOf"), numbered);
	json_decref(numbered);
	if (class == KIND_DIST) {
		struct option_row none = { 0 };

		plain = value_schema(unit, &none);
		json_array_append_new(json_object_get(any, "anyOf"), plain);
	}
	return any;
}

/* A reference to $defs; null stands there while it is being made. */
static json_t *kind_schema(const struct option_row *row,
			   enum option_unit outer, json_t *defs)
{
	static const char *const of[] = { "", "-time", "-bytes" };
	enum option_unit unit = row->unit ? row->unit : outer;
	char name[64], where[80];

	snprintf(name, sizeof(name), "%s%s", kind_class_name[row->class],
		 of[unit]);
	for (char *c = name; *c; c++)
		if (*c == ' ')
			*c = '-';
	snprintf(where, sizeof(where), "#/$defs/%s", name);
	if (!json_object_get(defs, name)) {
		json_object_set_new(defs, name, json_null());
		json_object_set_new(defs, name,
				    class_schema(row->class, unit, defs));
	}
	return json_pack("{s:s}", "$ref", where);
}

/* --- what holds others --------------------------------------------------- */

static json_t *section_schema(const struct option_row *row,
			      enum option_unit unit, json_t *defs)
{
	json_t *schema = rows_schema(row->rows, unit, defs);

	if (row->flags & OPTION_EXCLUSIVE) {
		json_object_set_new(schema, "minProperties", json_integer(1));
		json_object_set_new(schema, "maxProperties", json_integer(1));
	}
	return schema;
}

/* {NAME: {options}, ...}: each of a class at most once. */
static json_t *each_kind(const struct option_row *row, enum option_unit unit,
			 json_t *defs)
{
	const struct kind *const *table = kind_table(row->class);
	json_t *map = json_object();

	for (size_t i = 0; table[i]; i++)
		json_object_set_new(map, table[i]->name,
				    argument_schema(table[i], unit, defs));
	return json_pack("{s:s, s:b, s:o}", "type", "object",
			 "additionalProperties", 0, "properties", map);
}

static json_t *list_of(json_t *items)
{
	return json_pack("{s:s, s:o}", "type", "array", "items", items);
}

/* A list, or one word: 1,2,3. One alone is a number too. */
static json_t *numbers(const struct option_row *row, enum option_unit unit)
{
	struct option_row one = *row;

	one.type = option_item_type(row);
	return json_pack("{s:[o, o, o]}", "anyOf",
			 list_of(scalar_schema(&one, unit)),
			 scalar_schema(&one, unit), pattern(","));
}

static json_t *bare_schema(const struct option_row *row, enum option_unit unit,
			   json_t *defs)
{
	switch (row->type) {
	case OPTION_TYPE_KIND:
		if (row->names)
			return any_of(words(row->names),
				      kind_schema(row, unit, defs));
		return kind_schema(row, unit, defs);
	case OPTION_TYPE_SECTION:
		if (row->flags & OPTION_SWITCH)
			return any_of(json_pack("{s:s}", "type", "boolean"),
				      section_schema(row, unit, defs));
		return section_schema(row, unit, defs);
	case OPTION_TYPE_LIST:
		return list_of(rows_schema(row->rows, unit, defs));
	case OPTION_TYPE_STRINGS:
		return list_of(json_pack("{s:s}", "type", "string"));
	case OPTION_TYPE_KINDS:
		return any_of(list_of(kind_schema(row, unit, defs)),
			      each_kind(row, unit, defs));
	case OPTION_TYPE_INTS:
	case OPTION_TYPE_REALS:
	case OPTION_TYPE_VALUES:
		return numbers(row, unit);
	default:
		if (row->flags & OPTION_AUTO)
			return any_of(json_pack("{s:s}", "const", "auto"),
				      scalar_schema(row, unit));
		return scalar_schema(row, unit);
	}
}

/* The preset as JSON has it; lists and maps are left to the help. */
static json_t *preset_json(const struct option_row *row)
{
	if (strchr("[{", *row->preset))
		return NULL;
	if (row->type == OPTION_TYPE_INT && !strchr("a", *row->preset))
		return json_integer(strtoll(row->preset, NULL, 10));
	if (row->type == OPTION_TYPE_REAL)
		return json_real(strtod(row->preset, NULL));
	if (row->type == OPTION_TYPE_BOOL)
		return json_boolean(!strcmp(row->preset, "true"));
	return json_string(row->preset);
}

static json_t *row_schema(const struct option_row *row, enum option_unit unit,
			  json_t *defs)
{
	json_t *schema = bare_schema(row, unit, defs);
	json_t *preset = row->preset ? preset_json(row) : NULL;

	if (row->help)
		json_object_set_new(schema, "description",
				    json_string(row->help));
	if (preset)
		json_object_set_new(schema, "default", preset);
	return schema;
}

static json_t *rows_schema(const struct option_row *rows,
			   enum option_unit unit, json_t *defs)
{
	json_t *properties = json_object(), *required = json_array();

	for (const struct option_row *row = rows; row && row->type; row++) {
		if (!*row->key)
			continue;
		json_object_set_new(properties, row->key,
				    row_schema(row, unit, defs));
		if (row->flags & OPTION_REQUIRED)
			json_array_append_new(required,
					      json_string(row->key));
	}
	return json_pack("{s:s, s:b, s:o, s:o}", "type", "object",
			 "additionalProperties", 0, "required", required,
			 "properties", properties);
}

json_t *option_schema(const struct option_row *rows)
{
	json_t *defs = json_object();
	json_t *schema = rows_schema(rows, OPTION_UNIT_NONE, defs);

	json_object_set_new(schema, "$schema",
			    json_string("https://json-schema.org/draft/"
					"2020-12/schema"));
	json_object_set_new(schema, "$defs", defs);
	return schema;
}
