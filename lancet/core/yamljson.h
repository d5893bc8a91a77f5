/* yamljson.h - a configuration's YAML as JSON, and back */
#ifndef LANCET_CORE_YAMLJSON_H
#define LANCET_CORE_YAMLJSON_H

struct arena;
struct json_t;

/*
 * The map that a YAML text holds: words and numbers with units are strings,
 * bare numbers and true, false, null what they are. An empty object where
 * the text is NULL or no YAML of ours. A new reference.
 */
struct json_t *yamljson_object(const char *yaml);

/* YAML, in block style, that reads back to the same. */
char *yamljson_text(const struct json_t *json, struct arena *arena);

#endif
