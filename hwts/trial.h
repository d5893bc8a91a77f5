/* trial.h - a few packets through an interface: which stamps come back? */
#ifndef HWTS_TRIAL_H
#define HWTS_TRIAL_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

#include "hwts/tsource.h"

struct err;
struct sys_ops;

#define TRIAL_PACKETS 8u

/*
 * Over lo they go to sockets of our own, which answer; elsewhere to a peer
 * that answers anything, or, where none is named, as multicast of UDP (all
 * hosts of the link, the discard port), to which nobody answers.
 */
struct trial_params {
	const struct sys_ops *sys;
	const char *interface;
	const struct sockaddr *peer;	/* NULL: none */
	socklen_t peer_len;
	bool stream;
	bool hardware;		/* the card is set to stamp while it is tried */
};

struct trial {
	uint32_t sent, answered;
	uint32_t came[TSOURCE_KINDS];	/* stamps of each kind */
	uint32_t card[TSOURCE_KINDS];	/* of these, the card's */
};

/*
 * 0; -errno with one line where nothing could be sent. `clock`: hardware; a
 * look at the card's clock while it is open.
 */
int trial_run(struct trial *trial, const struct trial_params *params,
	      void (*clock)(const struct tsource *source, void *arg),
	      void *arg, struct err *err);

#endif
