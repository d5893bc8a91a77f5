/* ptp4l.h - is a card's clock disciplined, and by which grandmaster? */
#ifndef HWTS_PTP4L_H
#define HWTS_PTP4L_H

#include <net/if.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct err;

#define PTP4L_SOCKET "/var/run/ptp4l"

/* Of a port, as linuxptp's ptp4l says it on its management socket. */
struct ptp4l_state {
	char interface[IF_NAMESIZE];
	uint8_t port;		/* IEEE 1588's portState: 6 master, 9 slave */
	bool hardware;		/* stamped by the card */
	bool present;		/* it follows a grandmaster */
	uint8_t grandmaster[8];
	int64_t offset_ns;	/* from its master, the last one measured */
};

/* What a message was about. */
enum ptp4l_topic { PTP4L_OTHER, PTP4L_PORT, PTP4L_TIME };

/*
 * Take what a management response says: of a port, into interface, port and
 * hardware; of time, into the rest. -EBADMSG: it is damaged, or an error.
 */
int ptp4l_parse(const void *message, size_t len, struct ptp4l_state *to);

/* Ask the ptp4l behind this socket; 0 or -errno, with one line. */
int ptp4l_ask(const char *path, const char *interface,
	      struct ptp4l_state *to, struct err *err);

/*
 * May instants of two cards' clocks be compared? 0, with how far they may be
 * apart; -errno with the reason why not.
 */
int ptp4l_related(const struct ptp4l_state *a, const struct ptp4l_state *b,
		  int64_t *bound_ns, struct err *err);

#endif
