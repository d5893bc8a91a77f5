/* target.h - a built-in server: put together, started, asked, stopped */
#ifndef TARGETS_TARGET_H
#define TARGETS_TARGET_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "lancet/core/config.h"
#include "lancet/core/err.h"
#include "lancet/core/kind.h"
#include "targets/backend.h"
#include "targets/jobs.h"

struct arena;
struct wire_target;

struct target_setup {
	struct choice policy, backend, protocol, transport;
	struct choice service;	/* kind NULL: 1 ns */
	uint32_t workers;
	uint64_t seed;
	const char *listen;	/* HOST:PORT; port 0: any */
	uint32_t connections;	/* at most; 0: the usual bound */
	int64_t stall_ns;
	int64_t late_ns, path_ns; /* as struct target's */
	int32_t cpu;		/* -1: not pinned */
	bool poll;
	bool secure;		/* speak TLS, with: */
	struct config_tls tls;
};

/* What a configuration says of its built-in target, or the presets. */
void target_setup_init(struct target_setup *setup, const struct config *config);

struct target_server {
	struct target target;
	const struct backend_ops *backend;
	struct target_account account[2];
	struct stall *spare;	/* list of the account that is not used */
	int32_t cpu;
	pthread_t thread;
	bool running;
	_Atomic bool ended;	/* the thread did, maybe with an error */
	struct err err;
};

/* Open and listen. 0, -EINVAL, -EADDRINUSE ...; then target_close(). */
int target_open(struct target_server *server, const struct target_setup *setup,
		struct arena *arena, struct err *err);
const char *target_address(const struct target_server *server);

/* Serve on a thread of its own until target_stop(); what that returned. */
int target_start(struct target_server *server, struct err *err);
int target_stop(struct target_server *server, struct err *err);
void target_close(struct target_server *server);

/*
 * End a stretch of time and begin the next. Returns the account of the one
 * that ended, which stays as it is until the next call; NULL when the
 * serving thread did not take notice within 2 s.
 */
const struct target_account *target_turn(struct target_server *server);

/* The account of a target that was stopped. */
const struct target_account *target_last(const struct target_server *server);

/* An account in the words of the control protocol. */
void target_report(const struct target_account *account,
		   struct wire_target *report);

/*
 * `lancet target --control`: obey the coordinator until it says bye or its
 * end of the stream is closed. 0 or -errno, of which it was told.
 */
int target_control(int in, int out, struct err *err);

#endif
