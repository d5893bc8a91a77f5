/* option_scalar.h - the options that are one word: numbers, words, texts */
#ifndef LANCET_CORE_OPTION_SCALAR_H
#define LANCET_CORE_OPTION_SCALAR_H

#include "lancet/core/option.h"

struct arena;

/* How option.c reads a text; private to it. */
struct option_reader {
	struct arena *arena;
	struct option_problems *problems;
	bool bare;		/* a VALUE needs no unit: command line, preset */
	bool brief;		/* in a short form, which cannot say all */
};

/* Is it one of the types that a scalar fills? */
bool option_is_scalar(enum option_type type);

/* The type and the size of an item of a list. */
enum option_type option_item_type(const struct option_row *list);
size_t option_item_size(const struct option_row *list);

/* Is it this word, without quotes? */
bool option_is_word(const struct yaml_node *node, const char *word);

/* Fill the field from a SCALAR node, or add a problem. */
void option_scalar(const struct option_reader *r, const struct option_row *row,
		   enum option_unit unit, const struct yaml_node *node,
		   void *field);

/* `a duration such as 100us`: what a row takes, for messages. */
const char *option_expected(const struct option_row *row,
			    enum option_unit unit);

/* How many bytes of a user's word a message repeats: for "%.*s". */
int option_shown(const char *text);

#endif
