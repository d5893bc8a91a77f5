/* join.h - parts of a request that fanned out, put together again */
#ifndef AGENTS_JOIN_H
#define AGENTS_JOIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lancet/core/sample.h"

/*
 * Part j of request i has the number i N + j (workloads/schedule.h). The
 * parts of a request finish in any order, and others' between them. Owned by
 * the thread that folds.
 */
struct join_request;

struct join {
	uint32_t parts;			/* N */
	struct join_request *request;	/* a hash table of those not whole */
	size_t n, mask;
	size_t at;			/* of join_rest() */
};

/* 0 or -ENOMEM; parts > 1. */
int join_init(struct join *j, uint32_t parts);
void join_fini(struct join *j);
void join_reset(struct join *j);

/*
 * Take in a finished part. True when it was its request's last: *whole is
 * then the request, numbered i, as sample_join() has it. *failed: there was
 * no memory.
 */
bool join_add(struct join *j, const struct sample *part, struct sample *whole,
	      bool *failed);

/*
 * When no more parts will come: the next request that lacks some (records
 * were dropped), which counts as lost at least; false when there is none.
 */
bool join_rest(struct join *j, struct sample *whole);

#endif
