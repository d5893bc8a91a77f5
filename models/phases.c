/* phases.c - k workers on jobs of several phases: the chain of M/PH/k */
#include "models/phases.h"

#include <string.h>

#include "lancet/core/arena.h"

void phases_init(struct phases *p, const struct dist_branch *branch, size_t n,
		 uint32_t k, double arrivals, struct arena *arena)
{
	*p = (struct phases){ .k = k, .arrivals = arrivals };
	for (size_t i = 0; i < n; i++)
		p->n += branch[i].stages;
	p->rate = arena_array(arena, p->n, sizeof(*p->rate));
	p->start = arena_array(arena, p->n, sizeof(*p->start));
	p->end = arena_array(arena, p->n, sizeof(*p->end));
	for (size_t i = 0, at = 0; i < n; i++) {
		p->start[at] = branch[i].p;
		for (uint32_t j = 0; j < branch[i].stages; j++)
			p->rate[at++] = branch[i].rate;
		p->end[at - 1] = 1;
	}
}

/* Ways to put jobs into phases: (jobs + phases - 1 over jobs). */
static double ways(uint32_t jobs, size_t phases)
{
	uint32_t rest = (uint32_t)phases - 1;
	uint32_t few = jobs < rest ? jobs : rest, all = jobs + rest;
	double n = 1;

	for (uint32_t i = 1; i <= few && n <= PHASES_STATES; i++)
		n = n * (all - few + i) / i;
	return n;
}

size_t phases_states(const struct phases *p, uint32_t busy)
{
	double n = ways(busy, p->n);

	return n > PHASES_STATES ? PHASES_STATES + 1 : (size_t)n;
}

/*
 * States are in falling lexicographic order: before one come, place by place,
 * those with more in that phase.
 */
static size_t place(const uint32_t *count, uint32_t busy, size_t phases)
{
	size_t at = 0;

	for (size_t i = 0; i + 1 < phases; i++) {
		if (busy > count[i])
			at += (size_t)ways(busy - count[i] - 1, phases - i);
		busy -= count[i];
	}
	return at;
}

static void next_state(uint32_t *count, size_t phases)
{
	uint32_t end = count[phases - 1];
	size_t i = phases - 1;

	count[phases - 1] = 0;
	while (i && !count[i - 1])
		i--;
	if (!i)
		return;
	count[i - 1]--;
	count[i] = end + 1;
}

static void add(gsl_matrix *to, size_t row, size_t column, double rate)
{
	if (to)
		*gsl_matrix_ptr(to, row, column) += rate;
}

/* What moves one job into, or out of, or between phases leads where. */
static size_t moved(const struct phases *p, uint32_t *count, uint32_t busy,
		    size_t from, size_t to)
{
	size_t at;

	if (from < p->n)
		count[from]--, busy--;
	if (to < p->n)
		count[to]++, busy++;
	at = place(count, busy, p->n);
	if (to < p->n)
		count[to]--;
	if (from < p->n)
		count[from]++;
	return at;
}

static void arrive(const struct phases *p, uint32_t *count, uint32_t busy,
		   size_t row, gsl_matrix *up)
{
	if (busy == p->k) {
		add(up, row, row, p->arrivals);
		return;
	}
	for (size_t to = 0; to < p->n; to++)
		if (p->start[to] > 0)
			add(up, row, moved(p, count, busy, p->n, to),
			    p->arrivals * p->start[to]);
}

static void leave(const struct phases *p, uint32_t *count, uint32_t busy,
		  int waiting, size_t row, size_t from, gsl_matrix *down)
{
	double rate = count[from] * p->rate[from];

	if (!waiting) {
		add(down, row, moved(p, count, busy, from, p->n), rate);
		return;
	}
	for (size_t to = 0; to < p->n; to++)
		if (p->start[to] > 0)
			add(down, row, moved(p, count, busy, from, to),
			    rate * p->start[to]);
}

static void serve(const struct phases *p, uint32_t *count, uint32_t busy,
		  int waiting, size_t row, gsl_matrix *stay, gsl_matrix *down)
{
	for (size_t from = 0; from < p->n; from++) {
		double rate = count[from] * p->rate[from];

		if (!count[from])
			continue;
		add(stay, row, row, -rate);
		if (!(p->end[from] > 0))
			add(stay, row, moved(p, count, busy, from, from + 1),
			    rate);
		else if (down)
			leave(p, count, busy, waiting, row, from, down);
	}
}

void phases_rates(const struct phases *p, uint32_t busy, int waiting,
		  gsl_matrix *up, gsl_matrix *stay, gsl_matrix *down)
{
	uint32_t count[PHASES_STATES] = { busy };
	size_t states = phases_states(p, busy);

	for (size_t row = 0; row < states; row++) {
		add(stay, row, row, -p->arrivals);
		if (up)
			arrive(p, count, busy, row, up);
		serve(p, count, busy, waiting, row, stay, down);
		next_state(count, p->n);
	}
}
