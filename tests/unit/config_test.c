/* config_test.c - a whole configuration: presets, rules, print and --set */
#include "tests/unit/seed.h"

#include <jansson.h>
#include <math.h>
#include <unistd.h>

#include "lancet/core/config.h"
#include "lancet/core/yaml.h"
#include "tests/unit/fake_kinds.h"

static struct arena arena;
static struct option_problems problems;

static const char quickstart[] =
	"name: quickstart\n"
	"seed: 42\n"
	"target:\n"
	"  builtin: {policy: fcfs, workers: 4, backend: virtual}\n"
	"workload:\n"
	"  protocol: spin\n"
	"  transport: udp\n"
	"  arrival: poisson\n"
	"  service: {exponential: {mean: 100us}}\n"
	"agents:\n"
	"  - {launch: local, count: 1, threads: 1, connections: 64, "
	"mode: auto}\n"
	"timestamps: auto\n"
	"load: {sweep: {from: 10%, to: 80%, steps: 8}}\n"
	"measure:\n"
	"  precision: {quantile: p99, relative: 5%, confidence: 95%}\n"
	"  warmup: auto\n"
	"  window: 10ms\n"
	"  time_limit: 5s\n"
	"slo: p99 <= 10x\n"
	"model: auto\n"
	"report: [text, json, html, svg]\n";

static const char memcached[] =
	"target: {address: 'localhost:11211', capacity: 200krps, workers: 4,\n"
	"  start: [memcached, -p, '11211', -l, 'a b\"']}\n"
	"workload:\n"
	"  protocol: spin\n"
	"  transport: tcp\n"
	"  request_size: 64B\n"
	"  classes:\n"
	"    - {name: get, weight: 0.9, service: 1us, reply_size: 1KiB}\n"
	"    - {name: set, weight: 0.1, service: {lognormal: {mean: 2us}}}\n"
	"  timeout: 1500ms\n"
	"agents: [{count: 2}, {threads: 2, mode: poll, force: true}]\n"
	"load: {rate: 60%}\n"
	"slo: p99(get) <= 1ms and errors <= 0.1%\n"
	"model: {jbsq: {depth: 3}}\n"
	"report: []\n";

static struct config *parse_set(const char *text, const char *const *set,
				size_t n)
{
	memset(&problems, 0, sizeof(problems));
	return config_parse("dir/x-1.yaml", text, strlen(text), set, n, &arena,
			    &problems);
}

static struct config *parse(const char *text)
{
	return parse_set(text, NULL, 0);
}

static struct config *good(const char *text)
{
	struct config *c = parse(text);

	if (!c)
		fail_msg("%u: %s", problems.problem[0].mark.line,
			 problems.problem[0].text);
	return c;
}

static void test_quickstart(void **state)
{
	struct config *c = good(quickstart);
	const struct config_agent *a = c->agents.items;

	(void)state;
	assert_string_equal(c->name, "quickstart");
	assert_int_equal(c->seed, 42);
	assert_int_equal(c->target.builtin->workers, 4);
	assert_true(c->agents.n == 1 && a->connections == 64);
	assert_true(c->load.sweep->from.share && c->load.sweep->steps == 8);
	assert_true(c->load.sweep->to.value == 0.8 && !c->load.rate.set);
	assert_true(c->measure.precision->relative == 0.05);
	assert_true(c->measure.warmup_ns == OPTION_AUTO_VALUE);
	assert_true(c->measure.window_ns == 10000000);
	assert_true(c->model.mode == MODEL_AUTO && c->report.n == 4);
	assert_true(c->timestamps == STAMPS_AUTO);
}

static const char least[] = "target: {builtin: {}}\n"
			    "workload: {protocol: spin}\n"
			    "load: {rate: 5krps}\n";

