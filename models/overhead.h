/* overhead.h - what a measured system adds to an ideal queue, and where */
#ifndef MODELS_OVERHEAD_H
#define MODELS_OVERHEAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lancet/core/kind.h"
#include "models/predict.h"
#include "models/sections.h"

struct arena;
struct err;
struct job;

/*
 * Measured quantiles of all loads are laid beside those of a queue with
 * more work in each service,
 *
 *	Q_measured(q, load) = a + Q_model(q, load; S + b),
 *
 * where a, communication, delays each request and occupies no worker, while
 * b, work of the system, does and so brings the knee nearer. At one load the
 * two look alike. The variant S (1 + c) stands for caches and threads that
 * slow all work down.
 */
enum overhead_kind { OVERHEAD_ADDED, OVERHEAD_SCALED, OVERHEAD_KINDS };

/*
 * Quantiles of the same jobs with x more work each. Up to saturation and
 * past it quantile times room is smooth, where room is the idle share as the
 * law has it, kept above 0.
 */
struct overhead_curve {
	size_t nodes;
	double *x;    /* rising; one of them is 0 */
	double *rows; /* a node: OVERHEAD_ROWS of nq */
};

/* As sections_quantiles() fills them, times room. */
#define OVERHEAD_ROWS (1 + SECTIONS)
#define OVERHEAD_QUANTILES 6

/* `more`: work added, in mean services. */
double overhead_room(double load, double more);

/* One load. */
struct overhead_point {
	double load;	     /* of capacity, without overhead */
	size_t nq;	     /* at most OVERHEAD_QUANTILES */
	const double *q;     /* rising */
	const double *gap;   /* measured - model, at no overhead */
	const double *error; /* its standard error; NULL: paired */
	/* Not paired: */
	double rate;	  /* arrivals per unit of time */
	double requests;  /* behind the gaps */
	double simulated; /* behind the curves */
	double scv;	  /* of gaps and services together, for its memory */
	const double *measured; /* paired: OVERHEAD_ROWS of nq */
	struct overhead_curve curve[OVERHEAD_KINDS];
};

/* Jobs in order of arrival that a curve is made of. */
struct overhead_jobs {
	const struct choice *policy;
	uint32_t workers;
	const struct job *job;
	size_t n;
	const bool *counted; /* in the quantiles; the others make way only */
	double mean;	     /* of service */
	double load;	     /* of capacity */
	const struct overhead_near *near; /* or NULL: everywhere */
};

/*
 * The curves of a point for its q[nq] from the same jobs with more work,
 * replayed under their policy; `replayed[nq]` (or NULL) gets the
 * quantiles without overhead. Memory is the arena's. 0, or -errno.
 */
int overhead_curves(const struct overhead_jobs *jobs,
		    struct overhead_point *point, double *replayed,
		    struct arena *arena, struct err *err);

/* Where the curves of a second look have their nodes: around a first fit. */
struct overhead_near {
	double lo[OVERHEAD_KINDS], hi[OVERHEAD_KINDS];
};

/* One variant, fitted to all loads. Times in the unit of the points. */
struct overhead_fit {
	struct predict_value communication; /* a */
	struct predict_value work;	    /* b, or c */
	double lead, lead_error;    /* a - b (or a - c mean) and its error */
	double chi2, p_value, aicc; /* p: also of overhead below nothing */
	size_t freedom;
	/* What the work does to one quantile at the highest load. */
	double top_load, top_q, top_effect;
};

struct overhead {
	struct overhead_fit of[OVERHEAD_KINDS];
	enum overhead_kind best;
	struct predict_value work; /* of the best, as a time per request */
	bool fits;		   /* p_value >= OVERHEAD_REJECT */
};

/* A queue and two constants that come out less likely than this are denied. */
#define OVERHEAD_REJECT 1e-3

/*
 * Weighted least squares over all points, 95% intervals. Work in proportion
 * is the best only where its AICc is lower by 4, as either explains small
 * overhead (Burnham and Anderson 2002). -EDOM with the reason where there are
 * fewer than two loads.
 */
int overhead_fit(const struct overhead_point *points, size_t n, double mean,
		 struct overhead *found, struct err *err);

/*
 * The same for points whose requests are not known one by one: their curves
 * come from simulations of the query's queue at each point's rate, first
 * everywhere, then around what was found.
 */
int overhead_stationary(const struct predict_query *query,
			struct overhead_point *points, size_t n,
			struct overhead *found, struct arena *arena,
			struct err *err);

/*
 * Which of the two dominates, with figures, or that it cannot be told; for
 * times in ns.
 */
char *overhead_sentence(const struct overhead *found, char *text, size_t size);

#endif
