/* law.h - which of the usual laws measured times are like */
#ifndef MODELS_LAW_H
#define MODELS_LAW_H

#include <stddef.h>

struct arena;
struct predict_value;

/* The nearest law, and whether it is near enough. */
struct law_fit {
	const char *name;	/* as people call it; NULL: no law can be */
	const char *text;	/* as a configuration has it */
	double misfit, allowed; /* shares of the mean; see below */
	double mean, scv;	/* the law's */
	double beyond;		/* share of times later than its p99.9 */
	const char *others;	/* that are near enough as well; or "" */
};

/*
 * Of x[n] in rising order, n > 1, each less `shift`. Constant, exponential,
 * uniform, Erlang, lognormal, hyperexponential and bimodal laws are held
 * against them by the mean distance of their quantiles (Wasserstein's), over
 * the mean. The last percent is not looked at: there a machine's stalls are
 * what is measured. A law is taken where that is within a few percent, what n
 * draws vary by, and `noise`: what each time may be off by for other reasons.
 * Fewer parameters go before a slightly better fit. A law that is near enough
 * where the shift is elsewhere in its interval is one of the others.
 */
void law_fit(const double *x, size_t n, const struct predict_value *shift,
	     double noise, struct law_fit *fit, struct arena *arena);

#endif
