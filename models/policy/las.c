/* las.c - least attained service first: foreground-background */
#include "models/sharing.h"

#include <math.h>

#include "models/servers.h"

/*
 * Schrage 1967: the jobs with least work received share the workers. Jobs
 * of equal attained service are a group; the groups stand on a stack, the
 * least on top, where each takes what workers those above it leave. Only
 * these move, at rates that change when a job comes, or goes, or a group
 * catches up with the next one and joins it. In a group the job with the
 * least service ends first, so that a group is a heap; leftist (Crane 1972),
 * as two are melded in logarithmic time.
 */
#define NONE UINT32_MAX

struct node {
	uint32_t left, right, rank;
};

struct group {
	double attained, rate; /* of each of its jobs */
	uint32_t root, n;
};

struct las {
	uint32_t cores, room;
	struct pool pool;
	struct node *node; /* of each slot */
	struct group *group;
	uint32_t ngroups, active; /* those at the top that move */
	sim_time at;		  /* when `attained` was right */
	sim_time next;		  /* event, of the group: */
	uint32_t which;
	bool meets; /* the one below it; else a job ends */
};

/* --- heaps ---------------------------------------------------------------- */

static double service(const struct las *s, uint32_t slot)
{
	return s->pool.slot[slot].job.service;
}

static bool before(const struct las *s, uint32_t a, uint32_t b)
{
	return service(s, a) < service(s, b) ||
	       (service(s, a) == service(s, b) &&
		s->pool.slot[a].job.id < s->pool.slot[b].job.id);
}

static uint32_t rank(const struct las *s, uint32_t slot)
{
	return slot == NONE ? 0 : s->node[slot].rank;
}

static uint32_t meld(struct las *s, uint32_t a, uint32_t b)
{
	struct node *n;
	uint32_t kid;

	if (a == NONE || b == NONE)
		return a == NONE ? b : a;
	if (before(s, b, a)) {
		kid = a;
		a = b;
		b = kid;
	}
	n = &s->node[a];
	kid = meld(s, n->right, b);
	if (rank(s, kid) > rank(s, n->left)) {
		n->right = n->left;
		n->left = kid;
	} else {
		n->right = kid;
	}
	n->rank = rank(s, n->right) + 1;
	return a;
}

/* --- groups --------------------------------------------------------------- */

/* What each of n jobs gets of so many workers, which are left then. */
static double share(double *workers, uint32_t n)
{
	double rate = n <= *workers ? 1 : *workers / n;

	*workers = n <= *workers ? *workers - n : 0;
	return rate;
}

static void consider(struct las *s, uint32_t group, double work, double rate,
		     bool meets)
{
	/* Rounding may have taken it past the mark. */
	sim_time when = s->at + fmax(work, 0) / rate;

	if (!(when < s->next))
		return;
	s->next = when;
	s->which = group;
	s->meets = meets;
}

static void find_next(struct las *s)
{
	double workers = s->cores, rate = 0;

	s->next = INFINITY;
	s->active = 0;
	if (s->ngroups)
		rate = share(&workers, s->group[s->ngroups - 1].n);
	for (uint32_t i = s->ngroups; i-- && rate > 0; s->active++) {
		struct group *g = &s->group[i], *below = g - 1;
		double slower = i ? share(&workers, below->n) : 0;

		g->rate = rate;
		consider(s, i, service(s, g->root) - g->attained, rate, false);
		if (i && slower < rate)
			consider(s, i, below->attained - g->attained,
				 rate - slower, true);
		rate = slower;
	}
}

static void catch_up(struct las *s, sim_time t)
{
	for (uint32_t i = s->ngroups - s->active; i < s->ngroups; i++)
		s->group[i].attained += (t - s->at) * s->group[i].rate;
	s->at = t;
}

static void take_away(struct las *s, uint32_t group)
{
	s->ngroups--;
	for (uint32_t i = group; i < s->ngroups; i++)
		s->group[i] = s->group[i + 1];
}

static void meet(struct las *s, uint32_t group)
{
	struct group *g = &s->group[group], *below = g - 1;

	below->root = meld(s, g->root, below->root);
	below->n += g->n;
	take_away(s, group);
}

static uint32_t end_first(struct las *s, uint32_t group)
{
	struct group *g = &s->group[group];
	uint32_t slot = g->root;

	g->attained = service(s, slot);
	g->root = meld(s, s->node[slot].left, s->node[slot].right);
	if (!--g->n)
		take_away(s, group);
	return slot;
}

/* --- as the driver sees it ------------------------------------------------ */

static size_t las_state_size(const void *options, uint32_t workers)
{
	(void)options;
	(void)workers;
	return sizeof(struct las);
}

static int las_init(void *state, const void *options, uint32_t workers,
		    uint32_t jobs, struct arena *arena, struct err *err)
{
	struct las *s = state;

	(void)options;
	(void)err;
	s->cores = workers;
	s->room = jobs;
	s->next = INFINITY;
	s->node = arena_array(arena, jobs, sizeof(*s->node));
	s->group = arena_array(arena, jobs, sizeof(*s->group));
	pool_init(&s->pool, jobs, arena);
	return 0;
}

static enum job_outcome las_arrive(void *state, sim_time t,
				   const struct job *job)
{
	struct las *s = state;
	struct group *top;
	struct done *d;
	uint32_t slot;

	if (!s->pool.nfree)
		return JOB_DROPPED;
	slot = pool_take(&s->pool, job);
	d = &s->pool.slot[slot];
	d->first_start = job->arrival;
	d->slices = 1;
	s->node[slot] = (struct node){ NONE, NONE, 1 };
	catch_up(s, t);
	if (!s->ngroups || s->group[s->ngroups - 1].attained > 0)
		s->group[s->ngroups++] = (struct group){ .root = NONE };
	top = &s->group[s->ngroups - 1];
	top->root = meld(s, top->root, slot);
	top->n++;
	find_next(s);
	return JOB_DONE;
}

static sim_time las_next(const void *state)
{
	const struct las *s = state;

	return s->next;
}

static size_t las_advance(void *state, sim_time t, struct done *done, size_t n)
{
	struct las *s = state;
	size_t out = 0;

	while (out < n && s->next <= sharing_due(t)) {
		catch_up(s, fmin(s->next, t));
		if (s->meets) {
			meet(s, s->which);
		} else {
			done[out] = *pool_put(&s->pool, end_first(s, s->which));
			done[out++].completion = s->at;
		}
		find_next(s);
	}
	return out;
}

static void las_rebase(void *state, sim_time by)
{
	struct las *s = state;

	s->at -= by;
	s->next -= by;
	/* Free slots too: it does no harm. */
	for (uint32_t i = 0; i < s->room; i++) {
		s->pool.slot[i].job.arrival -= by;
		s->pool.slot[i].first_start -= by;
	}
}

static struct policy_shape las_shape(const void *options)
{
	(void)options;
	return (struct policy_shape){ .of = POLICY_LAS };
}

const struct policy_ops policy_las = {
	.kind = {
		.name = "las",
		.alias = "fb",
		.help = "least attained service first; equals share "
			"(foreground-background)",
	},
	.flags = POLICY_AT_ONCE,
	.state_size = las_state_size,
	.init = las_init,
	.capacity = servers_capacity,
	.shape = las_shape,
	.arrive = las_arrive,
	.next = las_next,
	.advance = las_advance,
	.rebase = las_rebase,
};
