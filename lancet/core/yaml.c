/* yaml.c - a YAML text as a tree that knows where each node stands */
#include "lancet/core/yaml.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <yaml.h>

#include "lancet/core/arena.h"

/* libyaml's names start with yaml_ too; ours are static but those of yaml.h. */

/* A list or map that is open, and where its next child goes. */
struct level {
	struct yaml_node *node;
	struct yaml_node **tail;
	const char *key;	/* MAP: read, its value not yet */
	struct option_mark key_mark;
};

struct builder {
	const char *file;
	struct arena *arena;
	struct option_problems *problems;
	struct yaml_node *root;
	struct level level[YAML_MAX_DEPTH];
	size_t depth, nodes;
	bool failed;
};

static void fail(struct builder *b, const struct option_mark *mark,
		 const char *text)
{
	option_problem(b->problems, mark, "%s", text);
	b->failed = true;
}

static struct option_mark mark_at(const struct builder *b,
				  const yaml_mark_t *at)
{
	return (struct option_mark){ b->file, (uint32_t)at->line + 1,
				     (uint32_t)at->column + 1 };
}

/* Hang a node where the document stands: root, next item or key's value. */
static struct yaml_node *add(struct builder *b, enum yaml_type type,
			     const struct option_mark *mark)
{
	struct level *l = b->depth ? &b->level[b->depth - 1] : NULL;
	struct yaml_node *node;

	if (++b->nodes > YAML_MAX_NODES) {
		fail(b, mark, "more than 100000 values; write less");
		return NULL;
	}
	node = arena_alloc(b->arena, sizeof(*node));
	node->type = type;
	node->mark = *mark;
	if (!l) {
		b->root = node;
		return node;
	}
	node->key = l->key;
	node->key_mark = l->key_mark;
	l->key = NULL;
	*l->tail = node;
	l->tail = &node->next;
	return node;
}

static bool wants_key(const struct builder *b)
{
	return b->depth && b->level[b->depth - 1].node->type == YAML_MAP &&
	       !b->level[b->depth - 1].key;
}

static void open_level(struct builder *b, enum yaml_type type,
		       const struct option_mark *mark)
{
	struct yaml_node *node;

	if (wants_key(b)) {
		fail(b, mark, "a key must be a word; write key: value");
		return;
	}
	if (b->depth == YAML_MAX_DEPTH) {
		fail(b, mark, "nested deeper than 32 levels; write it flatter");
		return;
	}
	node = add(b, type, mark);
	if (node)
		b->level[b->depth++] = (struct level){
			.node = node, .tail = &node->child
		};
}

static void scalar(struct builder *b, const yaml_event_t *event,
		   const struct option_mark *mark)
{
	const char *text = (const char *)event->data.scalar.value;
	size_t len = event->data.scalar.length;
	struct yaml_node *node;

	if (memchr(text, '\0', len)) {
		fail(b, mark, "a zero byte in a text; remove it");
		return;
	}
	text = arena_copy(b->arena, text, len + 1);
	if (wants_key(b)) {
		b->level[b->depth - 1].key = text;
		b->level[b->depth - 1].key_mark = *mark;
		return;
	}
	node = add(b, YAML_SCALAR, mark);
	if (node) {
		node->text = text;
		node->quoted = event->data.scalar.style !=
			       YAML_PLAIN_SCALAR_STYLE;
	}
}

/* An anchor alone does no harm, but is of no use without its aliases. */
static bool refused(struct builder *b, const yaml_event_t *event,
		    const struct option_mark *mark)
{
	const yaml_char_t *anchor = NULL, *tag = NULL;

	if (event->type == YAML_SCALAR_EVENT) {
		anchor = event->data.scalar.anchor;
		tag = event->data.scalar.tag;
	} else if (event->type == YAML_SEQUENCE_START_EVENT) {
		anchor = event->data.sequence_start.anchor;
		tag = event->data.sequence_start.tag;
	} else if (event->type == YAML_MAPPING_START_EVENT) {
		anchor = event->data.mapping_start.anchor;
		tag = event->data.mapping_start.tag;
	}
	if (anchor || event->type == YAML_ALIAS_EVENT)
		fail(b, mark,
		     "anchors and aliases are not supported; write the value "
		     "out");
	else if (tag)
		fail(b, mark, "tags are not supported; write the plain value");
	return b->failed;
}

