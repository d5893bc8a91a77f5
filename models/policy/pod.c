/* pod.c - a job joins the shortest of a few queues drawn at random */
#include "models/known.h"
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
	uint32_t *known;      /* jobs at each worker, as the chooser knows */
	struct heap news;     /* by instant; slot: 2 * worker + came */
	size_t room;	      /* of that */
	uint32_t chosen;      /* for the last job */
	struct known leaving; /* departures() without delay */
};

static const struct option_row pod_rows[] = {
	OPTION(INT, struct pod_options, candidates, 0, "2", 1,
	       POLICY_CANDIDATES, "number of different workers drawn"),
	OPTION(VALUE, struct pod_options, delay, 0, "0ns", 0, 1e15,
	       "age of the information about their queues"),
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

		if (what % 2)
			s->known[what / 2]++;
		else
			s->known[what / 2]--;
	}
}

static uint32_t pod_choose(struct servers *servers, const struct job *job)
{
	struct pod *s = (struct pod *)servers;

	s->chosen = servers_candidate(servers, s->known, job);
	return s->chosen;
}

/* What is known at once needs no news. */
static uint32_t pod_choose_now(struct servers *s, const struct job *job)
{
	return servers_candidate(s, s->count, job);
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
	s->room = 4 * (size_t)jobs;
	s->news.entry = arena_array(arena, s->room, sizeof(*s->news.entry));
	s->servers.counts = !(s->delay > 0);
	s->servers.choose = s->servers.counts ? pod_choose_now : pod_choose;
	servers_init(&s->servers, options, workers, 1, jobs, arena);
	known_init(&s->leaving, workers, arena);
	return 0;
}

static void tell(struct pod *s, sim_time when, uint64_t id, uint32_t what)
{
	s->news.entry = arena_grow(s->servers.arena, s->news.entry, s->news.n,
				   &s->room, sizeof(*s->news.entry));
	heap_push(&s->news, when + s->delay, id, what);
}

static void tell_of(struct pod *s, const struct job *job, sim_time completion)
{
	tell(s, job->arrival, job->id, 2 * s->chosen + 1);
	tell(s, completion, job->id, 2 * s->chosen);
}

static enum job_outcome pod_arrive(void *state, sim_time t,
				   const struct job *job)
{
	struct pod *s = state;

	if (s->servers.counts)
		return servers_arrive(state, t, job);
	hear(s, job->arrival);
	/* A delay longer than the room for news is dropped jobs, not memory. */
	if (s->news.n + 2 > s->room ||
	    servers_arrive(state, t, job) != JOB_DONE)
		return JOB_DROPPED;
	tell_of(s, job, s->servers.free_at[s->chosen]);
	return JOB_DONE;
}

/* Who has left the candidates by t counts no more; of others nobody asks. */
static void leave_until(struct pod *s, const struct job *job)
{
	for (size_t i = 0; i < POLICY_CANDIDATES; i++) {
		uint32_t w = job->aux.pick[i];

		if (w == PICK_NONE)
			break;
		w %= s->servers.servers;
		while (known_first(&s->leaving, w) <= job->arrival) {
			known_pop(&s->leaving, w);
			s->servers.count[w]--;
		}
	}
}

static void departures_now(struct pod *s, const struct job *jobs,
			   sim_time *start, sim_time *completion, size_t n)
{
	sim_time *free_at = s->servers.free_at;

	for (size_t i = 0; i < n; i++) {
		uint32_t w;

		leave_until(s, &jobs[i]);
		w = pod_choose_now(&s->servers, &jobs[i]);
		start[i] = fmax(jobs[i].arrival, free_at[w]);
		completion[i] = free_at[w] = start[i] + jobs[i].service;
		known_push(&s->leaving, w, completion[i]);
		s->servers.count[w]++;
	}
}

static void pod_departures(void *state, const struct job *jobs, sim_time *start,
			   sim_time *completion, size_t n)
{
	struct pod *s = state;

	if (s->servers.counts) {
		departures_now(s, jobs, start, completion, n);
		return;
	}
	for (size_t i = 0; i < n; i++) {
		hear(s, jobs[i].arrival);
		servers_departures(state, &jobs[i], &start[i], &completion[i],
				   1);
		tell_of(s, &jobs[i], completion[i]);
	}
}

static void pod_rebase(void *state, sim_time by)
{
	struct pod *s = state;

	for (uint32_t i = 0; i < s->news.n; i++)
		s->news.entry[i].key -= by;
	known_rebase(&s->leaving, by);
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
		.help = "power of d choices: a job joins the shortest of a few "
			"queues drawn at random",
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
	.departures = pod_departures,
	.rebase = pod_rebase,
};
