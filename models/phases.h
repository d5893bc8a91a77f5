/* phases.h - k workers on jobs of several phases: the chain of M/PH/k */
#ifndef MODELS_PHASES_H
#define MODELS_PHASES_H

#include <gsl/gsl_matrix.h>
#include <stddef.h>
#include <stdint.h>

#include "workloads/dist.h"

struct arena;

/*
 * A state says how many busy workers are in each phase of service. With all
 * k busy there are (k + phases - 1 over phases - 1) of them, and a solve takes
 * their number to the third power: a second or so here.
 */
#define PHASES_STATES 200

/* Phases of a mixture of Erlang laws, branch after branch. */
struct phases {
	uint32_t k;
	double arrivals; /* rate */
	size_t n;	 /* of phases */
	double *rate;	 /* of leaving each */
	double *start;	 /* probability to begin there */
	double *end;	 /* 1: service ends after it; 0: the next one comes */
};

/* Rates of arrivals and branches are per the same unit of time. */
void phases_init(struct phases *p, const struct dist_branch *branch, size_t n,
		 uint32_t k, double arrivals, struct arena *arena);

/* Of so many busy workers; more than PHASES_STATES count as one more. */
size_t phases_states(const struct phases *p, uint32_t busy);

/*
 * The rates out of the states of a level, zeroed before: of `busy` jobs, all
 * in service; or, where `waiting`, k and others that wait, so that who leaves
 * is followed. up, stay and down lead to the level above (where busy is k,
 * the same states), here, and below; NULL: not wanted.
 */
void phases_rates(const struct phases *p, uint32_t busy, int waiting,
		  gsl_matrix *up, gsl_matrix *stay, gsl_matrix *down);

#endif
