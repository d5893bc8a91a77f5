/* replications.c - independent replications of one queue, on all cores */
#include "models/replications.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

#include "lancet/core/clock.h"
#include "lancet/core/err.h"

static void run_replica(struct replications *rs, struct replica *r)
{
	for (uint32_t turn = 1; r->jobs < rs->until; turn++) {
		if (!replica_burst(r))
			atomic_store(&rs->overflow, true);
		if (turn % 64 == 0 && clock_now_ns() > rs->deadline_ns)
			atomic_store(&rs->out_of_time, true);
		if (atomic_load_explicit(&rs->out_of_time,
					 memory_order_relaxed) ||
		    atomic_load_explicit(&rs->overflow, memory_order_relaxed))
			return;
	}
}

static void *work(void *arg)
{
	struct replications *rs = arg;
	unsigned i;

	while ((i = atomic_fetch_add(&rs->next, 1)) < REPLICATIONS)
		run_replica(rs, &rs->replica[i]);
	return NULL;
}

/* Threads that cannot be had are done without. */
void replications_run(struct replications *r, uint64_t until)
{
	pthread_t thread[REPLICATIONS];
	uint32_t n = 0;

	r->until = until;
	atomic_store(&r->next, 0);
	while (n + 1 < r->threads && !pthread_create(&thread[n], NULL, work, r))
		n++;
	work(r);
	while (n)
		pthread_join(thread[--n], NULL);
}

int replications_init(struct replications *r, const struct replica_plan *plan,
		      int64_t deadline_ns, struct err *err)
{
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);
	uint32_t threads = plan->query->threads;

	*r = (struct replications){ .plan = plan, .deadline_ns = deadline_ns };
	r->threads = threads ? threads : cpus > 0 ? (uint32_t)cpus : 1;
	if (r->threads > REPLICATIONS)
		r->threads = REPLICATIONS;
	r->replica = calloc(REPLICATIONS, sizeof(*r->replica));
	if (!r->replica)
		return err_set(err, -ENOMEM, "no memory to simulate");
	for (uint32_t i = 0; i < REPLICATIONS; i++)
		if (replica_init(&r->replica[i], plan, i, err))
			return err->code;
	return 0;
}

void replications_fini(struct replications *r)
{
	for (uint32_t i = 0; r->replica && i < REPLICATIONS; i++)
		replica_fini(&r->replica[i]);
	free(r->replica);
}