/* One event; false at the end of the stream or after a failure. */
static bool take(struct builder *b, const yaml_event_t *event)
{
	struct option_mark mark = mark_at(b, &event->start_mark);

	if (refused(b, event, &mark))
		return false;
	switch (event->type) {
	case YAML_STREAM_END_EVENT:
		return false;
	case YAML_DOCUMENT_START_EVENT:
		if (b->root)
			fail(b, &mark, "a second document; keep one");
		break;
	case YAML_SCALAR_EVENT:
		scalar(b, event, &mark);
		break;
	case YAML_SEQUENCE_START_EVENT:
		open_level(b, YAML_LIST, &mark);
		break;
	case YAML_MAPPING_START_EVENT:
		open_level(b, YAML_MAP, &mark);
		break;
	case YAML_SEQUENCE_END_EVENT:
	case YAML_MAPPING_END_EVENT:
		b->depth--;
		break;
	default:
		break;
	}
	return !b->failed;
}

/* What libyaml's reader refuses it places by a byte offset only. */
static struct option_mark mark_of_offset(const struct builder *b,
					 const char *text, size_t len,
					 size_t offset)
{
	struct option_mark mark = { b->file, 1, 1 };

	for (size_t i = 0; i < offset && i < len; i++) {
		mark.column++;
		if (text[i] == '\n') {
			mark.line++;
			mark.column = 1;
		}
	}
	return mark;
}

static void syntax(struct builder *b, const yaml_parser_t *parser,
		   const char *text, size_t len)
{
	/* A bracket that is never closed is told where it opens. */
	bool flow = parser->context && strstr(parser->context, "flow");
	struct option_mark mark = mark_at(b, flow ? &parser->context_mark :
						    &parser->problem_mark);
	const char *what = parser->problem ? parser->problem : "no memory";

	if (parser->error == YAML_READER_ERROR) {
		mark = mark_of_offset(b, text, len, parser->problem_offset);
		option_problem(b->problems, &mark,
			       "not a text: %s; write YAML in UTF-8", what);
	} else {
		option_problem(b->problems, &mark,
			       "not YAML: %s%s%s; check brackets, quotes and "
			       "indentation",
			       parser->context ? parser->context : "",
			       parser->context ? ", " : "", what);
	}
	b->failed = true;
}

static void run(struct builder *b, const char *text, size_t len)
{
	yaml_parser_t parser;
	yaml_event_t event;
	bool more = true;

	if (!yaml_parser_initialize(&parser)) {
		fail(b, &(struct option_mark){ b->file, 0, 0 }, "no memory");
		return;
	}
	yaml_parser_set_input_string(&parser, (const unsigned char *)text,
				     len);
	while (more) {
		if (!yaml_parser_parse(&parser, &event)) {
			syntax(b, &parser, text, len);
			break;
		}
		more = take(b, &event);
		yaml_event_delete(&event);
	}
	yaml_parser_delete(&parser);
}

struct yaml_node *yaml_parse(const char *file, const char *text, size_t len,
			     struct arena *arena,
			     struct option_problems *problems)
{
	struct builder b = { .file = file, .arena = arena,
			     .problems = problems };
	struct option_mark start = { file, 1, 1 };

	if (len > YAML_MAX_BYTES) {
		fail(&b, &start, "larger than 1 MiB; write less");
		return NULL;
	}
	run(&b, text, len);
	if (!b.failed && !b.root)
		fail(&b, &start, "empty; `lancet init` writes a configuration "
				 "to start from");
	return b.failed ? NULL : b.root;
}

/* A list's item by its number, a map's value by its key: where it hangs. */
static struct yaml_node **slot(struct yaml_node *node, const char *name,
			       size_t len)
{
	struct yaml_node **at = &node->child;
	size_t index = 0;

	if (node->type == YAML_SCALAR || !len)
		return NULL;
	if (node->type == YAML_MAP) {
		while (*at && (strncmp((*at)->key, name, len) ||
			       (*at)->key[len]))
			at = &(*at)->next;
		return at;
	}
	for (size_t i = 0; i < len; i++) {
		if (name[i] < '0' || name[i] > '9' || index > YAML_MAX_NODES)
			return NULL;
		index = index * 10 + (size_t)(name[i] - '0');
	}
	for (; *at && index; index--)
		at = &(*at)->next;
	return index ? NULL : at;
}

