/* option_test.c - what rows accept and refuse, and that printing is exact */
#include "tests/unit/seed.h"

#include <errno.h>
#include <math.h>
#include <unistd.h>

#include "lancet/core/yaml.h"
#include "tests/unit/fake_kinds.h"

static struct arena arena;
static struct option_problems problems;

struct inner {
	int64_t a;
	double share;
};

struct thing {
	bool flag;
	int64_t n, wait_ns, bytes;
	double ratio, share, q;
	struct load_value load;
	const char *text, *file;
	int mode;
	struct choice law, sizes, policy;
	struct inner inside, *by_pointer;
	struct inner one_of;
	struct option_list things, words, kinds, counts, times;
	int which;
	struct choice or_word;
};

static const char *const modes[] = { "auto", "poll", "block", NULL };
static const char *const instead[] = { "auto", "none", NULL };

static const struct option_row inner_rows[] = {
	OPTION(INT, struct inner, a, 0, "7", 0, 9, "a"),
	OPTION(PERCENT, struct inner, share, 0, NULL, 0, 1, "share"),
	{ 0 },
};

static const struct option_row thing_rows[] = {
	OPTION(BOOL, struct thing, flag, 0, "false", 0, 0, "flag"),
	OPTION(INT, struct thing, n, 0, "3", 1, 1e6, "n"),
	OPTION_AS(DURATION, struct thing, "wait", wait_ns, OPTION_AUTO, "auto",
		  1e3, 1e12, "wait"),
	OPTION(SIZE, struct thing, bytes, 0, "64B", 1, 1e12, "bytes"),
	OPTION(REAL, struct thing, ratio, 0, NULL, -10, 10, "ratio"),
	OPTION(PERCENT, struct thing, share, 0, "5%", 0, 1, "share"),
	OPTION(QUANTILE, struct thing, q, 0, "p99", 0, 1, "q"),
	OPTION(LOAD, struct thing, load, 0, NULL, 0, 0, "load"),
	OPTION(STRING, struct thing, text, 0, NULL, 0, 0, "text"),
	OPTION(STRING, struct thing, file, OPTION_FILE, NULL, 0, 0, "file"),
	{ .key = "mode", .type = OPTION_TYPE_ENUM,
	  .offset = offsetof(struct thing, mode), .preset = "auto",
	  .names = modes },
	{ .key = "law", .type = OPTION_TYPE_KIND,
	  .offset = offsetof(struct thing, law), .class = KIND_DIST,
	  .unit = OPTION_UNIT_TIME },
	{ .key = "sizes", .type = OPTION_TYPE_KIND,
	  .offset = offsetof(struct thing, sizes), .class = KIND_DIST,
	  .unit = OPTION_UNIT_BYTES },
	{ .key = "policy", .type = OPTION_TYPE_KIND, .preset = "fcfs",
	  .offset = offsetof(struct thing, policy), .class = KIND_POLICY,
	  .unit = OPTION_UNIT_TIME },
	{ .key = "inside", .type = OPTION_TYPE_SECTION,
	  .offset = offsetof(struct thing, inside), .rows = inner_rows },
	{ .key = "by_pointer", .type = OPTION_TYPE_SECTION,
	  .offset = offsetof(struct thing, by_pointer),
	  .flags = OPTION_POINTER, .rows = inner_rows,
	  .rows_size = sizeof(struct inner) },
	{ .key = "things", .type = OPTION_TYPE_LIST,
	  .offset = offsetof(struct thing, things), .preset = "[{}]",
	  .rows = inner_rows, .rows_size = sizeof(struct inner) },
	{ .key = "words", .type = OPTION_TYPE_STRINGS,
	  .offset = offsetof(struct thing, words) },
	{ .key = "counts", .type = OPTION_TYPE_INTS,
	  .offset = offsetof(struct thing, counts), .min = 1, .max = 9 },
	{ .key = "times", .type = OPTION_TYPE_VALUES,
	  .offset = offsetof(struct thing, times) },
	{ .key = "kinds", .type = OPTION_TYPE_KINDS,
	  .offset = offsetof(struct thing, kinds), .class = KIND_WRITER,
	  .preset = "[text, json]" },
	{ .key = "or_word", .type = OPTION_TYPE_KIND, .preset = "auto",
	  .offset = offsetof(struct thing, or_word), .names = instead,
	  .word = offsetof(struct thing, which), .class = KIND_POLICY,
	  .unit = OPTION_UNIT_TIME },
	{ 0 },
};

