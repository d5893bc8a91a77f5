/* hlog.h - histograms as HdrHistogram's V2 interval log, written and read */
#ifndef REPORTS_HLOG_H
#define REPORTS_HLOG_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "lancet/core/hist.h"

struct err;

/*
 * Format version 1.3 of HdrHistogram's HistogramLogWriter, geometry of
 * hist.h. The least and greatest value of a bin, which our histogram keeps,
 * are lost on the way: a histogram read back has whole bins.
 */
#define HLOG_TAG 64

struct hlog_interval {
	char tag[HLOG_TAG];	/* empty: none; no comma, no white space */
	double start_s;		/* since the log's BaseTime */
	double length_s;
};

/* Comments and legend; `title` becomes the first comment. 0 or -EIO. */
int hlog_begin(FILE *out, const char *title, int64_t started_realtime_ns);
int hlog_write(FILE *out, const struct hlog_interval *interval,
	       const struct hist *hist);

/*
 * The next interval of a log, or of rubbish: 1 and hist filled (it is reset
 * first), 0 at the end, -EBADMSG with one line. *line counts lines.
 */
int hlog_read(FILE *in, unsigned *line, struct hlog_interval *interval,
	      struct hist *hist, struct err *err);

/* The base64 text of one histogram (free() it), and back: 0 or -EBADMSG. */
char *hlog_encode(const struct hist *hist);
int hlog_decode(const char *text, struct hist *hist, struct err *err);

#endif
