/* plugin.c - a protocol from a shared library */
#include <dlfcn.h>
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "lancet/core/arena.h"
#include "lancet/core/err.h"
#include "lancet/core/option.h"
#include "workloads/plugin.h"
#include "workloads/proto.h"

#define PLUGIN_BURST 32 /* replies of one call into the library */
#define PLUGIN_MOST (1 << 20)

struct plugin_options {
	const char *path, *options;
	const struct lancet_plugin *plugin; /* once it is loaded */
};

struct plugin {
	const struct lancet_plugin *plugin;
	void *state;
	size_t most;
};

/* --- opening --- */

static int check_plugin(const struct lancet_plugin *p, const char *path,
			struct err *err)
{
	unsigned known = LANCET_STREAM | LANCET_DATAGRAM | LANCET_IN_ORDER |
			 LANCET_SERVICE;

	if (p->version < 1 || p->version > LANCET_PLUGIN_VERSION)
		return err_set(err, -EINVAL,
			       "%s is of version %u, this lancet knows up to "
			       "%u; build it with this lancet's plugin.h", path,
			       p->version, LANCET_PLUGIN_VERSION);
	if (!p->open || !p->build || !p->feed || p->flags & ~known ||
	    !(p->flags & (LANCET_STREAM | LANCET_DATAGRAM)))
		return err_set(err, -EINVAL,
			       "%s lacks a function, or says that it runs "
			       "neither over streams nor over datagrams", path);
	return 0;
}

/* Stays loaded until the program ends. */
static int plugin_load(void *options, struct arena *arena, struct err *err)
{
	struct plugin_options *o = options;
	void *library;

	(void)arena;
	if (!o->path)
		return err_set(err, -EINVAL,
			       "which library? write plugin: {path: mine.so}");
	library = dlopen(o->path, RTLD_NOW | RTLD_LOCAL);
	if (!library)
		return err_set(err, -EINVAL, "cannot load it: %s", dlerror());
	o->plugin = dlsym(library, "lancet_plugin");
	if (!o->plugin)
		return err_set(err, -EINVAL,
			       "%s defines no lancet_plugin; see plugin.h",
			       o->path);
	return check_plugin(o->plugin, o->path, err);
}

static unsigned plugin_flags(const void *options)
{
	static const unsigned same[][2] = {
		{ LANCET_STREAM, PROTO_STREAM },
		{ LANCET_DATAGRAM, PROTO_DATAGRAM },
		{ LANCET_IN_ORDER, PROTO_IN_ORDER },
		{ LANCET_SERVICE, PROTO_SERVICE },
	};
	const struct plugin_options *o = options;
	unsigned flags = PROTO_SIZES | PROTO_REPLY_SIZES;

	for (size_t i = 0; i < sizeof(same) / sizeof(same[0]); i++)
		if (o->plugin && o->plugin->flags & same[i][0])
			flags |= same[i][1];
	return flags;
}

static int plugin_init(void *ps, const void *options, struct arena *arena,
		       size_t *max_out, struct err *err)
{
	const struct plugin_options *o = options;
	struct plugin *s = ps;
	char error[160] = "no reason given";

	(void)arena;
	s->plugin = o->plugin;
	if (s->plugin->open(o->options ? o->options : "", &s->state, &s->most, error,
			    sizeof(error)))
		return err_set(err, -EINVAL, "%s: %.*s", o->path,
			       (int)sizeof(error), error);
	if (!s->most || s->most > PLUGIN_MOST)
		return err_set(err, -EINVAL,
			       "%s wants to write %zu bytes at once; from 1 to "
			       "%d are possible", o->path, s->most,
			       PLUGIN_MOST);
	*max_out = s->most;
	return 0;
}

/* --- asking --- */

static size_t plugin_build(void *ps, void *cs, const struct proto_request *req,
			   unsigned char *out, size_t room)
{
	const struct plugin *s = ps;
	const struct lancet_request request = {
		.id = req->id,
		.service_ns = req->service_ns,
		.draw = req->draw,
		.request_size = req->request_size,
		.reply_size = req->reply_size,
		.conn = req->conn,
		.class_ = req->class,
	};
	size_t n;

	if (room > s->most)
		room = s->most;
	n = s->plugin->build(s->state, cs, &request, out, room);
	return n <= room ? n : 0;
}

static long plugin_feed(void *ps, void *cs, const unsigned char *in, size_t len,
			struct proto_done *done, size_t max, size_t *ndone)
{
	bool in_order = ((struct plugin *)ps)->plugin->flags & LANCET_IN_ORDER;
	struct lancet_done got[PLUGIN_BURST];
	const struct plugin *s = ps;
	size_t n = 0;
	long used;

	if (max > PLUGIN_BURST)
		max = PLUGIN_BURST;
	used = s->plugin->feed(s->state, cs, in, len, got, max, &n);
	*ndone = n <= max ? n : max;
	for (size_t i = 0; i < *ndone; i++)
		done[i] = (struct proto_done){
			.id = in_order ? PROTO_OLDEST : got[i].id,
			.served_ns = got[i].served_ns,
			.status = got[i].status == LANCET_OK	 ? PROTO_OK
				  : got[i].status == LANCET_NACK ? PROTO_NACK
								 : PROTO_ERROR,
		};
	return used < 0 || (size_t)used > len ? -EBADMSG : used;
}

static const struct option_row plugin_rows[] = {
	OPTION(STRING, struct plugin_options, path, OPTION_FILE, NULL, 0, 0,
	       "the shared library"),
	OPTION(STRING, struct plugin_options, options, 0, NULL, 0, 0,
	       "text that is passed to it"),
	{ 0 },
};

const struct proto_ops proto_plugin = {
	.kind = {
		.name = "plugin",
		.help = "a protocol of your own, in C: workloads/plugin.h",
		.options = plugin_rows,
		.options_size = sizeof(struct plugin_options),
		.complete = plugin_load,
	},
	.flags = PROTO_STREAM | PROTO_DATAGRAM,
	.flags_of = plugin_flags,
	.state_size = sizeof(struct plugin),
	.conn_size = LANCET_PLUGIN_CONN,
	.init = plugin_init,
	.build = plugin_build,
	.feed = plugin_feed,
};
