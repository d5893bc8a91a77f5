/* recorder_mix.c - codes and service times of replies, folded */
#include "agents/recorder.h"
#include "lancet/core/wire.h"

void recorder_mix_flush(struct recorder *r)
{
	if (r->codes_pending &&
	    !recorder_table_count(&r->response, (uint32_t)r->code_window,
				  WIRE_CODES, r->code, r->codes_pending))
		r->failed = true;
	r->codes_pending = 0;
}

static void add_code(struct recorder *r, const struct sample *s)
{
	uint64_t window = (uint64_t)(s->intended_ns - r->base_ns) /
			  (uint64_t)r->window_ns;

	if (window != r->code_window || s->release_ns != r->code)
		recorder_mix_flush(r);
	r->code_window = window;
	r->code = s->release_ns;
	r->codes_pending++;
}

static void add_time(struct recorder *r, uint32_t index, uint16_t class,
		     uint64_t ns)
{
	int64_t value = ns < HIST_MAX ? (int64_t)ns : HIST_MAX;

	if (ns && !recorder_table_count(&r->response, index, class, value, 1))
		r->failed = true;
}

void recorder_mix(struct recorder *r, const struct sample *s)
{
	if (r->codes && s->release_ns)
		add_code(r, s);
	if (s->outcome != OUTCOME_RECEIVED)
		return;
	add_time(r, WIRE_REQUESTED, s->class, s->service_ns);
	add_time(r, WIRE_SERVED, s->class, s->served_ns);
}
