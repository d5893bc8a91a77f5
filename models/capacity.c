/* capacity.c - how much work a configuration's target can do */
#include "models/capacity.h"

#include <math.h>

#include "lancet/core/arena.h"
#include "lancet/core/config.h"
#include "lancet/core/err.h"
#include "lancet/core/option.h"
#include "lancet/core/text.h"
#include "models/policy.h"
#include "workloads/proto.h"

static int own_law(struct dist *law, const struct config *config,
		   struct arena *arena, struct err *err)
{
	const struct config_target *target = &config->target;
	struct choice choice = target->builtin ? target->builtin->service
					       : target->service;
	struct option_mark mark = config_mark(config, target->builtin
					      ? "target.builtin.service"
					      : "target.service");
	int rc;

	if (!choice.kind)
		rc = option_parse_choice(KIND_DIST, OPTION_UNIT_TIME, "det",
					 &choice, arena, err);
	else
		rc = 0;
	if (!rc)
		rc = dist_init(law, &choice, arena, err);
	return rc ? err_wrap(err, "%s:%u:%u: error", mark.file, mark.line,
			     mark.column)
		  : 0;
}

int capacity_workload(struct workload *served, const struct workload *workload,
		      const struct config *config, struct arena *arena,
		      struct err *err)
{
	const struct choice *proto = &config->workload.protocol;
	bool carried = proto->kind && proto_flags(proto) & PROTO_SERVICE;
	struct dist own;

	*served = *workload;
	if (!config->target.builtin &&
	    (!config->target.service.kind || carried))
		return 0;
	if (own_law(&own, config, arena, err))
		return err->code;
	served->class =
		arena_copy(arena, workload->class,
			   workload->nclasses * sizeof(*workload->class));
	for (size_t i = 0; i < served->nclasses; i++)
		if (!carried || !served->class[i].service.ops)
			served->class[i].service = own;
	return 0;
}

/* Of queues that refuse jobs, and so bear any load, what they can finish. */
static double builtin_rps(const struct config_builtin *target,
			  const struct workload *served)
{
	uint32_t workers = (uint32_t)target->workers;
	uint32_t all = policy_workers(&target->policy, workers);
	double mean_ns = workload_mean_service_ns(served);
	double per_ns = policy_capacity(&target->policy, workers, served);

	/* No law was given: a figure of 1e9/s would say nothing. */
	if (!(mean_ns > 1))
		return 0;
	return 1e9 * (isfinite(per_ns) ? per_ns : all / mean_ns);
}

static double server_rps(const struct config *config,
			 const struct workload *served)
{
	const struct config_target *target = &config->target;
	double mean_ns = workload_mean_service_ns(served);

	if (target->builtin)
		return builtin_rps(target->builtin, served);
	if (target->capacity.set && !target->capacity.share)
		return target->capacity.value;
	if (target->workers > 0 && mean_ns > 0)
		return 1e9 * (double)target->workers / mean_ns;
	return 0;
}

double capacity_rps(const struct config *config, const struct workload *served)
{
	const char *address = config->target.address;
	double servers = address ? (double)text_items(address) : 1;
	double parts = served->fanout > 1 ? served->fanout : 1;

	return server_rps(config, served) * servers / parts;
}
