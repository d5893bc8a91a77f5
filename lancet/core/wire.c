/* wire.c - what coordinator, agents and targets tell each other, as frames */
#include "lancet/core/wire.h"

#include <errno.h>
#include <math.h>
#include <string.h>
#include <unistd.h>

#include "lancet/core/err.h"
#include "lancet/core/wire_field.h"

/* --- fields of a peer's frame ------------------------------------------- */

static int wrong(const json_t *frame, const char *key, struct err *err)
{
	return err_set(err, -EBADMSG, "%s frame: %s is missing or out of range",
		       frame_type(frame), key);
}

int wire_get_int(const json_t *frame, const char *key, int64_t min,
		 int64_t max, int64_t *to, struct err *err)
{
	const json_t *value = json_object_get(frame, key);

	*to = json_integer_value(value);
	if (!json_is_integer(value) || *to < min || *to > max)
		return wrong(frame, key, err);
	return 0;
}

int wire_get_u32(const json_t *frame, const char *key, uint32_t min,
		 uint32_t max, uint32_t *to, struct err *err)
{
	int64_t value;
	int rc = wire_get_int(frame, key, min, max, &value, err);

	*to = rc < 0 ? 0 : (uint32_t)value;
	return rc;
}

int wire_get_u64(const json_t *frame, const char *key, uint64_t *to,
		 struct err *err)
{
	int64_t value;
	int rc = wire_get_int(frame, key, 0, INT64_MAX, &value, err);

	*to = rc < 0 ? 0 : (uint64_t)value;
	return rc;
}

int wire_get_real(const json_t *frame, const char *key, double min, double max,
		  double *to, struct err *err)
{
	const json_t *value = json_object_get(frame, key);

	*to = json_is_null(value) ? NAN : json_number_value(value);
	if (json_is_null(value))
		return 0;
	if (!json_is_number(value) || *to < min || *to > max)
		return wrong(frame, key, err);
	return 0;
}

static int get_bool(const json_t *frame, const char *key, bool *to,
		    struct err *err)
{
	const json_t *value = json_object_get(frame, key);

	*to = json_is_true(value);
	return json_is_boolean(value) ? 0 : wrong(frame, key, err);
}

int wire_get_text(const json_t *frame, const char *key, const char **to,
		  struct err *err)
{
	*to = json_string_value(json_object_get(frame, key));
	return *to ? 0 : wrong(frame, key, err);
}

json_t *wire_real(double value)
{
	return isfinite(value) ? json_real(value) : json_null();
}

static json_t *integer(uint64_t value)
{
	return json_integer((json_int_t)value);
}

/* --- hello, error --------------------------------------------------------- */

json_t *wire_hello_encode(const char *role)
{
	return json_pack("{ss si ss ss si}", "t", "hello", "v", FRAME_VERSION,
			 "source", lancet_source_hash, "role", role, "pid",
			 (int)getpid());
}

int wire_hello_decode(const json_t *frame, struct wire_hello *hello,
		      struct err *err)
{
	const char *role, *source;
	int64_t version;

	if (wire_get_int(frame, "v", 0, INT32_MAX, &version, err) < 0 ||
	    wire_get_text(frame, "source", &source, err) < 0 ||
	    wire_get_text(frame, "role", &role, err) < 0 ||
	    wire_get_int(frame, "pid", 1, INT32_MAX, &hello->pid, err) < 0)
		return err->code;
	if (version != FRAME_VERSION)
		return err_set(err, -EBADMSG,
			       "it speaks version %lld of the protocol, not %d",
			       (long long)version, FRAME_VERSION);
	if (strcmp(source, lancet_source_hash))
		return err_set(err, -EBADMSG,
			       "it is another build of lancet; install one "
			       "build everywhere");
	if (strlen(role) >= sizeof(hello->role))
		return wrong(frame, "role", err);
	strcpy(hello->role, role);
	return 0;
}

json_t *wire_error_encode(const struct err *why)
{
	json_t *frame = json_pack("{ss si ss}", "t", "error", "code", why->code,
				  "text", why->text);

	/* A text that is not UTF-8, for example a file's name. */
	return frame ? frame : json_pack("{ss si ss}", "t", "error", "code",
					 why->code, "text", "unprintable");
}

int wire_error_decode(const json_t *frame, struct err *why, struct err *err)
{
	const char *text;
	int64_t code;

	if (wire_get_int(frame, "code", -4095, -1, &code, err) < 0 ||
	    wire_get_text(frame, "text", &text, err) < 0)
		return err->code;
	err_set(why, (int)code, "%s", text);
	return 0;
}

/* --- plan ----------------------------------------------------------------- */

