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
struct wire_stamps;
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
 *
 * A check that tests a null hypothesis sets p_value, level, effect and
 * threshold, and CHECK_PASS: check_all() makes it CHECK_FAIL if p_value,
 * corrected for all tests of the run, is at most the level *and* the effect
 * exceeds the threshold, so that many requests do not reject over a trifle. A
 * check without a level sets CHECK_FAIL itself.
 */
struct check_result {
	enum check_status status;
	double statistic, p_value, threshold, effect;
	double level;
	const char *reason;
};

/* One file check/NAME.c. Pure: reads the data, writes the result. */
struct check_ops {
	struct kind kind;	/* options hold the levels, with their source */
	/*
	 * It never looks at replies: neither latencies nor outcomes. A point
	 * that such a check rejects may be measured again without selecting
	 * results. If in doubt, false.
	 */
	bool blind;
	bool client;	/* what it finds is the client's doing */
	/* Runs on: runs and files of `lancet check`; only one of them. */
	enum { CHECK_BOTH, CHECK_FILES, CHECK_RUNS } of;
	bool left_out;	/* what it finds, pairs leave out: compare.h */

	/*
	 * After point_close(). `out` comes as CHECK_NOT_RUN with every
	 * number NAN; what it points to lives in the arena.
	 */
	void (*run)(const struct point_data *data, const void *options,
		    struct arena *arena, struct check_result *out);
};

/* Where nothing else is known: one run in 500 is rejected by chance. */
#define CHECK_LEVEL "0.002"
#define CHECK_LEVEL_HELP \
	"probability that any test of the whole run fails although nothing " \
	"is wrong (Holm 1979)"

/*
 * Run every check of such data with its levels as configured; results in order
 * of name. p_values are corrected for as many tests at each planned point
 * (Bonferroni), so that a point can be decided before the next begins. 0 or
 * -EINVAL.
 */
int check_all(const struct point_data *data, struct arena *arena,
	      struct result_check **checks, size_t *n, struct err *err);

/* What could not run rejects, unless it has no meaning here: a trace's law. */
bool check_rejects(const struct result_check *check);

/*
 * The first that rejects, of the blind ones or of the others; NULL: none.
 * `paired`: but for those of which pairs leave out what they found.
 */
const struct result_check *check_fault(const struct result_check *checks,
				       size_t n, bool blind, bool paired);

/*
 * One that looks at the client failed: the server is not what was measured.
 * `paired` as above.
 */
bool check_client_failed(const struct result_check *checks, size_t n,
			 bool paired);

/*
 * When all points are there: Holm's (1979) correction over the run, which
 * may fail what Bonferroni's passed, never the reverse; and the verdicts of
 * those points.
 */
void check_run(struct result_point *points, size_t n, struct arena *arena);

/*
 * What checks of stamps have in common: the larger share that is missing, of
 * requests or of replies, against what is allowed. `remedy` follows a failure,
 * whose status is `failed`.
 */
void check_missing(const struct wire_stamps *stamps, double allowed,
		   enum check_status failed, const char *remedy,
		   struct arena *arena, struct check_result *out);

extern const char *const check_status_name[];

#endif
