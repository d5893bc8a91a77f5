/* model_export.c - a result as a function from load to latency, C and Python */
#include "lancet/cmd/model.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <string.h>

#include "lancet/core/arena.h"
#include "lancet/core/err.h"
#include "lancet/core/frame.h"
#include "lancet/core/result.h"
#include "models/interface.h"
#include "reports/output.h"

/* --- what was measured ------------------------------------------------------
 */

static const double wanted[] = { .5, .9, .99, .999 };
#define WANTED (sizeof(wanted) / sizeof(wanted[0]))

static size_t take_metric(const struct result_metric *metric, double rate_rps,
			  struct interface_point *to, size_t room)
{
	size_t n = 0;

	for (size_t i = 0; i < WANTED && n < room; i++) {
		const struct result_quantile *q =
			result_quantile(metric, wanted[i]);

		if (!q || !(q->value > 0) || !isfinite(q->hi - q->lo))
			continue;
		to[n++] = (struct interface_point){
			.rate_rps = rate_rps,
			.q = wanted[i],
			.value_ns = q->value,
			.error_ns = (q->hi - q->lo) / (2 * 1.96),
		};
	}
	return n;
}

static void take_classes(const struct result_point *p,
			 struct interface_class *class, size_t n)
{
	const struct result_metric *all = &p->response_ns;

	for (size_t i = 0; i < n; i++)
		for (size_t j = 0; j < all->nclasses; j++)
			if (!strcmp(all->classes[j].name, class[i].law->name))
				class[i].n += take_metric(
					&all->classes[j].metric, p->offered_rps,
					class[i].point + class[i].n,
					INTERFACE_QUANTILES - class[i].n);
}

/* Every other valid point is fitted, the ones between are held out. */
static int fit(const struct model_answer *a, const struct predict_query *query,
	       struct interface *to, struct arena *arena, struct err *err)
{
	const struct result *r = a->system->result;
	const struct workload *w = &a->system->workload;
	size_t nclasses = w->nclasses, room = r->npoints * WANTED;
	struct interface_point *point[2];
	struct interface_class *class =
		arena_array(arena, nclasses, sizeof(*class));
	size_t n[2] = { 0 }, at = 0;

	if (nclasses > INTERFACE_CLASSES)
		return err_set(err, -EDOM, "%zu classes are more than %d",
			       nclasses, INTERFACE_CLASSES);
	point[0] = arena_array(arena, room, sizeof(**point));
	point[1] = arena_array(arena, room, sizeof(**point));
	for (size_t i = 0; i < nclasses; i++)
		class[i].law = &w->class[i];
	for (size_t i = 0; i < r->npoints; i++) {
		const struct result_point *p = &r->points[i];
		size_t to_held = at % 2;

		if (strcmp(p->verdict.status, "valid") != 0)
			continue;
		n[to_held] += take_metric(&p->response_ns, p->offered_rps,
					  point[to_held] + n[to_held],
					  room - n[to_held]);
		if (!to_held)
			take_classes(p, class, nclasses);
		at++;
	}
	return interface_fit(query, point[0], n[0], point[1], n[1], class,
			     nclasses, to, err);
}

/* --- writing --- */

/* A name that both languages take. */
static void name_of(const char *from, char *to, size_t size)
{
	size_t n = 0;

	if (!isalpha((unsigned char)*from))
		n = (size_t)snprintf(to, size, "run_");
	for (; *from && n + 1 < size; from++)
		to[n++] = isalnum((unsigned char)*from) ? *from : '_';
	to[n] = '\0';
}

struct told {
	const struct model_answer *a;
	const struct interface *i;
	char name[64];
	const char *model;
};

