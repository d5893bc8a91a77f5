/* http_fuzz.c - replies and requests, from any bytes, in any pieces */
#include "tests/fuzz/split.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	return split_fuzz("http", data, size);
}
