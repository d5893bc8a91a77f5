/* config_probe.c - what a probe found of a target, kept beside its configuration */
#include "lancet/core/config_probe.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lancet/core/arena.h"
#include "lancet/core/config.h"
#include "lancet/core/err.h"
#include "lancet/core/input.h"
#include "lancet/core/rng.h"
#include "lancet/core/yaml.h"

char *config_probe_path(const char *file, struct arena *arena)
{
	const char *slash = strrchr(file, '/');
	const char *dot = strrchr(slash ? slash : file, '.');
	size_t len = dot ? (size_t)(dot - file) : strlen(file);

	return arena_printf(arena, "%.*s.probe.yaml", (int)len, file);
}

/* --- what a probe was made for -------------------------------------------- */

static uint64_t hash_text(uint64_t hash, const char *text)
{
	for (; text && *text; text++)
		hash = rng_mix(hash + (unsigned char)*text);
	return rng_mix(hash + 256);
}

/* The order of keys has no meaning: their hashes are summed. */
static uint64_t hash_node(const struct yaml_node *node)
{
	uint64_t hash = hash_text((uint64_t)node->type, node->text);
	uint64_t sum = 0;

	for (const struct yaml_node *c = node->child; c; c = c->next) {
		uint64_t one = hash_node(c);

		if (node->type == YAML_MAP)
			sum += hash_text(one, c->key);
		else
			hash = rng_mix(hash + one);
	}
	return rng_mix(hash + sum);
}

/* When requests are sent and how long is waited does not change the server. */
static bool matters(const char *key)
{
	return strcmp(key, "arrival") && strcmp(key, "timeout") &&
	       strcmp(key, "trailer");
}

static char *key_of(const struct yaml_node *tree, struct arena *arena)
{
	const struct yaml_node *workload = yaml_get(tree, "workload");
	uint64_t sum = 0;

	for (const struct yaml_node *c = workload ? workload->child : NULL; c;
	     c = c->next)
		if (c->key && matters(c->key))
			sum += hash_text(hash_node(c), c->key);
	return arena_printf(arena, "h%016" PRIx64, sum);
}

static bool same_text(const struct yaml_node *node, const char *text)
{
	return node && node->text && text && !strcmp(node->text, text);
}

/* --- reading -------------------------------------------------------------- */

static struct yaml_node *read_tree(const char *path, struct arena *arena,
				   struct option_problems *problems)
{
	char *text = arena_alloc(arena, YAML_MAX_BYTES + 2);
	FILE *in = input_open(path);
	size_t len;

	if (!in)
		return NULL;
	len = fread(text, 1, YAML_MAX_BYTES + 1, in);
	fclose(in);
	return yaml_parse(path, text, len, arena, problems);
}

static void append(struct yaml_node *map, struct yaml_node *child)
{
	struct yaml_node **at = &map->child;

	while (*at)
		at = &(*at)->next;
	child->next = NULL;
	*at = child;
}

const char *config_probe_apply(const char *file, struct yaml_node *tree,
			       struct arena *arena,
			       struct option_problems *problems)
{
	char *path = config_probe_path(file, arena);
	struct yaml_node *target = (struct yaml_node *)yaml_get(tree, "target");
	const struct yaml_node *address = yaml_get(tree, "target.address");
	const struct yaml_node *found;
	struct yaml_node *probe;

	if (!target || !address || access(path, F_OK))
		return NULL;
	probe = read_tree(path, arena, problems);
	if (!probe)
		return NULL;
	if (!same_text(yaml_get(probe, "address"), address->text) ||
	    !same_text(yaml_get(probe, "workload"), key_of(tree, arena)))
		return arena_printf(arena, "%s was made for another target or "
				    "other requests and is not used; run "
				    "`lancet probe %s` again", path, file);
	found = yaml_get(probe, "target");
	if (!found || found->type != YAML_MAP)
		return arena_printf(arena, "%s has no map `target` and is not "
				    "used; run `lancet probe %s` again", path,
				    file);
	for (struct yaml_node *c = found->child, *next; c;
	     c = next) {
		next = c->next;
		if (!yaml_get(target, c->key))
			append(target, c);
	}
	return NULL;
}

/* --- writing -------------------------------------------------------------- */

static void print_comment(const char *comment, FILE *out)
{
	while (*comment) {
		size_t len = strcspn(comment, "\n");

		fprintf(out, "# %.*s\n", (int)len, comment);
		comment += len + (comment[len] == '\n');
	}
}

static void print_file(const struct config *config, const char *target,
		       const char *comment, struct arena *arena, FILE *out)
{
	print_comment(comment, out);
	fprintf(out, "address: \"%s\"\nworkload: %s\ntarget:\n%s",
		config->target.address, key_of(config->tree, arena), target);
}

int config_probe_save(const char *path, const struct config *config,
		      const char *target, const char *comment,
		      struct err *err)
{
	struct arena arena;
	char *temporary;
	FILE *out;
	int rc = 0;

	arena_init(&arena);
	temporary = arena_printf(&arena, "%s.%ld", path, (long)getpid());
	out = fopen(temporary, "we");
	if (!out) {
		rc = -errno;
	} else {
		print_file(config, target, comment, &arena, out);
		if (ferror(out) || fflush(out) || fsync(fileno(out)))
			rc = errno ? -errno : -EIO;
		if (fclose(out) && !rc)
			rc = -errno;
		if (!rc && rename(temporary, path))
			rc = -errno;
		if (rc)
			unlink(temporary);
	}
	if (rc)
		err_set(err, rc, "cannot write %s: %s", path, strerror(-rc));
	arena_fini(&arena);
	return rc;
}
