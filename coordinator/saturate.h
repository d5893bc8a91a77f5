/* saturate.h - how many replies a server gives when asked for all it can */
#ifndef COORDINATOR_SATURATE_H
#define COORDINATOR_SATURATE_H

#include <stddef.h>
#include <stdint.h>

#include "coordinator/stage.h"
#include "models/identify.h"

/* The way of asking that brought most, and who kept the others waiting. */
struct saturation {
	/* Requests there; 0: as many as an overload of these has there. */
	uint32_t callers, connections;
	/*
	 * Part of a request's time under way that it spends in the client:
	 * before it left, and from when its reply came in. NAN: not stamped.
	 */
	double client;
	/* So many times the replies came another way; 0: by none surely more. */
	double more;
	uint32_t more_connections;
	bool more_sleeps;	/* the agent, while no reply is there */
};

/*
 * First 1, 2, 4, ... callers, each with one request under way, until more of
 * them bring no more replies; `data->depth` is what each brought, one look
 * each. Beyond the connections that the configuration has, they share those.
 *
 * That is no answer yet: a look is as good as the moment that it fell into,
 * and a server that reads several requests at once gets by with less work for
 * each the more of them wait (a kernel's calls are paid by the batch). So
 * the best of these depths, and an overload of the configuration as it is, its
 * connections, threads, mode and stamps, are then looked at in turn
 * (contest.h) until one is ahead or the best is known well; `data->look` are
 * its looks. The capacity is what such a run is answered at most.
 *
 * Then that beside an overload of more connections, and of an agent that
 * sleeps where one that spins might keep a server from a CPU of this machine:
 * `more` says what the configuration leaves lying.
 */
int saturate(struct stage_trial *t, double latency_ns,
	     struct identify_data *data, struct saturation *found,
	     struct err *err);

#endif
