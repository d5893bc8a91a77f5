/* wire_table.c - where requests' time went, as packets' stamps tell */
#include "reports/wire_table.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "lancet/core/result.h"
#include "reports/words.h"

static void put_time(double ns, int width, FILE *out)
{
	char text[40];

	fprintf(out, "  %*s", width,
		isnan(ns) ? "-" : words_time(ns, text, sizeof(text)));
}

static void put_row(const struct result_point *p, double q, const char *name,
		    const struct result_breakdown *legs, bool there, FILE *out)
{
	const struct result_quantile *wire = result_quantile(p->wire_ns, q);
	const struct result_one_way *way = p->one_way;
	bool tail = q > .5;
	char load[40];

	if (!legs)
		return;
	fprintf(out, "%6s  %3s",
		tail ? "" : words_load(p, load, sizeof(load)), name);
	put_time(legs->queue_ns, 10, out);
	put_time(legs->sched_ns, 8, out);
	put_time(legs->wire_out_ns, 8, out);
	put_time(legs->wire_ns, 11, out);
	put_time(legs->wire_in_ns, 8, out);
	put_time(wire ? wire->value : (double)NAN, 9, out);
	if (there && way && !way->reason) {
		put_time(tail ? way->request_p99_ns : way->request_p50_ns, 8,
			 out);
		put_time(tail ? way->reply_p99_ns : way->reply_p50_ns, 8, out);
	}
	fputc('\n', out);
}

static bool related(const struct result *result)
{
	for (size_t i = 0; i < result->npoints; i++) {
		const struct result_one_way *way = result->points[i].one_way;

		if (way && !way->reason)
			return true;
	}
	return false;
}

static void put_rows(const struct result *result, FILE *out)
{
	bool there = related(result);

	fprintf(out, "%6s  %3s  %10s  %8s  %8s  %11s  %8s  %9s%s\n", "load",
		"", "until sent", "to qdisc", "to wire", "wire+server",
		"received", "wire time",
		there ? "     there      back" : "");
	for (size_t i = 0; i < result->npoints; i++) {
		const struct result_point *p = &result->points[i];

		put_row(p, .5, "p50", p->breakdown_p50, there, out);
		put_row(p, .99, "p99", p->breakdown_p99, there, out);
	}
}

/* Whose stamps, of how many requests, and how exact, over all points. */
static void put_source(const struct result *result, FILE *out)
{
	double least = INFINITY, most = 0, within = 0;
	const char *source = NULL;
	long long out_lost = 0, in_lost = 0;
	char time[40];

	for (size_t i = 0; i < result->npoints; i++) {
		const struct result_stamps *s = &result->points[i].timestamps;

		if (!result->points[i].wire_ns)
			continue;
		source = s->source;
		least = fmin(least, s->share);
		most = fmax(most, s->share);
		within = fmax(within, s->uncertainty_ns);
		out_lost += s->lost_tx;
		in_lost += s->lost_rx;
	}
	if (!source)
		return;
	fprintf(out, "%s stamps of %.3g%%", source, 100 * least);
	if (most > 1.005 * least)
		fprintf(out, " to %.3g%%", 100 * most);
	fprintf(out, " of the requests, within %s",
		words_time(within, time, sizeof(time)));
	if (out_lost || in_lost)
		fprintf(out, "; %lld out and %lld in lost", out_lost, in_lost);
	fputs("\na row: the requests about that quantile of the response time; "
	      "wire time: a quantile of its own\n", out);
}

static const char *stamps_reason(const struct result_point *p)
{
	return p->timestamps.reason;
}

static const char *one_way_reason(const struct result_point *p)
{
	return p->one_way ? p->one_way->reason : NULL;
}

/* What several points have in common is said once. */
static void put_once(const struct result *result, const char *before,
		     const char *(*of)(const struct result_point *), FILE *out)
{
	for (size_t i = 0; i < result->npoints; i++) {
		const char *why = of(&result->points[i]);
		size_t k = 0;

		while (why && k < i) {
			const char *said = of(&result->points[k++]);

			if (said && !strcmp(said, why))
				why = NULL;
		}
		if (why)
			fprintf(out, "%s%s\n", before, why);
	}
}

void wire_table_put(const struct result *result, FILE *out)
{
	bool any = false;

	for (size_t i = 0; i < result->npoints; i++)
		any |= result->points[i].wire_ns != NULL;
	if (any) {
		put_rows(result, out);
		put_source(result, out);
	} else if (result->npoints) {
		fprintf(out, "user stamps alone: sends and replies are when "
			     "the agent said so\n");
	}
	put_once(result, "", stamps_reason, out);
	if (any)
		put_once(result, "no one-way delays: ", one_way_reason, out);
}
