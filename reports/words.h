/* words.h - a result in sentences and numbers as people write them */
#ifndef REPORTS_WORDS_H
#define REPORTS_WORDS_H

#include <stdbool.h>
#include <stddef.h>

#include "lancet/core/result.h"

/* "-" where the number is unknown, "inf" where it has no bound. */
char *words_time(double ns, char *text, size_t size);
char *words_difference(double ns, char *text, size_t size); /* with a sign */

/* The point's load: 70% where the capacity is known, else its rate. */
char *words_load(const struct result_point *point, char *text, size_t size);

bool words_valid(const struct result_verdict *verdict);

/* `valid: ...` or `invalid: ...`, one sentence without a final dot. */
char *words_verdict(const struct result *result, char *text, size_t size);

/* A decision that every point has, and that goes without saying? */
bool words_routine(const char *action);

/* What became of the slo; empty when there is none. */
char *words_slo(const struct result *result, char *text, size_t size);

/* Communication and system, and what dominates; empty without a model. */
char *words_overhead(const struct result *result, char *text, size_t size);

/* The model's row of a quantile; NULL when there is none. */
const struct result_predicted *
words_predicted(const struct result_point *point, double q);

#endif
