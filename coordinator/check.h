/* check.h - what a statistical self-correction check promises */
#ifndef COORDINATOR_CHECK_H
#define COORDINATOR_CHECK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lancet/core/kind.h"
#include "lancet/core/result.h"

struct arena;
struct err;
struct point_data;	/* coordinator/point.h: all that agents reported */

/* NOT_APPLICABLE is reported as not run too, but needs not run here. */
enum check_status {
	CHECK_PASS, CHECK_FAIL, CHECK_NOT_RUN, CHECK_NOT_APPLICABLE
};

/*
 * The outcome of one check. A check that could not run is CHECK_NOT_RUN with
 * the reason, never a pass. reason is one sentence with the numbers, in the
 * arena; statistic, p_value, threshold and effect are NAN where they have no
 * meaning.
 */
struct check_result {
	enum check_status status;
	double statistic, p_value, threshold, effect;
	const char *reason;
};

/* One file check/NAME.c. Pure: reads the data, writes the result. */
struct check_ops {
	struct kind kind;	/* options hold the levels, with their source */
	/*
	 * It never looks at replies: not at latencies, not at outcomes. What
	 * such a check rejects may be measured anew, since that selects
	 * nothing by what it showed. False where in doubt.
	 */
	bool blind;
	bool client;	/* what it finds is the client's doing */

	/*
	 * After point_close(). `out` comes with every number NAN; what it
	 * points to lives in the arena.
	 */
	void (*run)(const struct point_data *data, const void *options,
		    struct arena *arena, struct check_result *out);
};

/*
 * Run every check there is with its levels as preset; results in order of
 * name. A correction for many points (Holm 1979) has its place in the caller,
 * over the p_values that come back. 0 or -EINVAL.
 */
int check_all(const struct point_data *data, struct arena *arena,
	      struct result_check **checks, size_t *n, struct err *err);

/* What could not run rejects, unless it has no meaning here: a trace's law. */
bool check_rejects(const struct result_check *check);

/* The first that rejects, of the blind ones or of the others; NULL: none. */
const struct result_check *check_fault(const struct result_check *checks,
				       size_t n, bool blind);

/* One that looks at the client failed: the server is not what was measured. */
bool check_client_failed(const struct result_check *checks, size_t n);

extern const char *const check_status_name[];

#endif
