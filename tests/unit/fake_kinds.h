/* fake_kinds.h - a few kinds of each class, in the place of the real ones */
#ifndef TESTS_UNIT_FAKE_KINDS_H
#define TESTS_UNIT_FAKE_KINDS_H

#include <errno.h>

#include "lancet/core/arena.h"
#include "lancet/core/err.h"
#include "lancet/core/option.h"

struct fake {
	double mean, scv;
	int64_t depth, quantum_ns, bytes;
	const char *file;
	struct option_list list;
	struct choice inner;
	bool flag;
};

static const struct option_row fake_mean[] = {
	OPTION(VALUE, struct fake, mean, OPTION_REQUIRED, NULL, 1e-9, 1e15,
	       "mean"),
	OPTION(REAL, struct fake, scv, 0, "1", 0, 1e6, "scv"),
	{ 0 },
};
static const struct option_row fake_constant[] = {
	OPTION_AS(VALUE, struct fake, "value", mean, OPTION_REQUIRED, NULL, 0,
		  1e15, "value"),
	{ 0 },
};
static const struct option_row fake_mode[] = {
	OPTION_AS(REAL, struct fake, "p", scv, OPTION_REQUIRED, NULL, 0, 1,
		  "p"),
	OPTION_AS(VALUE, struct fake, "value", mean, OPTION_REQUIRED, NULL, 0,
		  1e15, "value"),
	{ 0 },
};
static const struct option_row fake_modes[] = {
	{ .key = "", .type = OPTION_TYPE_LIST,
	  .offset = offsetof(struct fake, list), .flags = OPTION_REQUIRED,
	  .rows = fake_mode, .rows_size = sizeof(struct fake) },
	{ 0 },
};
static const struct option_row fake_file[] = {
	OPTION(STRING, struct fake, file, OPTION_REQUIRED | OPTION_FILE, NULL,
	       0, 0, "file"),
	OPTION(REAL, struct fake, scv, 0, NULL, 0, 0, "scale"),
	{ 0 },
};
static const struct option_row fake_policy[] = {
	OPTION(INT, struct fake, depth, 0, "2", 1, 64, "depth"),
	OPTION_AS(VALUE, struct fake, "quantum", mean, 0, "5us", 0, 1e9,
		  "quantum"),
	OPTION(BOOL, struct fake, flag, 0, "true", 0, 0, "flag"),
	{ .key = "inner", .type = OPTION_TYPE_KIND,
	  .offset = offsetof(struct fake, inner), .class = KIND_POLICY },
	{ 0 },
};

static int fake_short(void *options, const char *text, struct arena *arena,
		      struct err *err)
{
	(void)arena;
	if (strcmp(text, "7"))
		return err_set(err, -EINVAL, "'%s' is not 7; write 7", text);
	((struct fake *)options)->depth = 7;
	return 0;
}

#define FAKE(name_, alias_, rows_, keys_) \
	{ .name = (name_), .alias = (alias_), .help = "help", \
	  .options = (rows_), .options_size = sizeof(struct fake), \
	  .short_keys = (keys_), .short_help = name_ ":..." }

static const struct kind fake[] = {
	FAKE("constant", "det", fake_constant, "value"),
	FAKE("exponential", "exp", fake_mean, "mean"),
	FAKE("lognormal", NULL, fake_mean, "scv"),
	FAKE("modes", "disc", fake_modes, NULL),
	FAKE("empirical", NULL, fake_file, "file"),
	FAKE("poisson", "M", NULL, NULL),
	FAKE("trace", NULL, fake_file, "file"),
	FAKE("fcfs", NULL, NULL, NULL),
	FAKE("jbsq", "bounded", fake_policy, "depth quantum"),
	{ .name = "odd", .options = fake_policy,
	  .options_size = sizeof(struct fake), .short_parse = fake_short },
	FAKE("virtual", NULL, NULL, NULL),
	FAKE("spin", NULL, NULL, NULL),
	FAKE("udp", NULL, NULL, NULL),
	FAKE("tcp", NULL, NULL, NULL),
	FAKE("local", NULL, NULL, NULL),
	FAKE("text", NULL, NULL, NULL),
	FAKE("json", NULL, NULL, NULL),
	FAKE("html", NULL, NULL, NULL),
	FAKE("svg", NULL, NULL, NULL),
};

static const struct kind *const fake_dists[] = { &fake[0], &fake[1], &fake[2],
						 &fake[3], &fake[4], NULL };
static const struct kind *const fake_arrivals[] = { &fake[5], &fake[6], NULL };
static const struct kind *const fake_policies[] = { &fake[7], &fake[8],
						    &fake[9], NULL };
static const struct kind *const fake_backends[] = { &fake[10], NULL };
static const struct kind *const fake_protos[] = { &fake[11], NULL };
static const struct kind *const fake_transports[] = { &fake[12], &fake[13],
						      NULL };
static const struct kind *const fake_launchers[] = { &fake[14], NULL };
static const struct kind *const fake_writers[] = { &fake[15], &fake[16],
						   &fake[17], &fake[18], NULL };
static const struct kind *const fake_none[] = { NULL };

/* Found before the library's: so the tests need no other part. */
const struct kind *const *kind_table(enum kind_class class)
{
	switch (class) {
	case KIND_ARRIVAL:
		return fake_arrivals;
	case KIND_BACKEND:
		return fake_backends;
	case KIND_DIST:
		return fake_dists;
	case KIND_LAUNCH:
		return fake_launchers;
	case KIND_POLICY:
		return fake_policies;
	case KIND_PROTO:
		return fake_protos;
	case KIND_TRANSPORT:
		return fake_transports;
	case KIND_WRITER:
		return fake_writers;
	default:
		return fake_none;
	}
}

#endif