static int parse(const char *text, struct thing *thing)
{
	struct yaml_node *root;

	memset(&problems, 0, sizeof(problems));
	memset(thing, 0, sizeof(*thing));
	root = yaml_parse("dir/x.yaml", text, strlen(text), &arena, &problems);
	return root ? option_parse(thing_rows, OPTION_UNIT_NONE, root, thing,
				   &arena, &problems) :
		      -EINVAL;
}

static struct thing good(const char *text)
{
	struct thing thing;

	if (parse(text, &thing))
		fail_msg("%s: %s", text, problems.problem[0].text);
	return thing;
}

static const struct fake *options_of(const struct choice *choice)
{
	return choice->options;
}

static void test_presets(void **state)
{
	struct thing t = good("{}");
	const struct inner *first = t.things.items;

	(void)state;
	assert_true(!t.flag && t.n == 3 && t.wait_ns == OPTION_AUTO_VALUE);
	assert_true(t.bytes == 64 && t.share == 0.05 && t.q == 0.99);
	assert_true(!t.load.set && !t.text && !t.law.kind && !t.by_pointer);
	assert_true(t.inside.a == 7 && t.things.n == 1 && first->a == 7);
	assert_string_equal(t.policy.kind->name, "fcfs");
	assert_int_equal(t.kinds.n, 2);
	assert_true(t.which == 0 && !t.or_word.kind);
}

static void test_scalars(void **state)
{
	struct thing t = good("flag: true\nn: 10\nwait: 1.5ms\nbytes: 1KiB\n"
			      "ratio: -2.5\nshare: 12.5%\nq: p99.9\n"
			      "load: 50krps\ntext: 'a # b'\nmode: block\n");

	(void)state;
	assert_true(t.flag && t.n == 10 && t.wait_ns == 1500000);
	assert_true(t.bytes == 1024 && t.ratio == -2.5 && t.share == 0.125);
	assert_true(t.q == 0.999 && t.load.set && !t.load.share);
	assert_true(t.load.value == 50e3 && t.mode == 2);
	assert_string_equal(t.text, "a # b");
	t = good("load: 60%");
	assert_true(t.load.share && t.load.value == 0.6);
	t = good("wait: auto\nn: '5'");
	assert_true(t.wait_ns == OPTION_AUTO_VALUE && t.n == 5);
}

static void test_kinds(void **state)
{
	struct thing t = good("law: {exponential: {mean: 100us}}");

	(void)state;
	assert_true(options_of(&t.law)->mean == 100e3);
	assert_true(options_of(&t.law)->scv == 1);
	t = good("law: exp:2ms");
	assert_string_equal(t.law.kind->name, "exponential");
	assert_true(options_of(&t.law)->mean == 2e6);
	t = good("law: 10us\nsizes: 64B");
	assert_string_equal(t.law.kind->name, "constant");
	assert_true(options_of(&t.law)->mean == 10e3);
	assert_true(options_of(&t.sizes)->mean == 64);
	t = good("law: {modes: [{p: 0.9, value: 1us}, {p: 0.1, value: 1ms}]}");
	assert_int_equal(options_of(&t.law)->list.n, 2);
	t = good("policy: jbsq\nor_word: {jbsq: {depth: 9}}");
	assert_true(options_of(&t.policy)->depth == 2);
	assert_true(options_of(&t.policy)->mean == 5e3);
	assert_true(t.which == 2 && options_of(&t.or_word)->depth == 9);
	t = good("policy: bounded:4:1us\nor_word: none");
	assert_true(options_of(&t.policy)->depth == 4);
	assert_true(options_of(&t.policy)->mean == 1e3);
	assert_true(options_of(&t.policy)->flag && t.which == 1);
	t = good("policy: {jbsq: {inner: {jbsq: {quantum: 3us}}}}");
	assert_true(options_of(&options_of(&t.policy)->inner)->mean == 3e3);
	t = good("policy: {fcfs: }");
	t = good("policy: {fcfs: {}}");
	t = good("policy: odd:7");
	assert_true(options_of(&t.policy)->depth == 7);
}

