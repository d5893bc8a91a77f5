/* memcached.c - gets and sets of a key-value store, in both its languages */
#include "workloads/memcached.h"

#include <string.h>


/*
 * Key and operation come from the request's draw. The loader stores every
 * key first, so a get that misses is an error, as is every answer that is
 * not the asked one; busy servers (binary) nack. Replies come in the order
 * of the requests of a connection.
 *
 * As a target it has no store: every get hits, with the value that the key would have.
 */
static size_t mc_build(void *ps, void *cs, const struct proto_request *req,
		       unsigned char *out, size_t room)
{
	struct mc_conn *c = cs;
	struct mc_ask ask;
	struct mc *s = ps;

	if (room < s->out)
		return 0;
	ask = mc_draw(s, req);
	ask.opaque = c->asked++ & ~MC_LOADER;
	return mc_language(s)->build(s, &ask, out);
}

static size_t mc_populate(void *ps, void *cs, uint64_t i, unsigned char *out,
			  size_t room)
{
	struct mc *s = ps;
	struct mc_ask ask = { .key = i, .opaque = MC_LOADER };

	(void)cs;
	if (i >= s->keyspace.keys || room < s->out)
		return 0;
	return mc_language(s)->build(s, &ask, out);
}

static long mc_feed(void *ps, void *cs, const unsigned char *in, size_t len,
		    struct proto_done *done, size_t max, size_t *ndone)
{
	const struct mc_language *l = mc_language(ps);
	size_t used = 0, n = 1;

	*ndone = 0;
	while (*ndone < max && n > 0) {
		long got;

		n = 0;
		got = l->feed(cs, in + used, len - used, &done[*ndone], &n);
		if (got < 0)
			return used ? (long)used : got;
		used += (size_t)got;
		*ndone += n;
	}
	return (long)used;
}

/* As the servers do: the first byte of a request tells its language. */
static long mc_serve(void *ps, void *cs, const unsigned char *in, size_t len,
		     struct proto_served *req, size_t max, size_t *nreq)
{
	struct mc_conn *c = cs;
	size_t used = 0, n = 1;

	(void)ps;
	*nreq = 0;
	while (*nreq < max && n > 0 && used < len) {
		const struct mc_language *l = &mc_ascii;
		long got;

		n = 0;
		if (c->state == 0 && c->skip == 0)
			c->binary = in[used] == MC_BINARY;
		if (c->binary)
			l = &mc_binary;
		got = l->serve(c, in + used, len - used, &req[*nreq], &n);
		if (got < 0)
			return used ? (long)used : got;
		used += (size_t)got;
		*nreq += n;
	}
	return (long)used;
}

static size_t mc_reply(void *ps, void *cs, const struct proto_served *req,
		       const struct proto_trailer *trailer,
		       enum proto_status status, unsigned char *out,
		       size_t room)
{
	struct mc *s = ps;
	const struct mc_language *l = &mc_ascii;

	(void)cs, (void)trailer;
	if (room < s->out)
		return 0;
	if (req->echo[0] == MC_BINARY)
		l = &mc_binary;
	return l->reply(s, req, status, out);
}

const struct proto_ops proto_memcached = {
	.kind = {
		.name = "memcached",
		.help = "gets and sets; the store is filled first",
		.options = mc_rows,
		.options_size = sizeof(struct mc_options),
	},
	.flags = PROTO_STREAM | PROTO_IN_ORDER | PROTO_LOADER,
	.state_size = sizeof(struct mc),
	.conn_size = sizeof(struct mc_conn),
	.init = mc_init,
	.build = mc_build,
	.key = mc_key,
	.feed = mc_feed,
	.serve = mc_serve,
	.reply = mc_reply,
	.populate = mc_populate,
};
