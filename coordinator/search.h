/* search.h - the highest load that keeps a promise, by noisy bisection */
#ifndef COORDINATOR_SEARCH_H
#define COORDINATOR_SEARCH_H

#include <stddef.h>

/* What trying a load came to. */
enum search_found {
	SEARCH_KEPT,		/* the whole interval is within the bound */
	SEARCH_MISSED,		/* the whole interval is beyond it */
	SEARCH_OPEN,		/* the interval holds the bound, time is up */
	SEARCH_VOID,		/* nothing: the client was at fault */
};

#define SEARCH_MOST 48		/* trials; 2^-30 of the range takes fewer */
#define SEARCH_VOIDS 8		/* that came to nothing, in all */
#define SEARCH_LOOKS 3		/* at a trial's interval, while it narrows */

/*
 * Bisection between `from` and `to`, until the highest load decided to meet
 * the objective and the lowest decided to miss it are apart by at most
 * `resolution` of the upper one. An undecided load splits the range: the search
 * goes on at both sides of it. A void trial (the client was disturbed) is
 * repeated twice, then counts as undecided. `from` and `to` themselves are
 * tried only if the search gets there.
 *
 * Response times grow with the load, so lo and hi follow from single trials,
 * and are wrong only if one of at most tells * SEARCH_LOOKS intervals was, on
 * the one side that matters; void trials decide nothing. search_confidence()
 * shares the error among the intervals evenly (Bonferroni): in whatever order
 * the trials came, and however early each stopped, lo and hi enclose the true
 * highest load at least as often as asked.
 */
struct search {
	double from, to, resolution;
	double lo, hi;		/* highest kept, lowest missed; NAN: none */
	size_t n, most;
	size_t tells;		/* of them, at most, may say something */
	size_t open, voids;	/* of the trials */
	struct search_trial {
		double load;
		enum search_found found;
	} trial[SEARCH_MOST];
};

void search_init(struct search *search, double from, double to,
		 double resolution);

/* Two-sided, of the intervals that trials are judged by. */
double search_confidence(const struct search *search, double confidence);

/* The next load to try; NAN: the search is over. */
double search_next(const struct search *search);
void search_tell(struct search *search, double load, enum search_found found);

/* lo and hi are as close as was asked for. */
int search_resolved(const struct search *search);

#endif
