/* server.c - a server that lancet starts for the time of a run */
#include "coordinator/server.h"

#include <errno.h>
#include <netdb.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "coordinator/interrupt.h"
#include "coordinator/launch.h"
#include "coordinator/plan.h"
#include "lancet/core/clock.h"
#include "lancet/core/err.h"
#include "lancet/core/local.h"

#define SERVER_NS INT64_C(10000000000)

/* host:port or [v6]:port into two texts; false when it is neither. */
static bool server_split(const char *address, char *host, size_t size,
			 const char **port)
{
	const char *colon = strrchr(address, ':');
	size_t len = colon ? (size_t)(colon - address) : 0;

	if (!colon)
		return false;
	if (len > 1 && address[0] == '[' && address[len - 1] == ']') {
		address++;
		len -= 2;
	}
	if (len >= size)
		return false;
	memcpy(host, address, len);
	host[len] = '\0';
	*port = colon + 1;
	return true;
}

struct server_at {
	struct sockaddr_storage address;
	socklen_t len;
};

static int server_resolve(const char *address, struct server_at *at,
			  struct err *err)
{
	const struct addrinfo want = { .ai_socktype = SOCK_STREAM };
	struct addrinfo *to;
	const char *port;
	char host[256];
	int rc;

	if (address[0] == '/' || address[0] == '@')
		return local_address(address, &at->address, &at->len, err);
	if (!server_split(address, host, sizeof(host), &port))
		return err_set(err, -EINVAL, "%s is no host:port", address);
	rc = getaddrinfo(host, port, &want, &to);
	if (rc)
		return err_set(err, -EINVAL, "cannot resolve %s: %s", address,
			       gai_strerror(rc));
	memcpy(&at->address, to->ai_addr, to->ai_addrlen);
	at->len = to->ai_addrlen;
	freeaddrinfo(to);
	return 0;
}

/*
 * Over a stream: a connection is accepted. Over datagrams an empty one is
 * sent, and a closed port answers with a refusal within 20 ms.
 */
static bool server_answers(const struct server_at *to, bool stream)
{
	const struct timespec wait = { .tv_nsec = 20000000 };
	int fd = socket(to->address.ss_family,
			(stream ? SOCK_STREAM : SOCK_DGRAM) | SOCK_CLOEXEC, 0);
	int error = 0;
	socklen_t len = sizeof(error);
	bool answers;

	if (fd < 0)
		return false;
	answers = connect(fd, (const void *)&to->address, to->len) == 0;
	if (answers && !stream) {
		answers = send(fd, "", 0, MSG_NOSIGNAL) == 0;
		nanosleep(&wait, NULL);
		if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len) || error)
			answers = false;
	}
	close(fd);
	return answers;
}

static int server_wait(struct child *server, const struct server_at *to,
		       bool stream, const char *address, struct err *err)
{
	const struct timespec nap = { .tv_nsec = 20000000 };
	int64_t deadline = clock_now_ns() + SERVER_NS;

	while (!server_answers(to, stream)) {
		if (server_watch(server, err) < 0)
			return err->code;
		if (interrupted())
			return err_set(err, -EINTR, "interrupted");
		if (clock_now_ns() > deadline)
			return err_set(err, -ETIMEDOUT,
				       "the server that was started does not "
				       "listen on %s", address);
		nanosleep(&nap, NULL);
	}
	return 0;
}

int server_start(struct child *server, const struct plan *plan,
		 struct err *err)
{
	const struct config_target *target = &plan->config->target;
	struct server_at to;
	const char **argv;
	int rc;

	if (!target->start.n || !target->address)
		return 0;
	rc = server_resolve(target->address, &to, err);
	if (rc)
		return rc;
	argv = calloc(target->start.n + 1, sizeof(*argv));
	if (!argv)
		return err_set(err, -ENOMEM, "out of memory");
	memcpy(argv, target->start.items, target->start.n * sizeof(*argv));
	if (server_answers(&to, plan->host.stream))
		rc = err_set(err, -EADDRINUSE,
			     "something listens on %s already; stop it, or "
			     "leave out target.start", target->address);
	else if (child_start(server, (char *const *)argv, 0, err) < 0)
		rc = err->code;
	else
		rc = server_wait(server, &to, plan->host.stream,
				 target->address, err);
	free(argv);
	return rc;
}

int server_watch(struct child *server, struct err *err)
{
	char how[64];

	if (!server->pid || !child_ended(server, how, sizeof(how)))
		return 0;
	return err_set(err, -ECHILD, "the server that was started has %s", how);
}
