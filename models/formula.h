/* formula.h - what a model of a queue in closed form, or nearly, promises */
#ifndef MODELS_FORMULA_H
#define MODELS_FORMULA_H

#include "lancet/core/kind.h"
#include "models/predict.h"

struct arena;
struct err;
struct queue;

enum formula_strength {
	FORMULA_EXACT,	     /* to rounding, or to the error its file states */
	FORMULA_APPROXIMATE, /* never taken unless asked for */
};

/*
 * One model, for example M/M/k. A backend is one file formula/NAME.c that
 * exports exactly `const struct formula_ops formula_NAME`; its help names
 * the model, author and year. Where several exact ones know a figure, the
 * first in order of name answers: they agree.
 */
struct formula_ops {
	struct kind kind;
	enum formula_strength strength;
	size_t state_size;

	/*
	 * Does it hold for this queue, which is stable? Solves what its
	 * figures share, in zeroed state. 0, or -EDOM with the reason why
	 * not: where nothing but it could answer, the user reads that.
	 */
	int (*solve)(void *state, const struct queue *queue,
		     struct arena *arena, struct err *err);

	/*
	 * In the unit of the queue's service times. NAN: it does not know
	 * this figure. Exact: lo = hi = value; approximate: lo and hi are
	 * what the published error leaves possible.
	 */
	struct predict_value (*answer)(const void *state,
				       const struct predict_ask *ask);

	/* Approximate ones: the error here, in words: "-5% to +13%". */
	void (*error)(const void *state, char *text, size_t size);
};

#endif
