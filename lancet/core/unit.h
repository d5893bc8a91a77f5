/* unit.h - numbers with units, read strictly and printed for people */
#ifndef LANCET_CORE_UNIT_H
#define LANCET_CORE_UNIT_H

#include <stddef.h>
#include <stdint.h>

/*
 * Each reads the whole text: digits with an optional sign, fraction or
 * exponent, then the unit at once or after one blank. 0, -EINVAL (not a
 * number, or rubbish behind it), -ENODATA (a number without unit), -ERANGE.
 * Negative numbers are read: their range is the caller's business. Whole
 * nanoseconds and bytes are exact up to 2^60.
 */
int unit_duration(const char *text, int64_t *ns);   /* ns us ms s min h */
int unit_rate(const char *text, double *rps);	    /* rps krps mrps, /s k/s M/s */
int unit_size(const char *text, int64_t *bytes);    /* B kB MB GB KiB MiB GiB */
int unit_percent(const char *text, double *share);  /* % */
int unit_share(const char *text, double *share);    /* all none 1/N % */
int unit_number(const char *text, double *value);   /* none */
int unit_integer(const char *text, int64_t *value); /* none, no fraction */
int unit_quantile(const char *text, double *q);	    /* p50, p99.9; from p1e-7 */

/* Durations and sizes that need not be whole. */
int unit_time(const char *text, double *ns);
int unit_bytes(const char *text, double *bytes);

/* As a person would write it: 1.25ms, 40krps, p99.9; returns text. */
char *unit_print_duration(double ns, char *text, size_t size);
char *unit_print_rate(double rps, char *text, size_t size);
char *unit_print_size(double bytes, char *text, size_t size);
char *unit_print_quantile(double q, char *text, size_t size);

/* The shortest text that reads back to the same value, with a unit. */
char *unit_exact_duration(int64_t ns, char *text, size_t size);
char *unit_exact_size(int64_t bytes, char *text, size_t size);
char *unit_exact_time(double ns, char *text, size_t size);
char *unit_exact_bytes(double bytes, char *text, size_t size);
char *unit_exact_rate(double rps, char *text, size_t size);
char *unit_exact_percent(double share, char *text, size_t size);
char *unit_exact_share(double share, char *text, size_t size);
char *unit_exact_real(double value, char *text, size_t size);

#endif
