/* batch.c - several requests at once, at poisson's instants */
#include "workloads/arrival.h"

#include <errno.h>
#include <math.h>

#include "lancet/core/err.h"
#include "lancet/core/option.h"
#include "lancet/core/rng.h"

/* Compound Poisson: batches at the rate of the load over their mean size. */
enum batch_law { BATCH_FIXED, BATCH_GEOMETRIC };

struct batch_options {
	double size;
	int law;
};

struct batch {
	double mean_gap_ns; /* of batches */
	double size;
	double log_more;   /* geometric: log P(one more) */
	uint64_t left;	   /* of the batch that has begun */
	uint32_t of, pass; /* requests until the share's next one */
};

static const char *const laws[] = { "fixed", "geometric", NULL };

static const struct option_row batch_rows[] = {
	OPTION(REAL, struct batch_options, size, OPTION_REQUIRED, NULL, 1, 1e6,
	       "mean number of requests in a batch"),
	{ .key = "law",
	  .type = OPTION_TYPE_ENUM,
	  .offset = offsetof(struct batch_options, law),
	  .preset = "fixed",
	  .names = laws,
	  .help = "law of the size; geometric sizes start at 1" },
	{ 0 },
};

static int batch_init(void *state, const void *options,
		      const struct arrival_share *share, struct arena *arena,
		      struct err *err)
{
	const struct batch_options *o = options;

	(void)arena;
	if (o->law == BATCH_FIXED && o->size != floor(o->size))
		return err_set(err, -EINVAL,
			       "a batch of %g requests; give a whole number, "
			       "or law: geometric",
			       o->size);
	*(struct batch *)state = (struct batch){
		.mean_gap_ns = 1e9 / share->rate_rps * o->size,
		.size = o->size,
		.log_more = o->law == BATCH_GEOMETRIC ? log1p(-1 / o->size) : 0,
		.of = share->of,
		.pass = share->index + 1,
	};
	return 0;
}

/* 1 + floor(log U / log q) is geometric with P(more) = q. */
static uint64_t draw_size(const struct batch *s, struct rng *rng)
{
	if (s->log_more == 0)
		return (uint64_t)s->size;
	return 1 + (uint64_t)(log(rng_open(rng)) / s->log_more);
}

/* The time until n requests of the whole process have come. */
static double pass(struct batch *s, struct rng *rng, uint64_t n)
{
	double gap = 0;

	for (; n > s->left; s->left = draw_size(s, rng)) {
		n -= s->left;
		gap += s->mean_gap_ns * rng_exponential(rng);
	}
	s->left -= n;
	return gap;
}

static size_t batch_gaps(void *state, struct rng *rng, double *gap_ns, size_t n)
{
	struct batch *s = state;

	for (size_t i = 0; i < n; i++) {
		gap_ns[i] = pass(s, rng, s->pass);
		s->pass = s->of;
	}
	return n;
}

const struct arrival_ops arrival_batch = {
	.kind = {
		.name = "batch",
		.help = "batches of simultaneous requests at the instants of a "
			"Poisson process",
		.options = batch_rows,
		.options_size = sizeof(struct batch_options),
		.short_keys = "size law",
		.short_help = "batch:SIZE, batch:SIZE:geometric",
	},
	.flags = ARRIVAL_TURNS,
	.state_size = sizeof(struct batch),
	.init = batch_init,
	.gaps = batch_gaps,
};
