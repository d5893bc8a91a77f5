/* text.c - the table and the sentences at the end of a run */
#include "reports/writer.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lancet/core/unit.h"
#include "reports/wire_table.h"
#include "reports/words.h"

#define TAIL .99 /* the quantile that has an interval in the table */

struct paint {
	const char *good, *bad, *dim, *off;
};

static const struct paint plain = { "", "", "", "" };
static const struct paint colours = { "\033[32m", "\033[31m", "\033[2m",
				      "\033[0m" };

static const struct paint *paint_for(FILE *out)
{
	const char *no = getenv("NO_COLOR"), *term = getenv("TERM");

	return isatty(fileno(out)) && !(no && *no) && term &&
			       strcmp(term, "dumb")
		       ? &colours
		       : &plain;
}

static void put_interval(const struct result_quantile *quantile, FILE *out)
{
	char value[40], lo[40], hi[40], text[160];

	if (!quantile) {
		fprintf(out, "  %26s", "-");
		return;
	}
	words_time(quantile->lo, lo, sizeof(lo));
	words_time(quantile->hi, hi, sizeof(hi));
	if (isnan(quantile->value))
		snprintf(text, sizeof(text), "unresolved [%s, %s]", lo, hi);
	else
		snprintf(text, sizeof(text), "%s [%s, %s]",
			 words_time(quantile->value, value, sizeof(value)), lo,
			 hi);
	fprintf(out, "  %26s", text);
}

static void put_point(const struct result_point *p, const struct paint *paint,
		      FILE *out)
{
	const struct result_predicted *model = words_predicted(p, TAIL);
	const struct result_quantile *median =
		result_quantile(&p->response_ns, .5);
	bool valid = words_valid(&p->verdict);
	char load[40], rate[40], text[40];

	fprintf(out, "%6s  %9s  %8s", words_load(p, load, sizeof(load)),
		unit_print_rate(p->offered_rps, rate, sizeof(rate)),
		words_time(median ? median->value : NAN, text, sizeof(text)));
	put_interval(result_quantile(&p->response_ns, TAIL), out);
	fprintf(out, "  %8s",
		words_time(model ? model->predicted : NAN, text, sizeof(text)));
	fprintf(out, "  %8s",
		words_difference(model ? model->gap : NAN, text, sizeof(text)));
	fprintf(out, "  %s%s%s\n", valid ? paint->good : paint->bad,
		valid ? "valid" : "invalid", paint->off);
}

/* How long connections took that were opened in the point, where some were. */
static void put_connect(const struct result_point *p, FILE *out)
{
	const struct result_quantile *median, *tail;
	char load[40], at[40], text[40];
	int64_t again = 0, grown = 0;

	if (!p->connect_ns)
		return;
	for (size_t i = 0; i < p->nagents; i++) {
		const struct result_connections *c = p->agents[i].connections;

		again += c ? c->opened : 0;
		grown += c ? c->grown : 0;
	}
	median = result_quantile(p->connect_ns, .5);
	tail = result_quantile(p->connect_ns, TAIL);
	fprintf(out,
		"%6s  connections: %lld opened again, %lld more than at "
		"first, in p50 %s, p99 %s\n",
		words_load(p, load, sizeof(load)), (long long)again,
		(long long)grown,
		words_time(median ? median->value : NAN, at, sizeof(at)),
		words_time(tail ? tail->value : NAN, text, sizeof(text)));
}

/* What the replies said, where not all of them said that it went well. */
static void put_statuses(const struct result_point *p, FILE *out)
{
	char load[40];
	const char *comma = "";
	bool told = false;

	for (size_t i = 0; i < p->nstatuses; i++)
		told |= !p->statuses[i].class ||
			strcmp(p->statuses[i].class, "2xx") != 0;
	if (!told)
		return;
	fprintf(out, "%6s  replies by status: ",
		words_load(p, load, sizeof(load)));
	for (size_t i = 0; i < p->nstatuses; i++)
		for (size_t j = 0; j < p->statuses[i].ncodes; j++) {
			const struct result_code *c = &p->statuses[i].codes[j];

			fprintf(out, "%s%lld: %lld", comma, (long long)c->code,
				(long long)c->count);
			comma = ", ";
		}
	fputc('\n', out);
}

static void put_reasons(const struct result *result, const struct paint *paint,
			FILE *out)
{
	for (size_t i = 0; i < result->npoints; i++) {
		const struct result_point *p = &result->points[i];
		char load[40];

		if (words_valid(&p->verdict))
			continue;
		words_load(p, load, sizeof(load));
		for (size_t r = 0; r < p->verdict.nreasons; r++)
			fprintf(out, "%s%6s  %s%s\n", paint->dim, r ? "" : load,
				p->verdict.reasons[r], paint->off);
	}
}

/* What was mended while it was measured. */
static void put_attempts(const struct result_point *p,
			 const struct paint *paint, FILE *out)
{
	char load[40];

	words_load(p, load, sizeof(load));
	for (size_t i = 0; i < p->nattempts; i++)
		if (!words_routine(p->attempts[i].action))
			fprintf(out, "%s%6s  %s: %s%s\n", paint->dim, load,
				p->attempts[i].action, p->attempts[i].reason,
				paint->off);
}