#define CONNECTIONS_MAX (1u << 20)
#define CPU_MAX 65535

json_t *wire_plan_encode(const struct wire_plan *plan)
{
	json_t *cpu = json_array();

	for (uint32_t i = 0; i < plan->threads; i++)
		json_array_append_new(cpu, json_integer(plan->cpu[i]));
	return json_pack("{ss ss so so so so so so so sb so ss}", "t", "plan",
			 "config", plan->config, "agent", integer(plan->agent),
			 "first_thread", integer(plan->first_thread), "threads",
			 integer(plan->threads), "all_threads",
			 integer(plan->all_threads), "first_conn",
			 integer(plan->first_conn), "connections",
			 integer(plan->connections), "cpu", cpu, "poll",
			 plan->poll, "samples", wire_real(plan->samples), "address",
			 plan->address ? plan->address : "");
}

static int decode_cpus(const json_t *frame, struct wire_plan *plan,
		       struct arena *arena, struct err *err)
{
	const json_t *cpu = json_object_get(frame, "cpu");
	int32_t *to;

	if (!json_is_array(cpu) || json_array_size(cpu) != plan->threads)
		return wrong(frame, "cpu", err);
	to = arena_array(arena, plan->threads, sizeof(*to));
	for (uint32_t i = 0; i < plan->threads; i++) {
		const json_t *value = json_array_get(cpu, i);
		json_int_t n = json_integer_value(value);

		if (!json_is_integer(value) || n < -1 || n > CPU_MAX)
			return wrong(frame, "cpu", err);
		to[i] = (int32_t)n;
	}
	plan->cpu = to;
	return 0;
}

int wire_plan_decode(const json_t *frame, struct wire_plan *plan,
		     struct arena *arena, struct err *err)
{
	const uint32_t all = WIRE_AGENTS * WIRE_THREADS;
	const char *config, *address;

	if (wire_get_text(frame, "config", &config, err) < 0 ||
	    wire_get_text(frame, "address", &address, err) < 0 ||
	    wire_get_u32(frame, "agent", 0, WIRE_AGENTS - 1, &plan->agent,
			 err) < 0 ||
	    wire_get_u32(frame, "first_thread", 0, all - 1,
			 &plan->first_thread, err) < 0 ||
	    wire_get_u32(frame, "threads", 1, WIRE_THREADS, &plan->threads,
			 err) < 0 ||
	    wire_get_u32(frame, "all_threads", 1, all, &plan->all_threads,
			 err) < 0 ||
	    wire_get_u32(frame, "first_conn", 0, INT32_MAX, &plan->first_conn,
			 err) < 0 ||
	    wire_get_u32(frame, "connections", 0, CONNECTIONS_MAX,
			 &plan->connections, err) < 0 ||
	    get_bool(frame, "poll", &plan->poll, err) < 0 ||
	    wire_get_real(frame, "samples", 0, 1, &plan->samples, err) < 0)
		return err->code;
	if (isnan(plan->samples))
		return wrong(frame, "samples", err);
	if (plan->first_thread + plan->threads > plan->all_threads)
		return wrong(frame, "first_thread", err);
	plan->config = arena_strdup(arena, config);
	plan->address = arena_strdup(arena, address);
	return decode_cpus(frame, plan, arena, err);
}

/* --- start, tick ---------------------------------------------------------- */

#define RATE_MAX 1e12

json_t *wire_start_encode(const struct wire_start *start)
{
	return json_pack("{ss so so so so so so so so}", "t", "start", "point",
			 integer(start->point), "attempt",
			 integer(start->attempt), "segment",
			 integer(start->segment), "rate_rps",
			 wire_real(start->rate_rps), "at_ns",
			 json_integer(start->at_ns), "from_ns",
			 json_integer(start->from_ns), "until_ns",
			 json_integer(start->until_ns), "drain_ns",
			 json_integer(start->drain_ns));
}

int wire_start_decode(const json_t *frame, struct wire_start *start,
		      struct err *err)
{
	if (wire_get_u32(frame, "point", 0, UINT32_MAX, &start->point, err) <
		    0 ||
	    wire_get_u32(frame, "attempt", 0, WIRE_ATTEMPTS - 1,
			 &start->attempt, err) < 0 ||
	    wire_get_u32(frame, "segment", 0, UINT32_MAX, &start->segment,
			 err) < 0 ||
	    wire_get_real(frame, "rate_rps", 0, RATE_MAX, &start->rate_rps,
			  err) < 0 ||
	    wire_get_int(frame, "at_ns", 0, WIRE_TIME_MAX, &start->at_ns, err) < 0 ||
	    wire_get_int(frame, "from_ns", 0, WIRE_TIME_MAX, &start->from_ns, err) <
		    0 ||
	    wire_get_int(frame, "until_ns", start->from_ns, WIRE_TIME_MAX,
			 &start->until_ns, err) < 0 ||
	    wire_get_int(frame, "drain_ns", 0, WIRE_TIME_MAX,
			 &start->drain_ns, err) < 0)
		return err->code;
	if (!(start->rate_rps > 0))
		return wrong(frame, "rate_rps", err);
	return 0;
}