static void test_numbers(void **state)
{
	struct thing t = good("counts: [3, 1]\ntimes: [0.5, 2, 1e3]");

	(void)state;
	assert_int_equal(t.counts.n, 2);
	assert_true(((int64_t *)t.counts.items)[0] == 3);
	assert_int_equal(t.times.n, 3);
	assert_true(((double *)t.times.items)[2] == 1e3);
	t = good("counts: 4,5,6\ntimes: 7");
	assert_int_equal(t.counts.n, 3);
	assert_true(((int64_t *)t.counts.items)[2] == 6);
	assert_int_equal(t.times.n, 1);
	assert_true(((double *)t.times.items)[0] == 7);
	t = good("counts: []");
	assert_true(!t.counts.n && !t.times.n);
}

/* A file is told by its absolute name, from the configuration's folder. */
static void test_files(void **state)
{
	char cwd[1024], want[1100];
	struct thing t = good("file: a.csv\nlaw: {empirical: {file: /b.csv}}");

	(void)state;
	assert_non_null(getcwd(cwd, sizeof(cwd)));
	snprintf(want, sizeof(want), "%s/dir/a.csv", cwd);
	assert_string_equal(t.file, want);
	assert_string_equal(options_of(&t.law)->file, "/b.csv");
}

/* One problem, at this place, that says this, with a remedy. */
static void bad(const char *text, uint32_t line, uint32_t column,
		const char *says)
{
	struct thing t;

	assert_int_equal(parse(text, &t), -EINVAL);
	if (problems.n != 1 || !strstr(problems.problem[0].text, says) ||
	    !strstr(problems.problem[0].text, "; ") ||
	    problems.problem[0].mark.line != line ||
	    problems.problem[0].mark.column != column)
		fail_msg("%s: %zu problems, %u:%u: %s", text, problems.n,
			 problems.problem[0].mark.line,
			 problems.problem[0].mark.column,
			 problems.problem[0].text);
}

static void test_bad_keys(void **state)
{
	(void)state;
	bad("n: 1\nbogus_key: 3", 2, 1, "unknown key 'bogus_key'; write one");
	bad("n: 1\nflga: true", 2, 1, "did you mean 'flag'?");
	bad("inside: {shaer: 5%}", 1, 10, "in inside; did you mean 'share'?");
	bad("n: 1\nn: 2", 2, 1, "duplicate key 'n'");
	bad("inside: {a: 1, a: 2}", 1, 16, "duplicate key 'a'");
	bad("[a]", 1, 1, "no keys here");
	bad("word", 1, 1, "no keys here");
	bad("law: {exponential: {maen: 100us}}", 1, 21, "did you mean 'mean'?");
	bad("law: {exponential: {}}", 1, 20, "mean in exponential is missing");
	bad("\"\": 1", 1, 1, "unknown key ''");
}

static void test_bad_scalars(void **state)
{
	(void)state;
	bad("wait: 100", 1, 7, "100 has no unit; write 100us");
	bad("load: 5", 1, 7, "5 has no unit; write 5rps, 5krps or");
	bad("load: -3krps", 1, 7, "too small; write at least 0rps");
	bad("wait: -1us", 1, 7, "too small; write at least 1us");
	bad("wait: 1ns", 1, 7, "too small; write at least 1us");
	bad("wait: 1h", 1, 7, "too large; write at most 1000s");
	bad("wait: 99999999999999999999us", 1, 7, "out of range");
	bad("wait: 5s5", 1, 7, "'5s5' is not a duration");
	bad("wait: 5B", 1, 7, "units ns, us");
	bad("n: 0", 1, 4, "write at least 1");
	bad("n: 1.5", 1, 4, "'1.5' is not a whole number");
	bad("n: 99999999999999999999", 1, 4, "out of range");
	bad("n: ", 1, 3, "n has no value; write a whole number");
	bad("n: [1]", 1, 4, "n is a list; write a whole number");
	bad("n: {a: 1}", 1, 4, "n is a map");
	bad("share: 101%", 1, 8, "at most 100%");
	bad("share: 5", 1, 8, "5 has no unit; write 5%");
	bad("share: 0.9", 1, 8, "0.9 has no unit; write 90%");
	bad("ratio: 11", 1, 8, "at most 10");
	bad("ratio: nan", 1, 8, "'nan' is not a number");
	bad("q: p100", 1, 4, "out of range");
	bad("q: 99%", 1, 4, "'99%' is not a quantile");
	bad("flag: yes", 1, 7, "'yes' is not true or false");
	bad("mode: pol", 1, 7, "did you mean 'poll'?");
	bad("mode: 3", 1, 7, "write one of auto, poll, block");
}

