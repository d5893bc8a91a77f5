/* preset.h - workloads of published systems, by name */
#ifndef LANCET_CORE_PRESET_H
#define LANCET_CORE_PRESET_H

#include <stddef.h>

struct arena;
struct config;
struct option_problems;
struct yaml_node;

struct preset {
	const char *name, *help;
	const char *also;	/* other names, separated by blanks; or NULL */
	const char *note;	/* what is to be known; or NULL */
	const char *lacks;	/* what a user has to add; or NULL */
	const char *slo;	/* or NULL */
	int workers;		/* 0: not known */
	const struct yaml_node *tree; /* all of it, as presets.yaml has it */
};

/* All in the order of presets.yaml; *n says how many. */
const struct preset *preset_table(size_t *n, struct arena *arena);

/* By name or other name; NULL: there is none. */
const struct preset *preset_find(const char *name, struct arena *arena);

/*
 * What `workload: {preset: NAME}` in a configuration's tree stands for goes
 * where the tree says nothing: keys of the workload, slo, and the workers of
 * a built-in target. Who writes classes or a service of their own has another
 * workload, and gets no slo either. Problems: an unknown name, or one that
 * lacks something.
 */
void preset_apply(struct yaml_node *root, struct arena *arena,
		  struct option_problems *problems);

/*
 * A configuration of the preset alone, against a built-in target at half of
 * its capacity; NULL with a problem.
 */
struct config *preset_config(const char *name, struct arena *arena,
			     struct option_problems *problems);

#endif
