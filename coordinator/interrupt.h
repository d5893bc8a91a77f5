/* interrupt.h - Ctrl-C: once to drain and save, twice to leave at once */
#ifndef COORDINATOR_INTERRUPT_H
#define COORDINATOR_INTERRUPT_H

#include <stdbool.h>

/*
 * SIGINT, SIGTERM and SIGHUP. The first is noted and wakes whoever polls
 * interrupt_fd(); the second kills every child and exits with 130. SIGPIPE
 * is ignored: a peer that died is seen where it is written to.
 */
int interrupt_install(void);

/* Readable from the first signal on; -1 before interrupt_install(). */
int interrupt_fd(void);

bool interrupted(void);

#endif
