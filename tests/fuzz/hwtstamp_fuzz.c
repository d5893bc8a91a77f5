/* hwtstamp_fuzz.c - any file in place of a network card's kept state */
#include <assert.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hwts/hwtstamp.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What is taken says the same when it is written again. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct hwtstamp_state b, o;
	char again[128], *text = malloc(size + 1);

	if (!text)
		return 0;
	memcpy(text, data, size);
	text[size] = '\0';
	if (hwtstamp_parse(text, &b, &o) == 0) {
		snprintf(again, sizeof(again), "hwtstamp 1 %d %d %d %d %d %d\n",
			 b.flags, b.tx, b.rx, o.flags, o.tx, o.rx);
		assert(!strcmp(text, again));
	}
	free(text);
	return 0;
}
