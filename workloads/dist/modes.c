/* modes.c - a few values, each with its probability: bimodal and the like */
#include "workloads/dist.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#include "lancet/core/arena.h"
#include "lancet/core/err.h"
#include "lancet/core/option.h"
#include "workloads/discrete.h"
#include "lancet/core/lines.h"

struct mode {
	double p, value;
};

struct modes_options {
	struct option_list modes;
};

static const struct option_row mode_rows[] = {
	OPTION(REAL, struct mode, p, OPTION_REQUIRED, NULL, 0, 1,
	       "its probability"),
	OPTION(VALUE, struct mode, value, OPTION_REQUIRED, NULL, 0, 1e15,
	       "the value"),
	{ 0 },
};

static const struct option_row modes_rows[] = {
	{ .key = "",
	  .type = OPTION_TYPE_LIST,
	  .offset = offsetof(struct modes_options, modes),
	  .flags = OPTION_REQUIRED,
	  .rows = mode_rows,
	  .rows_size = sizeof(struct mode),
	  .help = "the values; their probabilities sum to 1" },
	{ 0 },
};

/* "0.9:5.7" of a short form. */
static int parse_mode(char *text, struct mode *mode, struct err *err)
{
	char *value = strchr(text, ':');

	if (value)
		*value++ = 0;
	if (!value || value_parse(text, &mode->p) || mode->p > 1 ||
	    value_parse(value, &mode->value) || mode->value > 1e15)
		return err_set(err, -EINVAL,
			       "'%.40s' is no P:VALUE; write disc:P:V,P:V,...",
			       text);
	return 0;
}

/* "0.9:5.7,0.1:100": pairs of probability and value. */
static int modes_short(void *options, const char *text, struct arena *arena,
		       struct err *err)
{
	struct modes_options *o = options;
	char *rest = arena_strdup(arena, text);
	struct mode *mode = NULL;
	size_t n = 0, room = 0;
	char *pair;

	while ((pair = strsep(&rest, ","))) {
		if (n == room)
			mode = arena_grow(arena, mode, n, &room, sizeof(*mode));
		if (parse_mode(pair, &mode[n++], err))
			return err->code;
	}
	o->modes.items = mode;
	o->modes.n = n;
	return 0;
}

static int modes_init(void *state, const void *options, struct arena *arena,
		      struct err *err)
{
	const struct option_list *list =
		&((const struct modes_options *)options)->modes;
	const struct mode *mode = list->items;
	struct atom *atom;
	double sum = 0;

	if (!list->n)
		return err_set(err, -EINVAL,
			       "modes is empty; list {p, value} pairs");
	atom = arena_array(arena, list->n, sizeof(*atom));
	for (size_t i = 0; i < list->n; i++) {
		atom[i] = (struct atom){ mode[i].value, mode[i].p };
		sum += mode[i].p;
	}
	/* Written with six digits, a dozen modes can be off by 1e-5. */
	if (fabs(sum - 1) > 1e-5)
		return err_set(err, -EINVAL,
			       "probabilities of modes sum to "
			       "%g; make them sum to 1",
			       sum);
	discrete_build(state, atom, list->n, arena);
	return 0;
}

const struct dist_ops dist_modes = {
	.kind = {
		.name = "modes",
		.alias = "disc",
		.help = "a few values, each with its probability",
		.options = modes_rows,
		.options_size = sizeof(struct modes_options),
		.short_help = "disc:P:VALUE,P:VALUE,...",
		.short_parse = modes_short,
	},
	.state_size = sizeof(struct discrete),
	.init = modes_init,
	.sample = discrete_sample,
	.moment = discrete_moment,
	.cdf = discrete_cdf,
	.quantile = discrete_quantile,
	.atoms = discrete_atoms,
	.laplace = discrete_laplace,
};
