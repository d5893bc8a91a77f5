/* crew.c - the measuring threads of one agent: starting, handing over, ending */
#include "agents/crew.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#define STACK_SIZE (256u << 10)	/* locked in memory, so no more than needed */

static void set_state(struct crew_member *m, enum crew_state state)
{
	struct crew *crew = m->crew;

	pthread_mutex_lock(&crew->lock);
	if (m->state != CREW_LEAVING)
		m->state = state;
	pthread_mutex_unlock(&crew->lock);
	eventfd_write(crew->wake, 1);
}

/* Until there is something to do: true to run, false to leave. */
static bool wait_order(struct crew_member *m)
{
	struct crew *crew = m->crew;
	bool run;

	pthread_mutex_lock(&crew->lock);
	while (m->state != CREW_RUNNING && m->state != CREW_LEAVING)
		pthread_cond_wait(&crew->changed, &crew->lock);
	run = m->state == CREW_RUNNING;
	pthread_mutex_unlock(&crew->lock);
	return run;
}

static void *member_main(void *arg)
{
	struct crew_member *m = arg;
	int rc = worker_open(m->worker, &m->params);

	set_state(m, rc < 0 ? CREW_FAILED : CREW_IDLE);
	while (wait_order(m)) {
		rc = worker_segment(m->worker);
		set_state(m, rc < 0 ? CREW_FAILED : CREW_IDLE);
	}
	worker_close(m->worker);
	return NULL;
}

static int start_member(struct crew *crew, struct crew_member *m)
{
	pthread_attr_t attr;
	int rc;

	m->crew = crew;
	m->worker = worker_create();
	if (!m->worker)
		return -ENOMEM;
	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, STACK_SIZE);
	rc = -pthread_create(&m->thread, &attr, member_main, m);
	pthread_attr_destroy(&attr);
	if (rc < 0)
		free(m->worker);
	return rc;
}

int crew_start(struct crew *crew, const struct worker_params *params,
	       uint32_t n, struct err *err)
{
	memset(crew, 0, sizeof(*crew));
	pthread_mutex_init(&crew->lock, NULL);
	pthread_cond_init(&crew->changed, NULL);
	crew->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	crew->member = calloc(n, sizeof(*crew->member));
	crew->worker = calloc(n, sizeof(*crew->worker));
	if (crew->wake < 0 || !crew->member || !crew->worker)
		return err_set(err, -ENOMEM, "out of memory");
	for (uint32_t i = 0; i < n; i++) {
		struct crew_member *m = &crew->member[i];
		int rc;

		m->params = params[i];
		rc = start_member(crew, m);
		if (rc < 0)
			return err_set(err, rc, "cannot start a thread: %s",
				       strerror(-rc));
		crew->worker[i] = m->worker;
		crew->n++;
	}
	return 0;
}

/* The state of a member, with all that its thread wrote before. */
static enum crew_state state_of(struct crew *crew, uint32_t i)
{
	enum crew_state state;

	pthread_mutex_lock(&crew->lock);
	state = crew->member[i].state;
	pthread_mutex_unlock(&crew->lock);
	return state;
}

bool crew_settled(struct crew *crew)
{
	for (uint32_t i = 0; i < crew->n; i++) {
		enum crew_state state = state_of(crew, i);

		if (state == CREW_OPENING || state == CREW_RUNNING)
			return false;
	}
	return true;
}

const struct err *crew_failure(struct crew *crew)
{
	for (uint32_t i = 0; i < crew->n; i++)
		if (state_of(crew, i) == CREW_FAILED)
			return &crew->worker[i]->err;
	return NULL;
}

int crew_go(struct crew *crew, const struct wire_start *start, struct err *err)
{
	for (uint32_t i = 0; i < crew->n; i++) {
		int rc = worker_arm(crew->worker[i], start, err);

		if (rc < 0)
			return rc;
	}
	pthread_mutex_lock(&crew->lock);
	for (uint32_t i = 0; i < crew->n; i++)
		crew->member[i].state = CREW_RUNNING;
	pthread_cond_broadcast(&crew->changed);
	pthread_mutex_unlock(&crew->lock);
	return 0;
}

void crew_stop(struct crew *crew, enum worker_stop how)
{
	for (uint32_t i = 0; i < crew->n; i++)
		atomic_store(&crew->worker[i]->stop, how);
}

void crew_end(struct crew *crew)
{
	crew_stop(crew, WORKER_HALT);
	pthread_mutex_lock(&crew->lock);
	for (uint32_t i = 0; i < crew->n; i++)
		crew->member[i].state = CREW_LEAVING;
	pthread_cond_broadcast(&crew->changed);
	pthread_mutex_unlock(&crew->lock);
	for (uint32_t i = 0; i < crew->n; i++) {
		pthread_join(crew->member[i].thread, NULL);
		free(crew->worker[i]);
	}
	free(crew->member);
	free(crew->worker);
	close(crew->wake);
	pthread_cond_destroy(&crew->changed);
	pthread_mutex_destroy(&crew->lock);
	memset(crew, 0, sizeof(*crew));
}
