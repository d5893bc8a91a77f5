/* memcached.c - what memcached over streams and over datagrams share */
#include "workloads/memcached.h"

#include "lancet/core/option.h"

#define MC_OUT 512		/* what may stand around key and value */

int mc_init(void *ps, const void *options, struct arena *arena,
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

struct mc_ask mc_draw(const struct mc *s, const struct proto_request *req)
{
	struct keyspace_ask what;

	keyspace_draw(&s->keyspace, req, &what);
	return (struct mc_ask){ .get = what.operation == KEYSPACE_GET,
				.key = what.key };
}

uint64_t mc_key(const void *ps, const struct proto_request *req)
{
	return mc_draw(ps, req).key;
}

static const char *const mc_formats[] = { "ascii", "binary", NULL };

const struct option_row mc_rows[] = {
	{ .key = "format", .type = OPTION_TYPE_ENUM,
	  .offset = offsetof(struct mc_options, format), .preset = "ascii",
	  .names = mc_formats, .help = "encoding" },
	KEYSPACE_ROWS("200B"),
	{ 0 },
};
