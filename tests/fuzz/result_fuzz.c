/* result_fuzz.c - a result from any bytes, and what the writers make of it */
#include <jansson.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "lancet/core/arena.h"
#include "lancet/core/err.h"
#include "lancet/core/kind.h"
#include "lancet/core/result.h"
#include "reports/page.h"
#include "reports/writer.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Whatever can be read can be shown, and read again as it was. */
static void use(const struct result *result, struct arena *arena)
{
	const struct writer_ops *text =
		(const void *)kind_find(KIND_WRITER, "text");
	static FILE *out;
	struct err err = { 0 };
	json_t *json = result_to_json(result);

	if (!out)
		out = fopen("/dev/null", "w");
	if (!out || !result_from_json(json, arena, &err))
		abort();
	json_decref(json);
	text->write(result, NULL, out, &err);
	page_write(&result, 1, out, &err);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	json_t *json = json_loadb((const char *)data, size,
				  JSON_REJECT_DUPLICATES, NULL);
	struct result *result;
	struct arena arena;
	struct err err = { 0 };

	arena_init(&arena);
	result = json ? result_from_json(json, &arena, &err) : NULL;
	if (result)
		use(result, &arena);
	arena_fini(&arena);
	json_decref(json);
	return 0;
}
