/* phc_track.c - a card's clock, read ten times a second while requests fly */
#include "hwts/phc_track.h"

#include <errno.h>
#include <string.h>
#include <time.h>

#include "hwts/phc.h"
#include "lancet/core/arena.h"
#include "lancet/core/clock.h"
#include "lancet/core/err.h"

/*
 * Between the user's instant that a stamp is looked for at and the stamp lie
 * the queue before the card and the agent's own pauses. A step of the clock
 * costs the stamps of as long before and after it.
 */
#define SLACK_NS 1000000000

/* Readings at the stop. */
#define FEW 3

#define STACK_SIZE (256u << 10)	/* locked in memory, so no more than needed */

static void track_poll(struct phc_track *t)
{
	const struct tsource *source = t->source;
	struct tsource_reading look[PHC_LOOKS];
	struct phc_reading *to = &t->reading[t->n];
	int n = source->ops->phc_read(source->state, look, PHC_LOOKS);

	if (n <= 0 || t->n == PHC_READINGS) {
		t->failed++;
		return;
	}
	*to = phc_narrowest(look, n);
	if (t->n && to->mono_ns <= to[-1].mono_ns)
		return;
	t->n++;
	switch (phc_watch_take(&t->watch, to)) {
	case PHC_STEPPED:
		atomic_fetch_add(&t->steps, 1);
		break;
	case PHC_FROZE:
		atomic_fetch_add(&t->freezes, 1);
		break;
	default:
		break;
	}
}

/* Until it is stopped: true, or the next reading is due. */
static bool track_stopped(struct phc_track *t)
{
	struct timespec at;

	clock_gettime(CLOCK_MONOTONIC, &at);
	at.tv_nsec += PHC_EACH_NS;
	at.tv_sec += at.tv_nsec / 1000000000;
	at.tv_nsec %= 1000000000;
	while (sem_clockwait(&t->stop, CLOCK_MONOTONIC, &at))
		if (errno != EINTR)
			return false;
	return true;
}

static void *track_thread(void *arg)
{
	struct phc_track *t = arg;

	while (!track_stopped(t))
		track_poll(t);
	return NULL;
}

int phc_track_start(struct phc_track *track, const struct tsource *source,
		    struct arena *arena, struct err *err)
{
	pthread_attr_t attr;
	int rc;

	*track = (struct phc_track){ .source = source };
	track->reading = arena_array(arena, PHC_READINGS,
				     sizeof(*track->reading));
	sem_init(&track->stop, 0, 0);
	track_poll(track);
	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, STACK_SIZE);
	rc = pthread_create(&track->thread, &attr, track_thread, track);
	pthread_attr_destroy(&attr);
	if (rc)
		return err_set(err, -rc, "cannot start the thread that reads "
			       "the card's clock: %s", strerror(rc));
	return 0;
}

void phc_track_stop(struct phc_track *track, struct arena *arena)
{
	sem_post(&track->stop);
	pthread_join(track->thread, NULL);
	sem_destroy(&track->stop);
	/* However short it was: a line needs a few. */
	for (int i = 0; i < FEW; i++)
		track_poll(track);
	phc_fit_build(&track->fit, track->reading, track->n, arena);
}

bool phc_track_mono(const void *track, int64_t phc_ns, int64_t near_ns,
		    int64_t *mono_ns, int64_t *bound_ns)
{
	const struct phc_track *t = track;

	if (phc_fit_mono(&t->fit, phc_ns, near_ns, SLACK_NS, mono_ns,
			 bound_ns) < 0)
		return false;
	*bound_ns += clock_error_ns();
	return true;
}
