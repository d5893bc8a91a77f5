/* slo_fuzz.c - any text as a promise */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lancet/core/err.h"
#include "lancet/core/slo.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1);
	struct slo slo;
	struct err err;

	if (!text)
		return 0;
	memcpy(text, data, size);
	text[size] = '\0';
	if (slo_parse(text, &slo, &err) ? !*err.text :
					  slo.n < 1 || slo.n > SLO_TERMS)
		abort();
	free(text);
	return 0;
}
