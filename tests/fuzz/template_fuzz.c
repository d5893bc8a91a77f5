/* template_fuzz.c - descriptions of requests, and what is written from them */
#include <stdlib.h>
#include <string.h>

#include "lancet/core/arena.h"
#include "lancet/core/err.h"
#include "workloads/proto.h"
#include "workloads/template.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct proto_request req = { .id = UINT64_MAX,
					   .service_ns = UINT64_MAX,
					   .draw = UINT64_MAX };
	struct template t;
	struct arena arena;
	struct err err;
	char *text;

	arena_init(&arena);
	text = arena_alloc(&arena, size + 1);
	memcpy(text, data, size);
	if (!template_parse(&t, text, 1000000000, &arena, &err)) {
		unsigned char *out = malloc(t.most);

		if (template_write(&t, &req, out) > t.most)
			abort();
		free(out);
	}
	arena_fini(&arena);
	return 0;
}
