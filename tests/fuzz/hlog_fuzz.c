/* hlog_fuzz.c - interval logs of any bytes; what is read is written alike */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lancet/core/err.h"
#include "reports/hlog.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Counts survive; so do minimum and maximum, a bin's width apart. */
static void again(const struct hist *hist)
{
	static struct hist back;
	struct err err = { 0 };
	char *text = hlog_encode(hist);

	if (!text || hlog_decode(text, &back, &err) ||
	    memcmp(back.count, hist->count, sizeof(back.count)) != 0 ||
	    back.total != hist->total || back.max != hist->max)
		abort();
	free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct hist hist;
	struct hlog_interval interval;
	struct err err = { 0 };
	unsigned line = 0;
	FILE *in;

	if (!size)
		return 0;
	in = fmemopen((void *)(uintptr_t)data, size, "r");
	if (!in)
		return 0;
	while (hlog_read(in, &line, &interval, &hist, &err) > 0)
		if (hist.total)
			again(&hist);
	fclose(in);
	return 0;
}
