/* pod.c - a job joins the shortest of a few queues drawn at random */
#include "models/servers.h"

#include "lancet/core/option.h"

/*
 * The power of choices (Vvedenskaya et al. 1996, Mitzenmacher 2001). With a
 * delay the chooser knows the queues as they were that long ago: what came
 * and what went is news that waits in a heap until it gets through.
 */
struct pod_options {
	int64_t candidates;
	double delay;
};

struct pod {
	struct servers servers; /* first */
	double delay;
	int64_t *known;	  /* jobs at each worker, as the chooser knows */
	struct heap news; /* by instant; slot: 2 * worker + came */
};

static const struct option_row pod_rows[] = {
	OPTION(INT, struct pod_options, candidates, 0, "2", 1,
	       POLICY_CANDIDATES, "different workers that are looked at"),
	OPTION(VALUE, struct pod_options, delay, 0, "0ns", 0, 1e15,
	       "age of what is known of their queues"),
	{ 0 },
};

static size_t pod_state_size(const void *options, uint32_t workers)
{
	(void)options;
	(void)workers;
	return sizeof(struct pod);
}

static void hear(struct pod *s, sim_time t)
{
	while (s->news.n && s->news.entry[0].key <= t) {
		uint32_t what = heap_pop(&s->news);

		s->known[what / 2] += what % 2 ? 1 : -1;
	}
}

/* The candidate with least jobs, ties to the one named first. */
static uint32_t pod_choose(const struct servers *servers, const struct job *job)
{
	const struct pod *s = (const struct pod *)servers;
	uint32_t best = job->aux.pick[0] % servers->servers;

	for (size_t i = 1; i < POLICY_CANDIDATES; i++) {
		uint32_t w = job->aux.pick[i];

		if (w == PICK_NONE)
			break;
		w %= servers->servers;
		if (s->known[w] < s->known[best])
			best = w;
	}
	return best;
}

static int pod_init(void *state, const void *options, uint32_t workers,
		    uint32_t jobs, struct arena *arena, struct err *err)
{
	const struct pod_options *o = options;
	struct pod *s = state;

	(void)err;
	s->delay = o->delay;
	s->known = arena_array(arena, workers, sizeof(*s->known));
	/* Two pieces of news a job; old ones of jobs gone may still wait. */
	s->news.entry =
		arena_array(arena, 4 * (size_t)jobs, sizeof(*s->news.entry));
	s->servers.choose = pod_choose;
	servers_init(&s->servers, options, workers, 1, jobs, arena);
	return 0;
}

static enum job_outcome pod_arrive(void *state, sim_time t,
				   const struct job *job)
{
	struct pod *s = state;
	struct servers *servers = &s->servers;
	uint32_t worker;

	hear(s, job->arrival);
	/* A delay longer than the room for news is dropped jobs, not memory. */
	if (s->news.n + 2 > 4 * servers->jobs)
		return JOB_DROPPED;
	worker = pod_choose(servers, job);
	if (servers_arrive(servers, t, job) != JOB_DONE)
		return JOB_DROPPED;
	heap_push(&s->news, job->arrival + s->delay, job->id, 2 * worker + 1);
	heap_push(&s->news, servers->free_at[worker] + s->delay, job->id,
		  2 * worker);
	return JOB_DONE;
}

static void pod_rebase(void *state, sim_time by)
{
	struct pod *s = state;

	for (uint32_t i = 0; i < s->news.n; i++)
		s->news.entry[i].key -= by;
	servers_rebase(&s->servers, by);
}

static struct policy_shape pod_shape(const void *options)
{
	(void)options;
	return (struct policy_shape){ .of = POLICY_SPLIT };
}

static void pod_pick(const void *options, uint32_t workers, uint64_t draw,
		     union job_aux *aux)
{
	const struct pod_options *o = options;

	policy_some_of(draw, (uint32_t)o->candidates, workers, aux);
}

const struct policy_ops policy_pod = {
	.kind = {
		.name = "pod",
		.alias = "po2",
		.help = "a job joins the shortest of a few queues drawn at "
			"random",
		.options = pod_rows,
		.options_size = sizeof(struct pod_options),
		.short_keys = "candidates delay",
		.short_help = "po2, pod:CANDIDATES[:DELAY]",
	},
	.flags = POLICY_PICKS,
	.state_size = pod_state_size,
	.init = pod_init,
	.capacity = servers_capacity,
	.shape = pod_shape,
	.pick = pod_pick,
	.arrive = pod_arrive,
	.next = servers_next,
	.advance = servers_advance,
	.rebase = pod_rebase,
};
