/* backend.h - what executes the requests of a built-in target */
#ifndef TARGETS_BACKEND_H
#define TARGETS_BACKEND_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "agents/transport.h"
#include "lancet/core/hist.h"
#include "lancet/core/kind.h"
#include "lancet/core/stall.h"
#include "models/policy.h"
#include "workloads/dist.h"
#include "workloads/proto.h"

struct err;

/* What the serving thread says of a stretch of time; nobody else writes. */
struct target_account {
	uint64_t arrivals, served;
	uint64_t dropped;	/* no place, or the policy let them fall */
	uint64_t nacked;	/* refused by the policy, with an answer */
	uint64_t bad;		/* bytes that were no request */
	uint64_t preemptions;
	uint64_t queue_sum;	/* jobs found by arrivals */
	double served_ns;	/* sum of service */
	int64_t idle_ns, busy_ns;
	struct hist *release;	/* how late replies left, after completion */
	struct stall *stall;
	size_t nstalls;
	uint64_t gaps, stalls_dropped;
};

struct target {
	struct transport transport;	/* open, listening */
	struct proto proto;
	struct policy policy;
	struct dist service;	/* where a request carries no time */
	uint64_t seed;
	uint32_t connections;	/* places of peers, a power of two */
	size_t max_message;
	bool poll;		/* spin, else block */
	/* Delays on purpose: replies leave so much after completion, of which
	 * they say only the first. */
	int64_t late_ns, path_ns;
	struct stall_log stalls;

	/*
	 * The serving thread writes `used`, and once each turn takes what
	 * another thread put into `wanted`: what it used before is then that
	 * thread's to read.
	 */
	_Atomic(struct target_account *) wanted, used;
	_Atomic bool stop;
};

struct backend_ops {
	struct kind kind;
	/* Serve on the calling thread until target->stop. 0 or -errno. */
	int (*run)(struct target *target, struct err *err);
};

/* Serving thread, once a turn: the account to write to from now on. */
struct target_account *target_account(struct target *target);

#endif
