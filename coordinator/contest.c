/* contest.c - which of several ways brings most, by looks at each in turn */
#include "coordinator/contest.h"

#include <math.h>

#include "lancet/core/stats/vector.h"

#define SURELY .01	/* chance that an arm as good as the best goes, a round */
#define CLOSE .01	/* of the mean: looks agree no better than that */
#define KNOWN .03	/* of the mean: nobody needs it more exactly */

static double mean_of(const struct contest *c, size_t arm)
{
	return vector_mean(c->arm[arm].look, c->rounds);
}

size_t contest_best(const struct contest *c)
{
	size_t best = c->narms;

	for (size_t i = 0; i < c->narms; i++)
		if (contest_in(c, i) && (best == c->narms ||
					 mean_of(c, i) > mean_of(c, best)))
			best = i;
	return best;
}

/* By how much `best` is ahead, over the error of that: Student's t. */
static double ahead(const struct contest *c, size_t best, size_t arm)
{
	double difference[CONTEST_ROUNDS];
	double n = (double)c->rounds, error;

	for (size_t i = 0; i < c->rounds; i++)
		difference[i] = c->arm[best].look[i] - c->arm[arm].look[i];
	/* Looks that agree by chance tell less than they seem to. */
	error = fmax(vector_deviation(difference, c->rounds),
		     CLOSE * mean_of(c, best)) / sqrt(n);
	return vector_mean(difference, c->rounds) / error;
}

static void drop(struct contest *c, size_t best)
{
	double t = quantile_student(2 * SURELY, (double)c->rounds - 1);

	for (size_t i = 0; i < c->narms; i++)
		if (i != best && contest_in(c, i) && ahead(c, best, i) > t)
			c->arm[i].out = c->rounds;
}

static bool known(const struct contest *c, size_t best)
{
	double t = quantile_student(.05, (double)c->rounds - 1);

	return t * vector_deviation(c->arm[best].look, c->rounds) /
	       sqrt((double)c->rounds) < KNOWN * mean_of(c, best);
}

bool contest_round(struct contest *c)
{
	size_t best;

	c->rounds++;
	if (c->rounds < 3)
		return true;
	best = contest_best(c);
	drop(c, best);
	if (c->rounds < CONTEST_LEAST)
		return true;
	return c->rounds < CONTEST_ROUNDS && !known(c, best);
}