static void test_bad_kinds(void **state)
{
	(void)state;
	bad("law: {exponentail: {mean: 1us}}", 1, 7,
	    "unknown law 'exponentail'; did you mean 'exponential'?");
	bad("law: gauss", 1, 6, "unknown law 'gauss'; write one of constant");
	bad("law: {exponential: {mean: 100}}", 1, 27, "write 100us");
	bad("law: 100", 1, 6, "100 has no unit; write 100us");
	bad("sizes: 100us", 1, 8, "is not a size");
	bad("law: exp:100", 1, 6, "100 has no unit");
	bad("law: exp", 1, 6, "mean in exponential is missing");
	bad("law: 'exp:'", 1, 6, "mean in exponential is missing");
	bad("law: lognormal:4", 1, 6, "out: {lognormal: {mean: ...}}, a dur");
	bad("law: exp:1us:2", 1, 6, "too many fields; write exponential:...");
	bad("policy: jbsq::1us", 1, 9, "an empty field");
	bad("policy: fcfs:3", 1, 9, "takes nothing after a colon");
	bad("policy: odd:8", 1, 9, "odd: '8' is not 7");
	bad("law: [1]", 1, 6, "law is a list");
	bad("law: {}", 1, 6, "takes one law");
	bad("law: {exp: {mean: 1us}, det: 1us}", 1, 25, "takes one law");
	bad("law: {exponential: 3us}", 1, 20, "write {exponential: {mean: ...}}");
	bad("law: {modes: 3}", 1, 14, "is a plain value; write a list");
	bad("law: {modes: }", 1, 14, "missing");
	bad("law: {modes: [{p: 2, value: 1us}]}", 1, 19, "at most 1");
	bad("law: {exponential: {mean: -1us}}", 1, 27, "too small");
	bad("law: {exponential: {mean: 1e30us}}", 1, 27, "too large");
	bad("or_word: nnoe", 1, 10, "did you mean 'none'?");
	bad("kinds: text", 1, 8, "kinds is a plain value; write a list");
	bad("kinds: [text, nosj]", 1, 15, "unknown report 'nosj'");
	bad("words: [[a]]", 1, 9, "is a list");
	bad("counts: [1, 10]", 1, 13, "counts: 10 is too large");
	bad("counts: 1,,2", 1, 9, "has no value");
	bad("counts: {a: 1}", 1, 9, "counts is a map; write a list");
	bad("things: {a: 1}", 1, 9, "things is a map; write a list");
	bad("inside: 3", 1, 9, "inside is a plain value; write a map");
	bad("by_pointer:", 1, 12, "by_pointer has no value");
}

/* All of them, in order of place, and no more than there is room for. */
static void test_many(void **state)
{
	char text[4096] = "";
	struct thing t;

	(void)state;
	assert_int_equal(parse("n: 0\nlaw: {exponential: {}}\nbogus: 1\n"
			       "flag: 3\n", &t), -EINVAL);
	assert_int_equal(problems.n, 4);
	for (uint32_t i = 0; i < 4; i++)
		assert_int_equal(problems.problem[i].mark.line, i + 1);
	/* What is missing shows last, and stands first. */
	assert_int_equal(parse("law: {exponential: {x: 1,\n z: 2,\n w: 3}}",
			       &t), -EINVAL);
	assert_int_equal(problems.n, 4);
	for (uint32_t i = 0; i < 4; i++)
		assert_int_equal(problems.problem[i].mark.line, i ? i : 1);
	for (int i = 0; i < 50; i++)
		snprintf(text + strlen(text), sizeof(text) - strlen(text),
			 "wrong%d: 1\n", i);
	assert_int_equal(parse(text, &t), -EINVAL);
	assert_int_equal(problems.n, OPTION_PROBLEMS);
	for (uint32_t i = 0; i < OPTION_PROBLEMS; i++)
		assert_int_equal(problems.problem[i].mark.line, i + 1);
}

static char *printed(const struct thing *thing)
{
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	assert_non_null(out);
	option_print(thing_rows, OPTION_UNIT_NONE, thing, 0, out);
	fclose(out);
	return text;
}

static char *print_of_problems(void)
{
	char *text = NULL;
	size_t len;
	FILE *out = tmpfile();

	assert_non_null(out);
	option_problems_print(&problems, "never shown: no terminal", out);
	len = (size_t)ftell(out);
	rewind(out);
	text = calloc(1, len + 1);
	assert_int_equal(fread(text, 1, len, out), len);
	fclose(out);
	return text;
}

