/* option.c - fill structures from a YAML tree by rows that describe them */
#include "lancet/core/option.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

#include "lancet/core/arena.h"
#include "lancet/core/err.h"
#include "lancet/core/nearest.h"
#include "lancet/core/option_scalar.h"
#include "lancet/core/yaml.h"

#define SHOWN(text) option_shown(text), (text)

/* Rows of a map that were seen: one bit each. */
#define ROWS_MAX 64

static void value(const struct option_reader *r, const struct option_row *row,
		  enum option_unit unit, const struct yaml_node *node,
		  void *field);

static void *field_of(const struct option_row *row, void *to)
{
	return (char *)to + row->offset;
}

static const char *comma(size_t i)
{
	return i ? ", " : "";
}

/* The keys of a map: "a, b, c", as many as go into the text. */
static char *list_keys(const struct option_row *rows, char *text, size_t size)
{
	size_t used = 0;

	*text = '\0';
	for (size_t i = 0; rows && rows[i].type && used < size; i++)
		used += (size_t)snprintf(text + used, size - used, "%s%s",
					 comma(i), rows[i].key);
	return text;
}

/* Returns the bit of the row that was probably meant: it is not missing. */
static uint64_t unknown_key(const struct option_reader *r,
			    const struct option_row *rows,
			    const struct yaml_node *node, const char *where)
{
	struct nearest near;
	uint64_t meant = 0;
	char all[160];

	nearest_start(&near, node->key);
	for (size_t i = 0; rows && rows[i].type; i++) {
		const char *best = near.best;

		nearest_try(&near, rows[i].key);
		if (near.best != best)
			meant = UINT64_C(1) << i;
	}
	if (near.best)
		option_problem(r->problems, &node->key_mark,
			       "unknown key '%.*s'%s%s; did you mean '%s'?",
			       SHOWN(node->key), *where ? " in " : "", where,
			       near.best);
	else
		option_problem(r->problems, &node->key_mark,
			       "unknown key '%.*s'%s%s; write one of %s",
			       SHOWN(node->key), *where ? " in " : "", where,
			       list_keys(rows, all, sizeof(all)));
	return meant;
}

static const struct option_row *find_row(const struct option_row *rows,
					 const char *key)
{
	for (const struct option_row *row = rows; row && row->type; row++)
		if (*row->key && !strcmp(row->key, key))
			return row;
	return NULL;
}

/* A preset is read like the user's text; that it is right is our business. */
static void preset(const struct option_reader *r, const struct option_row *row,
		   enum option_unit unit, const struct option_mark *mark,
		   void *field)
{
	const struct option_reader lenient = {
		.arena = r->arena, .problems = r->problems, .bare = true
	};
	struct yaml_node scalar = {
		.type = YAML_SCALAR, .mark = *mark, .text = row->preset,
		.key = row->key, .key_mark = *mark
	};
	struct yaml_node *node = &scalar;

	if (strchr("[{", *row->preset) && *row->preset)
		node = yaml_parse("preset", row->preset, strlen(row->preset),
				  r->arena, r->problems);
	if (node)
		value(&lenient, row, unit, node, field);
}

static void fill_map(const struct option_reader *r,
		     const struct option_row *rows, enum option_unit unit,
		     uint64_t seen, const struct option_mark *mark,
		     const char *where, void *to);

