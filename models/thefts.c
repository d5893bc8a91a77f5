/* thefts.c - a queue for every worker, and idle ones that take from others */
#include "models/thefts.h"

#include "lancet/core/rng.h"

void thefts_join(struct thefts *s, uint32_t home, uint32_t slot)
{
	fifo_push(&s->workers, &s->queue[home], slot);
	s->waiting++;
}

static void begin(struct thefts *s, uint32_t worker, uint32_t from, sim_time t)
{
	struct workers *w = &s->workers;
	uint32_t slot = fifo_pop(w, &s->queue[from]);
	double cost = from == worker ? 0 : s->cost;

	s->waiting--;
	w->pool.slot[slot].overhead += cost;
	workers_put(w, worker, slot, t + cost, t + cost + w->left[slot]);
	if (s->taken)
		s->taken(s, worker, slot);
}

static uint32_t longest(const struct thefts *s)
{
	uint32_t most = 0;

	for (uint32_t i = 1; i < s->workers.n; i++)
		if (s->queue[i].n > s->queue[most].n)
			most = i;
	return most;
}

/* One of n, from the bits that came with the job. */
static uint32_t draw(struct thefts *s, uint32_t n)
{
	s->luck = rng_mix(s->luck + 1);
	return policy_one_of(s->luck, n);
}

static uint32_t any_queue(struct thefts *s)
{
	uint32_t n = 0, i = 0;

	for (uint32_t j = 0; j < s->workers.n; j++)
		n += s->queue[j].n > 0;
	n = draw(s, n);
	while (!s->queue[i].n || n--)
		i++;
	return i;
}

/* The thief. */
static uint32_t any_idle(struct thefts *s)
{
	const struct workers *w = &s->workers;
	uint32_t i = workers_idle(w, 0), n;

	if (s->victim == THEFTS_LONGEST)
		return i;
	n = draw(s, w->n - w->busy);
	while (n--)
		i = workers_idle(w, i + 1);
	return i;
}

static void thefts_dispatch(struct workers *w, sim_time t)
{
	struct thefts *s = (struct thefts *)w;

	if (!s->waiting || w->busy == w->n)
		return;
	for (uint32_t i = workers_idle(w, 0); i < w->n;
	     i = workers_idle(w, i + 1))
		if (s->queue[i].n)
			begin(s, i, i, t);
	while (s->waiting && w->busy < w->n) {
		uint32_t from =
			s->victim == THEFTS_UNIFORM ? any_queue(s) : longest(s);

		begin(s, any_idle(s), from, t);
	}
}

/* Nobody waits elsewhere while a worker is idle. */
void thefts_arrive(struct thefts *s, uint32_t home, uint32_t slot, sim_time t)
{
	struct workers *w = &s->workers;

	thefts_join(s, home, slot);
	if (w->busy < w->n)
		begin(s, workers_is_idle(w, home) ? home : any_idle(s), home,
		      t);
}

void thefts_init(struct thefts *s, double cost, enum thefts_victim victim,
		 uint32_t workers, uint32_t jobs, struct arena *arena)
{
	s->cost = cost;
	s->victim = victim;
	s->queue = arena_array(arena, workers, sizeof(*s->queue));
	workers_init(&s->workers, workers, jobs, arena);
	s->workers.dispatch = thefts_dispatch;
}
