/* saturate.c - how many replies a server gives when asked for all it can */
#include "coordinator/saturate.h"

#include <errno.h>
#include <math.h>

#include "coordinator/contest.h"
#include "lancet/core/arena.h"
#include "lancet/core/config.h"
#include "lancet/core/sample.h"
#include "lancet/core/stats/vector.h"

#define CALLERS_MOST 1024u
#define DEPTHS 11u		/* all powers of two up to that */
#define LOOK_NS INT64_C(500000000)
#define LOOK_MOST_NS INT64_C(1000000000)
#define LOOK_REPLIES 2000.	/* of slow servers, where that takes no longer */
#define SETTLE 5		/* part of a look, until queues are full */
#define SLICES 20u		/* of a look, for its error */
#define SLICE_REPLIES 10.	/* in the mean: then none is no chance, e^-10 */
#define TRIES 3			/* looks, until one of them has replies */
#define AGAIN_MOST 8		/* looks taken again since it stood still */
#define PUSH 1.3		/* asked for over what is hoped for */
#define SATURATED 1.02		/* twice the callers bring less */
#define CALLERS_LEAST 8u	/* are tried, whatever fewer of them bring */
#define REACHES 10		/* looks, at most, until asking is not the limit */
#define MORE_CONNECTIONS 4u	/* times those of the configuration */
#define CONNECTIONS_MOST 256u
#define THREADS_MOST 256u	/* of one agent */

struct saturate {
	struct stage_trial *trial;
	uint32_t connections;	/* of the configuration */
	uint32_t in_flight;	/* on each, at most; 0: what they bear */
	uint32_t threads;
	bool sleeps;		/* agents that do are worth a try */
	double rate;		/* per ns, the most that was seen */
	int again;
};

/* --- one look ------------------------------------------------------------- */

/* Nothing came for two slices or longer, and elsewhere much. */
static bool stood_still(const double *count)
{
	bool still = false;

	for (size_t i = 1; i < SLICES; i++)
		still |= count[i - 1] + count[i] < 1;
	return still && vector_mean(count, SLICES) > SLICE_REPLIES;
}

/* Whether it stood still meanwhile. */
static bool rate_of(const struct stage_reply *r, struct identify_depth *to)
{
	double count[SLICES] = { 0 };
	double slice_ns = (double)(r->until_ns - r->from_ns) / SLICES;

	for (size_t i = 0; i < r->n; i++) {
		const struct sample *s = &r->sample[i];
		double at = (double)(s->received_ns - r->from_ns) / slice_ns;

		if (s->outcome == OUTCOME_RECEIVED && at >= 0 && at < SLICES)
			count[(size_t)at]++;
	}
	to->rate = vector_mean(count, SLICES) / slice_ns;
	to->error = vector_deviation(count, SLICES) / sqrt(SLICES) / slice_ns;
	return stood_still(count);
}

/* Work done for the replies that came, per ns: workers that were busy. */
static double busy_of(const struct stage_reply *r)
{
	double work = 0;

	for (size_t i = 0; i < r->n; i++) {
		const struct sample *s = &r->sample[i];

		if (s->outcome == OUTCOME_RECEIVED &&
		    s->received_ns >= r->from_ns &&
		    s->received_ns < r->until_ns)
			work += (double)(s->served_ns ? s->served_ns
						      : s->service_ns);
	}
	return work / (double)(r->until_ns - r->from_ns);
}

static double client_of(const struct stage_reply *r)
{
	double all = 0, client = 0;

	for (size_t i = 0; i < r->n; i++) {
		const struct sample *s = &r->sample[i];

		if (!stage_counts(r, s, -1) || !sample_stamped(s))
			continue;
		all += (double)(s->received_ns - s->sent_ns);
		client += (double)s->wire_out_ns + (double)s->wire_in_ns;
	}
	return all > 0 ? client / all : (double)NAN;
}

/*
 * So many callers over so many connections, or over as many as that takes; or,
 * where they are 0, as many as an overload of these connections has there.
 */
struct way {
	uint32_t callers, connections;
	bool sleeps;
};

struct seen {
	struct identify_depth depth;
	double busy, client;
	bool still;
};

