/* schedule.c - the intended requests of one thread at one point, in order */
#include "workloads/schedule.h"

#include <assert.h>
#include <math.h>

#include "lancet/core/arena.h"

double workload_moment(const struct workload *w, int k)
{
	double sum = 0;

	for (size_t i = 0; i < w->nclasses; i++) {
		const struct dist *law = &w->class[i].service;

		if (law->ops && w->class[i].weight > 0)
			sum += w->class[i].weight *
			       law->ops->moment(law->state, k);
	}
	return sum;
}

uint32_t workload_draw_class(const struct workload *w, struct rng *rng)
{
	uint32_t last = (uint32_t)w->nclasses - 1;
	double u;

	if (!last)
		return 0;
	u = rng_uniform(rng);
	for (uint32_t i = 0; i < last; i++) {
		if (u < w->class[i].weight)
			return i;
		u -= w->class[i].weight;
	}
	return last;
}

int schedule_init(struct schedule *s, const struct workload *w,
		  const struct rng_key *key, const struct arrival_share *share,
		  struct arena *arena, struct err *err)
{
	const struct {
		struct rng *rng;
		enum rng_purpose purpose;
	} stream[] = {
		{ &s->gap, RNG_ARRIVAL },
		{ &s->class, RNG_CLASS },
		{ &s->service, RNG_SERVICE },
		{ &s->request_size, RNG_REQUEST_SIZE },
		{ &s->reply_size, RNG_REPLY_SIZE },
		{ &s->draw, RNG_DRAW },
	};

	struct arrival_share part = *share;

	assert(share->rate_rps > 0 && share->index < share->of);
	*s = (struct schedule){ .workload = w };
	for (size_t i = 0; i < sizeof(stream) / sizeof(stream[0]); i++) {
		struct rng_key k = *key;

		k.purpose = stream[i].purpose;
		rng_init(stream[i].rng, &k);
	}
	s->arrival = (const struct arrival_ops *)w->arrival.kind;
	if (s->arrival->flags & ARRIVAL_TURNS) {
		struct rng_key k = *key;

		k.agent = k.thread = 0;
		k.purpose = RNG_ARRIVAL;
		rng_init(&s->gap, &k);
	}
	s->arrival_state = arena_alloc(arena, s->arrival->state_size);
	part.file = w->arrival_file;
	return s->arrival->init(s->arrival_state, w->arrival.options, &part,
				arena, err);
}

/* Of what is not negative. llround() would be a tenth of a request's draw. */
static int64_t nearest(double x)
{
	return (int64_t)(x + 0.5);
}

/* A draw as a whole number of at least 1: 0 means "none" to its users. */
static uint64_t draw_whole(const struct dist *law, struct rng *rng,
			   uint64_t most)
{
	double x;

	if (!law->ops)
		return 0;
	law->ops->sample(law->state, rng, &x, 1);
	if (x < 1)
		return 1;
	return x < (double)most ? (uint64_t)nearest(x) : most;
}

/* Everything but instant, number and class. */
static void draw(struct schedule *s, struct intent *out, uint64_t service_ns)
{
	const struct class_law *law = &s->workload->class[out->class];

	out->service_ns = service_ns ? service_ns
				     : draw_whole(&law->service, &s->service,
						  INT64_MAX / 2);
	out->request_size = (uint32_t)draw_whole(&law->request_size,
						 &s->request_size, UINT32_MAX);
	out->reply_size = (uint32_t)draw_whole(&law->reply_size, &s->reply_size,
					       UINT32_MAX);
	out->draw = rng_next(&s->draw);
}

static void fill(struct schedule *s, struct intent *out, double gap_ns,
		 size_t i)
{
	uint64_t service_ns = 0;
	int32_t class = -1;

	s->at_ns += gap_ns;
	out->intended_ns = nearest(
		s->workload->pattern ? pattern_when(s->workload->pattern,
						    &s->place, s->at_ns)
				     : s->at_ns);
	out->seq = (uint32_t)s->seq++;
	out->class = workload_draw_class(s->workload, &s->class);
	if (s->arrival->dictated)
		s->arrival->dictated(s->arrival_state, i, &class, &service_ns);
	if (class >= 0 && (size_t) class < s->workload->nclasses)
		out->class = (uint32_t) class;
	s->dictated_ns = service_ns;
	draw(s, out, service_ns);
}

static size_t next_requests(struct schedule *s, struct intent *out, size_t n)
{
	double gap_ns[64];
	size_t made = 0;

	while (made < n && !s->ended) {
		size_t want = n - made < 64 ? n - made : 64;
		size_t got = s->arrival->gaps(s->arrival_state, &s->gap, gap_ns,
					      want);

		for (size_t i = 0; i < got; i++)
			fill(s, &out[made + i], gap_ns[i], i);
		made += got;
		s->ended = got < want;
	}
	return made;
}

static size_t next_parts(struct schedule *s, struct intent *out, size_t n)
{
	uint32_t parts = s->workload->fanout;
	size_t made = 0;

	for (; made < n; made++) {
		if (s->part == 0 && next_requests(s, &s->whole, 1) == 0)
			break;
		out[made] = s->whole;
		out[made].seq = s->whole.seq * parts + s->part;
		if (s->part > 0)
			draw(s, &out[made], s->dictated_ns);
		s->part = (s->part + 1) % parts;
	}
	return made;
}

size_t schedule_next(struct schedule *s, struct intent *out, size_t n)
{
	return s->workload->fanout > 1 ? next_parts(s, out, n)
				       : next_requests(s, out, n);
}
