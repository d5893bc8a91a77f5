/* join.c - parts of a request that fanned out, put together again */
#include "agents/join.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lancet/core/rng.h"

#define REQUESTS_FIRST 4096u

struct join_request {
	struct sample whole;
	uint32_t left;		/* parts to come; 0: the place is free */
};

int join_init(struct join *j, uint32_t parts)
{
	*j = (struct join){ .parts = parts, .mask = REQUESTS_FIRST - 1 };
	j->request = calloc(REQUESTS_FIRST, sizeof(*j->request));
	return j->request ? 0 : -ENOMEM;
}

void join_fini(struct join *j)
{
	free(j->request);
	memset(j, 0, sizeof(*j));
}

void join_reset(struct join *j)
{
	if (j->request)
		memset(j->request, 0, (j->mask + 1) * sizeof(*j->request));
	j->n = j->at = 0;
}

/* --- the table: linear probing -------------------------------------------- */

static size_t home(const struct join *j, uint8_t thread, uint32_t number)
{
	return rng_mix((uint64_t)thread << 32 | number) & j->mask;
}

static size_t find(const struct join *j, uint8_t thread, uint32_t number)
{
	size_t i = home(j, thread, number);

	while (j->request[i].left && (j->request[i].whole.seq != number ||
				      j->request[i].whole.thread != thread))
		i = (i + 1) & j->mask;
	return i;
}

/* Twice the room, when half of it is used. */
static bool grow(struct join *j)
{
	struct join_request *old = j->request;
	size_t n = j->mask + 1;

	if (j->n < n / 2)
		return true;
	j->request = calloc(2 * n, sizeof(*old));
	if (!j->request) {
		j->request = old;
		return false;
	}
	j->mask = 2 * n - 1;
	for (size_t i = 0; i < n; i++)
		if (old[i].left)
			j->request[find(j, old[i].whole.thread,
					old[i].whole.seq)] = old[i];
	free(old);
	return true;
}

/* Close the gap, so that a search that passed it still finds what it did. */
static void take_out(struct join *j, size_t gap)
{
	size_t i = gap;

	j->n--;
	while (j->request[i = (i + 1) & j->mask].left) {
		const struct sample *s = &j->request[i].whole;
		size_t from = home(j, s->thread, s->seq);

		if (((i - from) & j->mask) < ((i - gap) & j->mask))
			continue;
		j->request[gap] = j->request[i];
		gap = i;
	}
	j->request[gap].left = 0;
}

/* --- parts ---------------------------------------------------------------- */

/* As any other request that ended so. */
static void settle(struct sample *whole)
{
	if (whole->outcome == OUTCOME_UNSENT)
		whole->sent_ns = 0;
	if (whole->outcome > OUTCOME_NACKED)
		whole->received_ns = 0;
}

bool join_add(struct join *j, const struct sample *part, struct sample *whole,
	      bool *failed)
{
	uint32_t number = part->seq / j->parts;
	struct join_request *r;
	size_t i;

	if (!grow(j)) {
		*failed = true;
		return false;
	}
	i = find(j, part->thread, number);
	r = &j->request[i];
	if (!r->left) {
		j->n++;
		*r = (struct join_request){ *part, j->parts };
		r->whole.seq = number;
	} else {
		sample_join(&r->whole, part);
	}
	if (--r->left > 0)
		return false;
	*whole = r->whole;
	/* Its place counted as used until here. */
	r->left = 1;
	take_out(j, i);
	settle(whole);
	return true;
}

bool join_rest(struct join *j, struct sample *whole)
{
	for (; j->n > 0 && j->at <= j->mask; j->at++) {
		struct join_request *r = &j->request[j->at];

		if (!r->left)
			continue;
		*whole = r->whole;
		r->left = 0;
		j->n--;
		if (whole->outcome < OUTCOME_LOST)
			whole->outcome = OUTCOME_LOST;
		settle(whole);
		return true;
	}
	return false;
}
