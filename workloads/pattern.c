/* pattern.c - an offered load that changes over time, by a rule */
#include "workloads/pattern.h"

#include <math.h>

#include "lancet/core/arena.h"
#include "lancet/core/config.h"

/*
 * Chords of a sine: with so many to a period the rate is nowhere further
 * off than amplitude (2 pi / n)^2 / 8, 0.008% of it.
 */
#define CHORDS 256

/* --- making one ----------------------------------------------------------- */

static void add_piece(struct pattern *p, double length_ns, double from,
		      double to)
{
	struct pattern_piece *at = &p->piece[p->n++];

	at->pace = from;
	at->slope = (to - from) / length_ns;
	at[1].start_ns = at->start_ns + length_ns;
	at[1].done_ns = at->done_ns + length_ns * (from + to) / 2;
	p->peak = fmax(p->peak, fmax(from, to));
}

static void add_sine(struct pattern *p, const struct config_sine *s)
{
	double chord_ns = (double)s->period_ns / CHORDS, last = s->mean.value;

	for (int i = 1; i <= CHORDS; i++) {
		double next = s->mean.value + s->amplitude.value *
			      sin(2 * M_PI * i / CHORDS);

		next = fmax(next, 0);
		add_piece(p, chord_ns, last, next);
		last = next;
	}
}

static void add_steps(struct pattern *p, const struct option_list *steps)
{
	const struct config_step *step = steps->items;

	for (size_t i = 0; i < steps->n; i++)
		add_piece(p, (double)step[i].for_ns, step[i].rate.value,
			  step[i].rate.value);
}

static void add_spikes(struct pattern *p, const struct config_spikes *s)
{
	double around_ns = (double)(s->every_ns - s->for_ns) / 2;

	add_piece(p, around_ns, s->base.value, s->base.value);
	add_piece(p, (double)s->for_ns, s->peak.value, s->peak.value);
	add_piece(p, around_ns, s->base.value, s->base.value);
}

static void fill(struct pattern *p, const struct config_pattern *o)
{
	if (o->ramp) {
		p->name = "ramp";
		add_piece(p, (double)o->ramp->over_ns, o->ramp->from.value,
			  o->ramp->to.value);
	} else if (o->sine) {
		p->name = "sine";
		add_sine(p, o->sine);
	} else if (o->spikes) {
		p->name = "spikes";
		add_spikes(p, o->spikes);
	} else {
		p->name = "steps";
		add_steps(p, &o->steps);
	}
}

const struct pattern *pattern_create(const struct config_pattern *options,
				     int64_t limit_ns, struct arena *arena)
{
	struct pattern *p = arena_alloc(arena, sizeof(*p));
	size_t most = options->sine ? CHORDS : 3;

	if (options->steps.n > most)
		most = options->steps.n;
	p->piece = arena_array(arena, most + 1, sizeof(*p->piece));
	p->length_ns = config_pattern_ns(options);
	if (!p->length_ns)
		p->length_ns = limit_ns;
	fill(p, options);
	p->mean = pattern_done(p, (double)p->length_ns) / (double)p->length_ns;
	p->peak /= p->mean;
	for (size_t i = 0; i <= p->n; i++) {
		p->piece[i].done_ns /= p->mean;
		p->piece[i].pace /= p->mean;
		p->piece[i].slope /= p->mean;
	}
	return p;
}

/* --- using it ------------------------------------------------------------- */

/* The piece of an instant within a round. */
static const struct pattern_piece *piece_at(const struct pattern *p, double ns)
{
	size_t lo = 0, hi = p->n;

	while (hi - lo > 1) {
		size_t mid = (lo + hi) / 2;

		if (p->piece[mid].start_ns <= ns)
			lo = mid;
		else
			hi = mid;
	}
	return &p->piece[lo];
}

double pattern_done(const struct pattern *p, double at_ns)
{
	const struct pattern_piece *end = &p->piece[p->n], *piece;
	double rounds = floor(at_ns / end->start_ns);
	double in = at_ns - rounds * end->start_ns;

	piece = piece_at(p, in);
	in -= piece->start_ns;
	return rounds * end->done_ns + piece->done_ns +
	       in * (piece->pace + piece->slope * in / 2);
}

double pattern_pace(const struct pattern *p, double at_ns)
{
	double round = p->piece[p->n].start_ns;
	double in = at_ns - floor(at_ns / round) * round;
	const struct pattern_piece *piece = piece_at(p, in);

	return piece->pace + piece->slope * (in - piece->start_ns);
}

double pattern_when(const struct pattern *p, struct pattern_place *place,
		    double done_ns)
{
	const struct pattern_piece *end = &p->piece[p->n], *piece;
	double in = done_ns - (double)place->round * end->done_ns;

	/* On over the pieces that are through by then, whole rounds too. */
	while (p->piece[place->piece + 1].done_ns <= in) {
		if (++place->piece < p->n)
			continue;
		place->piece = 0;
		place->round++;
		in -= end->done_ns;
	}
	piece = &p->piece[place->piece];
	in -= piece->done_ns;
	/* in = pace x + slope x^2 / 2, by the root that does not cancel. */
	if (in > 0)
		in = 2 * in / (piece->pace +
			       sqrt(fmax(piece->pace * piece->pace +
					 2 * piece->slope * in, 0)));
	return (double)place->round * end->start_ns + piece->start_ns + in;
}
