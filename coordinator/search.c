/* search.c - the highest load that keeps a promise, by noisy bisection */
#include "coordinator/search.h"

#include <assert.h>
#include <math.h>
#include <string.h>

/* Besides halving: both ends, and walls to be passed by. */
#define MORE 5
#define VOIDS 3	/* at one load, before it is a wall */

void search_init(struct search *search, double from, double to,
		 double resolution)
{
	double halvings = ceil(log2((to - from) / (resolution * to)));

	memset(search, 0, sizeof(*search));
	search->from = from;
	search->to = to;
	search->resolution = resolution;
	search->lo = search->hi = (double)NAN;
	halvings = fmin(fmax(halvings, 0), SEARCH_MOST - SEARCH_VOIDS - MORE);
	search->tells = (size_t)halvings + MORE;
	search->most = search->tells + SEARCH_VOIDS;
}

double search_confidence(const struct search *search, double confidence)
{
	return 1 - 2 * (1 - confidence) /
		       ((double)search->tells * SEARCH_LOOKS);
}

/* Tried for good: what came to nothing the first time may be tried again. */
static int tried(const struct search *search, double load)
{
	int times = 0;

	for (size_t i = 0; i < search->n; i++)
		if (search->trial[i].load >= load &&
		    search->trial[i].load <= load)
			times += search->trial[i].found == SEARCH_VOID
					 ? 1 : VOIDS;
	return times >= VOIDS;
}

/* What is known of both sides, or where the range ends. */
static double below(const struct search *search)
{
	return isnan(search->lo) ? search->from : search->lo;
}

static double above(const struct search *search)
{
	return isnan(search->hi) ? search->to : search->hi;
}

int search_resolved(const struct search *search)
{
	return search->hi - search->lo <= search->resolution * search->hi;
}

/* The walls between both sides: the lowest and the highest; else NAN. */
static void walls(const struct search *search, double *low, double *high)
{
	*low = *high = (double)NAN;
	for (size_t i = 0; i < search->n; i++) {
		double load = search->trial[i].load;

		if (load <= below(search) || load >= above(search) ||
		    !tried(search, load))
			continue;
		*low = fmin(load, *low);
		*high = fmax(load, *high);
	}
}

/* Between one side and the wall or other side that it faces; NAN: no room. */
static double halve(const struct search *search, double from, double to,
		    double gap)
{
	return to - from > gap * above(search) ? (from + to) / 2 : (double)NAN;
}

/* An end of the range that all led to, and that nobody tried; or NAN. */
static double untried_end(const struct search *search)
{
	if (isnan(search->lo) && !tried(search, search->from))
		return search->from;
	if (isnan(search->hi) && !tried(search, search->to))
		return search->to;
	return (double)NAN;
}

double search_next(const struct search *search)
{
	double low, high, left, right;

	if (search->n - search->voids >= search->tells ||
	    search->n >= search->most || search_resolved(search))
		return (double)NAN;
	walls(search, &low, &high);
	if (isnan(low)) {
		left = halve(search, below(search), above(search),
			     search->resolution);
		return isnan(left) ? untried_end(search) : left;
	}
	left = halve(search, below(search), low, search->resolution / 2);
	right = halve(search, high, above(search), search->resolution / 2);
	if (isnan(left) && isnan(right))
		return untried_end(search);
	if (isnan(left) || isnan(right))
		return isnan(left) ? right : left;
	return low - below(search) > above(search) - high ? left : right;
}

void search_tell(struct search *search, double load, enum search_found found)
{
	assert(search->n < SEARCH_MOST);
	search->trial[search->n++] = (struct search_trial){ load, found };
	search->open += found == SEARCH_OPEN;
	search->voids += found == SEARCH_VOID;
	if (found == SEARCH_KEPT)
		search->lo = fmax(load, search->lo);
	if (found == SEARCH_MISSED)
		search->hi = fmin(load, search->hi);
}
