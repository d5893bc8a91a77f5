/* conn_split.c - connections, not requests, are spread over servers */
#include "models/servers.h"

#include "lancet/core/option.h"
#include "lancet/core/rng.h"

/*
 * A load balancer of connections (CRAB; Kogias et al., SoCC 2020): each is
 * bound for ever, to the servers in turn, when its first request comes.
 */
#define SEEN_LEAST 65536 /* connections that are remembered, at least */
#define UNKNOWN 0

struct conn_split {
	struct servers servers; /* first */
	uint64_t *seen;		/* hash table: connection << 32 | server + 1 */
	uint32_t mask, room, turn;
};

static const struct option_row conn_split_rows[] = { OPTION_SERVERS, { 0 } };

static size_t conn_split_state_size(const void *options, uint32_t workers)
{
	(void)options;
	(void)workers;
	return sizeof(struct conn_split);
}

/* A connection beyond those that can be remembered is bound every time. */
static uint32_t conn_split_choose(struct servers *servers,
				  const struct job *job)
{
	struct conn_split *s = (struct conn_split *)servers;
	uint32_t at = (uint32_t)rng_mix(job->conn) & s->mask, server;

	for (; s->seen[at] != UNKNOWN; at = (at + 1) & s->mask)
		if (s->seen[at] >> 32 == job->conn)
			return (uint32_t)s->seen[at] - 1;
	server = s->turn++ % servers->servers;
	if (s->room) {
		s->room--;
		s->seen[at] = (uint64_t)job->conn << 32 | (server + 1);
	}
	return server;
}

static int conn_split_init(void *state, const void *options, uint32_t workers,
			   uint32_t jobs, struct arena *arena, struct err *err)
{
	const struct servers_options *o = options;
	struct conn_split *s = state;
	size_t size = SEEN_LEAST;

	(void)err;
	while (size < jobs)
		size *= 2;
	s->room = (uint32_t)size;
	s->mask = (uint32_t)(2 * size - 1);
	s->seen = arena_array(arena, 2 * size, sizeof(*s->seen));
	s->servers.choose = conn_split_choose;
	servers_init(&s->servers, options, (uint32_t)o->servers,
		     servers_each(o, workers), jobs, arena);
	return 0;
}

static struct policy_shape conn_split_shape(const void *options)
{
	(void)options;
	return (struct policy_shape){ .of = POLICY_SPLIT };
}

const struct policy_ops policy_conn_split = {
	.kind = {
		.name = "conn-split",
		.help = "connections are assigned to servers round-robin, each "
			"fcfs",
		.options = conn_split_rows,
		.options_size = sizeof(struct servers_options),
		.short_keys = "servers each",
		.short_help = "conn-split:SERVERS[:EACH]",
	},
	.flags = POLICY_CONN,
	.state_size = conn_split_state_size,
	.init = conn_split_init,
	.capacity = servers_capacity_all,
	.shape = conn_split_shape,
	.workers = servers_workers,
	.arrive = servers_arrive,
	.next = servers_next,
	.advance = servers_advance,
	.departures = servers_departures,
	.rebase = servers_rebase,
};
