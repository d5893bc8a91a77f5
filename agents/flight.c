/* flight.c - the table of requests on their way */
#include "agents/flight.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int flight_init(struct flight *f, uint32_t slots, uint32_t lines)
{
	memset(f, 0, sizeof(*f));
	f->slot = aligned_alloc(64, slots * sizeof(*f->slot));
	f->line = calloc(lines + 1, sizeof(*f->line));
	for (; f->line && f->lines < lines; f->lines++) {
		f->line[f->lines].seq = calloc(slots, sizeof(uint32_t));
		if (!f->line[f->lines].seq)
			break;
	}
	if (!f->slot || f->lines < lines || !f->line) {
		flight_fini(f);
		return -ENOMEM;
	}
	memset(f->slot, 0, slots * sizeof(*f->slot));
	for (uint32_t i = 0; i < slots; i++)
		f->slot[i].outcome = FLIGHT_FREE;
	f->mask = slots - 1;
	return 0;
}

void flight_fini(struct flight *f)
{
	for (uint32_t i = 0; i < f->lines; i++)
		free(f->line[i].seq);
	free(f->line);
	free(f->slot);
	memset(f, 0, sizeof(*f));
}

struct sample *flight_take_lined(struct flight *f, uint32_t line, uint32_t seq)
{
	struct flight_line *l = &f->line[line];
	uint32_t oldest = f->oldest, next = f->next;
	bool others = f->open > 0;
	struct sample *s = flight_take(f, seq);

	if (others && (int32_t)(oldest - seq) > 0)
		f->oldest = seq;
	if (others && (int32_t)(next - f->next) > 0)
		f->next = next;
	l->seq[l->last++ & f->mask] = seq;
	return s;
}

struct sample *flight_first(struct flight *f, uint32_t line)
{
	struct flight_line *l = &f->line[line];

	for (; l->first != l->last; l->first++) {
		uint32_t seq = l->seq[l->first & f->mask];
		struct sample *s = &f->slot[seq & f->mask];

		if (s->outcome != FLIGHT_FREE && s->seq == seq)
			return s;
	}
	return NULL;
}
