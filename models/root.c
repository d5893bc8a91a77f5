/* root.c - where a function crosses 0: Brent's method, by GSL */
#include "models/root.h"

#include <gsl/gsl_errno.h>
#include <gsl/gsl_roots.h>
#include <math.h>
#include <stdbool.h>

/* GSL would end the program where f is NAN. */
struct guarded {
	double (*f)(double x, void *context);
	void *context;
	bool failed;
};

static double guard(double x, void *context)
{
	struct guarded *g = context;
	double value = g->f(x, g->context);

	g->failed |= isnan(value);
	return isnan(value) ? 0 : value;
}

static double find(double (*f)(double x, void *context), void *context,
		   double lo, double hi, double relative)
{
	struct guarded guarded = { f, context, false };
	gsl_function function = { guard, &guarded };
	gsl_root_fsolver *solver;
	double root = NAN, at_lo = f(lo, context), at_hi = f(hi, context);

	if (at_lo == 0)
		return lo;
	if (at_hi == 0)
		return hi;
	if (!(at_lo * at_hi < 0))
		return NAN;
	solver = gsl_root_fsolver_alloc(gsl_root_fsolver_brent);
	if (!solver)
		return NAN;
	gsl_root_fsolver_set(solver, &function, lo, hi);
	for (int i = 0; i < 200 && !guarded.failed; i++) {
		if (gsl_root_fsolver_iterate(solver))
			break;
		root = gsl_root_fsolver_root(solver);
		lo = gsl_root_fsolver_x_lower(solver);
		hi = gsl_root_fsolver_x_upper(solver);
		if (hi - lo <= relative * fabs(root))
			break;
	}
	gsl_root_fsolver_free(solver);
	return guarded.failed ? NAN : root;
}

double root_find(double (*f)(double x, void *context), void *context, double lo,
		 double hi)
{
	return find(f, context, lo, hi, 1e-13);
}

struct tail {
	double (*tail)(double x, void *context);
	void *context;
	double from, later;
};

/* Tails that fall like exponentials or like powers are nearly straight then.
 * Far beyond the root rounding may take the tail to 0. */
static double log_excess(double beyond, void *context)
{
	const struct tail *t = context;
	double excess = t->tail(t->from + beyond, t->context) / t->later;

	return isnan(excess) ? NAN : log(fmax(excess, 1e-12));
}

double root_tail(double (*tail)(double x, void *context), void *context,
		 double from, double step, double later)
{
	struct tail t = { tail, context, from, later };
	double lo = 0, hi = step;

	if (tail(from, context) <= later)
		return from;
	while (log_excess(hi, &t) > 0 && isfinite(hi)) {
		lo = hi;
		hi *= 2;
	}
	return from + find(log_excess, &t, lo, hi, 1e-10);
}
