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
		 "ns, slowdown times 1000",
		 result->name ? result->name : "");
	rc = hlog_begin(out, title, result->started_realtime_ns);
	for (size_t i = 0; !rc && i < result->npoints; i++) {
		const struct result_point *p = &result->points[i];

		rc = interval_write(out, i, "response", start_s, p->duration_s,
				    p->response_hist);
		if (!rc)
			rc = interval_write(out, i, "slowdown", start_s,
					    p->duration_s, p->slowdown_hist);
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
