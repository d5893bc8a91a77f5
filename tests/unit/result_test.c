/* result_test.c - result.json: there and back, its schema, damaged files */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lancet/core/err.h"
#include "tests/unit/near.h"
#include "tests/unit/synthetic.h"
#include "tests/unit/arena.h"

static void test_there_and_back(void **state)
{
	struct result *result = synthetic_result(&arena), *back;
	json_t *first = result_to_json(result), *second;
	struct err err = { 0 };

	(void)state;
	back = result_from_json(first, &arena, &err);
	if (!back)
		fail_msg("%s", err.text);
	second = result_to_json(back);
	assert_true(json_equal(first, second));
	assert_string_equal(back->name, result->name);
	assert_int_equal(back->points[3].windows.n, SYN_WINDOWS);
	assert_true(isnan(back->points[7].response_ns.quantiles[5].value));
	assert_true(isinf(back->points[7].response_ns.quantiles[5].hi));
	assert_true(isnan(back->points[0].timestamps.uncertainty_ns));
	assert_null(back->points[0].wire_ns);
	json_decref(first);
	json_decref(second);
}

static json_t *at(json_t *json, const char *key, size_t index)
{
	return json_array_get(json_object_get(json, key), index);
}

/* The names that programs rely on; DESIGN calls them a contract. */
static void test_shape(void **state)
{
	json_t *json = result_to_json(synthetic_result(&arena));
	json_t *point = at(json, "points", 7), *quantile, *model;
	json_t *overhead;

	(void)state;
	assert_string_equal(json_string_value(json_object_get(json, "schema")),
			    "lancet.result/1");
	overhead = json_object_get(json, "overhead");
	assert_true(json_is_real(json_object_get(
		json_object_get(overhead, "communication_ns"), "hi")));
	assert_true(json_is_real(json_object_get(
		json_object_get(overhead, "per_request_ns"), "lo")));
	assert_string_equal(
		json_string_value(json_object_get(
			json_object_get(overhead, "fit"), "status")), "pass");
	assert_true(json_is_real(json_object_get(
		json_object_get(overhead, "fit"), "p_value")));
	assert_true(json_is_string(json_object_get(overhead, "sentence")));
	quantile = at(json_object_get(point, "response_ns"), "quantiles", 5);
	assert_true(json_is_null(json_object_get(quantile, "hi")));
	assert_true(json_is_string(json_object_get(quantile, "hi_reason")));
	assert_true(json_is_string(json_object_get(quantile, "value_reason")));
	model = json_object_get(point, "model");
	assert_true(json_is_real(json_object_get(
		at(json_object_get(model, "response_ns"), "quantiles", 2),
		"gap_hi")));
	assert_true(json_is_real(json_object_get(
		at(json_object_get(model, "replay_ns"), "quantiles", 0),
		"diff")));
	assert_true(json_is_null(json_object_get(point, "wire_ns")));
	assert_true(json_is_string(json_object_get(point, "wire_ns_reason")));
	json_decref(json);
}

static void test_config(void **state)
{
	struct result *result = synthetic_result(&arena), *back;
	json_t *json = result_to_json(result);
	json_t *config = json_object_get(json, "config"), *again;
	struct err err = { 0 };

	(void)state;
	assert_int_equal(json_integer_value(json_object_get(config, "seed")),
			 42);
	assert_int_equal(json_array_size(json_object_get(config, "report")), 2);
	back = result_from_json(json, &arena, &err);
	assert_non_null(back);
	assert_non_null(strstr(back->config_yaml, "      mean: 100us\n"));
	assert_non_null(strstr(back->config_yaml, "slo: p99 <= 10x\n"));
	again = result_to_json(back);
	assert_true(json_equal(config, json_object_get(again, "config")));
	json_decref(again);
	json_decref(json);
}

static void test_classes(void **state)
{
	struct result *result = synthetic_result(&arena), *back;
	struct result_class class[2] = { { .name = "get" }, { .name = "set" } };
	struct err err = { 0 };
	json_t *json;

	(void)state;
	class[0].metric = syn_metric(&arena, .5, 1, 0);
	class[1].metric = syn_metric(&arena, .5, 2, 0);
	result->points[0].response_ns.classes = class;
	result->points[0].response_ns.nclasses = 2;
	json = result_to_json(result);
	back = result_from_json(json, &arena, &err);
	assert_non_null(back);
	assert_int_equal(back->points[0].response_ns.nclasses, 2);
	assert_string_equal(back->points[0].response_ns.classes[1].name, "set");
	assert_near(back->points[0].response_ns.classes[1].metric
				   .quantiles[0].value,
			   class[1].metric.quantiles[0].value, 1);
	json_decref(json);
}

/* How each class ended, and what the replies said; an older file lacks it. */
static void test_mix(void **state)
{
	struct result *result = synthetic_result(&arena), *back;
	struct result_code code[2] = { { 500, 7 }, { 503, 1 } };
	struct result_replies replies = { "5xx", 8, code, 2 };
	struct result_metric asked = syn_metric(&arena, .5, 1, 0);
	struct result_kind kind = { "get", { .counts = { .intended = 9,
							 .sent = 8,
							 .unsent = 1 },
					     .requested_ns = &asked } };
	struct result_point *p = &result->points[0];
	struct err err = { 0 };
	json_t *json;

	(void)state;
	p->classes = &kind;
	p->statuses = &replies;
	p->nclasses = p->nstatuses = 1;
	json = result_to_json(result);
	back = result_from_json(json, &arena, &err);
	assert_non_null(back);
	p = &back->points[0];
	assert_int_equal(p->nclasses, 1);
	assert_string_equal(p->classes[0].name, "get");
	assert_int_equal(p->classes[0].mix.counts.unsent, 1);
	assert_non_null(p->classes[0].mix.requested_ns);
	assert_null(p->classes[0].mix.served_ns);
	assert_int_equal(p->nstatuses, 1);
	assert_string_equal(p->statuses[0].class, "5xx");
	assert_int_equal(p->statuses[0].codes[1].code, 503);
	assert_int_equal(p->statuses[0].codes[1].count, 1);
	json_object_del(json_array_get(json_object_get(json, "points"), 0),
			"classes");
	back = result_from_json(json, &arena, &err);
	assert_non_null(back);
	assert_int_equal(back->points[0].nclasses, 0);
	json_decref(json);
}

