/* stamping.h - which stamps the path to the target really gives */
#ifndef AGENTS_STAMPING_H
#define AGENTS_STAMPING_H

#include <stddef.h>
#include <stdint.h>

struct arena;
struct pairing;
struct pairing_entry;
struct sample;
struct wire_stamps;
struct wire_start;
struct worker;

/*
 * Open the worker's transport with the best stamps that the configuration
 * permits and that the path gives: hardware, else the kernel's, else none
 * but the user's own. Nothing is concluded from what a socket or a card says
 * it can: some requests of the workload are sent to the target, and their
 * stamps have to come back, and fit between send and reply. 0; -errno where
 * the target cannot be reached, or -ENOTSUP where the configuration names a
 * source that gives none.
 */
int stamping_open(struct worker *w);
void stamping_close(struct worker *w);

/* Pair what this worker logged, which is changed, with its samples. */
void stamping_join(const struct worker *w, struct pairing *p,
		   struct pairing_entry *log, size_t n, struct sample *sample,
		   size_t nsamples, struct arena *arena);

/* The source of a crew: the least of its threads'. */
void stamping_describe(struct worker *const *worker, uint32_t n,
		       struct wire_stamps *to);

#endif
