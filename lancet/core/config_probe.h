/* config_probe.h - what a probe found of a target, kept beside its configuration */
#ifndef LANCET_CORE_CONFIG_PROBE_H
#define LANCET_CORE_CONFIG_PROBE_H

#include <stddef.h>

struct arena;
struct config;
struct err;
struct option_problems;
struct yaml_node;

/* my.probe.yaml of my.yaml, in the same folder. */
char *config_probe_path(const char *file, struct arena *arena);

/*
 * Fill what a configuration's tree leaves open of its target from the file
 * beside it, where there is one and it was made for the same address and the
 * same requests (a hash of `workload`, without arrivals and patience).
 * Returns why an existing one was not used, or NULL. A damaged one is a
 * problem.
 */
const char *config_probe_apply(const char *file, struct yaml_node *tree,
			       struct arena *arena,
			       struct option_problems *problems);

/*
 * Write such a file: `target` is the text of the map of what was found, its
 * lines indented by two; `comment` what a reader should know, its lines
 * without #. Written whole or not at all. 0 or -errno.
 */
int config_probe_save(const char *path, const struct config *config,
		      const char *target, const char *comment,
		      struct err *err);

#endif