json_t *wire_tick_encode(const struct wire_tick *tick)
{
	return json_pack("{ss so so so so so}", "t", "tick", "intended",
			 integer(tick->intended), "sent", integer(tick->sent),
			 "received", integer(tick->received), "mean_ns",
			 wire_real(tick->mean_ns), "max_ns",
			 wire_real(tick->max_ns));
}

int wire_tick_decode(const json_t *frame, struct wire_tick *tick,
		     struct err *err)
{
	if (wire_get_u64(frame, "intended", &tick->intended, err) < 0 ||
	    wire_get_u64(frame, "sent", &tick->sent, err) < 0 ||
	    wire_get_u64(frame, "received", &tick->received, err) < 0 ||
	    wire_get_real(frame, "mean_ns", 0, HUGE_VAL, &tick->mean_ns, err) <
		    0 ||
	    wire_get_real(frame, "max_ns", 0, HUGE_VAL, &tick->max_ns, err) < 0)
		return err->code;
	return 0;
}

/* --- a built-in target's data --------------------------------------------- */

json_t *wire_target_encode(const struct wire_target *target)
{
	const struct result_target *s = &target->stats;
	struct wire_bytes stalls = { 0 };
	char *text;
	json_t *frame;

	wire_put_stalls(&stalls, target->stall, NULL,
			target->nstalls < WIRE_TARGET_STALLS ?
				target->nstalls : WIRE_TARGET_STALLS);
	text = base64_encode(stalls.data, stalls.len);
	frame = json_pack("{ss so so so so so so so so so so so ss}", "t", "data",
			  "served_mean_ns", wire_real(s->served_mean_ns),
			  "idle", wire_real(s->idle), "drops",
			  json_integer(s->drops), "preemptions",
			  json_integer(s->preemptions), "steals",
			  json_integer(s->steals), "queue_mean",
			  wire_real(s->queue_mean), "release_p50_ns",
			  wire_real(s->release_p50_ns), "release_p99_ns",
			  wire_real(s->release_p99_ns), "served",
			  integer(target->served), "loop_gaps",
			  integer(target->loop_gaps), "stalls_dropped",
			  integer(target->stalls_dropped +
				  (target->nstalls > WIRE_TARGET_STALLS ?
				   target->nstalls - WIRE_TARGET_STALLS : 0)),
			  "stalls",
			  text ? text : "");
	free(text);
	free(stalls.data);
	return frame;
}

int wire_target_decode(const json_t *frame, struct wire_target *target,
		       struct arena *arena, struct err *err)
{
	struct result_target *s = &target->stats;
	const char *text;
	unsigned char *data;
	size_t len;
	int rc;

	if (wire_get_real(frame, "served_mean_ns", 0, HUGE_VAL,
			  &s->served_mean_ns, err) < 0 ||
	    wire_get_real(frame, "idle", 0, 1, &s->idle, err) < 0 ||
	    wire_get_int(frame, "drops", 0, INT64_MAX, &s->drops, err) < 0 ||
	    wire_get_int(frame, "preemptions", 0, INT64_MAX, &s->preemptions,
			 err) < 0 ||
	    wire_get_int(frame, "steals", 0, INT64_MAX, &s->steals, err) < 0 ||
	    wire_get_real(frame, "queue_mean", 0, HUGE_VAL, &s->queue_mean,
			  err) < 0 ||
	    wire_get_real(frame, "release_p50_ns", 0, HUGE_VAL,
			  &s->release_p50_ns, err) < 0 ||
	    wire_get_real(frame, "release_p99_ns", 0, HUGE_VAL,
			  &s->release_p99_ns, err) < 0 ||
	    wire_get_u64(frame, "served", &target->served, err) < 0 ||
	    wire_get_u64(frame, "loop_gaps", &target->loop_gaps, err) < 0 ||
	    wire_get_u64(frame, "stalls_dropped", &target->stalls_dropped,
			 err) < 0 ||
	    wire_get_text(frame, "stalls", &text, err) < 0)
		return err->code;
	data = base64_decode(text, &len);
	if (!data)
		return wrong(frame, "stalls", err);
	rc = wire_take_stalls(data, len, arena, &target->stall,
			      &target->nstalls, NULL, err);
	free(data);
	return rc;
}
