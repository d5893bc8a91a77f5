/* server.h - a server that lancet starts for the time of a run */
#ifndef COORDINATOR_SERVER_H
#define COORDINATOR_SERVER_H

struct child;
struct err;
struct plan;

/*
 * Start target.start, if there is one, and wait until the target's address
 * answers; -errno with one line when it ends or does not in 10 s.
 */
int server_start(struct child *server, const struct plan *plan,
		 struct err *err);

/* Negative once a started server has ended. */
int server_watch(struct child *server, struct err *err);

#endif
