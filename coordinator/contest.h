/* contest.h - which of several ways brings most, by looks at each in turn */
#ifndef COORDINATOR_CONTEST_H
#define COORDINATOR_CONTEST_H

#include <stdbool.h>
#include <stddef.h>

#define CONTEST_ROUNDS 8	/* at most; whoever is still in is looked at */
#define CONTEST_LEAST 4		/* rounds, however clear it looks */
#define CONTEST_ARMS 6

/*
 * A machine that slows down and recovers between two looks would choose at
 * random. So all arms are looked at in one round, the next round again, and
 * two arms are told apart by their differences round by round (Student's
 * paired test), which what slows both leaves alone.
 */
struct contest {
	size_t narms, rounds;
	struct contest_arm {
		double look[CONTEST_ROUNDS];	/* of each round while in */
		size_t out;	/* the round it was dropped after; 0: in */
	} arm[CONTEST_ARMS];
};

/* With narms set and the rest zero. */
static inline bool contest_in(const struct contest *c, size_t arm)
{
	return !c->arm[arm].out;
}

/*
 * A round is complete: look[rounds] is set of all that are in. Drops those
 * that surely bring less than the best; false: that was the last round.
 */
bool contest_round(struct contest *c);

/* The arm with the highest mean of those that are in. */
size_t contest_best(const struct contest *c);

#endif
