/* darc.c - workers reserved for each class, shorter classes use them too */
#include "models/classes.h"

#include <errno.h>

#include "lancet/core/err.h"
#include "lancet/core/option.h"
#include "workloads/schedule.h"

/*
 * Persephone's dynamic application-aware reserved cores (Demoulin et al.,
 * SOSP 2021), once they are set. Classes go from short to long; each has
 * workers of its own, and may run on those of all longer ones.
 */
struct darc_options {
	struct option_list reserved;
};

struct darc {
	struct workers workers; /* first */
	struct classes waiting;
	uint32_t first[CLASSES_MOST]; /* worker of each class */
};

static const struct option_row darc_rows[] = {
	OPTION(INTS, struct darc_options, reserved, 0, NULL, 1, 65535,
	       "workers of each class, the shortest class first; default: by "
	       "the load of each class"),
	{ 0 },
};

static size_t darc_state_size(const void *options, uint32_t workers)
{
	(void)options;
	(void)workers;
	return sizeof(struct darc);
}

/* The shortest class that waits and finds a worker it may use, again and
 * again: nobody else gets to use one by that. */
static void darc_dispatch(struct workers *w, sim_time t)
{
	struct darc *s = (struct darc *)w;

	for (uint32_t c = 0; c < s->waiting.n && w->busy < w->n; c++) {
		struct fifo *queue = &s->waiting.queue[c];
		uint32_t worker;

		while (queue->n &&
		       (worker = workers_idle(w, s->first[c])) != WORKER_NONE) {
			uint32_t slot = fifo_pop(w, queue);

			workers_put(w, worker, slot, t, t + w->left[slot]);
		}
	}
}

static int darc_init(void *state, const void *options, uint32_t workers,
		     uint32_t jobs, struct arena *arena, struct err *err)
{
	const struct darc_options *o = options;
	const int64_t *reserved = o->reserved.items;
	struct darc *s = state;
	int64_t all = 0;

	if (!o->reserved.n || o->reserved.n > CLASSES_MOST)
		return err_set(err, -EINVAL,
			       "darc: %s; write reserved: [...], how many "
			       "workers each class has",
			       o->reserved.n ? "too many classes"
					     : "no reserved workers");
	/* Classes that are not named are as long as the longest. */
	for (uint32_t c = 0; c < CLASSES_MOST; c++) {
		s->first[c] =
			c < o->reserved.n ? (uint32_t)all : s->first[c - 1];
		all += c < o->reserved.n ? reserved[c] : 0;
	}
	if (all != workers)
		return err_set(err, -EINVAL,
			       "darc: %d of %u workers are reserved; reserve "
			       "all of them",
			       (int)all, workers);
	workers_init(&s->workers, workers, jobs, arena);
	s->workers.dispatch = darc_dispatch;
	return 0;
}

static enum job_outcome darc_arrive(void *state, sim_time t,
				    const struct job *job)
{
	struct darc *s = state;
	struct workers *w = &s->workers;

	if (!w->pool.nfree)
		return JOB_DROPPED;
	classes_join(&s->waiting, w, workers_take(w, job));
	darc_dispatch(w, t);
	return JOB_DONE;
}

/* --- reservations ----------------------------------------------------------
 */

static double load_of(const struct workload *workload, size_t class)
{
	return workload->class[class].weight *
	       dist_mean(&workload->class[class].service);
}

/*
 * What Persephone reserves: from the shortest class on its share of the work,
 * in whole workers, and at least one of those left; the longest has the rest.
 */
static int64_t share_of(const struct workload *workload, uint32_t workers,
			int64_t left, size_t class)
{
	size_t longer = workload->nclasses - 1 - class;
	double share = workers * load_of(workload, class) /
		       workload_moment(workload, 1);

	if (!longer)
		return left;
	return (int64_t)fmax(1,
			     fmin(round(share), (double)left - (double)longer));
}

static const void *darc_settle(const void *options, uint32_t workers,
			       const struct workload *workload,
			       struct arena *arena, struct err *err)
{
	const struct darc_options *o = options;
	size_t n = workload->nclasses;
	struct darc_options *settled;
	int64_t left = workers, *reserved;

	for (size_t c = 1; c < n; c++)
		if (dist_mean(&workload->class[c].service) <
		    dist_mean(&workload->class[c - 1].service)) {
			err_set(err, -EINVAL,
				"darc: class %s is shorter than %s; list "
				"classes from short to long",
				workload->class[c].name,
				workload->class[c - 1].name);
			return NULL;
		}
	if (n > workers || (o->reserved.n && o->reserved.n < n)) {
		err_set(err, -EINVAL,
			"darc: there are %zu classes, and %s; reserve a "
			"worker for each",
			n, n > workers ? "fewer workers" : "fewer reserved");
		return NULL;
	}
	if (o->reserved.n)
		return options;
	settled = arena_alloc(arena, sizeof(*settled));
	settled->reserved.n = n;
	settled->reserved.items = reserved =
		arena_array(arena, n, sizeof(*reserved));
	for (size_t c = 0; c < n; left -= reserved[c++])
		reserved[c] = share_of(workload, workers, left, c);
	return settled;
}

/*
 * What is necessary: the workers that class c and all longer ones may use
 * bear the load of these. It does not suffice: shorter classes go first.
 */
static double darc_capacity(const void *options, uint32_t workers,
			    const struct workload *workload)
{
	const struct darc_options *o = options;
	const int64_t *reserved = o->reserved.items;
	double load = workload_moment(workload, 1), least = INFINITY;
	int64_t left = workers;

	for (size_t c = 0; c < workload->nclasses; c++) {
		least = fmin(least, (double)left / load);
		load -= load_of(workload, c);
		if (!o->reserved.n)
			left -= share_of(workload, workers, left, c);
		else if (c + 1 < o->reserved.n)
			left -= reserved[c];
	}
	return least;
}

const struct policy_ops policy_darc = {
	.kind = {
		.name = "darc",
		.help = "workers reserved for each class; shorter classes may "
			"use those of longer ones",
		.options = darc_rows,
		.options_size = sizeof(struct darc_options),
		.short_keys = "reserved",
		.short_help = "darc[:WORKERS,WORKERS...]",
	},
	.state_size = darc_state_size,
	.init = darc_init,
	.capacity = darc_capacity,
	.settle = darc_settle,
	.arrive = darc_arrive,
	.next = workers_next,
	.advance = workers_advance,
	.rebase = workers_rebase,
};