/* The text before the code, each line after `lead`. */
static void put_about(const struct told *t, const char *lead, FILE *out)
{
	const struct interface *i = t->i;

	fprintf(out, "%sLatency of %s, by lancet %s: %s, fitted to %zu\n", lead,
		t->name, lancet_version, t->model, i->nfitted);
	fprintf(out, "%squantiles measured, tried on %zu others.\n", lead,
		i->nheld);
	fprintf(out,
		"%sResolution: %.0f%% of the value, for loads of %.3g%% to "
		"%.3g%% of the\n%sworkers' time and laws with an scv of %.3g "
		"to "
		"%.3g. At loads that were\n%sheld out it was wrong by up to "
		"%.1f%%, for services of other laws\n%sunder this policy "
		"(predicted) by up to %.1f%%. A quantile at the edge\n"
		"%sbetween two kinds of service is known no better than "
		"they are apart.\n",
		lead, 100 * i->resolution, 100 * i->load_lo, 100 * i->load_hi,
		lead, i->scv_lo, i->scv_hi, lead, 100 * i->held_out, lead,
		100 * i->other, lead);
	for (size_t c = 0; c < i->nclasses; c++)
		fprintf(out, "%sclass %zu: %s\n", lead, c,
			t->a->system->workload.class[c].name);
	fprintf(out,
		i->byte_ns > 0
			? "%sBytes more or less cost what classes of other "
			  "sizes show.\n"
			: "%sSizes do not count: the run does not show what a "
			  "byte costs.\n",
		lead);
}

static void put_array(const struct interface *i, const double *value,
		      const char *lead, const char *end, FILE *out)
{
	fputs(lead, out);
	for (size_t c = 0; c < i->nclasses; c++)
		fprintf(out, "%s%.9g", c ? ", " : "", value[c]);
	fputs(end, out);
}

static void put_c_head(const struct told *t, FILE *out)
{
	const struct interface *i = t->i;

	fprintf(out, "/*\n");
	put_about(t, " * ", out);
	fprintf(out,
		" *\n"
		" * q: of the quantile, 0.99; rate_rps: of all requests; law: "
		"of this\n"
		" * class's services, all: of all services (NULL: the same). "
		"NAN where the\n"
		" * queue is not stable, or the class is not known. Needs "
		"-lm.\n"
		" */\n"
		"#include <math.h>\n#include <stddef.h>\n\n"
		"struct latency_law;\n\n"
		"double %s_latency_ns(double q, int class_number, double "
		"request_bytes,\n\t\tdouble reply_bytes, double rate_rps, int "
		"workers,\n\t\tconst struct latency_law *law,\n\t\tconst "
		"struct "
		"latency_law *all);\n\n"
		"/* The same for a law of which only two moments are known. "
		"*/\n"
		"double %s_latency_by_moments_ns(double q, int class_number,\n"
		"\t\tdouble request_bytes, double reply_bytes, double "
		"rate_rps,\n"
		"\t\tint workers, double mean_ns, double scv);\n\n"
		"static const double %s_resolution = %.2f;\n\n",
		t->name, t->name, t->name, i->resolution);
	fprintf(out,
		"struct latency_fit {\n"
		"\tdouble path_ns;     /* of each request, without a worker "
		"*/\n"
		"\tdouble plus_ns;     /* added to each service */\n"
		"\tdouble times;       /* that each service is longer */\n"
		"\tdouble wait_times;  /* mean wait over the formula's */\n"
		"\tdouble waits_times; /* share that waits over Erlang's */\n"
		"\tint split;          /* a queue to each worker */\n};\n\n"
		"static const struct latency_fit %s_fit = {\n"
		"\t0, %.9g, %.9g, %.9g, %.9g, %d\n};\n\n",
		t->name, i->fit.plus_ns, i->fit.times, i->fit.wait_times,
		i->fit.waits_times, i->fit.split);
}

static void put_c_tail(const struct told *t, FILE *out)
{
	const struct interface *i = t->i;

	fprintf(out,
		"\ndouble %s_latency_ns(double q, int class_number, double "
		"request_bytes,\n\t\tdouble reply_bytes, double rate_rps, int "
		"workers,\n\t\tconst struct latency_law *law,\n\t\tconst "
		"struct "
		"latency_law *all)\n{\n",
		t->name);
	put_array(i, i->path_ns, "\tstatic const double path_ns[] = { ",
		  " };\n", out);
	put_array(i, i->bytes, "\tstatic const double bytes[] = { ", " };\n",
		  out);
	fprintf(out,
		"\tconst double byte_ns = %.9g;\n"
		"\tdouble more;\n\n"
		"\t(void)%s_resolution;\n"
		"\tif (class_number < 0 || class_number >= %zu)\n"
		"\t\treturn NAN;\n"
		"\tmore = request_bytes + reply_bytes - bytes[class_number];\n"
		"\treturn path_ns[class_number] + byte_ns * more +\n"
		"\t       latency_quantile(law, all ? all : law, rate_rps, "
		"workers, q,\n\t\t\t\t&%s_fit);\n}\n",
		i->byte_ns, t->name, i->nclasses, t->name);
	fprintf(out,
		"\ndouble %s_latency_by_moments_ns(double q, int "
		"class_number,\n"
		"\t\tdouble request_bytes, double reply_bytes, double "
		"rate_rps,\n"
		"\t\tint workers, double mean_ns, double scv)\n{\n"
		"\tstruct latency_law law = { mean_ns, scv, "
		"latency_above_lognormal, 0 };\n\n"
		"\tif (fabs(scv - 1) < 1e-3)\n"
		"\t\tlaw.above = latency_above_exponential;\n"
		"\tif (scv < 1e-3)\n"
		"\t\tlaw.above = latency_above_constant;\n"
		"\treturn %s_latency_ns(q, class_number, request_bytes, "
		"reply_bytes,\n\t\t\t\t   rate_rps, workers, &law, NULL);\n}\n",
		t->name, t->name);
}

