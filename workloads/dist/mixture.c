/* mixture.c - one of several laws, by lot: a table of values with a tail */
#include "workloads/dist.h"

#include <errno.h>
#include <float.h>
#include <math.h>
#include <stdbool.h>

#include "lancet/core/arena.h"
#include "lancet/core/err.h"
#include "lancet/core/option.h"
#include "lancet/core/rng.h"

struct part_options {
	double p;
	struct choice law;
};

struct mixture_options {
	struct option_list parts;
};

struct part {
	double p, upto;		/* of it; of it and those before */
	struct dist law;
};

struct mixture {
	struct part *part;
	size_t n;
	bool apart;		/* no part reaches into the next one */
};

static const struct option_row part_rows[] = {
	OPTION(REAL, struct part_options, p, OPTION_REQUIRED, NULL, 0, 1,
	       "its probability"),
	{ .key = "law", .type = OPTION_TYPE_KIND, .flags = OPTION_REQUIRED,
	  .offset = offsetof(struct part_options, law), .class = KIND_DIST,
	  .help = "the law that is then drawn from" },
	{ 0 },
};

static const struct option_row mixture_rows[] = {
	{ .key = "", .type = OPTION_TYPE_LIST, .flags = OPTION_REQUIRED,
	  .offset = offsetof(struct mixture_options, parts),
	  .rows = part_rows, .rows_size = sizeof(struct part_options),
	  .help = "the laws; their probabilities sum to 1" },
	{ 0 },
};

/* All of a part lies below the next one, or where that begins. */
static bool is_apart(const struct mixture *s)
{
	for (size_t i = 0; i + 1 < s->n; i++) {
		const struct dist *law = &s->part[i].law;
		const struct dist *next = &s->part[i + 1].law;
		double from = next->ops->quantile(next->state, DBL_MIN);

		if (law->ops->cdf(law->state, from) < 1)
			return false;
	}
	return true;
}

static int mixture_init(void *state, const void *options, struct arena *arena,
			struct err *err)
{
	const struct mixture_options *o = options;
	const struct part_options *from = o->parts.items;
	struct mixture *s = state;
	double sum = 0;

	s->n = o->parts.n;
	s->part = arena_array(arena, s->n, sizeof(*s->part));
	for (size_t i = 0; i < s->n; i++) {
		sum += from[i].p;
		s->part[i].p = from[i].p;
		if (dist_init(&s->part[i].law, &from[i].law, arena, err) < 0)
			return err->code;
	}
	/* As those of modes: written with six digits. */
	if (!(fabs(sum - 1) <= 1e-5))
		return err_set(err, -EINVAL,
			       "probabilities of mixture sum to %g; make them "
			       "sum to 1", sum);
	for (size_t i = 0; i < s->n; i++) {
		s->part[i].p /= sum;
		s->part[i].upto = s->part[i].p +
				  (i ? s->part[i - 1].upto : 0);
	}
	s->apart = is_apart(s);
	return 0;
}

static void mixture_sample(const void *state, struct rng *rng, double *x,
			   size_t n)
{
	const struct mixture *s = state;

	for (size_t i = 0; i < n; i++) {
		double u = rng_uniform(rng);
		size_t at = 0;

		while (at + 1 < s->n && u >= s->part[at].upto)
			at++;
		s->part[at].law.ops->sample(s->part[at].law.state, rng, &x[i],
					    1);
	}
}

static double mixture_moment(const void *state, int k)
{
	const struct mixture *s = state;
	double sum = 0;

	for (size_t i = 0; i < s->n; i++)
		if (s->part[i].p > 0)
			sum += s->part[i].p *
			       s->part[i].law.ops->moment(s->part[i].law.state,
							  k);
	return sum;
}

static double mixture_cdf(const void *state, double x)
{
	const struct mixture *s = state;
	double sum = 0;

	for (size_t i = 0; i < s->n; i++)
		sum += s->part[i].p *
		       s->part[i].law.ops->cdf(s->part[i].law.state, x);
	return sum;
}

/* Where parts follow each other: in the one that holds p. */
static double quantile_apart(const struct mixture *s, double p)
{
	const struct part *part = s->part;
	double within;

	while (part + 1 < s->part + s->n && !(p <= part->upto))
		part++;
	within = (p - (part->upto - part->p)) / part->p;
	within = fmax(fmin(within, 1 - DBL_EPSILON / 2), DBL_MIN);
	return part->law.ops->quantile(part->law.state, within);
}

/*
 * Else it lies between the parts' own: by halves, down to neighbouring
 * numbers.
 */
static double mixture_quantile(const void *state, double p)
{
	const struct mixture *s = state;
	double lo = INFINITY, hi = 0;

	if (s->apart)
		return quantile_apart(s, p);

	for (size_t i = 0; i < s->n; i++) {
		const struct dist *law = &s->part[i].law;
		double x = law->ops->quantile(law->state, p);

		if (!(s->part[i].p > 0))
			continue;
		lo = fmin(lo, x);
		hi = fmax(hi, x);
	}
	if (mixture_cdf(s, lo) >= p)
		return lo;
	for (;;) {
		double middle = lo + (hi - lo) / 2;

		if (!(middle > lo && middle < hi))
			return hi;
		if (mixture_cdf(s, middle) >= p)
			hi = middle;
		else
			lo = middle;
	}
}

/* NAN where a part has none. */
static double complex mixture_laplace(const void *state, double complex z)
{
	const struct mixture *s = state;
	double complex sum = 0;

	for (size_t i = 0; i < s->n; i++) {
		const struct dist *law = &s->part[i].law;

		if (!law->ops->laplace)
			return NAN;
		sum += s->part[i].p * law->ops->laplace(law->state, z);
	}
	return sum;
}

/* No atoms, though parts may have some: those are for laws of nothing else. */
const struct dist_ops dist_mixture = {
	.kind = {
		.name = "mixture",
		.help = "one of several laws, each with its probability",
		.options = mixture_rows,
		.options_size = sizeof(struct mixture_options),
	},
	.state_size = sizeof(struct mixture),
	.init = mixture_init,
	.sample = mixture_sample,
	.moment = mixture_moment,
	.cdf = mixture_cdf,
	.quantile = mixture_quantile,
	.laplace = mixture_laplace,
};
