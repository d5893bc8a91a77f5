/* near.h - numbers that are the same, or as near as a test allows */
#ifndef TESTS_UNIT_NEAR_H
#define TESTS_UNIT_NEAR_H

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* cmocka's assert_float_equal() rounds to floats and lets NAN pass. */
#define assert_near(is, should, within) \
	near_or_fail(is, should, within, __FILE__, __LINE__)

static inline void near_or_fail(double is, double should, double within,
				const char *file, int line)
{
	if (fabs(is - should) <= within)
		return;
	print_error("%.17g is not %.17g\n", is, should);
	_fail(file, line);
}

#endif