static void test_least(void **state)
{
	struct config *c = good(least);
	const struct config_agent *a = c->agents.items;

	(void)state;
	assert_string_equal(c->name, "x-1");
	assert_int_equal(c->seed, 42);
	assert_string_equal(c->target.builtin->policy.kind->name, "fcfs");
	assert_string_equal(c->workload.arrival.kind->name, "poisson");
	assert_string_equal(a->launch.kind->name, "local");
	assert_true(c->agents.n == 1 && a->threads == 1 && a->count == 1);
	assert_true(c->workload.timeout_ns == 1000000000);
	assert_true(!c->measure.precision && c->measure.stall_ns == 100000);
	assert_true(c->measure.max_left_out == 0.2 && !c->slo);
	assert_true(c->report.n == 4);
}

static void test_memcached(void **state)
{
	struct config *c = good(memcached);
	const struct config_class *class = c->workload.classes.items;
	const char *const *argv = c->target.start.items;

	(void)state;
	assert_true(c->target.start.n == 5);
	assert_string_equal(argv[4], "a b\"");
	assert_true(c->target.capacity.value == 200e3);
	assert_true(c->workload.classes.n == 2 && class[1].weight == 0.1);
	assert_null(class[0].request_size.kind);
	assert_true(c->model.mode == MODEL_POLICY && c->report.n == 0);
}

/* Printed, read and printed: the same text, so the same values. */
static void test_tls(void **state)
{
	const char *set[] = { "workload.tls=true" };
	struct config *c;

	(void)state;
	assert_null(good(least)->workload.tls);
	c = parse_set(least, set, 1);
	assert_true(c && c->workload.tls->verify && !c->workload.tls->ca);
	set[0] = "workload.tls={ca: a.pem, alpn: [h2], max_version: 1.2}";
	c = parse_set(least, set, 1);
	assert_true(c && c->workload.tls->max_version == TLS_1_2);
	assert_string_equal(strrchr(c->workload.tls->ca, '/'), "/a.pem");
	set[0] = "workload.tls=false";
	c = parse_set(least, set, 1);
	assert_true(c && !c->workload.tls);
	set[0] = "workload.tls=yes";
	assert_null(parse_set(least, set, 1));
	assert_non_null(strstr(problems.problem[0].text, "tls"));
}

static void test_print(void **state)
{
	static const char *const text[] = { quickstart, memcached, least };

	(void)state;
	for (int i = 0; i < 3; i++) {
		struct config *c = good(text[i]);
		char *once = config_text(c, &arena), *twice;

		twice = config_text(good(once), &arena);
		assert_string_equal(once, twice);
	}
}

static const char *edited(const char *text, const char *from, const char *to)
{
	const char *at = strstr(text, from);

	assert_non_null(at);
	return arena_printf(&arena, "%.*s%s%s", (int)(at - text), text, to,
			    at + strlen(from));
}

/* An edit of a good line breaks it: one problem, there, that says this. */
static void bad(const char *text, const char *from, const char *to,
		uint32_t line, const char *says)
{
	assert_null(parse(edited(text, from, to)));
	if (problems.n != 1 || problems.problem[0].mark.line != line ||
	    !strstr(problems.problem[0].text, says) ||
	    !strstr(problems.problem[0].text, "; "))
		fail_msg("%s: %zu problems, %u:%u: %s", to, problems.n,
			 problems.problem[0].mark.line,
			 problems.problem[0].mark.column,
			 problems.problem[0].text);
}