static void test_line(void **state)
{
	struct thing t;
	char *text;

	(void)state;
	parse("\nn: 0", &t);
	text = print_of_problems();
	assert_string_equal(text, "dir/x.yaml:2:4: error: n: 0 is too small; "
				  "write at least 1\n");
	free(text);
	/* What a file says cannot write on the terminal. */
	parse("\"\\e[31m\\nx\": 1", &t);
	text = print_of_problems();
	assert_non_null(strstr(text, "'?[31m?x'"));
	assert_ptr_equal(strchr(text, '\n'), text + strlen(text) - 1);
	free(text);
}

/* --- printing ------------------------------------------------------------ */

static double random_between(struct rng *rng, double min, double max)
{
	if (rng_below(rng, 8) == 0)
		return rng_below(rng, 2) ? min : max;
	return min + rng_uniform(rng) * (max - min);
}

static const char *random_text(struct rng *rng)
{
	static const char *const some[] = {
		"plain", "", "null", "true", "3", "a: b", "# x", "- y", "[",
		"it's", "\"q\"", "back\\slash", "tab\tnew\nline", "é ü 漢",
		"\xc2\x85", "\xe2\x80\xa8", "\xef\xbb\xbf", "\x01\x7f", " ",
		"~", "*a", "&a", "!t", "%d", "@x", "`", "{}", "a,b", "x: ",
		"/dev/null", "\xf0\x9f\x98\x80", "auto", "-", "?", ":", "yes",
	};

	return some[rng_below(rng, sizeof(some) / sizeof(some[0]))];
}

static struct inner random_inner(struct rng *rng)
{
	return (struct inner){ (int64_t)rng_below(rng, 10),
			       rng_uniform(rng) };
}

static struct choice random_law(struct rng *rng)
{
	struct fake *f = arena_alloc(&arena, sizeof(*f));
	size_t which = rng_below(rng, 5);

	f->mean = random_between(rng, 1e-9, 1e15);
	f->scv = random_between(rng, 0, 1e6);
	f->file = "/a/b c";
	if (which == 3) {
		f->scv = rng_uniform(rng);
		f->list.n = rng_below(rng, 4);
		f->list.items = arena_array(&arena, f->list.n, sizeof(*f));
		for (size_t i = 0; i < f->list.n; i++)
			((struct fake *)f->list.items)[i] = *f;
	}
	return (struct choice){ &fake[which], f };
}

static struct choice random_policy(struct rng *rng, int deep)
{
	struct fake *f = arena_alloc(&arena, sizeof(*f));

	f->depth = 1 + (int64_t)rng_below(rng, 64);
	f->mean = random_between(rng, 0, 1e9);
	f->flag = rng_below(rng, 2);
	if (deep && rng_below(rng, 2))
		f->inner = random_policy(rng, deep - 1);
	return (struct choice){ &fake[7 + rng_below(rng, 2)], f };
}

static void random_thing(struct rng *rng, struct thing *t)
{
	*t = (struct thing){
		.flag = rng_below(rng, 2),
		.n = (int64_t)random_between(rng, 1, 1e6),
		.wait_ns = rng_below(rng, 4) ?
				   (int64_t)random_between(rng, 1e3, 1e12) :
				   OPTION_AUTO_VALUE,
		.bytes = (int64_t)random_between(rng, 1, 1e12),
		.ratio = random_between(rng, -10, 10),
		.share = rng_uniform(rng),
		.q = rng_open(rng),
		.text = random_text(rng),
		.mode = (int)rng_below(rng, 3),
		.inside = random_inner(rng),
		.policy = random_policy(rng, 3),
		.which = (int)rng_below(rng, 3),
	};
	if (rng_below(rng, 2))
		t->load = (struct load_value){ random_between(rng, 0, 1e6),
					       rng_below(rng, 2), true };
	if (rng_below(rng, 2))
		t->law = random_law(rng);
	if (rng_below(rng, 2))
		t->sizes = random_law(rng);
	if (t->which == 2)
		t->or_word = random_policy(rng, 1);
	if (rng_below(rng, 2)) {
		t->by_pointer = arena_alloc(&arena, sizeof(struct inner));
		*t->by_pointer = random_inner(rng);
	}
	t->things.n = rng_below(rng, 3);
	t->things.items = arena_array(&arena, t->things.n,
				      sizeof(struct inner));
	for (size_t i = 0; i < t->things.n; i++)
		((struct inner *)t->things.items)[i] = random_inner(rng);
	t->words.n = rng_below(rng, 4);
	t->words.items = arena_array(&arena, t->words.n, sizeof(char *));
	for (size_t i = 0; i < t->words.n; i++)
		((const char **)t->words.items)[i] = random_text(rng);
	t->times.n = rng_below(rng, 4);
	t->times.items = arena_array(&arena, t->times.n, sizeof(double));
	for (size_t i = 0; i < t->times.n; i++)
		((double *)t->times.items)[i] = random_between(rng, 0, 1e9);
}

