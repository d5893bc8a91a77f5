/* hwts.h - what `lancet hwts` found out about one interface */
#ifndef LANCET_CMD_HWTS_H
#define LANCET_CMD_HWTS_H

#include <stdbool.h>
#include <stdio.h>

#include "lancet/core/err.h"

/* In the order in which timestamps: auto takes them, and then the rest. */
enum hwts_source {
	HWTS_HARDWARE,
	HWTS_KERNEL,
	HWTS_USER,
	HWTS_PCAP,
	HWTS_SOURCES
};

extern const char *const hwts_source_name[HWTS_SOURCES];

struct hwts_finding {
	bool works;
	char what[512];		/* where it does not: what; remedy */
};

/* Of a card's own clock. */
struct hwts_clock {
	int device;		/* /dev/ptp<device>; -1: none */
	bool moves;
	const char *method;	/* that reads it; NULL: it cannot be read */
	double resolution_ns, read_ns, drift_ppm, bound_ns;
	bool disciplined;
	char ptp[256];		/* by whom; or why not: what; remedy */
};

struct hwts_interface {
	const char *name;
	struct hwts_finding source[HWTS_SOURCES];
	struct hwts_clock clock;
};

/* Try all that the interface may give; about 2 s where it has a clock. */
struct sockaddr_storage;
void hwts_examine(struct hwts_interface *interface,
		  const struct sockaddr_storage *peer, unsigned peer_len);

void hwts_print(const struct hwts_interface *interface, FILE *out);
int hwts_print_json(const struct hwts_interface *interface, size_t n,
		    FILE *out);

#endif