/* A row that nothing was said about. */
static void absent(const struct option_reader *r, const struct option_row *row,
		   enum option_unit unit, const struct option_mark *mark,
		   const char *where, void *to)
{
	void *field = field_of(row, to);

	if (row->preset) {
		preset(r, row, unit, mark, field);
	} else if (row->flags & OPTION_REQUIRED) {
		struct option_row one = *row;

		/* "Without explicit values the mean is 1." */
		one.preset = "1";
		if (r->bare && (row->type == OPTION_TYPE_VALUE ||
				row->type == OPTION_TYPE_VALUES))
			preset(r, &one, unit, mark, field);
		else if (r->brief && *row->key)
			option_problem(r->problems, mark,
				       "%s in %s is missing; write it out: "
				       "{%s: {%s: ...}}, %s",
				       row->key, where, where, row->key,
				       option_expected(row, unit));
		else
			option_problem(r->problems, mark,
				       "%s%s%s is missing; write %s%s%s",
				       *row->key ? row->key : "the value",
				       *where ? " in " : "", where, row->key,
				       *row->key ? ": " : "",
				       option_expected(row, unit));
	} else if (row->type == OPTION_TYPE_SECTION &&
		   !(row->flags & OPTION_POINTER)) {
		fill_map(r, row->rows, unit, 0, mark, row->key, field);
	}
}

static void fill_map(const struct option_reader *r,
		     const struct option_row *rows, enum option_unit unit,
		     uint64_t seen, const struct option_mark *mark,
		     const char *where, void *to)
{
	for (size_t i = 0; rows && rows[i].type; i++) {
		assert(i < ROWS_MAX);
		if (!(seen & (UINT64_C(1) << i)))
			absent(r, &rows[i], unit, mark, where, to);
	}
}

/* Fill from the keys of a map, then what the map leaves out. */
static uint64_t map(const struct option_reader *r,
		    const struct option_row *rows, enum option_unit unit,
		    const struct yaml_node *node, const char *where, void *to)
{
	uint64_t seen = 0, meant = 0;

	for (const struct yaml_node *c = node->child; c; c = c->next) {
		const struct option_row *row = find_row(rows, c->key);
		uint64_t bit;

		if (!row) {
			meant |= unknown_key(r, rows, c, where);
			continue;
		}
		bit = UINT64_C(1) << (row - rows);
		if (seen & bit) {
			option_problem(r->problems, &c->key_mark,
				       "duplicate key '%s'; keep one",
				       row->key);
			continue;
		}
		seen |= bit;
		value(r, row, unit, c, field_of(row, to));
	}
	fill_map(r, rows, unit, seen | meant, &node->mark, where, to);
	return seen;
}

static void wrong_type(const struct option_reader *r,
		       const struct option_row *row, enum option_unit unit,
		       const struct yaml_node *node, const char *key)
{
	bool none = node->type == YAML_SCALAR && !*node->text && !node->quoted;

	option_problem(r->problems, &node->mark, "%s %s; write %s", key,
		       none			  ? "has no value" :
		       node->type == YAML_LIST	  ? "is a list" :
		       node->type == YAML_MAP	  ? "is a map" :
						    "is a plain value",
		       option_expected(row, unit));
}

/* Exactly one key of an exclusive section: the first stays, others go. */
static void exclusive(const struct option_reader *r,
		      const struct option_row *row,
		      const struct yaml_node *node, uint64_t seen)
{
	const struct yaml_node *first = NULL;
	char all[160];

	if (!seen && !node->child)
		option_problem(r->problems, &node->mark,
			       "%s is empty; write one of %s", row->key,
			       list_keys(row->rows, all, sizeof(all)));
	for (const struct yaml_node *c = node->child; c; c = c->next) {
		if (!find_row(row->rows, c->key))
			continue;
		if (first && strcmp(first->key, c->key))
			option_problem(r->problems, &c->key_mark,
				       "%s has both %s and %s; keep one",
				       row->key, first->key, c->key);
		if (!first)
			first = c;
	}
}

static void section(const struct option_reader *r,
		    const struct option_row *row, enum option_unit unit,
		    const struct yaml_node *node, void *field)
{
	uint64_t seen;

	if (row->flags & OPTION_SWITCH && option_is_word(node, "false"))
		return;
	if (node->type != YAML_MAP &&
	    !(row->flags & OPTION_SWITCH && option_is_word(node, "true"))) {
		wrong_type(r, row, unit, node, row->key);
		return;
	}
	if (row->flags & OPTION_POINTER) {
		void *made = arena_alloc(r->arena, row->rows_size);

		*(void **)field = made;
		field = made;
	}
	seen = map(r, row->rows, unit, node, row->key, field);
	if (row->flags & OPTION_EXCLUSIVE)
		exclusive(r, row, node, seen);
}