/* Records are read at once, and kept by nobody. */
static int look_once(struct saturate *s, const struct way *way, double hoped,
		     struct seen *seen, struct err *err)
{
	uint32_t most = s->in_flight ? s->in_flight : CALLERS_MOST;
	uint32_t needed = (way->callers + most - 1) / most;
	uint32_t connections = needed > way->connections ? needed
							 : way->connections;
	struct stage stage = {
		.threads = s->threads < connections ? s->threads : connections,
		.rate_rps = fmin(1e9 * PUSH * hoped, 1e8),
		.connections = connections,
		.in_flight = (way->callers + connections - 1) / connections,
		.sleeps = way->sleeps,
		.length_ns = (int64_t)fmin(fmax(LOOK_NS, LOOK_REPLIES / s->rate),
					   LOOK_MOST_NS),
	};
	struct arena *kept = s->trial->arena, scratch;
	struct stage_reply reply;
	int rc;

	arena_init(&scratch);
	s->trial->arena = &scratch;
	stage.what = way->callers
		? arena_printf(&scratch, "keeping %u requests there",
			       way->callers)
		: arena_printf(&scratch, "overloading %u connections%s",
			       connections, way->sleeps ? ", sleeping" : "");
	rc = stage_run(s->trial, &stage, &reply, err);
	s->trial->arena = kept;
	if (!rc) {
		reply.from_ns = reply.until_ns - stage.length_ns +
				stage.length_ns / SETTLE;
		seen->still = rate_of(&reply, &seen->depth);
		seen->depth.depth = way->callers;
		seen->busy = busy_of(&reply);
		seen->client = client_of(&reply);
		if (!(seen->depth.rate > 0))
			rc = stage_too_few(&stage, &reply, 0, err);
	}
	arena_fini(&scratch);
	return rc;
}

/* In place of one that stood still, where it tells anything. */
static int look_again(struct saturate *s, const struct way *way, double hoped,
		      struct seen *seen, struct err *err)
{
	struct seen again;
	int rc = look_once(s, way, hoped, &again, err);

	if (!rc)
		*seen = again;
	return rc == -ENODATA ? 0 : rc;
}

/*
 * A server that was stopped for a moment loses requests that take their places
 * until they time out. Once more, then; one that stands still as often as it
 * is looked at does so by itself, and is taken as it is.
 */
static int take_look(struct saturate *s, const struct way *way, double hoped,
		     struct seen *seen, struct err *err)
{
	int rc = look_once(s, way, hoped, seen, err);

	for (int tries = 1; rc == -ENODATA && tries < TRIES; tries++)
		rc = look_once(s, way, hoped, seen, err);
	if (!rc && seen->still && s->again++ < AGAIN_MOST)
		rc = look_again(s, way, hoped, seen, err);
	return rc;
}

/* --- up to the first level ------------------------------------------------ */

static int climb(struct saturate *s, double latency_ns,
		 struct identify_data *data, uint32_t *knee, struct err *err)
{
	struct identify_depth *depth =
		arena_array(s->trial->arena, DEPTHS, sizeof(*depth));
	uint32_t idle = 0;

	data->depth = depth;
	s->rate = 1 / latency_ns;
	for (uint32_t d = 1;
	     d <= CALLERS_LEAST || (d <= CALLERS_MOST && idle < 2); d *= 2) {
		struct way way = { d, d < s->connections ? d : s->connections,
				   false };
		struct seen seen;
		/* Each doubling may double the rate, and then some. */
		int rc = take_look(s, &way, 2 * s->rate, &seen, err);

		if (rc)
			return rc;
		depth[data->ndepths++] = seen.depth;
		idle = d > 1 && seen.depth.rate < SATURATED * s->rate ? idle + 1
								     : 0;
		/* A latency's inverse was a guess; from here on it is known. */
		if (d == 1 || seen.depth.rate > s->rate) {
			s->rate = seen.depth.rate;
			*knee = d;
		}
	}
	return 0;
}

/* --- the highest level ---------------------------------------------------- */

static void add(struct contest *c, struct way *way, uint32_t callers,
		uint32_t connections, bool sleeps)
{
	way[c->narms++] = (struct way){ callers, connections, sleeps };
}

/* Forth and back, so that no arm is always the one behind another. */
static size_t turn(const struct contest *c, size_t i)
{
	return c->rounds % 2 ? c->narms - 1 - i : i;
}

static int contest(struct saturate *s, const struct way *way,
		   struct contest *c, size_t rounds,
		   struct seen (*seen)[CONTEST_ROUNDS], struct err *err)
{
	do {
		for (size_t i = 0; i < c->narms; i++) {
			size_t a = turn(c, i);
			struct seen *to = &seen[a][c->rounds];
			int rc;

			if (!contest_in(c, a))
				continue;
			rc = take_look(s, &way[a], s->rate, to, err);
			if (rc)
				return rc;
			c->arm[a].look[c->rounds] = to->depth.rate;
			s->rate = fmax(s->rate, to->depth.rate);
		}
	} while (contest_round(c) && c->rounds < rounds);
	return 0;
}

