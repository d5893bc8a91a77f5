/* preview.c - the intended requests of a plan, printed before any is sent */
#include <string.h>

#include "coordinator/plan.h"
#include "lancet/core/arena.h"
#include "lancet/core/err.h"

/* One thread's schedule and its next request. */
struct preview_thread {
	struct schedule schedule;
	struct intent next;
	uint32_t agent, thread;
	bool ended;
};

static void preview_step(struct preview_thread *thread)
{
	thread->ended = schedule_next(&thread->schedule, &thread->next, 1) == 0;
}

static int preview_open(const struct plan *plan, const struct plan_point *point,
			struct preview_thread *thread, struct arena *arena,
			struct err *err)
{
	for (uint32_t a = 0; a < plan->nagents; a++) {
		for (uint32_t t = 0; t < plan->agent[a].threads; t++) {
			uint32_t index = plan->agent[a].first_thread + t;
			struct rng_key key = {
				.seed = (uint64_t)plan->config->seed,
				.point = point->index,
				.agent = a,
				.thread = t,
			};
			struct arrival_share share = {
				.rate_rps = point->rate_rps,
				.index = index,
				.of = plan->threads,
			};

			thread[index].agent = a;
			thread[index].thread = t;
			if (schedule_init(&thread[index].schedule,
					  &plan->workload, &key, &share, arena,
					  err))
				return err->code;
			preview_step(&thread[index]);
		}
	}
	return 0;
}

/* The thread whose next request is due first; the lowest of equals. */
static struct preview_thread *preview_first(struct preview_thread *thread,
					    uint32_t n)
{
	struct preview_thread *first = NULL;

	for (uint32_t i = 0; i < n; i++)
		if (!thread[i].ended &&
		    (!first || thread[i].next.intended_ns <
				       first->next.intended_ns))
			first = &thread[i];
	return first;
}

static void preview_line(const struct plan *plan, uint32_t point,
			 const struct preview_thread *thread, FILE *out)
{
	const struct intent *next = &thread->next;
	const char *class = plan->config->workload.classes.n
			    ? plan->workload.class[next->class].name : "-";

	fprintf(out, "%u %u %u %lld %s %llu\n", point, thread->agent,
		thread->thread, (long long)next->intended_ns, class,
		(unsigned long long)next->service_ns);
}

int plan_print_schedule(const struct plan *plan, uint64_t n, FILE *out,
			struct err *err)
{
	int failed = 0;

	for (uint32_t p = 0; p < plan->npoints && !failed; p++) {
		struct arena arena;
		struct preview_thread *thread;
		struct preview_thread *first;

		arena_init(&arena);
		thread = arena_array(&arena, plan->threads, sizeof(*thread));
		failed = preview_open(plan, &plan->point[p], thread, &arena,
				      err);
		for (uint64_t i = 0; i < n && !failed; i++) {
			first = preview_first(thread, plan->threads);
			if (!first)
				break;
			preview_line(plan, p, first, out);
			preview_step(first);
		}
		arena_fini(&arena);
	}
	return failed;
}
