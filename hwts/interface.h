/* interface.h - which network interface a connected socket's packets leave by */
#ifndef HWTS_INTERFACE_H
#define HWTS_INTERFACE_H

#include <net/if.h>

/*
 * By the kernel's routing table, so that our own addresses are `lo`, whoever
 * bears them. 0 or -errno; -ENODEV: no IP socket, or not connected.
 */
int interface_of(int fd, char name[IF_NAMESIZE]);

#endif