/*
 * A look brings no more than it asks for, PUSH times what was seen; where a
 * stall ended the climb early that is far from all, so ask for more until
 * it does not bring as much.
 */
static int reach(struct saturate *s, const struct way *way, struct err *err)
{
	double before;
	int left = REACHES;

	do {
		struct seen seen;
		int rc = take_look(s, way, 2 * s->rate, &seen, err);

		if (rc)
			return rc;
		before = s->rate;
		s->rate = fmax(s->rate, seen.depth.rate);
	} while (s->rate >= PUSH * before && --left);
	return 0;
}

/* As the configuration has it; what it brings is the capacity. */
static int own(struct saturate *s, uint32_t knee, struct way *best,
	       struct identify_data *data, struct saturation *found,
	       struct err *err)
{
	uint32_t connections = s->connections;
	struct contest c = { 0 };
	struct way way[CONTEST_ARMS];
	struct seen seen[CONTEST_ARMS][CONTEST_ROUNDS];
	struct identify_look *look;
	size_t at;
	int rc;

	add(&c, way, 0, connections, false);
	add(&c, way, knee, knee < connections ? knee : connections, false);
	rc = reach(s, &way[0], err);
	if (!rc)
		rc = contest(s, way, &c, CONTEST_ROUNDS, seen, err);
	if (rc)
		return rc;
	at = contest_best(&c);
	*best = way[at];
	look = arena_array(s->trial->arena, c.rounds, sizeof(*look));
	for (size_t i = 0; i < c.rounds; i++)
		look[i] = (struct identify_look){
			seen[at][i].depth.rate, seen[at][i].busy,
		};
	data->look = look;
	data->nlooks = c.rounds;
	*found = (struct saturation){
		.callers = best->callers,
		.connections = best->connections,
		.client = seen[at][c.rounds - 1].client,
	};
	return 0;
}

/* Others beside that: would another configuration bring more? */
static int others(struct saturate *s, const struct way *best,
		  struct saturation *found, struct err *err)
{
	uint32_t connections = s->connections;
	uint32_t more = MORE_CONNECTIONS * connections < CONNECTIONS_MOST
			? MORE_CONNECTIONS * connections : CONNECTIONS_MOST;
	struct contest c = { 0 };
	struct way way[CONTEST_ARMS];
	struct seen seen[CONTEST_ARMS][CONTEST_ROUNDS];
	size_t at;
	int rc;

	add(&c, way, best->callers, best->connections, false);
	if (more > connections)
		add(&c, way, 0, more, false);
	if (s->sleeps)
		add(&c, way, 0, connections, true);
	if (c.narms == 1)
		return 0;
	/* Only whether it is far ahead; nobody needs it exactly. */
	rc = contest(s, way, &c, CONTEST_LEAST, seen, err);
	at = contest_best(&c);
	if (rc || !c.arm[0].out)
		return rc;
	found->more = vector_mean(c.arm[at].look, c.arm[0].out) /
		      vector_mean(c.arm[0].look, c.arm[0].out);
	found->more_connections = way[at].connections;
	found->more_sleeps = way[at].sleeps;
	return 0;
}

/* --- all of it ------------------------------------------------------------ */

static struct saturate begin(struct stage_trial *t)
{
	const struct config_agent *agent = t->config->agents.items;
	struct saturate s = { .trial = t };
	int64_t n = 0, threads = 0;

	for (size_t i = 0; i < t->config->agents.n; i++) {
		n += agent[i].count * agent[i].connections;
		threads += agent[i].count * agent[i].threads;
	}
	s.threads = threads < THREADS_MOST ? (uint32_t)threads : THREADS_MOST;
	s.connections = n < CALLERS_MOST ? (uint32_t)n : CALLERS_MOST;
	s.sleeps = t->neighbour && agent->mode == MODE_AUTO;
	s.in_flight = (uint32_t)agent->in_flight;
	return s;
}

int saturate(struct stage_trial *t, double latency_ns,
	     struct identify_data *data,
	     struct saturation *found, struct err *err)
{
	struct saturate s = begin(t);
	struct way best;
	uint32_t knee = 1;
	int rc = climb(&s, latency_ns, data, &knee, err);

	if (!rc)
		rc = own(&s, knee, &best, data, found, err);
	return rc ? rc : others(&s, &best, found, err);
}
