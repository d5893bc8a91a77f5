/* spin_fuzz.c - replies and requests of spin, from any bytes, in any pieces */
#include "tests/fuzz/split.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	return split_fuzz("spin", data, size);
}
