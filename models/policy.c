/* policy.c - a policy from a configuration's choice, and its shared draw */
#include "models/policy.h"

#include <assert.h>
#include <math.h>

#include "lancet/core/arena.h"
#include "lancet/core/err.h"
#include "lancet/core/rng.h"

int policy_init(struct policy *p, const struct choice *choice, uint32_t workers,
		uint32_t jobs, struct arena *arena, struct err *err)
{
	assert(choice->kind && workers && jobs);
	p->ops = (const struct policy_ops *)choice->kind;
	p->options = choice->options;
	p->workers = workers;
	p->state = arena_alloc(arena,
			       p->ops->state_size(choice->options, workers));
	return p->ops->init(p->state, choice->options, workers, jobs, arena,
			    err);
}

uint64_t policy_draw(uint64_t request_id)
{
	/* The mixer leaves 0 where it is, hence the constant. */
	return rng_mix(request_id + UINT64_C(0x9e3779b97f4a7c15));
}

void policy_pick(const struct choice *policy, uint32_t workers, uint64_t draw,
		 union job_aux *aux)
{
	const struct policy_ops *ops = (const void *)policy->kind;

	if (ops->flags & POLICY_PICKS)
		ops->pick(policy->options, workers, draw, aux);
}

/* Different ones: the i-th is drawn among those not yet named. */
void policy_some_of(uint64_t draw, uint32_t candidates, uint32_t n,
		    union job_aux *aux)
{
	uint32_t most = candidates < n ? candidates : n;

	for (uint32_t i = 0; i < POLICY_CANDIDATES; i++) {
		uint16_t pick = PICK_NONE;
		bool again = i < most;

		while (again) {
			draw = rng_mix(draw + i + 1);
			pick = policy_one_of(draw, n);
			again = false;
			for (uint32_t j = 0; j < i; j++)
				again |= aux->pick[j] == pick;
		}
		aux->pick[i] = pick;
	}
}

int policy_settle(struct choice *policy, uint32_t workers,
		  const struct workload *workload, struct arena *arena,
		  struct err *err)
{
	const struct policy_ops *ops = (const void *)policy->kind;

	if (!ops->settle)
		return 0;
	policy->options =
		ops->settle(policy->options, workers, workload, arena, err);
	return policy->options ? 0 : err->code;
}

uint32_t policy_workers(const struct choice *policy, uint32_t workers)
{
	const struct policy_ops *ops = (const void *)policy->kind;

	return ops->workers ? ops->workers(policy->options, workers) : workers;
}

double policy_capacity(const struct choice *policy, uint32_t workers,
		       const struct workload *workload)
{
	const struct policy_ops *ops = (const void *)policy->kind;

	return ops->capacity(policy->options, workers, workload);
}

bool policy_refuses(const struct choice *policy, uint32_t workers,
		    const struct workload *workload)
{
	const struct policy_ops *ops = (const void *)policy->kind;

	return ops->flags & POLICY_DROPS ||
	       isinf(policy_capacity(policy, workers, workload));
}
