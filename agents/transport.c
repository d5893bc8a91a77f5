/* transport.c - a transport from a choice, and addresses from names */
#include "agents/transport.h"

#include <assert.h>
#include <errno.h>
#include <netdb.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "agents/socket.h"
#include "agents/tls.h"
#include "lancet/core/arena.h"
#include "lancet/core/err.h"
#include "lancet/core/local.h"
#include "lancet/core/text.h"

int transport_open(struct transport *t, const struct choice *choice,
		   const struct transport_params *params, int64_t deadline_ns,
		   struct arena *arena, struct err *err)
{
	const void *options = params->tls ? choice : choice->options;

	assert(choice->kind);
	t->ops = params->tls ? &tls_filter :
			       (const struct transport_ops *)choice->kind;
	t->state = arena_alloc(arena, t->ops->state_size);
	return t->ops->open(t->state, params, options, deadline_ns, arena,
			    err);
}

struct host_port {
	char host[256];
	char port[8];
};

static int split_error(const char *address, struct err *err)
{
	return err_set(err, -EINVAL,
		       "'%.200s' is not an address; write HOST:PORT, or "
		       "[IPV6]:PORT",
		       address);
}

static int port_valid(const char *port, int listening)
{
	char *end;
	long n = strtol(port, &end, 10);

	return port[0] >= '0' && port[0] <= '9' && *end == '\0' &&
	       n >= !listening && n <= 65535;
}

/* The colon before the port: the last one, and the only one but in []. */
static const char *port_colon(const char *address)
{
	const char *colon = strrchr(address, ':');

	if (!colon)
		return NULL;
	if (address[0] == '[')
		return colon[-1] == ']' ? colon : NULL;
	return strchr(address, ':') == colon ? colon : NULL;
}

static int split(const char *address, int listening, struct host_port *to,
		 struct err *err)
{
	const char *colon = port_colon(address);
	int bracket = address[0] == '[';
	size_t len;

	if (!colon || strlen(colon + 1) >= sizeof(to->port) ||
	    !port_valid(colon + 1, listening))
		return split_error(address, err);
	len = (size_t)(colon - address) - (bracket ? 2 : 0);
	if (len >= sizeof(to->host) || (len == 0 && !listening))
		return split_error(address, err);
	memcpy(to->host, address + bracket, len);
	to->host[len] = '\0';
	strcpy(to->port, colon + 1);
	return strpbrk(to->host, "[]") ? split_error(address, err) : 0;
}

/*
 * IPv4 goes first where a name has both: most servers on [::] take it too,
 * and many listen on nothing else.
 */
static const struct addrinfo *prefer(const struct addrinfo *list)
{
	for (const struct addrinfo *a = list; a; a = a->ai_next)
		if (a->ai_family == AF_INET)
			return a;
	return list;
}

int transport_resolve(const char *address, int listening,
		      struct sockaddr_storage *to, unsigned *len,
		      struct err *err)
{
	struct addrinfo hint = { .ai_socktype = SOCK_DGRAM };
	struct addrinfo *list = NULL;
	const struct addrinfo *best;
	struct host_port at = { 0 };
	int ret = split(address, listening, &at, err);

	if (ret != 0)
		return ret;
	if (listening)
		hint.ai_flags = AI_PASSIVE;
	ret = getaddrinfo(at.host[0] ? at.host : NULL, at.port, &hint, &list);
	if (ret != 0)
		return err_set(err, -EHOSTUNREACH,
			       "cannot find host '%s': %s; check the name",
			       at.host, gai_strerror(ret));
	best = prefer(list);
	memcpy(to, best->ai_addr, best->ai_addrlen);
	*len = best->ai_addrlen;
	freeaddrinfo(list);
	return 0;
}

int transport_peers(const struct transport_params *params, int local,
		    struct socket_peers *to, struct arena *arena,
		    struct err *err)
{
	int ret = 0;

	to->n = params->listen ? 1 : (uint32_t)text_items(params->address);
	to->at = arena_array(arena, to->n, sizeof(*to->at));
	for (uint32_t i = 0; i < to->n && ret == 0; i++) {
		struct socket_address *at = &to->at[i];
		const char *address = params->address;
		char one[300];

		if (to->n > 1) {
			text_item(address, i, one, sizeof(one));
			address = one;
		}
		ret = local ? local_address(address, &at->to, &at->len, err)
			    : transport_resolve(address, params->listen,
						&at->to, &at->len, err);
	}
	return ret;
}
