/* choice_fuzz.c - any text as a kind of every class: short forms and flows */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lancet/core/arena.h"
#include "lancet/core/err.h"
#include "lancet/core/option.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void try_class(enum kind_class class, enum option_unit unit,
		      const char *text, struct arena *arena)
{
	struct choice choice;
	struct err err;
	char said[256];

	if (option_parse_choice(class, unit, text, &choice, arena, &err)) {
		if (!*err.text || strpbrk(err.text, "\n\r\x1b"))
			abort();
		return;
	}
	option_describe(&choice, unit, said, sizeof(said));
	if (!*said)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena arena;
	char *text;

	arena_init(&arena);
	text = arena_alloc(&arena, size + 1);
	memcpy(text, data, size);
	for (int class = 0; class < KIND_CLASSES; class++)
		for (int unit = 0; unit <= OPTION_UNIT_BYTES; unit++)
			try_class((enum kind_class)class,
				  (enum option_unit)unit, text, &arena);
	arena_fini(&arena);
	return 0;
}
