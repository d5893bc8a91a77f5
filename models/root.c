/* root.c - where a function crosses 0: Brent's method, by GSL */
#include "models/root.h"

#include <gsl/gsl_errno.h>
#include <gsl/gsl_roots.h>
#include <math.h>

double root_find(double (*f)(double x, void *context), void *context, double lo,
		 double hi)
{
	gsl_function function = { f, context };
	gsl_root_fsolver *solver;
	double root = NAN, at_lo = f(lo, context), at_hi = f(hi, context);

	if (at_lo == 0)
		return lo;
	if (at_hi == 0)
		return hi;
	/* Also where one is NAN: GSL would end the program. */
	if (!(at_lo * at_hi < 0))
		return NAN;
	solver = gsl_root_fsolver_alloc(gsl_root_fsolver_brent);
	if (!solver)
		return NAN;
	gsl_root_fsolver_set(solver, &function, lo, hi);
	for (int i = 0; i < 200; i++) {
		if (gsl_root_fsolver_iterate(solver))
			break;
		root = gsl_root_fsolver_root(solver);
		lo = gsl_root_fsolver_x_lower(solver);
		hi = gsl_root_fsolver_x_upper(solver);
		if (hi - lo <= 1e-13 * fabs(root))
			break;
	}
	gsl_root_fsolver_free(solver);
	return root;
}
