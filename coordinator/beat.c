/* beat.c - heartbeats to the peers of a session, from a thread of their own */
#include "coordinator/beat.h"

#include <linux/sockios.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>

#include "coordinator/plan.h"
#include "coordinator/session.h"
#include "lancet/core/err.h"

#define SECOND INT64_C(1000000000)

void beat_for(struct session *session, struct peer *peer, bool on)
{
	pthread_mutex_lock(&session->lock);
	peer->beats = on;
	pthread_mutex_unlock(&session->lock);
}

/*
 * A peer that has not read what it was sent yet needs no beat, and a write
 * to it might block.
 */
static bool beat_due(const struct peer *peer)
{
	int unread = 0;

	return peer->beats &&
	       (ioctl(peer->io.out, SIOCOUTQ, &unread) < 0 || !unread);
}

static void beat_all(struct session *session)
{
	struct err lost;

	/* A peer that cannot be written to is found dead by its own end. */
	for (size_t i = 0; i < session->npeers; i++)
		if (beat_due(&session->peer[i]) &&
		    frame_write(&session->peer[i].io,
				json_pack("{ss}", "t", "beat"), &lost) < 0)
			session->peer[i].beats = false;
}

static void *beat_main(void *context)
{
	struct session *session = context;
	int64_t every = session->plan->config->measure.heartbeat_ns / 3;
	struct timespec at;

	every = every < SECOND ? every : SECOND;
	pthread_mutex_lock(&session->lock);
	while (!session->closing) {
		beat_all(session);
		clock_gettime(CLOCK_MONOTONIC, &at);
		at.tv_nsec += every % SECOND;
		at.tv_sec += every / SECOND + at.tv_nsec / SECOND;
		at.tv_nsec %= SECOND;
		pthread_cond_timedwait(&session->wake, &session->lock, &at);
	}
	pthread_mutex_unlock(&session->lock);
	return NULL;
}

int beat_start(struct session *session, struct err *err)
{
	pthread_condattr_t clock;
	int rc;

	pthread_mutex_init(&session->lock, NULL);
	pthread_condattr_init(&clock);
	pthread_condattr_setclock(&clock, CLOCK_MONOTONIC);
	pthread_cond_init(&session->wake, &clock);
	pthread_condattr_destroy(&clock);
	rc = pthread_create(&session->beater, NULL, beat_main, session);
	if (rc)
		return err_set(err, -rc, "cannot start a thread: %s",
			       strerror(rc));
	session->beating = true;
	return 0;
}

void beat_stop(struct session *session)
{
	pthread_mutex_lock(&session->lock);
	session->closing = true;
	pthread_cond_signal(&session->wake);
	pthread_mutex_unlock(&session->lock);
	if (session->beating)
		pthread_join(session->beater, NULL);
	pthread_cond_destroy(&session->wake);
	pthread_mutex_destroy(&session->lock);
}
