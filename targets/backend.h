/* backend.h - what executes the requests of a built-in target */
#ifndef TARGETS_BACKEND_H
#define TARGETS_BACKEND_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "agents/transport.h"
#include "lancet/core/kind.h"
#include "models/policy.h"
#include "workloads/dist.h"
#include "workloads/proto.h"

struct err;
struct stall_log;	/* lancet/core/stall.h */

struct target_stats {
	_Atomic uint64_t served, dropped, nacked, bad;
	_Atomic uint64_t served_ns;	/* sum of service */
	_Atomic uint64_t idle_ns, busy_ns;
	_Atomic uint64_t queue_sum;	/* jobs found by arrivals */
};

struct target {
	struct transport transport;	/* open, listening */
	struct proto proto;
	struct policy policy;
	struct dist service;	/* where a request carries no time */
	uint64_t seed;
	bool poll;		/* spin, else block */
	struct stall_log *stalls;
	struct target_stats stats;
	const _Atomic bool *stop;
};

struct backend_ops {
	struct kind kind;
	/* Serve on the calling thread until *stop. 0 or -errno. */
	int (*run)(struct target *target, struct err *err);
};

#endif
