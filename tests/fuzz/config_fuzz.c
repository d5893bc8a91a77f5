/* config_fuzz.c - any bytes as a configuration; what is taken reads back */
#include <stdlib.h>
#include <string.h>

#include "lancet/core/config.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct option_problems problems = { 0 };
	struct config *c, *back;
	struct arena arena;
	char *text;

	arena_init(&arena);
	c = config_parse("fuzz.yaml", (const char *)data, size, NULL, 0,
			 &arena, &problems);
	if (!c != (problems.n > 0))
		abort();
	if (c) {
		text = config_text(c, &arena);
		back = config_parse("again.yaml", text, strlen(text), NULL, 0,
				    &arena, &problems);
		if (!back || strcmp(config_text(back, &arena), text))
			abort();
	}
	arena_fini(&arena);
	return 0;
}
