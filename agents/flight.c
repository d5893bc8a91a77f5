/* flight.c - the table of requests on their way */
#include "agents/flight.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int flight_init(struct flight *f, uint32_t slots)
{
	memset(f, 0, sizeof(*f));
	f->slot = aligned_alloc(64, slots * sizeof(*f->slot));
	if (!f->slot)
		return -ENOMEM;
	memset(f->slot, 0, slots * sizeof(*f->slot));
	for (uint32_t i = 0; i < slots; i++)
		f->slot[i].outcome = FLIGHT_FREE;
	f->mask = slots - 1;
	return 0;
}

void flight_fini(struct flight *f)
{
	free(f->slot);
	f->slot = NULL;
}
