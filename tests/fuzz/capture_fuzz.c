/* capture_fuzz.c - captures of any bytes; whatever is in them, it is counted */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "agents/exchange_guess.h"
#include "hwts/capture.h"
#include "lancet/core/arena.h"
#include "lancet/core/err.h"
#include "lancet/core/option.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *const protocols[] = {
	"echo", "spin", "http", "redis", "memcached",
	"{memcached: {format: binary}}",
};

static struct capture *begin(const uint8_t *data, size_t size)
{
	FILE *in = fmemopen((void *)(uintptr_t)data, size, "r");
	struct err err;

	return in ? capture_open_file(in, &err) : NULL;
}

static void check(const struct exchanges *x)
{
	uint64_t kinds = 0, answered = 0;

	for (int i = 0; i < DISSECT_KINDS; i++)
		kinds += x->count.kind[i];
	for (size_t i = 0; i < x->n; i++)
		answered += x->all[i].reply_ns != 0;
	if (kinds != x->count.packets || answered > x->n ||
	    x->count.ours + x->count.unstamped >
		    x->count.kind[DISSECT_UDP] + x->count.kind[DISSECT_TCP])
		abort();
}

static void read_all(const uint8_t *data, size_t size, const char *protocol,
		     const struct exchange_server *server)
{
	struct capture *c = begin(data, size);
	struct capture_packet packet;
	struct choice choice = { 0 };
	struct exchanges x;
	struct arena arena;
	struct err err;

	arena_init(&arena);
	if (c && !option_parse_choice(KIND_PROTO, OPTION_UNIT_TIME, protocol,
				      &choice, &arena, &err) &&
	    exchange_init(&x, &choice, server, &arena, &err) == 0) {
		while (capture_next(c, &packet, &err) > 0 &&
		       exchange_take(&x, &packet) == 0)
			;
		check(&x);
		exchange_fini(&x);
	}
	if (c)
		capture_close(c);
	arena_fini(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct exchange_server server;
	struct exchange_guess guess;
	struct capture_packet packet;
	struct err err;
	struct capture *c = size ? begin(data, size) : NULL;

	if (!c)
		return 0;
	if (exchange_guess_init(&guess) < 0)
		abort();
	while (capture_next(c, &packet, &err) > 0 &&
	       exchange_guess_take(&guess, &packet))
		;
	capture_close(c);
	if (exchange_guess_best(&guess, &server))
		for (size_t i = 0; i < sizeof(protocols) / sizeof(*protocols);
		     i++)
			read_all(data, size, protocols[i], &server);
	exchange_guess_fini(&guess);
	return 0;
}
