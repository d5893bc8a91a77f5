/* load.c - a result folder read back, histograms included */
#include "reports/load.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "lancet/core/arena.h"
#include "lancet/core/err.h"
#include "reports/hlog.h"

/* Where the histogram of a tag belongs; NULL: nowhere that we know. */
static struct hist **slot(struct result *result, const char *tag)
{
	size_t point, class;
	int used = 0, more = 0;

	if (sscanf(tag, "point%zu.%n", &point, &used) != 1 || !used ||
	    point >= result->npoints)
		return NULL;
	if (!strcmp(tag + used, "response"))
		return &result->points[point].response_hist;
	if (!strcmp(tag + used, "slowdown"))
		return &result->points[point].slowdown_hist;
	if (sscanf(tag + used, "class%zu.%n", &class, &more) != 1 || !more ||
	    class >= result->points[point].nclasses)
		return NULL;
	if (!strcmp(tag + used + more, "requested"))
		return &result->points[point].classes[class].mix.requested_hist;
	if (!strcmp(tag + used + more, "served"))
		return &result->points[point].classes[class].mix.served_hist;
	return NULL;
}

/* The histograms of an interval log, into the points that its tags name. */
static int load_histograms(struct result *result, FILE *in,
			   struct arena *arena, struct err *err)
{
	struct hist *hist = arena_alloc(arena, sizeof(*hist));
	struct hlog_interval interval;
	unsigned line = 0;
	int rc;

	while ((rc = hlog_read(in, &line, &interval, hist, err)) > 0) {
		struct hist **to = slot(result, interval.tag);

		if (!to || *to)
			continue;
		*to = hist;
		hist = arena_alloc(arena, sizeof(*hist));
	}
	return rc;
}

static const char *log_beside(const char *path, struct arena *arena)
{
	const char *slash = strrchr(path, '/');
	struct stat st;

	if (!stat(path, &st) && S_ISDIR(st.st_mode))
		return arena_printf(arena, "%s/latency.hlog", path);
	return arena_printf(arena, "%.*slatency.hlog",
			    slash ? (int)(slash - path + 1) : 0, path);
}

struct result *load_result(const char *path, struct arena *arena,
			   struct err *err)
{
	struct result *result = result_load(path, arena, err);
	const char *log;
	FILE *in;
	int rc;

	if (!result)
		return NULL;
	log = log_beside(path, arena);
	in = fopen(log, "re");
	if (!in)
		return result;
	rc = load_histograms(result, in, arena, err);
	fclose(in);
	if (rc)
		err_wrap(err, "%s: damaged histograms", log);
	return rc ? NULL : result;
}
