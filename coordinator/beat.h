/* beat.h - heartbeats to the peers of a session, from a thread of their own */
#ifndef COORDINATOR_BEAT_H
#define COORDINATOR_BEAT_H

#include <stdbool.h>

struct err;
struct peer;
struct session;

/* 0 or -errno; beat_stop() is due in any case, before the first bye. */
int beat_start(struct session *session, struct err *err);
void beat_stop(struct session *session);

/* Does this peer want them? */
void beat_for(struct session *session, struct peer *peer, bool on);

#endif
