/* option.h - rows that describe options: one table parses, prints, documents */
#ifndef LANCET_CORE_OPTION_H
#define LANCET_CORE_OPTION_H

#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "lancet/core/kind.h"

/*
 * The C type that each option fills is in brackets. Numbers with a unit need
 * one in YAML: 100us, 50krps, 64B, 5%. In a short form of the command line a
 * bare number is allowed for VALUE.
 */
enum option_type {
	OPTION_TYPE_END,
	OPTION_TYPE_BOOL,	/* [bool] */
	OPTION_TYPE_INT,	/* [int64_t] */
	OPTION_TYPE_REAL,	/* [double] without unit */
	OPTION_TYPE_DURATION,	/* [int64_t] ns; AUTO allowed by flag */
	OPTION_TYPE_SIZE,	/* [int64_t] bytes */
	OPTION_TYPE_PERCENT,	/* [double] share: 5% -> 0.05 */
	OPTION_TYPE_SHARE,	/* [double] of a whole: all, 1/16, 5%, none */
	OPTION_TYPE_LOAD,	/* [struct load_value] 50krps or 60% */
	OPTION_TYPE_QUANTILE,	/* [double] p99.9 -> 0.999 */
	OPTION_TYPE_VALUE,	/* [double] in the unit of the law: ns, bytes */
	OPTION_TYPE_STRING,	/* [const char *] */
	OPTION_TYPE_ENUM,	/* [int] index into `names` */
	OPTION_TYPE_KIND,	/* [struct choice] of `class` */
	OPTION_TYPE_SECTION,	/* [struct] inline, or [struct *] by flag */
	OPTION_TYPE_LIST,	/* [struct option_list] of sections or kinds */
	OPTION_TYPE_STRINGS,	/* [struct option_list] of const char * */
	OPTION_TYPE_KINDS,	/* [struct option_list] of struct choice; also */
				/* written as a map, {name: {options}, ...} */
	OPTION_TYPE_INTS,	/* [struct option_list] of int64_t */
	OPTION_TYPE_REALS,	/* [struct option_list] of double, as REAL */
	OPTION_TYPE_VALUES,	/* [struct option_list] of double, as VALUE */
};

enum option_flag {
	OPTION_REQUIRED = 1,
	OPTION_POINTER = 2,	/* SECTION: NULL where the key is absent */
	OPTION_AUTO = 4,	/* also takes the word auto: OPTION_AUTO_VALUE */
	OPTION_EXCLUSIVE = 8,	/* SECTION: exactly one of its keys is set */
	OPTION_FILE = 16,	/* STRING: a file; made absolute, taken from */
				/* the configuration's folder */
	OPTION_SWITCH = 32,	/* SECTION by pointer: true is {}, false none */
};

#define OPTION_AUTO_VALUE INT64_MIN

/* What VALUE rows below a KIND row mean, and which units they take. */
enum option_unit { OPTION_UNIT_NONE, OPTION_UNIT_TIME, OPTION_UNIT_BYTES };

struct load_value {
	double value;
	bool share;	/* of capacity; else requests per second */
	bool set;
};

struct option_list {
	void *items;
	size_t n;
};

/*
 * preset is written as in YAML and parsed by the same code; NULL leaves the
 * field zero. min and max are inclusive and in the field's unit (shares for
 * percent), checked for every number; both 0: no bound but that of what
 * carries a unit, which is never negative. Lists of numbers have the bounds
 * for each, and may be written as one word, 1,2,3. A row with key "" stands
 * for the argument of a kind itself, where that is no map: `modes: [...]`.
 * At most 64 rows.
 */
struct option_row {
	const char *key;
	enum option_type type;
	size_t offset;
	unsigned flags;
	const char *preset;
	double min, max;
	const struct option_row *rows;	/* SECTION, LIST: ends with a zero row */
	size_t rows_size;		/* SECTION by pointer, LIST: sizeof item */
	const char *const *names;	/* ENUM, KIND: words; ends with NULL */
	size_t word;			/* KIND with names: offset of an [int]: */
					/* which word, or their number: a kind */
	enum kind_class class;		/* KIND, KINDS */
	enum option_unit unit;		/* KIND: of the VALUE rows below it */
	const char *help;
};

/* A plain type's: OPTION(INT, struct x, field, flags, "3", 0, 9, "help"). */
#define OPTION(TYPE, s, field, flag, preset_, min_, max_, help_) \
	{ .key = #field, .type = OPTION_TYPE_##TYPE, \
	  .offset = offsetof(s, field), .flags = (flag), .preset = (preset_), \
	  .min = (min_), .max = (max_), .help = (help_) }

/* The same for a field that is not called like its key. */
#define OPTION_AS(TYPE, s, key_, field, flag, preset_, min_, max_, help_) \
	{ .key = (key_), .type = OPTION_TYPE_##TYPE, \
	  .offset = offsetof(s, field), .flags = (flag), .preset = (preset_), \
	  .min = (min_), .max = (max_), .help = (help_) }

/* A place in a configuration: for messages. */
struct option_mark {
	const char *file;
	uint32_t line, column;	/* from 1; 0: unknown */
};

/*
 * All that is wrong with a text, in order of place, at most 20. Each prints
 * as `file:line:col: error: what; remedy`.
 */
#define OPTION_PROBLEMS 20

struct option_problems {
	const char *source;	/* the file's text, where it is at hand */
	size_t n;
	struct {
		struct option_mark mark;
		char text[512];
	} problem[OPTION_PROBLEMS];
};

void option_problem(struct option_problems *problems,
		    const struct option_mark *mark, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* On a terminal also the line in `source` (NULL: what problems know). */
void option_problems_print(const struct option_problems *problems,
			   const char *source, FILE *out);

struct yaml_node;

/*
 * Fill `to` (zeroed by the caller) from a map. Unknown and duplicate keys,
 * missing units, values out of range become problems, with the nearest key.
 * What is filled lives as long as the arena. Returns 0 or -EINVAL when
 * problems were added.
 *
 * A KIND is written as its name, as a short form or as {name: {options}};
 * for laws also as a plain value, which means `constant`.
 */
int option_parse(const struct option_row *rows, enum option_unit unit,
		 const struct yaml_node *map, void *to, struct arena *arena,
		 struct option_problems *problems);

/*
 * One kind from the command line: a short form (exp:100us, jbsq:2), a bare
 * name, or YAML flow text ({lognormal: {mean: 10us, scv: 4}}). VALUEs
 * without a unit are in units of 1 (ns or bytes where `unit` says so).
 */
int option_parse_choice(enum kind_class class, enum option_unit unit,
			const char *text, struct choice *to,
			struct arena *arena, struct err *err);

/*
 * Print as YAML what option_parse would read back to the same values.
 * Defaults are printed too, absent optional sections are not.
 */
void option_print(const struct option_row *rows, enum option_unit unit,
		  const void *from, int indent, FILE *out);

/* `lognormal {mean: 10us, scv: 4}` on one line, for tables and titles. */
void option_describe(const struct choice *choice, enum option_unit unit,
		     char *text, size_t size);

/* JSON Schema (draft 2020-12) of a map described by rows; jansson's json_t. */
struct json_t *option_schema(const struct option_row *rows);

#endif