static void test_rules(void **state)
{
	const char *q = quickstart, *m = memcached;

	(void)state;
	bad(q, "name: quickstart", "name: a/b", 1, "part of file names");
	bad(q, "name: quickstart", "name: ..", 1, "part of file names");
	bad(q, "name: quickstart", "name: ''", 1, "part of file names");
	bad(q, "  builtin:", "  address: 'h:1'\n  builtin:", 4, "has both");
	bad(q, "  builtin: {policy: fcfs, workers: 4, backend: virtual}",
	    "  {}", 4, "target has no server");
	bad(q, "  builtin:", "  start: [x]\n  builtin:", 4,
	    "start without address");
	bad(q, "  builtin:", "  workers: 2\n  builtin:", 4, "set in builtin");
	bad(q, "  builtin:", "  capacity: 1krps\n  builtin:", 4, "is known");
	bad(m, "localhost:11211", "localhost", 1, "names no port");
	bad(m, "localhost:11211", "localhost:", 1, "names no port");
	bad(m, "localhost:11211", ":11211", 1, "names no port");
	bad(m, "capacity: 200krps", "capacity: 20%", 1, "is a rate above 0");
	bad(m, "capacity: 200krps, ", "", 12, "capacity of localhost:11211");
	bad(m, "name: set", "name: get", 9, "a second class 'get'");
	bad(m, "name: set", "name: 'a b'", 9, "one word");
	bad(m, "name: set", "name: '-'", 9, "one word");
	bad(m, "  timeout:", "  service: 1us\n  timeout:", 10,
	    "both classes and service");
	bad(q, "to: 80%", "to: 8%", 13, "from is not below to");
	bad(q, "to: 80%", "to: 10%", 13, "from is not below to");
	bad(q, "to: 80%", "to: 80krps", 13, "be of one kind");
	bad(q, "from: 10%", "from: 0%", 13, "a load of 0");
	bad(q, "to: 80%", "to: 1100%", 13, "ten times");
	bad(q, "{sweep: {from: 10%, to: 80%, steps: 8}}", "{}", 13,
	    "load is empty");
	bad(q, "steps: 8}", "steps: 8}, rate: 1krps", 13, "has both sweep and");
	bad(q, "connections: 64", "connections: 1, threads: 2", 11,
	    "duplicate key 'threads'");
	bad(q, "threads: 1", "threads: 65", 11, "at least connections: 65");
	bad(q, "threads: 1", "threads: 1, pipeline: 4, pick: sticky", 11,
	    "remove pipeline");
	bad(q, "threads: 1", "threads: 1, coalesce: 50us", 11,
	    "write mode: block");
	bad(q, "  - {launch", "  []\n#", 11, "no agent");
	bad(q, "window: 10ms", "window: 6s", 17, "longer than the time limit");
	bad(q, "window: 10ms", "window: 10", 17, "write 10ms");
	bad(q, "warmup: auto", "warmup: 5s", 16, "the whole time limit");
	bad(q, "window: 10ms", "window: 10ms\n  stall: 10ms", 18,
	    "shorter than a window");
	bad(q, "p99 <= 10x", "p99 <= 10", 19, "expected a bound");
	bad(m, "p99(get)", "p99(put)", 13, "no class 'put'");
	bad(m, "workers: 4,", "", 14, "workers: N");
	good(edited(m, "model: {jbsq: {depth: 3}}", "model: replay"));
	bad(edited(m, "workers: 4,", ""), "model: {jbsq: {depth: 3}}",
	    "model: replay", 14, "a replay needs a known queue");
	bad(q, "target:\n  builtin: {policy: fcfs, workers: 4, "
	       "backend: virtual}\n", "", 1, "target is missing");
}

static void test_weights(void **state)
{
	(void)state;
	bad("target: {builtin: {}}\nload: {rate: 1krps}\nworkload:\n"
	    "  protocol: spin\n  classes: [{name: a, weight: 0}]\n",
	    "", "", 5, "sum to 0");
}

static void test_set(void **state)
{
	static const char *const set[] = {
		"load={rate: 5krps}", "measure.time_limit=1500ms",
		"agents=[{count: 2}]", "agents.0.threads=3", "seed=7",
		"measure.precision.relative=0.1%",
		"workload.service.exponential.mean=20us",
	};
	static const char *const wrong[] = { "load={rate: 5}", "seed=x",
					     "bogus=1", "lod={rate: 5krps}",
					     "seed" };
	struct config *c = parse_set(quickstart, set, 7);
	const struct config_agent *a;

	(void)state;
	assert_non_null(c);
	a = c->agents.items;
	assert_true(c->load.rate.value == 5e3 && !c->load.sweep);
	assert_true(c->measure.time_limit_ns == 1500000000);
	assert_true(a->count == 2 && a->threads == 3 && c->seed == 7);
	assert_true(c->measure.precision->relative == 0.001);
	assert_true(((const struct fake *)c->workload.service.options)->mean ==
		    20e3);
	for (size_t i = 0; i < 5; i++) {
		assert_null(parse_set(quickstart, &wrong[i], 1));
		assert_int_equal(problems.n, 1);
		assert_int_equal(problems.problem[0].mark.line, 0);
		assert_string_equal(problems.problem[0].mark.file,
				    arena_printf(&arena, "--set %s",
						 wrong[i]));
	}
}

