/* exchange_guess.c - which end of a capture is the server? */
#include "agents/exchange_guess.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "agents/exchange_flow.h"

int exchange_guess_init(struct exchange_guess *g)
{
	memset(g, 0, sizeof(*g));
	g->end = calloc(EXCHANGE_ENDS, sizeof(*g->end));
	g->pair = calloc(EXCHANGE_ENDS, sizeof(*g->pair));
	return g->end && g->pair ? 0 : -ENOMEM;
}

static bool same(const struct dissect_end *a, const struct dissect_end *b)
{
	return a->port == b->port && !memcmp(a->ip, b->ip, sizeof(a->ip));
}

/* The newest first: packets of one connection come in bursts. */
static struct exchange_end *end_of(struct exchange_guess *g,
				   const struct dissect_end *end)
{
	for (size_t i = g->n; i-- > 0;)
		if (same(&g->end[i].end, end))
			return &g->end[i];
	if (g->n == EXCHANGE_ENDS)
		return NULL;
	g->end[g->n].end = *end;
	return &g->end[g->n++];
}

/* Have these two met before? */
static bool met(struct exchange_guess *g, const struct dissected *d,
		bool stream)
{
	for (size_t i = g->npairs; i-- > 0;) {
		const struct exchange_key *p = &g->pair[i];

		if (p->stream == stream &&
		    ((same(&p->client, &d->from) && same(&p->server, &d->to)) ||
		     (same(&p->client, &d->to) && same(&p->server, &d->from))))
			return true;
	}
	if (g->npairs < EXCHANGE_ENDS)
		g->pair[g->npairs++] = (struct exchange_key){
			.client = d->from, .server = d->to, .stream = stream,
		};
	return false;
}

bool exchange_guess_take(struct exchange_guess *g,
			 const struct capture_packet *packet)
{
	struct exchange_end *from, *to;
	struct dissected d;
	enum dissect kind = dissect_packet(packet, &d);
	bool syn = (d.flags & (DISSECT_SYN | DISSECT_ACK)) == DISSECT_SYN;

	if ((kind != DISSECT_UDP && kind != DISSECT_TCP) || (!d.full && !syn))
		return true;
	from = end_of(g, &d.from);
	to = end_of(g, &d.to);
	if (!from || !to)
		return false;
	to->opened |= syn;
	from->packets += d.full > 0;
	to->packets += d.full > 0;
	if (!met(g, &d, kind == DISSECT_TCP)) {
		from->peers++;
		to->peers++;
		to->asked++;
	}
	return ++g->packets < EXCHANGE_LOOK;
}

/* Linux gives clients ports from here on (ip_local_port_range). */
#define PORT_OF_CLIENTS 32768

static bool better(const struct exchange_end *a, const struct exchange_end *b)
{
	if (a->packets != b->packets)
		return a->packets > b->packets;
	if (a->peers != b->peers)
		return a->peers > b->peers;
	if (a->opened != b->opened)
		return a->opened;
	if ((a->end.port < PORT_OF_CLIENTS) != (b->end.port < PORT_OF_CLIENTS))
		return a->end.port < PORT_OF_CLIENTS;
	if (a->asked != b->asked)
		return a->asked > b->asked;
	return a->end.port < b->end.port;
}

bool exchange_guess_best(const struct exchange_guess *g,
			 struct exchange_server *server)
{
	const struct exchange_end *best = NULL;

	for (size_t i = 0; i < g->n; i++)
		if (!best || better(&g->end[i], best))
			best = &g->end[i];
	if (!best)
		return false;
	*server = (struct exchange_server){ .end = best->end };
	return true;
}

void exchange_guess_fini(struct exchange_guess *g)
{
	free(g->end);
	free(g->pair);
}
