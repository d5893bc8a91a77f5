/* report_fuzz.c - an agent's blobs from any bytes */
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "lancet/core/err.h"
#include "lancet/core/wire.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The first byte says which blob the rest is. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const name[] = { "windows", "lateness", "connect",
					    "gaps", "stalls", "samples",
					    "wire" };
	struct wire_report_in in;
	struct arena arena;
	struct err err;
	char hash[17];
	char *text;
	json_t *frame;

	if (size == 0 || size > 400000)
		return 0;
	text = base64_encode(data + 1, size - 1);
	snprintf(hash, sizeof(hash), "%016" PRIx64,
		 frame_hash(data + 1, size - 1));
	frame = json_pack("{ss ss si si sI ss ss}", "t", "chunk", "name",
			  name[data[0] % 7], "i", 0, "n", 1, "bytes",
			  (json_int_t)(size - 1), "hash", hash, "data", text);
	free(text);
	arena_init(&arena);
	in = (struct wire_report_in){ .arena = &arena };
	wire_report_take(&in, frame, &err);
	frame_blob_fini(&in.blob);
	json_decref(frame);
	arena_fini(&arena);
	return 0;
}
