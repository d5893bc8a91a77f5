/* card.h - the network card that a socket's packets leave by, set to stamp */
#ifndef HWTS_CARD_H
#define HWTS_CARD_H

#include <stdbool.h>

#include "hwts/hwtstamp.h"
#include "hwts/phc_clock.h"

/*
 * From open to close the card stamps every packet, which is a setting of the
 * whole host (hwtstamp.h), and its clock can be read.
 */
struct card {
	struct hwtstamp_hold hold;
	struct phc_clock clock;
	bool open;
};

/*
 * The one that this socket is connected through; NULL for its name: the
 * routes tell. 0; -errno with one line: why there is none.
 */
int card_open(struct card *card, const struct sys_ops *sys, int fd,
	      const char *interface, struct err *err);
void card_close(struct card *card);

#endif