/* --- damage ------------------------------------------------------------ */

static json_t *wrong_kind(const json_t *value)
{
	if (json_is_null(value))
		return json_array();
	return json_is_string(value) ? json_integer(1) : json_string("x");
}

static void refused(const json_t *root, const char *where)
{
	struct err err = { 0 };

	if (result_from_json(root, &arena, &err))
		fail_msg("%s may be anything", where);
	assert_int_equal(err.code, -EBADMSG);
	assert_non_null(strstr(err.text, where));
	assert_null(strchr(err.text, '\n'));
}

/* Every member of every object, in turn, gets a value of another type. */
static unsigned damage(json_t *root, json_t *json)
{
	unsigned n = 0;
	const char *key;
	json_t *value;
	void *next;

	json_object_foreach_safe(json, next, key, value)
	{
		size_t len = strlen(key);

		if (len > 7 && !strcmp(key + len - 7, "_reason"))
			continue;
		json_incref(value);
		if (strcmp(key, "calibration")) {
			json_object_set_new(json, key, wrong_kind(value));
			refused(root, key);
			json_object_set(json, key, value);
			n++;
		}
		if (strcmp(key, "config"))
			n += damage(root, json_is_array(value)
						  ? json_array_get(value, 0)
						  : value);
		json_decref(value);
	}
	return n;
}

static void test_wrong_types(void **state)
{
	struct result *result = synthetic_result(&arena);
	json_t *json;

	(void)state;
	result->npoints = 1;
	result->points[0].windows.n = 2;
	json = result_to_json(result);
	assert_true(damage(json, json) > 150);
	json_decref(json);
}

static void test_missing(void **state)
{
	json_t *json = result_to_json(synthetic_result(&arena));

	(void)state;
	json_object_del(at(json, "points", 2), "counts");
	refused(json, "points[2].counts is missing");
	json_decref(json);
	json = result_to_json(synthetic_result(&arena));
	json_array_remove(json_object_get(json_object_get(at(json, "points", 1),
							  "windows"),
					  "count"), 0);
	refused(json, "points[1].windows.count differs in length");
	json_decref(json);
}

static void no_file(const char *path, const char *what)
{
	struct err err = { 0 };

	assert_null(result_load(path, &arena, &err));
	if (!strstr(err.text, what) || !strstr(err.text, path))
		fail_msg("%s", err.text);
	assert_null(strchr(err.text, '\n'));
}

static void test_damaged_files(void **state)
{
	static const struct {
		const char *text, *what;
	} files[] = {
		{ "", "line 1" },
		{ "[1, 2", "line 1" },
		{ "[]", "not an object" },
		{ "{\"schema\": \"lancet.result/1\"}", "missing" },
		{ "{\"schema\": \"lancet.result/7\"}", "lancet.result/7" },
		{ "{\"schema\": \"a\", \"schema\": \"b\"}", "line 1" },
		{ "\x89PNG\r\n", "line 1" },
	};
	char path[] = "/tmp/lancet-result-XXXXXX";
	int fd = mkstemp(path);

	(void)state;
	assert_true(fd >= 0);
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		assert_int_equal(ftruncate(fd, 0), 0);
		assert_true(pwrite(fd, files[i].text, strlen(files[i].text),
				   0) >= 0);
		no_file(path, files[i].what);
	}
	close(fd);
	unlink(path);
	no_file(path, "No such file");
	no_file("/dev/zero", "not a file");
	no_file("/", "No such file");
}

/* What yesterday's lancet wrote is still read. */
static void test_golden(void **state)
{
	struct err err = { 0 };
	struct result *result = result_load("tests/golden/result", &arena,
					    &err);

	(void)state;
	if (!result)
		fail_msg("%s", err.text);
	assert_int_equal(result->npoints, 8);
	assert_near(result_quantile(&result->points[0].response_ns, .99)
				   ->value, 467548, 50);
	assert_string_equal(result->points[6].verdict.status, "invalid");
}

static void test_schema(void **state)
{
	json_t *schema = result_schema(), *defs, *metric;

	(void)state;
	defs = json_object_get(schema, "$defs");
	metric = json_object_get(defs, "metric");
	assert_non_null(json_object_get(json_object_get(metric, "properties"),
					"with_excluded"));
	/* Five of its members may be null, and have room for the reason. */
	assert_int_equal(json_array_size(json_object_get(schema, "required")),
			 json_object_size(json_object_get(schema,
							  "properties")) - 5);
	json_decref(schema);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_there_and_back, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_shape, setup, teardown),
		cmocka_unit_test_setup_teardown(test_config, setup, teardown),
		cmocka_unit_test_setup_teardown(test_classes, setup, teardown),
		cmocka_unit_test_setup_teardown(test_mix, setup, teardown),
		cmocka_unit_test_setup_teardown(test_wrong_types, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_missing, setup, teardown),
		cmocka_unit_test_setup_teardown(test_damaged_files, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_golden, setup, teardown),
		cmocka_unit_test_setup_teardown(test_schema, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
