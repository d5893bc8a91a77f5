/* yaml.h - a YAML text as a tree that knows where each node stands */
#ifndef LANCET_CORE_YAML_H
#define LANCET_CORE_YAML_H

#include <stddef.h>
#include <stdint.h>

#include "lancet/core/option.h"

/*
 * Built by libyaml's parser. Bounded: 1 MiB of text, 32 levels, 100,000
 * nodes; anchors, aliases and tags are refused, so is a second document.
 * Lives in the arena.
 */
#define YAML_MAX_BYTES (1u << 20)
#define YAML_MAX_DEPTH 32
#define YAML_MAX_NODES 100000

enum yaml_type { YAML_SCALAR, YAML_LIST, YAML_MAP };

struct yaml_node {
	enum yaml_type type;
	struct option_mark mark;
	const char *text;	/* SCALAR */
	int quoted;		/* SCALAR: 'x' or "x", so a string */
	const char *key;	/* the key under which it stands in a map */
	struct option_mark key_mark;
	struct yaml_node *child; /* LIST, MAP */
	struct yaml_node *next;	/* its sibling */
};

/* NULL with one problem added where the text is no YAML of ours. */
struct yaml_node *yaml_parse(const char *file, const char *text, size_t len,
			     struct arena *arena,
			     struct option_problems *problems);

/* By dotted path: "load.sweep.from", "agents.0"; NULL: there is none. */
const struct yaml_node *yaml_get(const struct yaml_node *node,
				 const char *path);

/* Numbers in one word, 1,2,3: the nodes of a list. */
struct yaml_node yaml_split(const struct yaml_node *word, struct arena *arena);

/* The keys of {a: 1, b: 2} each in a map of its own: [{a: 1}, {b: 2}]. */
struct yaml_node yaml_apart(const struct yaml_node *map, struct arena *arena);

/*
 * `--set KEY=YAML`: replace or add what stands at the path. Maps that are
 * missing on the way are made; "agents.0" is the first of a list, and one
 * past the last adds to it. 0 or -EINVAL with a problem added.
 */
int yaml_set(struct yaml_node *root, const char *assignment,
	     struct arena *arena, struct option_problems *problems);

#endif
