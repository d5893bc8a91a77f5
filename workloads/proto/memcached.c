/* memcached.c - gets and sets of a key-value store, in both its languages */
#include "workloads/memcached.h"

#include <string.h>

#include "lancet/core/option.h"

/*
 * Key and operation come from the request's draw. The loader stores every
 * key first, so a get that misses is an error, as is every answer that is
 * not the asked one; busy servers (binary) nack. Replies come in the order
 * of the requests of a connection.
 *
 * As a target it has no store: every get hits, with the value that the key would have.
 */
#define MC_OUT 512		/* what may stand around key and value */

struct mc_options {
	struct keyspace_options keyspace; /* first */
	int format;
};

static int mc_init(void *ps, const void *options, struct arena *arena,
		   size_t *max_out, struct err *err)
{
	const struct mc_options *o = options;
	struct mc *s = ps;
	int rc = keyspace_init(&s->keyspace, &o->keyspace, false, arena, err);

	s->binary = o->format != 0;
	s->out = MC_OUT + s->keyspace.key.most + s->keyspace.value.most;
	*max_out = s->out;
	return rc;
}

static const struct mc_language *language(const struct mc *s)
{
	return s->binary ? &mc_binary : &mc_ascii;
}

static size_t mc_build(void *ps, void *cs, const struct proto_request *req,
		       unsigned char *out, size_t room)
{
	struct keyspace_ask what;
	struct mc_ask ask;
	struct mc *s = ps;
	struct mc_conn *c = cs;

	if (room < s->out)
		return 0;
	keyspace_draw(&s->keyspace, req, &what);
	ask = (struct mc_ask){
		.get = what.operation == KEYSPACE_GET,
		.key = what.key,
		.opaque = c->asked++ & ~MC_LOADER,
	};
	return language(s)->build(s, &ask, out);
}

static uint64_t mc_key(const void *ps, const struct proto_request *req)
{
	const struct mc *s = ps;
	struct keyspace_ask what;

	keyspace_draw(&s->keyspace, req, &what);
	return what.key;
}

static size_t mc_populate(void *ps, void *cs, uint64_t i, unsigned char *out,
			  size_t room)
{
	struct mc *s = ps;
	struct mc_ask ask = { .key = i, .opaque = MC_LOADER };

	(void)cs;
	if (i >= s->keyspace.keys || room < s->out)
		return 0;
	return language(s)->build(s, &ask, out);
}

static long mc_feed(void *ps, void *cs, const unsigned char *in, size_t len,
		    struct proto_done *done, size_t max, size_t *ndone)
{
	const struct mc_language *l = language(ps);
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

static const char *const mc_formats[] = { "ascii", "binary", NULL };

static const struct option_row mc_rows[] = {
	{ .key = "format", .type = OPTION_TYPE_ENUM,
	  .offset = offsetof(struct mc_options, format), .preset = "ascii",
	  .names = mc_formats, .help = "the language on the wire" },
	KEYSPACE_ROWS("200B"),
	{ 0 },
};

const struct proto_ops proto_memcached = {
	.kind = {
		.name = "memcached",
		.help = "gets and sets of a memcached, which is filled first",
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