/* --- kinds --------------------------------------------------------------- */

static void unknown_kind(const struct option_reader *r,
			 const struct option_row *row,
			 const struct yaml_node *node, const char *name)
{
	const struct kind *const *table = kind_table(row->class);
	const char *class = kind_class_name[row->class];
	const struct option_mark *mark = &node->mark;
	char all[512] = "";
	struct nearest near;
	size_t used = 0;

	nearest_start(&near, name);
	for (size_t i = 0; row->names && row->names[i]; i++)
		nearest_try(&near, row->names[i]);
	for (size_t i = 0; table[i]; i++) {
		nearest_try(&near, table[i]->name);
		if (used < sizeof(all))
			used += (size_t)snprintf(all + used,
						 sizeof(all) - used, "%s%s",
						 comma(i), table[i]->name);
	}
	if (near.best)
		option_problem(r->problems, mark,
			       "unknown %s '%.*s'; did you mean '%s'?", class,
			       SHOWN(name), near.best);
	else
		option_problem(r->problems, mark,
			       "unknown %s '%.*s'; %s%s", class, SHOWN(name),
			       *all ? "write one of " :
				      "this build has none",
			       all);
}

/* The next word of a list separated by `by`; its length, 0 at the end. */
static size_t next_word(const char **list, char by)
{
	size_t len = 0;

	while (**list == by && by == ' ')
		++*list;
	while ((*list)[len] && (*list)[len] != by)
		len++;
	return len;
}

/* The fields of NAME:a:b go to the keys that the kind names for them. */
static void short_fields(const struct option_reader *r,
			 const struct kind *kind, enum option_unit unit,
			 const struct yaml_node *node, const char *text,
			 void *options)
{
	const char *keys = kind->short_keys;
	uint64_t seen = 0;

	while (*text) {
		size_t len = next_word(&text, ':');
		size_t n = next_word(&keys, ' ');
		const struct option_row *row =
			find_row(kind->options,
				 arena_printf(r->arena, "%.*s", (int)n, keys));
		struct yaml_node field = *node;

		if (!n || !len) {
			option_problem(r->problems, &node->mark,
				       "'%.*s' has %s; write %s",
				       SHOWN(node->text),
				       n ? "an empty field" :
					   "too many fields",
				       kind->short_help ? kind->short_help :
							  kind->name);
			return;
		}
		assert(row);
		field.text = arena_printf(r->arena, "%.*s", (int)len, text);
		field.key = row->key;
		value(r, row, unit, &field, field_of(row, options));
		seen |= UINT64_C(1) << (row - kind->options);
		keys += n;
		text += len + (text[len] == ':' && text[len + 1]);
	}
	fill_map(r, kind->options, unit, seen, &node->mark, kind->name,
		 options);
}

static void short_form(const struct option_reader *r, const struct kind *kind,
		       enum option_unit unit, const struct yaml_node *node,
		       const char *text, void *options)
{
	struct err err;

	if (!text)
		fill_map(r, kind->options, unit, 0, &node->mark, kind->name,
			 options);
	else if (kind->short_parse) {
		if (kind->short_parse(options, text, r->arena, &err))
			option_problem(r->problems, &node->mark, "%s: %s",
				       kind->name, err.text);
	} else if (kind->short_keys)
		short_fields(r, kind, unit, node, text, options);
	else
		option_problem(r->problems, &node->mark,
			       "%s takes nothing after a colon; write %s%s",
			       kind->name, kind->name,
			       kind->options ? " or a map of its options" :
					       "");
}

