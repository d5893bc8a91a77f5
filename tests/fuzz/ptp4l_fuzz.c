/* ptp4l_fuzz.c - any bytes as an answer of ptp4l */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "hwts/ptp4l.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ptp4l_state state = { 0 };
	uint8_t *copy = malloc(size ? size : 1);

	if (!copy)
		return 0;
	memcpy(copy, data, size);
	ptp4l_parse(copy, size, &state);
	assert(memchr(state.interface, 0, sizeof(state.interface)));
	free(copy);
	return 0;
}
