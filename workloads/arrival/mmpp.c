/* mmpp.c - poisson whose rate switches at random: storms and lulls */
#include "workloads/arrival.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#include "lancet/core/arena.h"
#include "lancet/core/err.h"
#include "lancet/core/option.h"
#include "lancet/core/rng.h"
#include "lancet/core/unit.h"
#include "lancet/core/lines.h"

/*
 * The Markov-modulated Poisson process (Fischer and Meier-Hellstern 1993).
 * Rates count against each other only: they are scaled so that the mean over
 * time is the rate of the load. It starts as if it had run for ever.
 */
struct mmpp_options {
	struct option_list rates, switches;
};

struct mmpp {
	struct arrival_mmpp whole;
	size_t at;	   /* the state; n: not yet drawn */
	double left_ns;	   /* what it still lasts */
	uint32_t of, pass; /* requests until the share's next one */
};

static const struct option_row mmpp_rows[] = {
	OPTION(REALS, struct mmpp_options, rates, OPTION_REQUIRED, NULL, 0,
	       1e12, "rate of each state, relative to the others"),
	OPTION(VALUES, struct mmpp_options, switches, OPTION_REQUIRED, NULL, 0,
	       1e15,
	       "mean time in each state, after which the next one follows, "
	       "cyclically"),
	{ 0 },
};

/* r1=4 or q12=0.01 of a short form; a q with a unit of time is a mean time. */
static int take_field(char *field, double *rate, double *stay)
{
	static const char *const keys[] = { "r1", "r2", "q12", "q21" };
	char *text = strchr(field, '=');
	int64_t ns;

	if (!text)
		return -EINVAL;
	*text++ = '\0';
	for (size_t i = 0; i < 4; i++) {
		double *to = i < 2 ? &rate[i] : &stay[i - 2];

		if (strcmp(field, keys[i]))
			continue;
		if (*to >= 0)
			return -EINVAL;
		if (i >= 2 && !unit_duration(text, &ns))
			*to = (double)ns;
		else if (unit_number(text, to) || !(*to >= 0))
			return -EINVAL;
		else if (i >= 2)
			*to = 1 / *to;
		return 0;
	}
	return -EINVAL;
}

static int mmpp_short(void *options, const char *text, struct arena *arena,
		      struct err *err)
{
	double *rate = arena_array(arena, 2, sizeof(*rate));
	double *stay = arena_array(arena, 2, sizeof(*stay));
	char *rest = arena_strdup(arena, text), *field;
	struct mmpp_options *o = options;

	rate[0] = rate[1] = stay[0] = stay[1] = -1;
	while ((field = strsep(&rest, ":")))
		if (take_field(field, rate, stay))
			return err_set(err, -EINVAL,
				       "'%.40s' is not one field; write "
				       "MMPP2:r1=4:r2=1:q12=0.02:q21=0.01",
				       field);
	if (rate[0] < 0 || rate[1] < 0 || stay[0] < 0 || stay[1] < 0)
		return err_set(err, -EINVAL,
			       "r1, r2, q12 and q21 are all needed; write "
			       "MMPP2:r1=4:r2=1:q12=0.02:q21=0.01");
	o->rates = (struct option_list){ rate, 2 };
	o->switches = (struct option_list){ stay, 2 };
	return 0;
}

static int check(const struct mmpp_options *o, struct err *err)
{
	const double *stay = o->switches.items;

	if (o->rates.n != o->switches.n || o->rates.n < 2 ||
	    o->rates.n > ARRIVAL_MMPP_STATES)
		return err_set(err, -EINVAL,
			       "mmpp has %zu rates and %zu switches; give as "
			       "many of each, 2 to %d",
			       o->rates.n, o->switches.n, ARRIVAL_MMPP_STATES);
	for (size_t i = 0; i < o->switches.n; i++)
		if (!(stay[i] > 0) || !isfinite(stay[i]))
			return err_set(err, -EINVAL,
				       "the mean time in state %zu of mmpp is "
				       "%g; give one above 0",
				       i + 1, stay[i]);
	return 0;
}

static int mmpp_init(void *state, const void *options,
		     const struct arrival_share *share, struct arena *arena,
		     struct err *err)
{
	const struct mmpp_options *o = options;
	const double *rate = o->rates.items, *stay = o->switches.items;
	struct mmpp *s = state;
	double time = 0, requests = 0, scale;

	(void)arena;
	if (check(o, err))
		return err->code;
	for (size_t i = 0; i < o->rates.n; i++) {
		time += stay[i];
		requests += rate[i] * stay[i];
	}
	if (!(requests > 0))
		return err_set(err, -EINVAL,
			       "all rates of mmpp are 0; give one above");
	scale = share->rate_rps / 1e9 * time / requests;
	*s = (struct mmpp){ .of = share->of, .pass = share->index + 1 };
	s->at = s->whole.n = o->rates.n;
	for (size_t i = 0; i < s->whole.n; i++) {
		s->whole.rate[i] = rate[i] * scale;
		s->whole.leave[i] = 1 / stay[i];
	}
	return 0;
}

static void enter(struct mmpp *s, struct rng *rng, size_t to)
{
	s->at = to;
	s->left_ns = rng_exponential(rng) / s->whole.leave[to];
}

/* A state by the share of time that the process spends there. */
static void start(struct mmpp *s, struct rng *rng)
{
	double time = 0, u;
	size_t at = 0;

	for (size_t i = 0; i < s->whole.n; i++)
		time += 1 / s->whole.leave[i];
	for (u = rng_uniform(rng) * time; at + 1 < s->whole.n; at++) {
		u -= 1 / s->whole.leave[at];
		if (u < 0)
			break;
	}
	enter(s, rng, at);
}

/* The next gap of the whole process, across the states that it meets. */
static double next_gap(struct mmpp *s, struct rng *rng)
{
	double work = rng_exponential(rng), gap = 0;

	for (;;) {
		double rate = s->whole.rate[s->at];

		if (work < rate * s->left_ns)
			break;
		work -= rate * s->left_ns;
		gap += s->left_ns;
		enter(s, rng, (s->at + 1) % s->whole.n);
	}
	s->left_ns -= work / s->whole.rate[s->at];
	return gap + work / s->whole.rate[s->at];
}

static size_t mmpp_gaps(void *state, struct rng *rng, double *gap_ns, size_t n)
{
	struct mmpp *s = state;

	if (s->at == s->whole.n)
		start(s, rng);
	for (size_t i = 0; i < n; i++) {
		gap_ns[i] = 0;
		for (; s->pass; s->pass--)
			gap_ns[i] += next_gap(s, rng);
		s->pass = s->of;
	}
	return n;
}

static const struct arrival_mmpp *mmpp_whole(const void *state)
{
	return &((const struct mmpp *)state)->whole;
}

const struct arrival_ops arrival_mmpp = {
	.kind = {
		.name = "mmpp",
		.alias = "MMPP2",
		.help = "Markov-modulated Poisson: the rate switches at random "
			"between states",
		.options = mmpp_rows,
		.options_size = sizeof(struct mmpp_options),
		.short_help = "MMPP2:r1=R:r2=R:q12=Q:q21=Q, q per unit of time "
			      "or as a mean time with a unit",
		.short_parse = mmpp_short,
	},
	.flags = ARRIVAL_TURNS,
	.state_size = sizeof(struct mmpp),
	.init = mmpp_init,
	.gaps = mmpp_gaps,
	.mmpp = mmpp_whole,
};
