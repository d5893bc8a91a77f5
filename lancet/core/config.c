/* config.c - read a whole configuration */
#include "lancet/core/config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lancet/core/config_probe.h"
#include "lancet/core/config_rules.h"
#include "lancet/core/err.h"
#include "lancet/core/input.h"
#include "lancet/core/preset.h"
#include "lancet/core/slo.h"
#include "lancet/core/text.h"
#include "lancet/core/unit.h"
#include "lancet/core/yaml.h"

/* The deepest part of the path that is there. */
struct option_mark config_mark(const struct config *config, const char *path)
{
	const struct yaml_node *node = config->tree, *next;
	char word[64];

	while (node && *path) {
		size_t len = strcspn(path, ".");

		snprintf(word, sizeof(word), "%.*s", (int)len, path);
		next = yaml_get(node, word);
		if (!next)
			break;
		node = next;
		path += len + (path[len] == '.');
	}
	return node ? node->mark : (struct option_mark){ config->file, 0, 0 };
}

/* --- reading ------------------------------------------------------------- */

/* quickstart of configs/quickstart.yaml. */
static const char *name_of_file(const char *file, struct arena *arena)
{
	const char *slash = strrchr(file, '/');
	char *name = arena_strdup(arena, slash ? slash + 1 : file);
	char *dot = strrchr(name, '.');

	if (dot && dot > name)
		*dot = '\0';
	if (strlen(name) > 64)
		name[64] = '\0';
	for (char *c = name; *c; c++)
		if (!strchr("abcdefghijklmnopqrstuvwxyz"
			    "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-", *c) ||
		    (c == name && strchr(".-", *c)))
			*c = '_';
	return *name ? name : "run";
}


static struct config *parse(const char *file, const char *text, size_t len,
			    const char *const *set, size_t nset, bool probed,
			    struct arena *arena,
			    struct option_problems *problems)
{
	struct config *c = arena_alloc(arena, sizeof(*c));
	size_t before = problems->n;

	c->file = arena_strdup(arena, file);
	c->tree = yaml_parse(c->file, text, len, arena, problems);
	if (!c->tree)
		return NULL;
	for (size_t i = 0; i < nset && c->tree->type == YAML_MAP; i++)
		yaml_set(c->tree, set[i], arena, problems);
	preset_apply(c->tree, arena, problems);
	if (probed)
		c->probe_unused = config_probe_apply(c->file, c->tree, arena,
						     problems);
	if (problems->n > before)
		return NULL;
	if (option_parse(config_rows, OPTION_UNIT_NONE, c->tree, c, arena,
			 problems))
		return NULL;
	if (!c->name)
		c->name = name_of_file(file, arena);
	config_rules(c, problems);
	return problems->n > before ? NULL : c;
}

struct config *config_parse(const char *file, const char *text, size_t len,
			    const char *const *set, size_t nset,
			    struct arena *arena,
			    struct option_problems *problems)
{
	return parse(file, text, len, set, nset, false, arena, problems);
}

/* The whole file, at most a byte more than a configuration may have. */
static char *read_file(const char *file, size_t *len, struct arena *arena)
{
	char *text = arena_alloc(arena, YAML_MAX_BYTES + 2);
	FILE *in = input_open(file);
	int error;

	if (!in)
		return NULL;
	*len = fread(text, 1, YAML_MAX_BYTES + 1, in);
	error = ferror(in) ? errno : 0;
	fclose(in);
	errno = error;
	return error ? NULL : text;
}

struct config *config_load(const char *file, const char *const *set,
			   size_t nset, struct arena *arena,
			   struct option_problems *problems)
{
	struct option_mark mark = { file, 0, 0 };
	size_t len;
	char *text = read_file(file, &len, arena);

	if (!text) {
		option_problem(problems, &mark,
			       "cannot read it: %s; give an existing file, or "
			       "write one with `lancet init`",
			       strerror(errno));
		return NULL;
	}
	problems->source = text;
	return parse(file, text, len, set, nset, true, arena, problems);
}

int64_t config_timeout_ns(const struct config *config)
{
	const struct config_workload *w = &config->workload;
	const struct config_class *class = w->classes.items;
	int64_t longest = 0;

	for (size_t i = 0; i < w->classes.n; i++) {
		int64_t ns = class[i].timeout_ns ? class[i].timeout_ns
						 : w->timeout_ns;

		longest = ns > longest ? ns : longest;
	}
	return longest ? longest : w->timeout_ns;
}

/* --- printing ------------------------------------------------------------ */

void config_print(const struct config *config, FILE *out)
{
	option_print(config_rows, OPTION_UNIT_NONE, config, 0, out);
}

char *config_text(const struct config *config, struct arena *arena)
{
	char *text = NULL, *copy;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);

	if (!out)
		return NULL;
	config_print(config, out);
	fclose(out);
	copy = arena_copy(arena, text, len + 1);
	free(text);
	return copy;
}