/* Whatever is printed reads back, and prints the same again. */
static void test_fixpoint(void **state)
{
	struct rng rng;

	(void)state;
	test_rng(&rng, 1);
	for (int i = 0; i < 3000; i++) {
		struct thing t, back;
		char *once, *twice;

		random_thing(&rng, &t);
		once = printed(&t);
		if (parse(once, &back))
			fail_msg("%s\n%s", once, problems.problem[0].text);
		twice = printed(&back);
		assert_string_equal(once, twice);
		assert_true(back.wait_ns == t.wait_ns && back.q == t.q);
		assert_true(back.ratio == t.ratio && back.share == t.share);
		assert_true(back.load.value == t.load.value);
		assert_string_equal(back.text, t.text);
		assert_int_equal(back.times.n, t.times.n);
		if (t.law.kind && t.law.kind != &fake[3] &&
		    t.law.kind != &fake[4])
			assert_true(options_of(&back.law)->mean ==
				    options_of(&t.law)->mean);
		free(once);
		free(twice);
	}
}

/* --- the command line ---------------------------------------------------- */

static struct choice law(const char *text, enum option_unit unit)
{
	struct choice choice;
	struct err err;

	if (option_parse_choice(KIND_DIST, unit, text, &choice, &arena, &err))
		fail_msg("%s: %s", text, err.text);
	return choice;
}

static void test_choice(void **state)
{
	struct choice c = law("exp", OPTION_UNIT_NONE);
	struct err err;
	char text[128];

	(void)state;
	assert_true(options_of(&c)->mean == 1);
	c = law("exp:100us", OPTION_UNIT_TIME);
	assert_true(options_of(&c)->mean == 100e3);
	c = law("exp:100", OPTION_UNIT_TIME);
	assert_true(options_of(&c)->mean == 100);
	c = law("7", OPTION_UNIT_TIME);
	assert_true(options_of(&c)->mean == 7);
	c = law("lognormal:4", OPTION_UNIT_NONE);
	assert_true(options_of(&c)->mean == 1 && options_of(&c)->scv == 4);
	c = law("{lognormal: {mean: 10us, scv: 4}}", OPTION_UNIT_TIME);
	assert_true(options_of(&c)->mean == 10e3);
	option_describe(&c, OPTION_UNIT_TIME, text, sizeof(text));
	assert_string_equal(text, "lognormal {mean: 10us, scv: 4}");
	option_describe(&c, OPTION_UNIT_TIME, text, 12);
	assert_string_equal(text, "lognormal {");
	assert_int_equal(option_parse_choice(KIND_DIST, OPTION_UNIT_TIME,
					     "exponentail:3", &c, &arena,
					     &err), -EINVAL);
	assert_non_null(strstr(err.text, "did you mean 'exponential'?"));
	assert_int_equal(option_parse_choice(KIND_DIST, OPTION_UNIT_TIME, "",
					     &c, &arena, &err), -EINVAL);
	assert_int_equal(option_parse_choice(KIND_DIST, OPTION_UNIT_TIME, "{",
					     &c, &arena, &err), -EINVAL);
	assert_int_equal(option_parse_choice(KIND_POLICY, OPTION_UNIT_TIME,
					     "fcfs", &c, &arena, &err), 0);
	option_describe(&c, OPTION_UNIT_TIME, text, sizeof(text));
	assert_string_equal(text, "fcfs");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_presets),
		cmocka_unit_test(test_scalars),
		cmocka_unit_test(test_kinds),
		cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_files),
		cmocka_unit_test(test_bad_keys),
		cmocka_unit_test(test_bad_scalars),
		cmocka_unit_test(test_bad_kinds),
		cmocka_unit_test(test_many),
		cmocka_unit_test(test_line),
		cmocka_unit_test(test_fixpoint),
		cmocka_unit_test(test_choice),
	};
	int failed;

	arena_init(&arena);
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	arena_fini(&arena);
	return failed;
}
