/* control.h - stamps from the control data of a socket's messages */
#ifndef HWTS_CONTROL_H
#define HWTS_CONTROL_H

#include <stdbool.h>
#include <stddef.h>

struct msghdr;
struct tsource_stamp;

/* Stamps that one message may bear: the card's, then the kernel's. */
#define CONTROL_STAMPS 2

/*
 * Hot. Of a message of the error queue: its stamps, with the kernel's key
 * and conn 0; 0 where it is about something else.
 */
size_t control_sent(const struct msghdr *msg, struct tsource_stamp *to);

/* Hot. Of a message received: its best stamp; false: it has none. */
bool control_received(const struct msghdr *msg, struct tsource_stamp *to);

#endif
