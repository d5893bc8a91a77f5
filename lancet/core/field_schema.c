/* field_schema.c - the JSON Schema of what a table of fields writes */
#include "lancet/core/field.h"

#include <stdio.h>

static json_t *type_only(const char *type)
{
	return json_pack("{s:s}", "type", type);
}

static json_t *or_null(const char *type)
{
	return json_pack("{s:[s,s]}", "type", type, "null");
}

static json_t *schema_text(const struct field *row, json_t *defs)
{
	(void)defs;
	return json_pack("{s:s}", "const", row->why);
}

static json_t *schema_null(const struct field *row, json_t *defs)
{
	(void)row, (void)defs;
	return json_pack("{s:s}", "type", "null");
}

static json_t *schema_real(const struct field *row, json_t *defs)
{
	(void)row, (void)defs;
	return or_null("number");
}

static json_t *schema_int(const struct field *row, json_t *defs)
{
	(void)row, (void)defs;
	return type_only("integer");
}

static json_t *schema_string(const struct field *row, json_t *defs)
{
	(void)row, (void)defs;
	return or_null("string");
}

static json_t *schema_yaml(const struct field *row, json_t *defs)
{
	(void)row, (void)defs;
	return type_only("object");
}

static void define(const struct shape *shape, json_t *defs);

static json_t *schema_object(const struct field *row, json_t *defs)
{
	char ref[80];

	define(row->shape, defs);
	snprintf(ref, sizeof(ref), "#/$defs/%s", row->shape->name);
	return json_pack("{s:s}", "$ref", ref);
}

static json_t *schema_pointer(const struct field *row, json_t *defs)
{
	return json_pack("{s:[o,o]}", "anyOf", schema_object(row, defs),
			 type_only("null"));
}

static json_t *schema_list(const struct field *row, json_t *defs)
{
	return json_pack("{s:s,s:o}", "type", "array", "items",
			 schema_object(row, defs));
}

static json_t *schema_map(const struct field *row, json_t *defs)
{
	return json_pack("{s:s,s:o}", "type", "object", "additionalProperties",
			 schema_object(row, defs));
}

static json_t *schema_strings(const struct field *row, json_t *defs)
{
	(void)row, (void)defs;
	return json_pack("{s:s,s:o}", "type", "array", "items",
			 type_only("string"));
}

static json_t *schema_ints(const struct field *row, json_t *defs)
{
	(void)row, (void)defs;
	return json_pack("{s:s,s:o}", "type", "array", "items",
			 type_only("integer"));
}

static json_t *schema_reals(const struct field *row, json_t *defs)
{
	(void)row, (void)defs;
	return json_pack("{s:s,s:o}", "type", "array", "items",
			 or_null("number"));
}

static json_t *(*const field_schemas[FIELD_TYPES])(const struct field *row,
						   json_t *defs) = {
	[FIELD_TEXT] = schema_text,	  [FIELD_NULL] = schema_null,
	[FIELD_REAL] = schema_real,	  [FIELD_INT] = schema_int,
	[FIELD_STRING] = schema_string,	  [FIELD_YAML] = schema_yaml,
	[FIELD_OBJECT] = schema_object,	  [FIELD_POINTER] = schema_pointer,
	[FIELD_LIST] = schema_list,	  [FIELD_MAP] = schema_map,
	[FIELD_STRINGS] = schema_strings, [FIELD_INTS] = schema_ints,
	[FIELD_REALS] = schema_reals,
};

static json_t *shape_schema(const struct shape *shape, json_t *defs)
{
	json_t *properties = json_object(), *required = json_array();

	for (const struct field *row = shape->fields; row->key; row++) {
		char key[80];

		json_object_set_new(properties, row->key,
				    field_schemas[row->type](row, defs));
		json_array_append_new(required, json_string(row->key));
		if (!field_nullable(row))
			continue;
		snprintf(key, sizeof(key), "%s_reason", row->key);
		json_object_set_new(properties, key, type_only("string"));
	}
	return json_pack("{s:s,s:o,s:o,s:b}", "type", "object", "properties",
			 properties, "required", required,
			 "additionalProperties", 0);
}

/* Once each, so that a shape may hold itself. */
static void define(const struct shape *shape, json_t *defs)
{
	if (json_object_get(defs, shape->name))
		return;
	json_object_set_new(defs, shape->name, json_true());
	json_object_set_new(defs, shape->name, shape_schema(shape, defs));
}

json_t *field_schema(const struct shape *shape, const char *id,
		     const char *title)
{
	json_t *defs = json_object();
	json_t *top = shape_schema(shape, defs);

	json_object_set_new(
		top, "$schema",
		json_string("https://json-schema.org/draft/2020-12/schema"));
	json_object_set_new(top, "$id", json_string(id));
	json_object_set_new(top, "title", json_string(title));
	json_object_set_new(top, "$defs", defs);
	return top;
}
