/* hwtstamp.h - what a network card says of its stamps, and switching them on */
#ifndef HWTS_HWTSTAMP_H
#define HWTS_HWTSTAMP_H

#include <net/if.h>
#include <stdbool.h>

struct err;
struct sys_ops;

/* By ETHTOOL_GET_TS_INFO: a claim, no proof. */
struct hwtstamp_caps {
	unsigned stamping;	/* SOF_TIMESTAMPING_* */
	unsigned tx_types;	/* bits of enum hwtstamp_tx_types */
	unsigned rx_filters;	/* bits of enum hwtstamp_rx_filters */
	int phc;		/* /dev/ptp<phc>; -1: none */
};

/* As struct hwtstamp_config of <linux/net_tstamp.h>. */
struct hwtstamp_state {
	int flags, tx, rx;
};

/* -errno where the interface, or the question, is unknown. */
int hwtstamp_ask(const struct sys_ops *sys, const char *interface,
		 struct hwtstamp_caps *caps);

/* Does it claim to stamp every packet, out and in, by a clock of its own? */
bool hwtstamp_complete(const struct hwtstamp_caps *caps);

/* SIOCGHWTSTAMP, SIOCSHWTSTAMP: set() says what the driver made of it. */
int hwtstamp_get(const struct sys_ops *sys, const char *interface,
		 struct hwtstamp_state *state);
int hwtstamp_set(const struct sys_ops *sys, const char *interface,
		 struct hwtstamp_state *state);

/*
 * Switch on the stamping of every packet, which concerns all programs of the
 * host. So what was set before is kept in a file of the run folder, locked
 * by all who hold the interface; the last one of them to let go sets it
 * again, unless somebody else has changed it since. A file that nobody has
 * locked is that of a holder who died: hwtstamp_recover(), or the next to
 * hold, minds it.
 *
 * The run folder is RUNTIME_DIRECTORY, as systemd sets it; else /run/lancet
 * for root, XDG_RUNTIME_DIR/lancet for others.
 */
struct hwtstamp_hold {
	const struct sys_ops *sys;
	int fd;			/* of the file; -1: nothing is held */
	char interface[IF_NAMESIZE];
	char path[512];
	struct hwtstamp_state before, ours;
};

/* 0, or -errno with one line: what, and how to mend it. */
int hwtstamp_take(struct hwtstamp_hold *hold, const struct sys_ops *sys,
		  const char *interface, struct err *err);
void hwtstamp_release(struct hwtstamp_hold *hold);

/* Undo what holders who died left behind; how many there were. */
int hwtstamp_recover(const struct sys_ops *sys);

/*
 * The text of such a file: "hwtstamp 1 FLAGS TX RX FLAGS TX RX", before and
 * ours. 0 or -EINVAL.
 */
int hwtstamp_parse(const char *text, struct hwtstamp_state *before,
		   struct hwtstamp_state *ours);

#endif
