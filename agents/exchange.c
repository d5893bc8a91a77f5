/* exchange.c - requests and their replies, as captured packets show them */
#include "agents/exchange_flow.h"

#include <arpa/inet.h>
#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hwts/capture.h"
#include "lancet/core/arena.h"
#include "lancet/core/err.h"
#include "lancet/core/frame.h"

#define FLOWS_FIRST 64u
#define PLACES_FIRST 1024u

/* --- requests by id ------------------------------------------------------- */

/* By id: where the index of this request stands, or would. */
static uint32_t *place_of(const struct exchanges *x, uint32_t flow, uint64_t id)
{
	const uint64_t key[2] = { flow, id };
	uint32_t at = (uint32_t)frame_hash(key, sizeof(key)) & x->mask;

	for (; x->place[at]; at = (at + 1) & x->mask) {
		const struct exchange *e = &x->all[x->place[at] - 1];

		if (e->id == id && e->flow == flow)
			break;
	}
	return &x->place[at];
}

/* At most half of the places are taken. */
static int grow_places(struct exchanges *x)
{
	uint32_t size = x->place ? 2 * (x->mask + 1) : PLACES_FIRST;
	uint32_t *place;

	if (x->place && x->n < (x->mask + 1) / 2)
		return 0;
	place = calloc(size, sizeof(*place));
	if (!place)
		return -ENOMEM;
	free(x->place);
	x->place = place;
	x->mask = size - 1;
	for (uint32_t i = 0; i < x->n; i++)
		if (x->all[i].id != PROTO_OLDEST)
			*place_of(x, x->all[i].flow, x->all[i].id) = i + 1;
	return 0;
}

static int add(struct exchanges *x, const struct exchange *e)
{
	if (x->n == x->room) {
		size_t room = x->room ? 2 * x->room : PLACES_FIRST;
		struct exchange *all;

		if (room > UINT32_MAX / 4)
			return -ENOMEM;
		all = realloc(x->all, room * sizeof(*all));
		if (!all)
			return -ENOMEM;
		x->all = all;
		x->room = room;
	}
	x->all[x->n++] = *e;
	return 0;
}

static void queue(struct exchanges *x, struct exchange_flow *f)
{
	if (f->newest)
		x->all[f->newest - 1].next = (uint32_t)x->n;
	else
		f->oldest = (uint32_t)x->n;
	f->newest = (uint32_t)x->n;
}

int exchange_request(struct exchanges *x, struct exchange_flow *f,
		     const struct proto_served *req, int64_t at_ns)
{
	const struct exchange e = {
		.request_ns = at_ns, .flow = f->index,
		.id = x->proto.flags & PROTO_IN_ORDER ? PROTO_OLDEST
						      : req->req.id,
		.service_ns = req->req.service_ns,
	};
	uint32_t *place;

	if (e.id == PROTO_OLDEST) {
		if (add(x, &e) < 0)
			return -ENOMEM;
		queue(x, f);
		return 0;
	}
	if (grow_places(x) < 0)
		return -ENOMEM;
	place = place_of(x, f->index, e.id);
	if (*place && x->all[*place - 1].state == EXCHANGE_OPEN &&
	    at_ns - x->all[*place - 1].request_ns < EXCHANGE_REUSE_NS) {
		x->count.repeated_requests++;
		return 0;
	}
	*place = (uint32_t)x->n + 1;
	return add(x, &e);
}

/* --- replies -------------------------------------------------------------- */

static struct exchange *find(struct exchanges *x, struct exchange_flow *f,
			     uint64_t id)
{
	struct exchange *e;
	uint32_t i;

	if (id != PROTO_OLDEST) {
		i = x->place ? *place_of(x, f->index, id) : 0;
		return i ? &x->all[i - 1] : NULL;
	}
	if (!f->oldest)
		return NULL;
	e = &x->all[f->oldest - 1];
	f->oldest = e->next;
	if (!f->oldest)
		f->newest = 0;
	return e;
}

void exchange_reply(struct exchanges *x, struct exchange_flow *f,
		    const struct proto_done *done, int64_t at_ns)
{
	static const uint8_t state[] = {
		[PROTO_OK] = EXCHANGE_ANSWERED,
		[PROTO_NACK] = EXCHANGE_NACKED,
		[PROTO_ERROR] = EXCHANGE_ERROR,
	};
	struct exchange *e = find(x, f, done->id);

	if (!e) {
		x->count.unmatched++;
	} else if (e->state != EXCHANGE_OPEN) {
		x->count.repeated_replies++;
	} else {
		e->reply_ns = at_ns;
		e->state = state[done->status];
		x->count.backwards += at_ns < e->request_ns;
	}
}

void exchange_forget(struct exchanges *x, struct exchange_flow *f)
{
	while (f->oldest) {
		struct exchange *e = &x->all[f->oldest - 1];

		e->state = EXCHANGE_UNKNOWN;
		f->oldest = e->next;
	}
	f->newest = 0;
}

/* --- flows ---------------------------------------------------------------- */

static struct exchange_flow **flow_place(const struct exchanges *x,
					 const struct exchange_key *key)
{
	uint32_t at = (uint32_t)frame_hash(key, sizeof(*key)) & x->flows_mask;

	while (x->flow[at] &&
	       memcmp(&x->flow[at]->key, key, sizeof(*key)) != 0)
		at = (at + 1) & x->flows_mask;
	return &x->flow[at];
}

