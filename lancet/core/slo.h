/* slo.h - what a service promises: `p99 <= 10x and errors <= 0.1%` */
#ifndef LANCET_CORE_SLO_H
#define LANCET_CORE_SLO_H

#include <stdbool.h>
#include <stddef.h>

struct err;

enum slo_metric { SLO_RESPONSE, SLO_SLOWDOWN, SLO_ERRORS };

/*
 * One bound: `p99(get) <= 1ms`, `p99 <= 10x`, `p99.9 slowdown <= 50`,
 * `errors <= 0.1%`.
 */
struct slo_term {
	enum slo_metric metric;
	double quantile;	/* not for errors */
	char class[64];		/* empty: all */
	double bound;		/* ns; multiple of mean service; ratio; share */
	bool relative;		/* bound is in mean service times */
};

#define SLO_TERMS 8

struct slo {
	struct slo_term term[SLO_TERMS];
	size_t n;
};

/* 0 or -EINVAL with the place in the text named. */
int slo_parse(const char *text, struct slo *slo, struct err *err);

#endif