static void put_model(const struct result *result, FILE *out)
{
	const struct result_model *m =
		result->npoints ? result->points[0].model : NULL;

	if (!m)
		return;
	fprintf(out, "model %s", m->name ? m->name : "none");
	if (m->method)
		fprintf(out, ", %s", m->method);
	if (m->reason)
		fprintf(out, ": %s", m->reason);
	fputs(m->nquantiles ?
	      "; gap at p99, in the windows where neither side stalled\n" :
	      "\n", out);
}

/* What mends a point that failed a check; the first that failed counts. */
static const char *remedy(const char *check)
{
	static const char *const of[][2] = {
		{ "stalls", "run again with nothing else on the machine, or "
			    "with fewer polling threads than CPUs" },
		{ "lateness", "run again with nothing else on the machine, or "
			      "with fewer requests per second and thread" },
		{ "arrivals", "run again with nothing else on the machine, or "
			      "for a longer time, measure.time_limit" },
		{ "achieved", "lower the load, or add threads or agents if the "
			      "generator was the limit" },
		{ "dispersion", "run again with nothing else on the machine" },
		{ "independence", "run again with nothing else on the "
				  "machine" },
		{ "throttling", "give the agents more connections, or more "
				"requests in flight on each" },
		{ "stationarity", "measure for a longer time, "
				  "measure.time_limit, and look for what else "
				  "changed" },
		{ "agreement", "run the agents on equal machines at equal "
			       "distance" },
		{ "completeness", "lower the load, or find out why the target "
				  "did not answer" },
	};

	for (size_t i = 0; i < sizeof(of) / sizeof(of[0]); i++)
		if (check && !strcmp(of[i][0], check))
			return of[i][1];
	return NULL;
}

static const char *first_remedy(const struct result *result)
{
	for (size_t i = 0; i < result->npoints; i++) {
		const struct result_counts *counts = &result->points[i].counts;

		/* Whatever the load, what was asked is not what it serves. */
		if (counts->error > counts->received)
			return "find out why the target answers with errors "
			       "or closes connections: is it the protocol, and "
			       "has it the keys or the path";
		for (size_t j = 0; j < result->points[i].nchecks; j++) {
			const struct result_check *c =
				&result->points[i].checks[j];

			if (c->status && !strcmp(c->status, "fail") &&
			    remedy(c->name))
				return remedy(c->name);
		}
	}
	return NULL;
}

/* Points of which the p99, or its median at least, is known. */
static size_t known(const struct result *result, bool p99)
{
	size_t n = 0;

	for (size_t i = 0; i < result->npoints; i++) {
		const struct result_quantile *q =
			result_quantile(&result->points[i].response_ns,
					p99 ? .99 : .5);

		n += q && isfinite(p99 ? q->hi : q->value);
	}
	return n;
}

static void put_hints(const struct result *result, const char *dir, FILE *out)
{
	const char *mend = first_remedy(result);
	size_t sure = known(result, true);
	char path[4096];

	if (mend)
		fprintf(out, "next: %s%s\n", mend, known(result, false)
			? "; the plot shows invalid points, too, drawn hollow"
			: "");
	else if (sure < result->npoints)
		fprintf(out, "next: measure for a longer time, "
			"measure.time_limit: the p99 of %zu of %zu points has "
			"no upper bound\n", result->npoints - sure,
			result->npoints);
	snprintf(path, sizeof(path), "%s/report.html", dir ? dir : "");
	if (dir && !access(path, R_OK))
		fprintf(out, "next: open %s\n", path);
}

static int text_write(const struct result *result, const char *dir, FILE *out,
		      struct err *err)
{
	const struct paint *paint = paint_for(out);
	bool valid = words_valid(&result->verdict);
	char text[2048];

	(void)err;
	if (result->npoints)
		fprintf(out, "%6s  %9s  %8s  %26s  %8s  %8s  %s\n", "load",
			"offered", "p50", "p99 [interval]", "model", "gap",
			"verdict");
	for (size_t i = 0; i < result->npoints; i++)
		put_point(&result->points[i], paint, out);
	for (size_t i = 0; i < result->npoints; i++) {
		put_statuses(&result->points[i], out);
		put_connect(&result->points[i], out);
	}
	wire_table_put(result, out);
	for (size_t i = 0; i < result->npoints; i++)
		put_attempts(&result->points[i], paint, out);
	put_reasons(result, paint, out);
	if (result->npoints)
		fputs("\nresponse time: from the intended send to the whole "
		      "reply\n", out);
	put_model(result, out);
	if (words_slo(result, text, sizeof(text))[0])
		fprintf(out, "%s\n", text);
	if (words_overhead(result, text, sizeof(text))[0])
		fprintf(out, "%s\n", text);
	words_verdict(result, text, sizeof(text));
	fprintf(out, "%s%s%s\n", valid ? paint->good : paint->bad, text,
		paint->off);
	put_hints(result, dir, out);
	return 0;
}

const struct writer_ops writer_text = {
	.kind = {
		.name = "text",
		.help = "a table and the verdict, on standard output",
	},
	.write = text_write,
};
