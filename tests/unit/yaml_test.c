/* yaml_test.c - trees that know their places, bounds, and --set */
#include "tests/unit/seed.h"

#include <errno.h>

#include "lancet/core/arena.h"
#include "lancet/core/yaml.h"

static struct arena arena;
static struct option_problems problems;

static struct yaml_node *parse_n(const char *text, size_t len)
{
	memset(&problems, 0, sizeof(problems));
	return yaml_parse("x.yaml", text, len, &arena, &problems);
}

static struct yaml_node *parse(const char *text)
{
	return parse_n(text, strlen(text));
}

static void test_tree(void **state)
{
	struct yaml_node *root = parse("a: 1\n"
				       "b:\n"
				       "  c: [x, 'y', {d: e}]\n"
				       "  é: \"\"\n");
	const struct yaml_node *n;

	(void)state;
	assert_non_null(root);
	assert_int_equal(root->type, YAML_MAP);
	n = yaml_get(root, "b.c.1");
	assert_string_equal(n->text, "y");
	assert_true(n->quoted);
	assert_int_equal(n->mark.line, 3);
	assert_int_equal(n->mark.column, 10);
	n = yaml_get(root, "b.c.2.d");
	assert_string_equal(n->text, "e");
	assert_string_equal(n->key, "d");
	assert_int_equal(n->key_mark.column, 16);
	assert_false(n->quoted);
	assert_null(yaml_get(root, "b.c.3"));
	assert_null(yaml_get(root, "b.c.x"));
	assert_null(yaml_get(root, "a.b"));
	assert_null(yaml_get(root, "ab"));
	assert_ptr_equal(yaml_get(root, ""), root);
	/* A column counts characters, not bytes. */
	assert_int_equal(yaml_get(root, "b.é")->mark.column, 6);
}

static void refused(const char *text, size_t len, uint32_t line,
		    const char *what)
{
	assert_null(parse_n(text, len));
	assert_int_equal(problems.n, 1);
	if (!strstr(problems.problem[0].text, what))
		fail_msg("'%s' does not say '%s'", problems.problem[0].text,
			 what);
	assert_non_null(strstr(problems.problem[0].text, "; "));
	assert_int_equal(problems.problem[0].mark.line, line);
}

static char *repeated(const char *head, const char *text, size_t n)
{
	size_t len = strlen(text);
	char *all = malloc(strlen(head) + len * n + 1);

	assert_non_null(all);
	strcpy(all, head);
	for (size_t i = 0, at = strlen(head); i < n; i++, at += len)
		strcpy(all + at, text);
	return all;
}

#define REFUSED(text, line, what) refused(text, sizeof(text) - 1, line, what)

static void test_refused(void **state)
{
	char *large;

	(void)state;
	REFUSED("", 1, "empty");
	REFUSED("# nothing\n", 1, "empty");
	REFUSED("\0\1\2", 1, "control characters");
	REFUSED("a: 1\nb: \377\n", 2, "UTF-8");
	REFUSED("a: [1, 2\nb: }{", 1, "not YAML");
	REFUSED("a: 1\n\tb: 2\n", 2, "not YAML");
	REFUSED("a: &x 1\n", 1, "anchors");
	REFUSED("b: 1\na: [*x]\n", 2, "aliases");
	REFUSED("a: !!str 1\n", 1, "tags");
	REFUSED("--- 1\n--- 2\n", 2, "second document");
	REFUSED("? [a]\n: 1\n", 1, "a key must be a word");
	REFUSED("a: \"\\0\"\n", 1, "zero byte");

	large = repeated("a: ", "{a: ", 3000);
	refused(large, strlen(large), 1, "nested deeper");
	free(large);
	large = repeated("", "[", 100000);
	refused(large, strlen(large), 1, "nested deeper");
	free(large);
	large = repeated("- 1\n", "- 1\n", YAML_MAX_NODES);
	refused(large, strlen(large), YAML_MAX_NODES, "more than 100000");
	free(large);
	large = repeated("", "#234567\n", YAML_MAX_BYTES / 8 + 1);
	refused(large, strlen(large), 1, "1 MiB");
	free(large);
}

/* 31 maps within a map are allowed, no more. */
static void test_deepest(void **state)
{
	char text[256] = "";

	(void)state;
	for (int i = 0; i < YAML_MAX_DEPTH; i++)
		strcat(text, "[");
	for (int i = 0; i < YAML_MAX_DEPTH; i++)
		strcat(text, "]");
	assert_non_null(parse(text));
}

static const char *text_at(const struct yaml_node *root, const char *path)
{
	const struct yaml_node *n = yaml_get(root, path);

	return n && n->text ? n->text : "(none)";
}

static void test_set(void **state)
{
	struct yaml_node *root = parse("a: 1\nb: {c: 2, d: 3}\nl: [x, y]\n"
				       "s: word\n");

	(void)state;
	assert_int_equal(yaml_set(root, "a=9", &arena, &problems), 0);
	assert_string_equal(text_at(root, "a"), "9");
	assert_int_equal(yaml_set(root, "b.c={e: 5%}", &arena, &problems), 0);
	assert_string_equal(text_at(root, "b.c.e"), "5%");
	assert_string_equal(text_at(root, "b.d"), "3");
	assert_int_equal(yaml_set(root, "n.m.o=p=q", &arena, &problems), 0);
	assert_string_equal(text_at(root, "n.m.o"), "p=q");
	assert_int_equal(yaml_set(root, "l.1=z", &arena, &problems), 0);
	assert_int_equal(yaml_set(root, "l.2=w", &arena, &problems), 0);
	assert_string_equal(text_at(root, "l.0"), "x");
	assert_string_equal(text_at(root, "l.1"), "z");
	assert_string_equal(text_at(root, "l.2"), "w");
	assert_int_equal(yaml_set(root, "k.0.x=1", &arena, &problems), 0);
	assert_int_equal(yaml_get(root, "k")->type, YAML_LIST);
	assert_string_equal(text_at(root, "k.0.x"), "1");
	/* A word in the way makes room for a map. */
	assert_int_equal(yaml_set(root, "s.t=1", &arena, &problems), 0);
	assert_string_equal(text_at(root, "s.t"), "1");
	assert_string_equal(text_at(root, "n.m.o"), "p=q");
	assert_int_equal(problems.n, 0);
	assert_int_equal(yaml_get(root, "a")->mark.line, 0);
}

static void test_set_refused(void **state)
{
	static const char *const bad[] = { "a",	    "=3",    "a=",  "a={",
					   "l.5=1", "l.x=1", "a..b=1", ".=1" };

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct yaml_node *root = parse("a: 1\nl: [x]\n");

		assert_int_equal(yaml_set(root, bad[i], &arena, &problems),
				 -EINVAL);
		assert_int_equal(problems.n, 1);
		assert_int_equal(problems.problem[0].mark.line, 0);
		assert_non_null(strstr(problems.problem[0].mark.file,
				       "--set "));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_tree),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_deepest),
		cmocka_unit_test(test_set),
		cmocka_unit_test(test_set_refused),
	};
	int failed;

	arena_init(&arena);
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	arena_fini(&arena);
	return failed;
}