/* The value below {NAME: value}. */
static void kind_options(const struct option_reader *r,
			 const struct kind *kind, enum option_unit unit,
			 const struct yaml_node *node, void *options)
{
	const struct option_row *rows = kind->options, *self = NULL;
	bool none = node->type == YAML_SCALAR && !*node->text && !node->quoted;

	for (const struct option_row *row = rows; row && row->type; row++)
		if (!*row->key)
			self = row;
	if (self && (node->type != YAML_MAP || !rows[1].type) && !none) {
		value(r, self, unit, node, field_of(self, options));
		fill_map(r, rows, unit, UINT64_C(1) << (self - rows),
			 &node->mark, kind->name, options);
	} else if (node->type == YAML_MAP) {
		map(r, rows, unit, node, kind->name, options);
	} else if (none) {
		fill_map(r, rows, unit, 0, &node->mark, kind->name, options);
	} else {
		option_problem(r->problems, &node->mark,
			       "%s takes a map of options; write {%s: {%s%s}}",
			       kind->name, kind->name, rows ? rows->key : "",
			       rows ? ": ..." : "");
	}
}

/* A plain value where a law stands: 100us is {constant: {value: 100us}}. */
static bool plain_value(const struct option_row *row, const char *text)
{
	return row->class == KIND_DIST && *text &&
	       strchr("0123456789.+-", *text);
}

/* Only where each option by itself is right. */
static void complete(const struct option_reader *r, const struct kind *kind,
		     const struct yaml_node *node, void *options,
		     size_t problems)
{
	struct err err;

	if (!kind->complete || r->problems->n > problems)
		return;
	if (kind->complete(options, r->arena, &err))
		option_problem(r->problems, &node->mark, "%s: %s", kind->name,
			       err.text);
}

static void kind_scalar(const struct option_reader *r,
			const struct option_row *row, enum option_unit unit,
			const struct yaml_node *node, struct choice *to)
{
	const char *colon = strchr(node->text, ':');
	const char *name = node->text, *text = NULL;
	struct option_reader brief = *r;
	size_t problems = r->problems->n;
	void *options;

	if (plain_value(row, name)) {
		text = name;
		name = "constant";
	} else if (colon) {
		name = arena_printf(r->arena, "%.*s", (int)(colon - name),
				    name);
		text = colon + 1;
	}
	to->kind = kind_find(row->class, name);
	if (!to->kind && !text)
		to->kind = kind_numbered(row->class, name, &text);
	if (!to->kind) {
		unknown_kind(r, row, node, name);
		return;
	}
	to->options = options = arena_alloc(r->arena, to->kind->options_size);
	brief.brief = true;
	short_form(&brief, to->kind, unit, node, text, options);
	complete(r, to->kind, node, options, problems);
}

static void kind_map(const struct option_reader *r,
		     const struct option_row *row, enum option_unit unit,
		     const struct yaml_node *node, const char *key,
		     struct choice *to)
{
	const struct yaml_node *one = node->child;
	size_t problems = r->problems->n;
	void *options;

	if (!one || one->next) {
		option_problem(r->problems, one ? &one->next->key_mark :
						  &node->mark,
			       "%s takes one %s; write %s: {name: {options}}",
			       key, kind_class_name[row->class], key);
		return;
	}
	to->kind = kind_find(row->class, one->key);
	if (!to->kind) {
		struct yaml_node at = { .mark = one->key_mark };

		unknown_kind(r, row, &at, one->key);
		return;
	}
	to->options = options = arena_alloc(r->arena, to->kind->options_size);
	kind_options(r, to->kind, unit, one, options);
	complete(r, to->kind, one, options, problems);
}

/* `model: none`: a word that stands in the place of a kind. */
static bool word(const struct option_row *row, const struct yaml_node *node,
		 struct choice *to)
{
	int *which = (int *)(void *)((char *)to - row->offset + row->word);
	int i = 0;

	if (!row->names)
		return false;
	while (row->names[i] && (node->type != YAML_SCALAR ||
				 strcmp(row->names[i], node->text)))
		i++;
	*which = i;
	return row->names[i] != NULL;
}

