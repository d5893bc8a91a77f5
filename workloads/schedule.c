/* schedule.c - the intended requests of one thread at one point, in order */
#include "workloads/schedule.h"

#include <assert.h>
#include <errno.h>
#include <math.h>

#include "lancet/core/arena.h"
#include "lancet/core/config.h"
#include "lancet/core/err.h"

/* Put the place in the configuration before a message. */
static int at_option(const struct config *config, const char *path,
		     struct err *err)
{
	struct option_mark mark = config_mark(config, path);

	if (!mark.file || !mark.line)
		return err_wrap(err, "%s: error", path);
	return err_wrap(err, "%s:%u:%u: error", mark.file, mark.line,
			mark.column);
}

/* The class's own law, else the workload's, else none. */
static int init_law(struct dist *law, const struct choice *own,
		    const struct choice *common, struct arena *arena,
		    struct err *err)
{
	const struct choice *choice = own && own->kind ? own : common;

	return choice->kind ? dist_init(law, choice, arena, err) : 0;
}

static int init_class(struct class_law *law, const struct config_workload *c,
		      const struct config_class *own, struct arena *arena,
		      struct err *err)
{
	int rc;

	law->name = own ? own->name : "all";
	law->weight = own ? own->weight : 1;
	rc = init_law(&law->service, own ? &own->service : NULL, &c->service,
		      arena, err);
	if (!rc)
		rc = init_law(&law->request_size,
			      own ? &own->request_size : NULL,
			      &c->request_size, arena, err);
	if (!rc)
		rc = init_law(&law->reply_size, own ? &own->reply_size : NULL,
			      &c->reply_size, arena, err);
	return rc;
}

static int init_classes(struct workload *w, const struct config_workload *c,
			struct arena *arena, struct err *err)
{
	const struct config_class *own = c->classes.items;
	double sum = 0;

	w->nclasses = own ? c->classes.n : 1;
	w->class = arena_array(arena, w->nclasses, sizeof(*w->class));
	for (size_t i = 0; i < w->nclasses; i++) {
		int rc = init_class(&w->class[i], c, own ? &own[i] : NULL,
				    arena, err);

		if (rc)
			return rc;
		sum += w->class[i].weight;
	}
	if (!(sum > 0))
		return err_set(err, -EINVAL, "the weights of the classes sum "
					     "to 0; give one a weight");
	for (size_t i = 0; i < w->nclasses; i++)
		w->class[i].weight /= sum;
	return 0;
}

/*
 * A trial of the arrival process, so that a missing or broken file is found
 * now, and a class that does not exist.
 */
static int try_arrival(const struct workload *w, struct err *err)
{
	const struct arrival_ops *ops = (const void *)w->arrival.kind;
	const struct arrival_share whole = { .rate_rps = 1, .of = 1 };
	struct arena scratch;
	void *state;
	double gap_ns;
	int rc;

	arena_init(&scratch);
	state = arena_alloc(&scratch, ops->state_size);
	rc = ops->init(state, w->arrival.options, &whole, &scratch, err);
	while (!rc && ops->dictated && ops->gaps(state, NULL, &gap_ns, 1)) {
		uint64_t service_ns;
		int32_t class;

		ops->dictated(state, 0, &class, &service_ns);
		if (class >= (int32_t)w->nclasses)
			rc = err_set(err, -EINVAL, "class %d where there are "
				     "%zu, from 0; mend the file or add "
				     "classes", class, w->nclasses);
	}
	arena_fini(&scratch);
	return rc;
}

int workload_init(struct workload *w, const struct config *config,
		  struct arena *arena, struct err *err)
{
	const struct config_workload *c = &config->workload;

	*w = (struct workload){ .arrival = c->arrival };
	if (init_classes(w, c, arena, err))
		return at_option(config, c->classes.n ? "workload.classes" :
				 "workload.service", err);
	if (try_arrival(w, err))
		return at_option(config, "workload.arrival", err);
	return 0;
}

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

int schedule_init(struct schedule *s, const struct workload *w,
		  const struct rng_key *key, const struct arrival_share *share,
		  struct arena *arena, struct err *err)
{
	const struct { struct rng *rng; enum rng_purpose purpose; } stream[] = {
		{ &s->gap, RNG_ARRIVAL },
		{ &s->class, RNG_CLASS },
		{ &s->service, RNG_SERVICE },
		{ &s->request_size, RNG_REQUEST_SIZE },
		{ &s->reply_size, RNG_REPLY_SIZE },
		{ &s->draw, RNG_DRAW },
	};

	assert(share->rate_rps > 0 && share->index < share->of);
	*s = (struct schedule){ .workload = w };
	for (size_t i = 0; i < sizeof(stream) / sizeof(stream[0]); i++) {
		struct rng_key k = *key;

		k.purpose = stream[i].purpose;
		rng_init(stream[i].rng, &k);
	}
	s->arrival = (const struct arrival_ops *)w->arrival.kind;
	s->arrival_state = arena_alloc(arena, s->arrival->state_size);
	return s->arrival->init(s->arrival_state, w->arrival.options, share,
				arena, err);
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
	return x < (double)most ? (uint64_t)llround(x) : most;
}

static void fill(struct schedule *s, struct intent *out, double gap_ns,
		 size_t i)
{
	const struct class_law *law;
	uint64_t service_ns = 0;
	int32_t class = -1;

	s->at_ns += gap_ns;
	out->intended_ns = llround(s->at_ns);
	out->seq = (uint32_t)s->seq++;
	out->class = workload_draw_class(s->workload, &s->class);
	if (s->arrival->dictated)
		s->arrival->dictated(s->arrival_state, i, &class, &service_ns);
	if (class >= 0 && (size_t)class < s->workload->nclasses)
		out->class = (uint32_t)class;
	law = &s->workload->class[out->class];
	out->service_ns = service_ns ? service_ns :
		draw_whole(&law->service, &s->service, INT64_MAX / 2);
	out->request_size = (uint32_t)draw_whole(&law->request_size,
						 &s->request_size, UINT32_MAX);
	out->reply_size = (uint32_t)draw_whole(&law->reply_size,
					       &s->reply_size, UINT32_MAX);
	out->draw = rng_next(&s->draw);
}

size_t schedule_next(struct schedule *s, struct intent *out, size_t n)
{
	double gap_ns[64];
	size_t made = 0;

	while (made < n && !s->ended) {
		size_t want = n - made < 64 ? n - made : 64;
		size_t got = s->arrival->gaps(s->arrival_state, &s->gap,
					      gap_ns, want);

		for (size_t i = 0; i < got; i++)
			fill(s, &out[made + i], gap_ns[i], i);
		made += got;
		s->ended = got < want;
	}
	return made;
}
