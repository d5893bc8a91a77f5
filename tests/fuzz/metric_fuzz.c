/* metric_fuzz.c - any text as the name of a figure */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lancet/core/err.h"
#include "models/metric.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct class_law class[] = { { .name = "get" },
					    { .name = "scan" } };
	static const struct workload workload = { .class = class,
						  .nclasses = 2 };
	char *text = malloc(size + 1);
	struct predict_ask ask;
	struct err err;

	if (!text)
		return 0;
	memcpy(text, data, size);
	text[size] = '\0';
	if (metric_parse(text, &workload, &ask, &err)
		    ? !*err.text
		    : ask.class > 2 || !(ask.given >= 0) ||
			      (ask.figure == FIGURE_QUANTILE &&
			       !(ask.q > 0 && ask.q < 1)))
		abort();
	free(text);
	return 0;
}