static void put_c(const struct told *t, FILE *out)
{
	put_c_head(t, out);
	fputs(asset_interface_form, out);
	put_c_tail(t, out);
}

static void put_python(const struct told *t, FILE *out)
{
	const struct interface *i = t->i;

	put_about(t, "# ", out);
	fprintf(out,
		"import math\n\nRESOLUTION = %.2f\n"
		"PATH_NS = 0.0  # of each request: by class, below\n"
		"PLUS_NS = %.9g  # added to each service\n"
		"TIMES = %.9g  # that each service is longer\n"
		"WAIT_TIMES = %.9g  # mean wait over the formula's\n"
		"WAITS_TIMES = %.9g  # share that waits over Erlang's\n"
		"SPLIT = %s  # a queue to each worker\n",
		i->resolution, i->fit.plus_ns, i->fit.times, i->fit.wait_times,
		i->fit.waits_times, i->fit.split ? "True" : "False");
	put_array(i, i->path_ns, "CLASS_PATH_NS = [", "]\n", out);
	put_array(i, i->bytes, "CLASS_BYTES = [", "]\n", out);
	fprintf(out, "BYTE_NS = %.9g\n\n", i->byte_ns);
	fputs(asset_interface_python, out);
	fprintf(out,
		"\n\ndef %s_latency_ns(\n"
		"    q, class_number, request_bytes, reply_bytes, rate_rps, "
		"workers, law, everyone=None\n):\n"
		"    if not 0 <= class_number < len(CLASS_PATH_NS):\n"
		"        return math.nan\n"
		"    more = request_bytes + reply_bytes - "
		"CLASS_BYTES[class_number]\n"
		"    return (\n"
		"        CLASS_PATH_NS[class_number]\n"
		"        + BYTE_NS * more\n"
		"        + quantile_ns(law, everyone or law, rate_rps, "
		"workers, "
		"q)\n    )\n",
		t->name);
}

static int write_one(const struct told *t, const char *path,
		     void (*put)(const struct told *t, FILE *out),
		     struct err *err)
{
	struct output output;
	int rc = output_open(&output, path, err);

	if (rc)
		return rc;
	put(t, output.file);
	return output_close(&output, rc, err);
}

int model_export(const struct model_answer *a, struct arena *arena,
		 struct err *err)
{
	const struct model_system *s = a->system;
	struct predict_query query =
		model_query(a->request, s, &s->policy[0].choice);
	const char *path = a->request->export_c, *dot = strrchr(path, '.');
	const struct model_row *row = &a->curve[0].row[0];
	struct interface interface;
	struct told told = { .a = a,
			     .i = &interface,
			     .model = a->system->nloads && !row->refused
					      ? row->result.model
					      : query.policy.kind->name };

	if (!a->system->result)
		return err_set(err, -EINVAL, "--export-c needs a result");
	if (!dot || strcmp(dot, ".c") != 0)
		return err_set(err, -EINVAL,
			       "--export-c %s: let the name end in .c; the "
			       "Python twin goes beside it",
			       path);
	if (fit(a, &query, &interface, arena, err))
		return err_wrap(err, "--export-c");
	name_of(a->system->result->name, told.name, sizeof(told.name));
	if (write_one(&told, path, put_c, err))
		return err->code;
	return write_one(
		&told, arena_printf(arena, "%.*s.py", (int)(dot - path), path),
		put_python, err);
}