const struct yaml_node *yaml_get(const struct yaml_node *node,
				 const char *path)
{
	while (node && *path) {
		size_t len = strcspn(path, ".");
		struct yaml_node **at =
			slot((struct yaml_node *)node, path, len);

		node = at ? *at : NULL;
		path += len + (path[len] == '.');
	}
	return node;
}

/* What is set on the command line has no line; its name is all. */
static void unplace(struct yaml_node *node)
{
	node->mark.line = node->key_mark.line = 0;
	for (struct yaml_node *c = node->child; c; c = c->next)
		unplace(c);
}

static struct yaml_node *set_value(const char *text,
				   const struct option_mark *mark,
				   struct arena *arena,
				   struct option_problems *problems)
{
	struct option_problems own = { 0 };
	struct yaml_node *value;

	if (!*text) {
		option_problem(problems, mark,
			       "no value; write one behind the '='");
		return NULL;
	}
	value = yaml_parse(mark->file, text, strlen(text), arena, &own);
	if (value)
		unplace(value);
	else
		option_problem(problems, mark, "%s", own.problem[0].text);
	return value;
}

/* The slot for the last word of a path; missing maps and lists are made. */
static struct yaml_node **make_way(struct yaml_node *node, const char *path,
				   size_t len, struct arena *arena,
				   const struct option_mark *mark)
{
	for (;;) {
		size_t word = strcspn(path, ".=");
		struct yaml_node **at = slot(node, path, word), *old;
		bool number = path[word + (word < len)] >= '0' &&
			      path[word + (word < len)] <= '9';

		if (!at || word >= len)
			return at;
		old = *at;
		if (!old || old->type == YAML_SCALAR) {
			*at = arena_alloc(arena, sizeof(**at));
			(*at)->type = number ? YAML_LIST : YAML_MAP;
			(*at)->mark = (*at)->key_mark = *mark;
			(*at)->key = arena_printf(arena, "%.*s", (int)word,
						  path);
			(*at)->next = old ? old->next : NULL;
		}
		node = *at;
		path += word + 1;
		len -= word + 1;
	}
}

static const char *last_word(const char *path, size_t len)
{
	const char *word = path + len;

	while (word > path && word[-1] != '.')
		word--;
	return word;
}

int yaml_set(struct yaml_node *root, const char *assignment,
	     struct arena *arena, struct option_problems *problems)
{
	const char *equals = strchr(assignment, '=');
	struct option_mark mark = {
		arena_printf(arena, "--set %.60s", assignment), 0, 0
	};
	size_t len = equals ? (size_t)(equals - assignment) : 0;
	const char *word = last_word(assignment, len);
	struct yaml_node **at, *value;

	if (!len) {
		option_problem(problems, &mark,
			       "no KEY=VALUE; write it like --set seed=7");
		return -EINVAL;
	}
	value = set_value(equals + 1, &mark, arena, problems);
	if (!value)
		return -EINVAL;
	at = make_way(root, assignment, len, arena, &mark);
	if (!at) {
		option_problem(problems, &mark,
			       "no such key; write dotted keys, and numbers "
			       "from 0 within a list");
		return -EINVAL;
	}
	value->key = arena_printf(arena, "%.*s",
				  (int)(len - (size_t)(word - assignment)),
				  word);
	value->key_mark = value->mark;
	value->next = *at ? (*at)->next : NULL;
	*at = value;
	return 0;
}

struct yaml_node yaml_apart(const struct yaml_node *map, struct arena *arena)
{
	struct yaml_node all = { .type = YAML_LIST }, **end = &all.child;

	for (const struct yaml_node *c = map->child; c; c = c->next) {
		struct yaml_node *one = arena_copy(arena, c, sizeof(*c));

		one->next = NULL;
		*end = arena_alloc(arena, sizeof(**end));
		**end = (struct yaml_node){ .type = YAML_MAP, .mark = c->mark,
					    .child = one };
		end = &(*end)->next;
	}
	return all;
}

struct yaml_node yaml_split(const struct yaml_node *word, struct arena *arena)
{
	struct yaml_node all = { .type = YAML_LIST }, **end = &all.child;
	const char *text = word->text;

	for (size_t len; *text; text += len + (text[len] == ',')) {
		*end = arena_copy(arena, word, sizeof(*word));
		len = strcspn(text, ",");
		(*end)->text = arena_printf(arena, "%.*s", (int)len, text);
		(*end)->next = NULL;
		end = &(*end)->next;
	}
	return all;
}
