/* exclude.c - which windows a stall spoils */
#include "coordinator/exclude.h"

#include <math.h>

#include "coordinator/plan.h"
#include "coordinator/point.h"

#define GUARD_NS INT64_C(2000000)
#define GUARD_SERVICES 10
#define GUARD_MEDIANS 3
#define GUARD_STALLS 5
#define LOAD_UNKNOWN .8
#define LOAD_MOST .95

struct exclude_rule exclude_rule(const struct plan *plan,
				 const struct plan_point *point)
{
	int64_t services = (int64_t)(GUARD_SERVICES * plan->mean_service_ns);

	return (struct exclude_rule){
		.window_ns = plan->config->measure.window_ns,
		.guard_ns = services > GUARD_NS ? services : GUARD_NS,
		.load = isnan(point->utilisation) ? LOAD_UNKNOWN
						  : point->utilisation,
	};
}

static void exclude_span(struct point_segment *segment,
			 const struct exclude_rule *rule, int64_t from_ns,
			 int64_t until_ns, unsigned why, const char *who)
{
	int64_t first = (from_ns - segment->from_ns) / rule->window_ns;
	int64_t last = (until_ns - segment->from_ns) / rule->window_ns;

	if (until_ns < segment->from_ns)
		return;
	if (from_ns < segment->from_ns)
		first = 0;
	for (int64_t i = first; i <= last && i < (int64_t)segment->nwindows;
	     i++) {
		segment->window[i].out |= why;
		segment->window[i].reason = who;
	}
}

/* Standing still at once costs once: one's own time, not the sum of all. */
static int64_t merged_end(const struct point_stall *stall, uint32_t n,
			  uint32_t *at)
{
	bool target = stall[*at].target;
	int64_t end = stall[*at].start_ns + stall[*at].length_ns;

	for (; *at + 1 < n; ++*at) {
		const struct point_stall *next = &stall[*at + 1];

		if (next->target != target)
			continue;
		if (next->start_ns > end)
			break;
		if (next->start_ns + next->length_ns > end)
			end = next->start_ns + next->length_ns;
	}
	return end;
}

/*
 * The target's stalls are left out of the comparison with a model alone, which
 * knows its services.
 */
static int64_t guard_of(const struct exclude_rule *rule, int64_t stall_ns,
			bool target)
{
	int64_t flight_ns = GUARD_MEDIANS * rule->typical_ns;

	if (flight_ns > GUARD_STALLS * stall_ns)
		flight_ns = GUARD_STALLS * stall_ns;
	return target || flight_ns < rule->guard_ns ? rule->guard_ns
						    : flight_ns;
}

/* Agents' and the target's stalls leave backlogs of their own. */
static void exclude_side(struct point_segment *segment,
			 const struct point_stall *stall, uint32_t n,
			 const struct exclude_rule *rule, bool target)
{
	double spare = 1 - fmin(rule->load, LOAD_MOST);
	int64_t drained = INT64_MIN;

	for (uint32_t i = 0; i < n; i++) {
		const struct point_stall *first = &stall[i];
		int64_t end, lasted;

		if (first->target != target)
			continue;
		end = merged_end(stall, n, &i);
		lasted = end - first->start_ns;
		if (drained > end)
			end = drained;
		drained = end + (int64_t)((double)lasted / spare);
		exclude_span(segment, rule,
			     first->start_ns - guard_of(rule, lasted, target),
			     drained, target ? WINDOW_TARGET : WINDOW_AGENT,
			     first->who);
	}
}

void exclude_segment(struct point_segment *segment,
		     const struct point_stall *stall, uint32_t n,
		     const struct exclude_rule *rule)
{
	/* The agents last: a window both spoil is called theirs. */
	exclude_side(segment, stall, n, rule, true);
	exclude_side(segment, stall, n, rule, false);
}

void exclude_warmup(struct point_segment *segment, int64_t warmup_ns)
{
	for (size_t i = 0; i < segment->nwindows; i++) {
		int64_t window = (segment->until_ns - segment->from_ns) /
				 (int64_t)segment->nwindows;

		if ((int64_t)i * window >= warmup_ns)
			return;
		segment->window[i].out |= WINDOW_WARMUP;
		segment->window[i].reason = "warm-up";
	}
}
