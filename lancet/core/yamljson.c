/* yamljson.c - a configuration's YAML as JSON, and back */
#include "lancet/core/yamljson.h"

#include <ctype.h>
#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lancet/core/arena.h"
#include "lancet/core/yaml.h"

/* The few words and the plain decimals that are not strings when unquoted. */
static json_t *typed(const char *text)
{
	json_error_t ignored;
	json_t *value = NULL;

	if (!strcmp(text, "true") || !strcmp(text, "false") ||
	    !strcmp(text, "null") || text[0] == '-' ||
	    isdigit((unsigned char)text[0]))
		value = json_loads(text, JSON_DECODE_ANY, &ignored);
	return value;
}

static json_t *scalar(const struct yaml_node *node)
{
	json_t *value = node->quoted ? NULL : typed(node->text);

	if (!value)
		value = json_string(node->text);
	return value ? value : json_null();
}

static json_t *from_node(const struct yaml_node *node)
{
	json_t *json;

	if (node->type == YAML_SCALAR)
		return scalar(node);
	json = node->type == YAML_LIST ? json_array() : json_object();
	for (const struct yaml_node *c = node->child; c; c = c->next) {
		if (node->type == YAML_LIST)
			json_array_append_new(json, from_node(c));
		else
			json_object_set_new(json, c->key, from_node(c));
	}
	return json;
}

json_t *yamljson_object(const char *yaml)
{
	struct option_problems problems = { 0 };
	struct yaml_node *root = NULL;
	struct arena arena;
	json_t *json;

	arena_init(&arena);
	if (yaml)
		root = yaml_parse("config", yaml, strlen(yaml), &arena,
				  &problems);
	json = root && root->type == YAML_MAP ? from_node(root) : json_object();
	arena_fini(&arena);
	return json;
}

/* Whether a text may stand unquoted and still be read as this string. */
static bool plain(const char *text)
{
	size_t n = strlen(text);
	json_t *other = typed(text);

	json_decref(other);
	return !other && n > 0 &&
	       (isalnum((unsigned char)text[0]) || text[0] == '/' ||
		text[0] == '.') &&
	       strspn(text, "abcdefghijklmnopqrstuvwxyz"
			    "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
			    " _./%+-<>=()") == n &&
	       text[n - 1] != ' ';
}

static void put_scalar(const json_t *json, FILE *out)
{
	const char *text = json_string_value(json);
	char *dump;

	if (text && plain(text)) {
		fputs(text, out);
		return;
	}
	dump = json_dumps(json, JSON_ENCODE_ANY | JSON_COMPACT |
					JSON_REAL_PRECISION(15));
	fputs(dump ? dump : "null", out);
	free(dump);
}

static bool is_block(const json_t *json)
{
	return json_object_size(json) > 0 || json_array_size(json) > 0;
}

static void put(const json_t *json, int indent, FILE *out);

static void put_value(const json_t *value, int indent, FILE *out)
{
	if (is_block(value)) {
		fputc('\n', out);
		put(value, indent + 2, out);
		return;
	}
	fputc(' ', out);
	put_scalar(value, out);
	fputc('\n', out);
}

static void put(const json_t *json, int indent, FILE *out)
{
	const char *key;
	json_t *value;
	size_t i;

	json_object_foreach((json_t *)json, key, value)
	{
		json_t *name = json_string(key);

		fprintf(out, "%*s", indent, "");
		put_scalar(name, out);
		fputc(':', out);
		put_value(value, indent, out);
		json_decref(name);
	}
	json_array_foreach((json_t *)json, i, value)
	{
		fprintf(out, "%*s-", indent, "");
		put_value(value, indent, out);
	}
}

char *yamljson_text(const json_t *json, struct arena *arena)
{
	char *text = NULL, *copy;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return arena_strdup(arena, "");
	put(json, 0, out);
	fclose(out);
	copy = arena_strdup(arena, text);
	free(text);
	return copy;
}
