/* custom_fuzz.c - replies as described, from any bytes, in any pieces */
#include "tests/fuzz/split.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The first byte says where replies end. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const text[] = {
		"{custom: {reply_size: 5B}}",
		"{custom: {reply_end: \"\\r\\n\"}}",
		("{custom: {request: '{id:u16be}', reply_length: u16be@2+4, "
		 "reply_id: u16le@0, reply_ok: '00@4'}}"),
	};
	static struct split_proto p[3];
	size_t which;

	if (size == 0)
		return 0;
	which = data[0] % 3;
	if (!p[which].out)
		split_open(&p[which], text[which]);
	if (!split_agrees(&p[which], data + 1, size - 1))
		abort();
	return 0;
}
