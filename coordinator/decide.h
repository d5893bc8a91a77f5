/* decide.h - what is done next about a point, from what it has shown so far */
#ifndef COORDINATOR_DECIDE_H
#define COORDINATOR_DECIDE_H

#include <stdbool.h>
#include <stdint.h>

struct arena;

enum decide_action {
	DECIDE_MEASURE,		/* the first segment of an attempt */
	DECIDE_CUT,		/* the warm-up takes longer: look again */
	DECIDE_RESPREAD,	/* more connections or threads, then anew */
	DECIDE_RERUN,		/* anew: another attempt */
	DECIDE_EXTEND,		/* a further segment */
	DECIDE_LEAVE_OUT,	/* windows that stalls spoilt: done, and said */
	DECIDE_ACCEPT,
	DECIDE_REJECT,
	DECIDE_ACTIONS
};

extern const char *const decide_name[DECIDE_ACTIONS];

/*
 * What a decision may look at. A point begins anew on evidence alone that
 * never looks at replies, or that condemns the client whatever the replies
 * were: what was measured must not choose what is kept. Whatever else is
 * wrong with a point stays wrong with it, until its end.
 */
struct decide_state {
	int64_t left_ns;	/* schedule time that fits into the limit */
	int64_t anew_ns;	/* what spreading anew takes of it */
	int64_t warmup_ns;	/* of each segment */
	int64_t settled_ns;	/* its queue was warm by then; 0: as planned */
	int64_t window_ns;	/* segments are whole windows */
	bool begun;		/* there is a segment of this attempt */
	double measured_s;	/* of them, after warm-ups */
	double shrink;		/* width of the interval over the one asked;
				 * INFINITY: unresolved, NAN: none asked */
	bool few;		/* looks are few: each step goes all the way */
	bool last;		/* no further look: a segment takes all */
	uint32_t attempt;	/* from 0 */
	uint32_t attempts;	/* at most */

	const char *spoilt;	/* what a blind check found; NULL: nothing */
	const char *doubt;	/* what another check found */
	bool paired;		/* a trial's, but for what pairs leave out */
	double left_out;	/* share of windows that stalls spoilt, and */
	double left_out_most;	/* how much of them may be */
	bool left_out_said;
	bool waited;		/* requests did, for a connection; and */
	bool throttled;		/* more connections could have spared them */
	bool overrun;		/* the loops were too slow for the rate */
	bool connections;	/* there could be more */
	bool threads;		/* and there are CPUs for them */
};

struct decision {
	enum decide_action action;
	int64_t length_ns;	/* MEASURE, EXTEND: of the next segment */
	int64_t need_ns;	/* EXTEND: what the precision is thought to
				 * take; INT64_MAX: nobody knows */
	const char *reason;	/* in the arena */
};

/*
 * How long the next segment should be, warm-up included, as far as precision
 * is concerned: 0 where it is reached, or none of use fits. *need_ns, which
 * may be NULL, as in a decision. Pure.
 */
int64_t decide_length(const struct decide_state *state, int64_t *need_ns);

/* Pure; the reason lives in the arena. */
struct decision decide(const struct decide_state *state, struct arena *arena);

#endif
