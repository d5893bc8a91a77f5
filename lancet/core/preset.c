/* preset.c - workloads of published systems, by name */
#include "lancet/core/preset.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "lancet/core/arena.h"
#include "lancet/core/config.h"
#include "lancet/core/nearest.h"
#include "lancet/core/option_scalar.h"
#include "lancet/core/yaml.h"

/* workloads/presets.yaml */
extern const char preset_yaml[];

static const char *text_of(const struct yaml_node *node, const char *key)
{
	const struct yaml_node *value = yaml_get(node, key);

	return value ? value->text : NULL;
}

const struct preset *preset_table(size_t *n, struct arena *arena)
{
	struct option_problems problems = { 0 };
	const struct yaml_node *root =
		yaml_parse("presets.yaml", preset_yaml, strlen(preset_yaml),
			   arena, &problems);
	struct preset *table = NULL;
	size_t room = 0;

	assert(root && root->type == YAML_MAP);
	*n = 0;
	for (const struct yaml_node *p = root->child; p; p = p->next) {
		const char *workers = text_of(p, "workers");

		if (*n == room)
			table = arena_grow(arena, table, *n, &room,
					   sizeof(*table));
		table[(*n)++] = (struct preset){
			.name = p->key,
			.help = text_of(p, "help"),
			.also = text_of(p, "also"),
			.note = text_of(p, "note"),
			.lacks = text_of(p, "lacks"),
			.slo = text_of(p, "slo"),
			.workers = workers ? atoi(workers) : 0,
			.tree = p,
		};
	}
	return table;
}

const struct preset *preset_find(const char *name, struct arena *arena)
{
	size_t n;
	const struct preset *table = preset_table(&n, arena);

	for (size_t i = 0; i < n; i++)
		if (!strcmp(table[i].name, name) ||
		    (table[i].also && !strcmp(table[i].also, name)))
			return &table[i];
	return NULL;
}

static void unknown(const struct yaml_node *node, struct arena *arena,
		    struct option_problems *problems)
{
	struct nearest near;
	size_t n;
	const struct preset *table = preset_table(&n, arena);

	nearest_start(&near, node->text);
	for (size_t i = 0; i < n; i++)
		nearest_try(&near, table[i].name);
	if (near.best)
		option_problem(problems, &node->mark,
			       "unknown preset '%.*s'; did you mean '%s'?",
			       option_shown(node->text), node->text, near.best);
	else
		option_problem(problems, &node->mark,
			       "unknown preset '%.*s'; `lancet list presets` "
			       "shows all",
			       option_shown(node->text), node->text);
}

static struct yaml_node *child(struct yaml_node *map, const char *key)
{
	return (struct yaml_node *)yaml_get(map, key);
}

/* In messages it is the preset that is wrong, at no line of the user's. */
static void place(struct yaml_node *node, const char *name)
{
	node->mark = node->key_mark = (struct option_mark){ name, 0, 0 };
	for (struct yaml_node *c = node->child; c; c = c->next)
		place(c, name);
}

/* Take a key to the end of another map, unless the user has it there. */
static void take(struct yaml_node *from, const char *key, struct yaml_node *to,
		 const char *name)
{
	struct yaml_node **at = &from->child, **end = &to->child, *node;

	while (*at && strcmp((*at)->key, key))
		at = &(*at)->next;
	node = *at;
	if (!node || child(to, key))
		return;
	*at = node->next;
	while (*end)
		end = &(*end)->next;
	node->next = NULL;
	place(node, name);
	*end = node;
}

static void merge(struct yaml_node *root, const struct preset *preset,
		  const char *name, bool own_law)
{
	static const char *const keys[] = { "protocol", "transport",
					    "arrival" };
	struct yaml_node *tree = (struct yaml_node *)preset->tree;
	struct yaml_node *from = child(tree, "workload");
	struct yaml_node *to = child(root, "workload");
	struct yaml_node *builtin = child(root, "target.builtin");

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		take(from, keys[i], to, name);
	if (!own_law) {
		take(from, "service", to, name);
		take(from, "classes", to, name);
		take(tree, "slo", root, name);
	}
	if (builtin && builtin->type == YAML_MAP)
		take(tree, "workers", builtin, name);
}

void preset_apply(struct yaml_node *root, struct arena *arena,
		  struct option_problems *problems)
{
	struct yaml_node *workload = child(root, "workload");
	struct yaml_node *node = child(root, "workload.preset");
	const struct preset *preset;
	bool own_law;

	if (!workload || workload->type != YAML_MAP || !node ||
	    node->type != YAML_SCALAR)
		return;
	preset = preset_find(node->text, arena);
	own_law = child(workload, "classes") || child(workload, "service");
	if (!preset)
		unknown(node, arena, problems);
	else if (preset->lacks && !own_law)
		option_problem(problems, &node->mark, "preset %s lacks %s",
			       preset->name, preset->lacks);
	else
		merge(root, preset,
		      arena_printf(arena, "preset %s", preset->name), own_law);
}

struct config *preset_config(const char *name, struct arena *arena,
			     struct option_problems *problems)
{
	static const char text[] = "target: {builtin: {}}\n"
				   "workload: {preset: none}\n"
				   "load: {rate: 50%}\n";
	const char *set = arena_printf(arena, "workload.preset='%.60s'", name);

	return config_parse("preset", text, sizeof(text) - 1, &set, 1, arena,
			    problems);
}