static void kind(const struct option_reader *r, const struct option_row *row,
		 enum option_unit outer, const struct yaml_node *node,
		 struct choice *to)
{
	enum option_unit unit = row->unit ? row->unit : outer;
	const char *key = *row->key ? row->key : kind_class_name[row->class];

	if (word(row, node, to))
		return;
	if (node->type == YAML_MAP)
		kind_map(r, row, unit, node, key, to);
	else if (node->type == YAML_SCALAR && *node->text)
		kind_scalar(r, row, unit, node, to);
	else
		wrong_type(r, row, unit, node, key);
}

/* --- lists --------------------------------------------------------------- */

static void list_item(const struct option_reader *r,
		      const struct option_row *row, enum option_unit unit,
		      const struct yaml_node *node, void *item)
{
	struct option_row one = *row;

	one.flags = 0;
	one.type = option_item_type(row);
	value(r, &one, unit, node, item);
}

static void list(const struct option_reader *r, const struct option_row *row,
		 enum option_unit unit, const struct yaml_node *node,
		 struct option_list *to)
{
	size_t size = option_item_size(row), i = 0;
	struct yaml_node word;

	if (node->type == YAML_MAP && row->type == OPTION_TYPE_KINDS) {
		word = yaml_apart(node, r->arena);
		node = &word;
	}

	if (node->type == YAML_SCALAR && *node->text &&
	    (row->type == OPTION_TYPE_INTS || row->type == OPTION_TYPE_REALS ||
	     row->type == OPTION_TYPE_VALUES)) {
		word = yaml_split(node, r->arena);
		node = &word;
	}
	if (node->type != YAML_LIST) {
		wrong_type(r, row, unit, node,
			   *row->key ? row->key :
			   node->key ? node->key :
				       "it");
		return;
	}
	to->n = 0;
	for (const struct yaml_node *c = node->child; c; c = c->next)
		to->n++;
	to->items = arena_array(r->arena, to->n, size);
	for (const struct yaml_node *c = node->child; c; c = c->next)
		list_item(r, row, unit, c, (char *)to->items + size * i++);
}

static void value(const struct option_reader *r, const struct option_row *row,
		  enum option_unit unit, const struct yaml_node *node,
		  void *field)
{
	if (row->type == OPTION_TYPE_SECTION)
		section(r, row, unit, node, field);
	else if (row->type == OPTION_TYPE_KIND)
		kind(r, row, unit, node, field);
	else if (!option_is_scalar(row->type))
		list(r, row, unit, node, field);
	else if (node->type == YAML_SCALAR)
		option_scalar(r, row, unit, node, field);
	else
		wrong_type(r, row, unit, node, row->key);
}

int option_parse(const struct option_row *rows, enum option_unit unit,
		 const struct yaml_node *node, void *to, struct arena *arena,
		 struct option_problems *problems)
{
	const struct option_reader r = { .arena = arena,
					 .problems = problems };
	size_t before = problems->n;

	if (node->type != YAML_MAP)
		option_problem(problems, &node->mark,
			       "no keys here; write a map, key: value");
	else
		map(&r, rows, unit, node, "", to);
	return problems->n == before && before < OPTION_PROBLEMS ? 0 : -EINVAL;
}

int option_parse_choice(enum kind_class class, enum option_unit unit,
			const char *text, struct choice *to,
			struct arena *arena, struct err *err)
{
	struct option_problems problems = { 0 };
	const struct option_reader r = { .arena = arena,
					 .problems = &problems, .bare = true };
	const struct option_row row = { .key = "", .type = OPTION_TYPE_KIND,
					.class = class, .unit = unit };
	struct yaml_node scalar = { .type = YAML_SCALAR,
				    .text = arena_strdup(arena, text) };
	struct yaml_node *node = &scalar;

	*to = (struct choice){ 0 };
	if (*text == '{')
		node = yaml_parse(NULL, text, strlen(text), arena, &problems);
	if (node)
		kind(&r, &row, unit, node, to);
	if (!problems.n)
		return 0;
	return err_set(err, -EINVAL, "%s", problems.problem[0].text);
}
