/* kind.h - what everything that has kinds shares: a name and options */
#ifndef LANCET_CORE_KIND_H
#define LANCET_CORE_KIND_H

#include <stddef.h>

struct err;
struct option_row;
struct arena;

/*
 * The first member of every `struct X_ops`. A backend is one file X/NAME.c
 * that exports `const struct X_ops X_NAME` and nothing else; the Makefile
 * collects the files into the tables behind kind_table(). A '-' in a name is
 * '_' in the symbol and the file name.
 */
struct kind {
	const char *name;	/* as in YAML */
	/*
	 * Other names, separated by blanks; optional. One that ends with '#'
	 * takes a number instead, the first field of the short form: with E#
	 * the word E4 is NAME:4.
	 */
	const char *alias;

	const char *help;	/* one line for `lancet list` and the man page */

	const struct option_row *options; /* NULL: none; ends with a zero row */
	size_t options_size;

	/*
	 * The short form NAME:a:b:... of the command line and of policies:
	 * the keys that its fields set, separated by blanks ("depth", or
	 * "quantum cost"); keys it leaves out get their preset, or 1 where a
	 * value is required. NULL: a bare name only.
	 */
	const char *short_keys;
	const char *short_help;	/* how it is written, for help: "h2:SCV" */

	/*
	 * Optional: a short form that no list of keys describes. Fills the
	 * zeroed options from the text after "NAME:"; 0 or -EINVAL.
	 */
	int (*short_parse)(void *options, const char *text,
			   struct arena *arena, struct err *err);

	/*
	 * Optional: look at filled options together, and prepare what follows
	 * from them alone. 0 or -EINVAL.
	 */
	int (*complete)(void *options, struct arena *arena, struct err *err);
};

enum kind_class {
	KIND_ARRIVAL,
	KIND_BACKEND,
	KIND_CHECK,
	KIND_DIST,
	KIND_FORMULA,
	KIND_LAUNCH,
	KIND_POLICY,
	KIND_PROTO,
	KIND_TRANSPORT,
	KIND_TSOURCE,
	KIND_WRITER,
	KIND_CLASSES
};

/* Singular and plural, as `lancet list` and messages say them. */
extern const char *const kind_class_name[KIND_CLASSES];
extern const char *const kind_class_plural[KIND_CLASSES];

/* All of a class in order of name; ends with NULL. Generated at build time. */
const struct kind *const *kind_table(enum kind_class class);

/* By name or alias; NULL when there is none. */
const struct kind *kind_find(enum kind_class class, const char *name);

/* By an alias with a number, whose digits are at *number. */
const struct kind *kind_numbered(enum kind_class class, const char *name,
				 const char **number);

/* A kind that a configuration chose, with its filled options. */
struct choice {
	const struct kind *kind;	/* NULL: not chosen */
	const void *options;
};

#endif
