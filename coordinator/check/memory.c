/* memory.c - how much do neighbouring response times depend on each other? */
#include <math.h>

#include "coordinator/check.h"
#include "coordinator/point.h"
#include "coordinator/scores.h"
#include "lancet/core/arena.h"
#include "lancet/core/err.h"
#include "lancet/core/stats/serial.h"
#include "lancet/core/stats/steady.h"
#include "lancet/core/stats/unitroot.h"

#define LAGS_MOST 8	/* of windows; each more costs time, and power */

/*
 * Never rejects: the natural correlation of a queue is no fault. It says how
 * many independent requests these are worth, for who chooses the interval's
 * method, the warm-up and the length. A unit root that cannot be excluded
 * (ADF) means that the point is too short for its load.
 */
static void run(const struct point_data *data, const void *options,
		struct arena *arena, struct check_result *out)
{
	struct scores s = scores_of(data, -1, arena);
	double *mean = arena_array(arena, s.n + 1, sizeof(*mean));
	double n = 0, worth, within, rho = (double)NAN;
	struct steady steady;
	struct adf adf;
	struct err err;
	size_t windows = 0;

	(void)options;
	for (size_t i = 0; i < s.n; i++) {
		n += s.answered[i];
		if (s.answered[i] > 0)
			mean[windows++] = s.log_ns[i] / s.answered[i];
	}
	out->status = CHECK_NOT_APPLICABLE;
	if (steady_run(s.log_ns, s.answered, s.n, &steady, &err) ||
	    unitroot_adf_aic(mean, windows, LAGS_MOST, &adf, &err)) {
		out->reason = arena_strdup(arena, err.text);
		return;
	}
	serial_acf(mean, windows, 1, &rho, &err);
	out->status = CHECK_PASS;
	out->statistic = adf.tau;
	within = s.square_ns / n - steady.level * steady.level;
	worth = fmin(within / (steady.error * steady.error), n);
	out->effect = worth / n;
	out->reason = arena_printf(arena,
		"for the typical response time %.0f requests count for %.0f "
		"independent ones; the correlation of windows is %.2f; a unit "
		"root has p %.2g (ADF)", n, worth, rho, adf.p);
}

const struct check_ops check_memory = {
	.kind = {
		.name = "memory",
		.help = "how strongly response times are autocorrelated (never "
			"rejects)",
	},
	.run = run,
};