static int grow_flows(struct exchanges *x)
{
	uint32_t size = x->flow ? 2 * (x->flows_mask + 1) : FLOWS_FIRST;
	struct exchange_flow **old = x->flow;
	uint32_t n = x->flow ? x->flows_mask + 1 : 0;

	if (old && x->nflows < n / 2)
		return 0;
	x->flow = calloc(size, sizeof(struct exchange_flow *));
	if (!x->flow) {
		x->flow = old;
		return -ENOMEM;
	}
	x->flows_mask = size - 1;
	for (uint32_t i = 0; i < n; i++)
		if (old[i])
			*flow_place(x, &old[i]->key) = old[i];
	free(old);
	return 0;
}

static void free_flow(struct exchange_flow *f)
{
	for (int side = 0; side < 2; side++) {
		reassembly_fini(&f->side[side].bytes);
		free(f->side[side].rest.data);
		free(f->side[side].conn);
	}
	free(f);
}

static struct exchange_flow *flow_of(struct exchanges *x,
				     const struct exchange_key *key)
{
	struct exchange_flow **place, *f;

	if (grow_flows(x) < 0)
		return NULL;
	place = flow_place(x, key);
	if (*place)
		return *place;
	f = calloc(1, sizeof(*f));
	if (!f)
		return NULL;
	f->key = *key;
	f->index = x->nflows;
	for (int side = 0; side < 2; side++)
		f->side[side].conn = calloc(1, x->conn_size);
	if (!f->side[0].conn || !f->side[1].conn) {
		free_flow(f);
		return NULL;
	}
	x->nflows++;
	x->count.flows++;
	return *place = f;
}

/* --- packets -------------------------------------------------------------- */

static bool is_server(const struct exchanges *x, const struct dissect_end *end)
{
	const struct exchange_server *s = &x->server;

	return end->port == s->end.port &&
	       (s->any_ip || !memcmp(end->ip, s->end.ip, sizeof(end->ip)));
}

/* Member by member: what stands between them is part of the hash. */
static void set_end(struct dissect_end *to, const struct dissect_end *from)
{
	memcpy(to->ip, from->ip, sizeof(to->ip));
	to->port = from->port;
}

static void look_at_clock(struct exchanges *x, int64_t at_ns)
{
	bool back = at_ns < x->latest_ns - EXCHANGE_BACK_NS;

	x->count.set_back += back;
	if (back || at_ns > x->latest_ns)
		x->latest_ns = at_ns;
}

static int take_ours(struct exchanges *x, const struct dissected *d,
		     bool stream, int side, int64_t at_ns)
{
	struct exchange_key key;
	struct exchange_flow *f;

	memset(&key, 0, sizeof(key));
	set_end(&key.client, side == EXCHANGE_IN ? &d->from : &d->to);
	set_end(&key.server, side == EXCHANGE_IN ? &d->to : &d->from);
	key.stream = stream;
	f = flow_of(x, &key);
	if (!f)
		return -ENOMEM;
	x->count.ours++;
	x->count.cut += d->len < d->full;
	look_at_clock(x, at_ns);
	if (x->first_ns == 0)
		x->first_ns = at_ns;
	if (at_ns > x->last_ns)
		x->last_ns = at_ns;
	return (stream ? exchange_segment : exchange_datagram)(x, f, side, d,
							       at_ns);
}

int exchange_take(struct exchanges *x, const struct capture_packet *packet)
{
	struct dissected d;
	enum dissect kind = dissect_packet(packet, &d);
	bool to;

	x->count.packets++;
	x->count.bytes += packet->full;
	x->count.kind[kind]++;
	if (kind != DISSECT_UDP && kind != DISSECT_TCP)
		return 0;
	to = is_server(x, &d.to);
	if (!to && !is_server(x, &d.from))
		return 0;
	if (packet->at_ns == 0) {
		x->count.unstamped++;
		return 0;
	}
	return take_ours(x, &d, kind == DISSECT_TCP,
			 to ? EXCHANGE_IN : EXCHANGE_OUT, packet->at_ns);
}

/* --- beginning and end ---------------------------------------------------- */

int exchange_init(struct exchanges *x, const struct choice *protocol,
		  const struct exchange_server *server, struct arena *arena,
		  struct err *err)
{
	int rc;

	memset(x, 0, sizeof(*x));
	x->server = *server;
	rc = proto_init(&x->proto, protocol, arena, err);
	if (rc < 0)
		return rc;
	if (!x->proto.ops->serve && !(x->proto.flags & PROTO_IN_ORDER))
		return err_set(err, -EINVAL,
			       "%s cannot read the ids of requests; leave out "
			       "reply_id if replies come in order",
			       protocol->kind->name);
	x->conn_size = x->proto.ops->conn_size + 1;
	x->scratch = malloc(PROTO_MESSAGE_MAX);
	if (!x->scratch)
		return err_set(err, -ENOMEM, "out of memory");
	return 0;
}

void exchange_fini(struct exchanges *x)
{
	for (uint32_t i = 0; x->flow && i <= x->flows_mask; i++)
		if (x->flow[i])
			free_flow(x->flow[i]);
	free(x->flow);
	free(x->place);
	free(x->all);
	free(x->scratch);
}

char *exchange_name(const struct dissect_end *end, char text[EXCHANGE_NAME])
{
	static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };
	bool ip4 = !memcmp(end->ip, mapped, sizeof(mapped));
	char ip[INET6_ADDRSTRLEN];

	inet_ntop(ip4 ? AF_INET : AF_INET6, end->ip + (ip4 ? 12 : 0), ip,
		  sizeof(ip));
	snprintf(text, EXCHANGE_NAME, ip4 ? "%s:%u" : "[%s]:%u", ip, end->port);
	return text;
}
