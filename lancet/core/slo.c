/* slo.c - what a service promises: `p99 <= 10x and errors <= 0.1%` */
#include "lancet/core/slo.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "lancet/core/err.h"
#include "lancet/core/unit.h"

struct reader {
	const char *start, *at;
	struct err *err;
};

static int bad(const struct reader *r, const char *want)
{
	return err_set(r->err, -EINVAL,
		       "'%.60s': expected %s at character %zu; write it like "
		       "p99 <= 500us and errors <= 0.1%%",
		       r->start, want, (size_t)(r->at - r->start) + 1);
}

static void blanks(struct reader *r)
{
	r->at += strspn(r->at, " \t");
}

/* The next run of characters but those in `stop`; -EINVAL when too long. */
static int word(struct reader *r, const char *stop, char *to, size_t size)
{
	size_t len;

	blanks(r);
	len = strcspn(r->at, stop);
	if (!len || len >= size)
		return -EINVAL;
	memcpy(to, r->at, len);
	to[len] = '\0';
	r->at += len;
	return 0;
}

static int class_name(struct reader *r, struct slo_term *term)
{
	blanks(r);
	if (*r->at != '(')
		return 0;
	r->at++;
	if (word(r, "() \t", term->class, sizeof(term->class)))
		return bad(r, "the name of a class");
	blanks(r);
	if (*r->at != ')')
		return bad(r, "')'");
	r->at++;
	return 0;
}

/* `errors`, or a quantile of response time or slowdown. */
static int metric(struct reader *r, struct slo_term *term)
{
	const char *at;
	char name[16];
	int rc;

	blanks(r);
	at = r->at;
	if (!strncmp(r->at, "errors", 6)) {
		r->at += 6;
		term->metric = SLO_ERRORS;
		return class_name(r, term);
	}
	if (word(r, " \t(<", name, sizeof(name)) ||
	    unit_quantile(name, &term->quantile)) {
		r->at = at;
		return bad(r, "a quantile such as p99, or errors");
	}
	rc = class_name(r, term);
	if (rc)
		return rc;
	blanks(r);
	if (!strncmp(r->at, "slowdown", 8)) {
		r->at += 8;
		term->metric = SLO_SLOWDOWN;
	}
	return 0;
}

/* A bound is a duration, a multiple `10x`, a plain number or a share. */
static int bound_value(const char *text, struct slo_term *term)
{
	size_t len = strlen(text);
	char times[32];

	switch (term->metric) {
	case SLO_ERRORS:
		return unit_percent(text, &term->bound);
	case SLO_SLOWDOWN:
		return unit_number(text, &term->bound);
	default:
		if (text[len - 1] != 'x')
			return unit_time(text, &term->bound);
		term->relative = true;
		snprintf(times, sizeof(times), "%.*s", (int)(len - 1), text);
		return unit_number(times, &term->bound);
	}
}

static const char *const bound_like[] = {
	[SLO_RESPONSE] = "a bound such as 500us or 10x",
	[SLO_SLOWDOWN] = "a bound without unit such as 50",
	[SLO_ERRORS] = "a bound such as 0.1%",
};

static int bound(struct reader *r, struct slo_term *term)
{
	char text[32];
	const char *at;

	blanks(r);
	if (strncmp(r->at, "<=", 2))
		return bad(r, "<=");
	r->at += 2;
	blanks(r);
	at = r->at;
	if (word(r, " \t", text, sizeof(text)) || bound_value(text, term) ||
	    !(term->bound >= 0 && term->bound < 1e18)) {
		r->at = at;
		return bad(r, bound_like[term->metric]);
	}
	return 0;
}

static int term(struct reader *r, struct slo *slo)
{
	struct slo_term *t = &slo->term[slo->n];
	int rc;

	if (slo->n == SLO_TERMS)
		return bad(r, "at most 8 bounds");
	*t = (struct slo_term){ 0 };
	rc = metric(r, t);
	if (!rc)
		rc = bound(r, t);
	if (!rc)
		slo->n++;
	return rc;
}

int slo_parse(const char *text, struct slo *slo, struct err *err)
{
	struct reader r = { text, text, err };
	int rc;

	slo->n = 0;
	for (;;) {
		rc = term(&r, slo);
		if (rc)
			return rc;
		blanks(&r);
		if (!*r.at)
			return 0;
		if (strncmp(r.at, "and", 3) || !r.at[3] || !strchr(" \t", r.at[3]))
			return bad(&r, "'and'");
		r.at += 3;
	}
}
