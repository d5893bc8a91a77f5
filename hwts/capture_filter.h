/* capture_filter.h - which packets a capture of connected sockets is to take */
#ifndef HWTS_CAPTURE_FILTER_H
#define HWTS_CAPTURE_FILTER_H

#include <stdbool.h>
#include <stdint.h>

#define CAPTURE_FILTER 65536	/* four hundred targets and more */

/*
 * Add the target of this socket to a filter in libpcap's words, "" at first;
 * *port: the socket's own. 0 or -errno: no IP socket, not connected; -E2BIG:
 * it has no room for another target, and stays as it is.
 */
int capture_filter_add(char filter[CAPTURE_FILTER], int fd, bool stream,
		       uint16_t *port);

#endif
