/* yamljson_test.c - a configuration as JSON, and the YAML made of it */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <jansson.h>
#include <string.h>

#include "lancet/core/arena.h"
#include "lancet/core/yamljson.h"

static void is(const char *yaml, const char *want)
{
	json_t *json = yamljson_object(yaml);
	json_t *expected = json_loads(want, 0, NULL);

	assert_non_null(expected);
	if (!json_equal(json, expected))
		fail_msg("%s is %s", yaml, json_dumps(json, 0));
	json_decref(expected);
	json_decref(json);
}

static void test_types(void **state)
{
	(void)state;
	is("a: 42\nb: 100us\nc: 1.5\nd: true\ne: 10%\n",
	   "{\"a\":42,\"b\":\"100us\",\"c\":1.5,\"d\":true,\"e\":\"10%\"}");
	is("a: \"42\"\nb: 'true'\nc: -3\nd: 10.0.0.7:80\n",
	   "{\"a\":\"42\",\"b\":\"true\",\"c\":-3,\"d\":\"10.0.0.7:80\"}");
	is("a: [1, x, {b: 2us}]\n", "{\"a\":[1,\"x\",{\"b\":\"2us\"}]}");
}

static void test_no_map(void **state)
{
	(void)state;
	is(NULL, "{}");
	is("", "{}");
	is("- 1\n", "{}");
	is("a: [", "{}");
}

/* Any object that a result can hold survives as YAML. */
static void test_there_and_back(void **state)
{
	static const char text[] =
		"{\"plain\":\"100us\",\"number\":\"42\",\"word\":\"null\","
		"\"empty\":\"\",\"colon\":\"a: b\",\"hash\":\"a #b\","
		"\"quotes\":\"'\\\"\\\\\",\"lines\":\"a\\nb\\tc\","
		"\"blanks\":\" a \",\"dash\":\"- a\",\"flow\":\"[a, {b}]\","
		"\"anchor\":\"&a *b !c\",\"unicode\":\"\\u00b5s \\u4e2d\","
		"\"expr\":\"p99 <= 10x and errors <= 0.1%\","
		"\"key: odd\":1,\"real\":0.1,\"whole\":3.0,\"big\":1e300,"
		"\"int\":-9007199254740993,\"no\":false,"
		"\"list\":[[1,[2,\"3\"]],[],{},{\"a\":{\"b\":[{\"c\":1}]}}],"
		"\"map\":{}}";
	json_t *json = json_loads(text, 0, NULL), *back;
	struct arena arena;
	char *yaml;

	(void)state;
	assert_non_null(json);
	arena_init(&arena);
	yaml = yamljson_text(json, &arena);
	back = yamljson_object(yaml);
	if (!json_equal(json, back))
		fail_msg("%s became %s", yaml, json_dumps(back, 0));
	assert_non_null(strstr(yaml, "plain: 100us\n"));
	assert_non_null(strstr(yaml, "expr: p99 <= 10x and errors <= 0.1%\n"));
	json_decref(json);
	json_decref(back);
	arena_fini(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_types),
		cmocka_unit_test(test_no_map),
		cmocka_unit_test(test_there_and_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