static void test_mark(void **state)
{
	struct config *c = good(quickstart);
	struct option_mark mark = config_mark(c, "workload.arrival");

	(void)state;
	assert_string_equal(mark.file, "dir/x-1.yaml");
	assert_true(mark.line == 8 && mark.column == 12);
	/* What is not there is placed at what would hold it. */
	mark = config_mark(c, "workload.classes.0.name");
	assert_true(mark.line == 6 && mark.column == 3);
	mark = config_mark(c, "agents.0.mode");
	assert_true(mark.line == 11);
}

static void test_load(void **state)
{
	char path[] = "/tmp/lancet-config-XXXXXX";
	int fd = mkstemp(path);
	struct config *c;

	(void)state;
	assert_true(fd >= 0);
	assert_true(write(fd, least, sizeof(least) - 1) > 0);
	close(fd);
	memset(&problems, 0, sizeof(problems));
	c = config_load(path, NULL, 0, &arena, &problems);
	assert_non_null(c);
	assert_true(!strncmp(c->name, "lancet-config-", 14));
	unlink(path);
	assert_null(config_load(path, NULL, 0, &arena, &problems));
	assert_int_equal(problems.n, 1);
	assert_non_null(strstr(problems.problem[0].text, "cannot read it"));
	problems.n = 0;
	assert_null(config_load("/tmp", NULL, 0, &arena, &problems));
	assert_int_equal(problems.n, 1);
}

/* Every key is in the schema, with its help; what is required is said. */
static void check_schema(const struct option_row *rows, const json_t *schema)
{
	const json_t *keys = json_object_get(schema, "properties");

	assert_true(json_is_false(json_object_get(schema,
						  "additionalProperties")));
	for (; rows->type; rows++) {
		const json_t *key = json_object_get(keys, rows->key);

		assert_non_null(key);
		assert_true(json_string_length(json_object_get(
				    key, "description")) > 0);
		if (rows->flags & OPTION_SWITCH) /* else a truth value */
			key = json_array_get(json_object_get(key, "anyOf"), 1);
		if (rows->type == OPTION_TYPE_SECTION)
			check_schema(rows->rows, key);
		if (rows->type == OPTION_TYPE_LIST)
			check_schema(rows->rows,
				     json_object_get(key, "items"));
	}
}

static void test_schema(void **state)
{
	json_t *schema = option_schema(config_rows);
	const json_t *defs = json_object_get(schema, "$defs");

	(void)state;
	check_schema(config_rows, schema);
	assert_int_equal(json_array_size(json_object_get(schema, "required")),
			 3);
	assert_non_null(json_object_get(defs, "law-time"));
	assert_non_null(json_object_get(defs, "law-bytes"));
	assert_non_null(json_object_get(defs, "policy-time"));
	json_decref(schema);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_quickstart),
		cmocka_unit_test(test_least),
		cmocka_unit_test(test_memcached),
		cmocka_unit_test(test_tls),
		cmocka_unit_test(test_print),
		cmocka_unit_test(test_rules),
		cmocka_unit_test(test_weights),
		cmocka_unit_test(test_set),
		cmocka_unit_test(test_mark),
		cmocka_unit_test(test_load),
		cmocka_unit_test(test_schema),
	};
	int failed;

	arena_init(&arena);
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	arena_fini(&arena);
	return failed;
}
