/* interface.h - a queue's latency as a small function of its load */
#ifndef MODELS_INTERFACE_H
#define MODELS_INTERFACE_H

#include <stdbool.h>
#include <stddef.h>

#include "models/predict.h"

struct arena;
struct err;

/*
 * A performance interface (Iyer, Argyraki and Candea 2022, "Performance
 * interfaces for network functions"): code that says how long
 * a system takes for which use, in place of measurements. This one is a
 * closed form for a queue, with a handful of fitted constants.
 */
struct latency_fit {
	double path_ns;	    /* of each request, without a worker */
	double plus_ns;	    /* added to each service */
	double times;	    /* that each service is longer */
	double wait_times;  /* mean wait over the formula's */
	double waits_times; /* share that waits over Erlang's */
	bool split;	    /* a queue to each worker, not one for all */
};

/* One measured or predicted quantile. */
struct interface_point {
	double rate_rps, q, value_ns, error_ns; /* error: standard */
};

#define INTERFACE_CLASSES 16
#define INTERFACE_QUANTILES 64

/* A class of requests, with what was measured of it where fitted. */
struct interface_class {
	const struct class_law *law;
	struct interface_point point[INTERFACE_QUANTILES];
	size_t n;
};

struct interface {
	struct latency_fit fit;
	size_t nclasses;
	double path_ns[INTERFACE_CLASSES]; /* in place of the fit's */
	double bytes[INTERFACE_CLASSES];   /* request and reply, mean */
	double byte_ns;			   /* of each byte more than that */
	double resolution;		   /* relative */
	double held_out, other; /* largest errors that it was made of */
	size_t nfitted, nheld;
	double load_lo, load_hi, scv_lo, scv_hi; /* where it was tried */
};

/*
 * Fitted to fitted[], tried on held[] and on laws of other shape under the
 * query's policy, by prediction.
 */
int interface_fit(const struct predict_query *query,
		  const struct interface_point *fitted, size_t nfitted,
		  const struct interface_point *held, size_t nheld,
		  const struct interface_class *class, size_t nclasses,
		  struct interface *found, struct err *err);

/* The closed form, as C and as Python: text to be written out. */
extern const char asset_interface_form[], asset_interface_python[];

#endif
