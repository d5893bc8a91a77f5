/* hlog.c - every point's histograms for HdrHistogram's tools: latency.hlog */
#include "reports/writer.h"

#include "lancet/core/err.h"
#include "reports/hlog.h"

static int interval_write(FILE *out, size_t point, const char *metric,
			  double start_s, double length_s,
			  const struct hist *hist)
{
	struct hlog_interval interval = { .start_s = start_s,
					  .length_s = length_s };

	if (!hist)
		return 0;
	snprintf(interval.tag, sizeof(interval.tag), "point%zu.%s", point,
		 metric);
	return hlog_write(out, &interval, hist);
}

/* Service times, of classes that have some. */
static int classes_write(FILE *out, size_t point, const struct result_point *p,
			 double start_s)
{
	char metric[32];
	int rc = 0;

	for (size_t i = 0; !rc && i < p->nclasses; i++) {
		const struct result_mix *mix = &p->classes[i].mix;

		snprintf(metric, sizeof(metric), "class%u.requested",
			 (unsigned)i);
		rc = interval_write(out, point, metric, start_s, p->duration_s,
				    mix->requested_hist);
		snprintf(metric, sizeof(metric), "class%u.served",
			 (unsigned)i);
		if (!rc)
			rc = interval_write(out, point, metric, start_s,
					    p->duration_s, mix->served_hist);
	}
	return rc;
}

/* Points follow each other; the log has no place for the time between. */
static int hlog_file(const struct result *result, const char *dir, FILE *out,
		     struct err *err)
{
	double start_s = 0;
	char title[256];
	int rc;

	(void)dir;
	snprintf(title, sizeof(title),
		 "lancet %.100s: tags are pointN.METRIC, N from 0; response in "
		 "ns, slowdown times 1000, classN.requested and .served "
		 "service in ns",
		 result->name ? result->name : "");
	rc = hlog_begin(out, title, result->started_realtime_ns);
	for (size_t i = 0; !rc && i < result->npoints; i++) {
		const struct result_point *p = &result->points[i];

		rc = interval_write(out, i, "response", start_s, p->duration_s,
				    p->response_hist);
		if (!rc)
			rc = interval_write(out, i, "slowdown", start_s,
					    p->duration_s, p->slowdown_hist);
		if (!rc)
			rc = classes_write(out, i, p, start_s);
		start_s += p->duration_s;
	}
	return rc ? err_set(err, rc, "cannot write") : 0;
}

const struct writer_ops writer_hlog = {
	.kind = {
		.name = "hlog",
		.help = "histograms for HdrHistogram's tools: latency.hlog",
	},
	.file = "latency.hlog",
	.write = hlog_file,
};
