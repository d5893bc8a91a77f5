/* wire_trial.h - requests over the kernel's sockets, every stamp looked at */
#ifndef TESTS_DOUBLE_WIRE_TRIAL_H
#define TESTS_DOUBLE_WIRE_TRIAL_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "hwts/pairing.h"

struct err;

/*
 * Some requests, so many at a time, to a server that sends back what it
 * gets, over the agents' own transports. What the kernel said is then
 * counted by hand, besides what pairing.h made of it.
 */
struct wire_trial {
	const char *address;	/* of an echo server; NULL: own, on lo */
	bool stream;
	uint32_t requests, connections, burst, size;
	double share;		/* asks for stamps */
	double detail;		/* asks for SCHED, too; and a stream for ACK */
	int64_t buffer;		/* receive buffer of each socket; 0: usual */
	bool silent;		/* nothing is received before all is sent */
	FILE *dump;		/* a line for each request; NULL: none */

	/* Results. */
	struct pairing_counts count;
	uint64_t heard;		/* requests with any SND stamp of their own */
	uint64_t drops;		/* of the kernel, by its own account */
	uint64_t received;	/* replies */
	uint64_t disordered;	/* not sent <= SCHED <= SND <= RX <= received */
	uint64_t detailed;	/* have SCHED between */
	int64_t bound_ns;
	double leg_ns[4];	/* medians: to SCHED, SND, RX, received */
};

/* 0; -errno with one line where it cannot be tried. */
int wire_trial_run(struct wire_trial *t, struct err *err);


#endif
