/* plan.c - points, agents, CPUs and modes from a configuration */
#include "coordinator/plan_load.h"

#include <math.h>
#include <sched.h>
#include <string.h>

#include "lancet/core/arena.h"
#include "lancet/core/err.h"
#include "lancet/core/result.h"
#include "lancet/core/slo.h"
#include "lancet/core/text.h"
#include "lancet/core/unit.h"
#include "lancet/core/wire.h"
#include "models/capacity.h"
#include "models/policy.h"
#include "workloads/proto.h"

/* A spinning loop shares its CPU with nobody: decision of placement. */
struct placement {
	size_t threads;		/* of all agents */
	bool local_target;	/* something on this machine answers them */
	bool crowded;		/* not every thread can have its own CPU */
};

void plan_host_read(struct plan_host *host, struct arena *arena)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	if (sched_getaffinity(0, sizeof(set), &set))
		CPU_SET((size_t)0, &set);
	host->ncpus = 0;
	host->cpu = arena_array(arena, (size_t)CPU_COUNT(&set),
				sizeof(*host->cpu));
	for (int cpu = 0; cpu < CPU_SETSIZE; cpu++)
		if (CPU_ISSET((size_t)cpu, &set))
			host->cpu[host->ncpus++] = cpu;
}

bool plan_builtin(const struct plan *plan)
{
	return plan->config->target.builtin && !plan->host.memory;
}

void plan_problem(const struct config *config, const char *path,
			 struct option_problems *problems, const char *text)
{
	struct option_mark mark = config_mark(config, path);

	option_problem(problems, &mark, "%s", text);
}

static void plan_warn(struct plan *plan, struct arena *arena, const char *text)
{
	const char **more = arena_array(arena, plan->nwarnings + 1,
					sizeof(*more));

	if (plan->nwarnings)
		memcpy(more, plan->warning, plan->nwarnings * sizeof(*more));
	more[plan->nwarnings++] = text;
	plan->warning = more;
}

/* --- agents --------------------------------------------------------------- */

static bool plan_loopback(const char *address)
{
	char one[16];

	for (size_t i = 0; address && i < text_items(address); i++) {
		text_item(address, i, one, sizeof(one));
		if (!strncmp(one, "127.", 4) || !strncmp(one, "localhost", 9) ||
		    !strncmp(one, "[::1]", 5) || one[0] == '/' || one[0] == '@')
			return true;
	}
	return false;
}

bool plan_local(const struct plan *plan)
{
	return plan_builtin(plan) ||
	       (!plan->host.memory &&
		plan_loopback(plan->config->target.address));
}

/* Which mode an entry gets; a problem where an explicit poll cannot hold. */
static bool plan_polls(struct plan *plan, const struct config_agent *agent,
		       const struct placement *place, struct arena *arena,
		       struct option_problems *problems)
{
	size_t spinning = place->threads + place->local_target;

	if (agent->mode == MODE_BLOCK)
		return false;
	if (!place->crowded)
		return true;
	if (agent->mode == MODE_AUTO) {
		if (!plan->nwarnings)
			plan_warn(plan, arena, arena_printf(arena,
				"%zu threads would spin on %zu CPUs, so the "
				"agents block: send times are up to some "
				"100 us late; use fewer threads or agents",
				spinning, plan->host.ncpus));
		return false;
	}
	if (agent->force) {
		plan_warn(plan, arena, arena_printf(arena,
			"%zu threads spin on %zu CPUs, as force: true demands: "
			"expect stalls", spinning, plan->host.ncpus));
		return true;
	}
	plan_problem(plan->config, "agents.0.mode", problems,
		     arena_printf(arena, "mode poll would spin %zu threads on "
				  "%zu CPUs; use auto or block, fewer "
				  "threads, or force: true", spinning,
				  plan->host.ncpus));
	return false;
}

/* Agents take CPUs from the lowest up; the last one is the target's. */
static int32_t plan_next_cpu(const struct plan *plan,
			     const struct placement *place, uint32_t thread)
{
	size_t usable = plan->host.ncpus;

	if (place->local_target && usable > 1)
		usable--;
	return thread < usable ? plan->host.cpu[thread] : -1;
}

/* The place of an agent behind those that are settled already. */
static void plan_settle_agent(struct plan *plan, struct plan_agent *agent,
			      const struct placement *place,
			      struct arena *arena)
{
	agent->first_thread = plan->threads;
	agent->first_conn = plan->connections;
	agent->cpu = arena_array(arena, agent->threads, sizeof(*agent->cpu));
	for (uint32_t i = 0; i < agent->threads; i++)
		agent->cpu[i] = plan_next_cpu(plan, place,
					      agent->first_thread + i);
	plan->threads += agent->threads;
	plan->connections += agent->connections;
}

static void plan_add_agent(struct plan *plan, const struct config_agent *config,
			   bool poll, const struct placement *place,
			   struct arena *arena)
{
	struct plan_agent *agent = &plan->agent[plan->nagents++];

	agent->config = config;
	agent->poll = poll;
	agent->threads = (uint32_t)config->threads;
	agent->connections = (uint32_t)(config->grow_to ? config->grow_to
							: config->connections);
	plan_settle_agent(plan, agent, place, arena);
}

/*
 * Another's server on this host runs where it likes: on an agent's CPU it
 * gets next to nothing of it.
 */
static void plan_check_neighbour(struct plan *plan, struct arena *arena)
{
	const char *address = plan->config->target.address;
	bool polls = false;

	for (size_t i = 0; i < plan->nagents; i++)
		polls |= plan->agent[i].poll;
	if (!address || plan->host.memory || !polls || !plan_loopback(address))
		return;
	plan_warn(plan, arena, arena_printf(arena,
		"the server at %s shares this machine with agents that never "
		"sleep: keep it off their CPUs (from %d up; taskset), or its "
		"tail will show the competition for them",
		address, plan->host.cpu[0]));
}

static void plan_agents(struct plan *plan, struct arena *arena,
			struct option_problems *problems)
{
	const struct config *config = plan->config;
	const struct config_agent *entry = config->agents.items;
	struct placement place = { 0 };
	size_t agents = 0;

	for (size_t i = 0; i < config->agents.n; i++) {
		agents += (size_t)entry[i].count;
		place.threads += (size_t)(entry[i].count * entry[i].threads);
	}
	place.local_target = plan_local(plan);
	place.crowded = place.threads + place.local_target > plan->host.ncpus;
	plan->agent = arena_array(arena, agents, sizeof(*plan->agent));
	for (size_t i = 0; i < config->agents.n; i++) {
		bool poll = plan_polls(plan, &entry[i], &place, arena,
				       problems);

		for (int64_t j = 0; j < entry[i].count; j++)
			plan_add_agent(plan, &entry[i], poll, &place, arena);
	}
	plan->target_poll = !place.crowded;
	plan->target_cpu = plan->host.ncpus > 1
			   ? plan->host.cpu[plan->host.ncpus - 1] : -1;
	plan_check_neighbour(plan, arena);
}

/* --- another spread ------------------------------------------------------- */

/* So many connections a thread may get that nobody asked for. */
#define SPREAD_CONNECTIONS 256
#define SPREAD_BY 8

static uint32_t more_connections(const struct plan_agent *agent)
{
	uint32_t most = SPREAD_CONNECTIONS * agent->threads;
	uint32_t more = SPREAD_BY * agent->connections;

	more = more < most ? more : most;
	return more > agent->connections ? more : agent->connections;
}

/* Threads that spin need a CPU each; others, as many as there are. */
static uint32_t more_threads(const struct plan *plan,
			     const struct plan_agent *agent)
{
	uint32_t more = 2 * agent->threads;

	return 2 * plan->threads + plan_local(plan) <= plan->host.ncpus &&
			       more <= WIRE_THREADS &&
			       more <= agent->connections
		       ? more : agent->threads;
}

const struct plan *plan_respread(const struct plan *plan, bool connections,
				 bool threads, struct arena *arena)
{
	struct plan *to = arena_copy(arena, plan, sizeof(*plan));
	const struct placement place = {
		.local_target = plan_local(plan),
	};

	to->agent = arena_copy(arena, plan->agent,
			       plan->nagents * sizeof(*plan->agent));
	to->threads = to->connections = 0;
	for (size_t i = 0; i < to->nagents; i++) {
		struct plan_agent *agent = &to->agent[i];

		if (connections)
			agent->connections = more_connections(agent);
		if (threads)
			agent->threads = more_threads(plan, agent);
		plan_settle_agent(to, agent, &place, arena);
	}
	return to->threads + to->connections >
			       plan->threads + plan->connections ? to : NULL;
}

/* --- what only shows here ------------------------------------------------- */

static void plan_check_stamps(const struct plan *plan, struct arena *arena,
			      struct option_problems *problems)
{
	static const char *const name[] = {
		[STAMPS_HARDWARE] = "hardware", [STAMPS_XDP] = "xdp",
		[STAMPS_KERNEL] = "kernel", [STAMPS_PCAP] = "pcap",
	};
	const struct config *config = plan->config;
	const char *transport = config->workload.transport.kind->name;
	int want = config->timestamps;

	if (want == STAMPS_AUTO || want == STAMPS_USER)
		return;
	if (want == STAMPS_XDP)
		plan_problem(config, "timestamps", problems,
			     arena_printf(arena, "timestamps: %s is not "
					  "implemented yet; use timestamps: "
					  "auto", name[want]));
	else if (!plan->host.wire)
		plan_problem(config, "timestamps", problems,
			     arena_printf(arena, "no %s stamps on this path: "
					  "transport %s passes no network "
					  "device; use udp or tcp, or "
					  "timestamps: auto",
					  name[want],
					  transport));
}

static void plan_check_path(const struct plan *plan, struct arena *arena,
			    struct option_problems *problems)
{
	static const char *const other[2][2] = {
		{ "tcp", "udp" }, { "unix", "unix-datagram" },
	};
	const struct config_workload *w = &plan->config->workload;
	const struct plan_host *host = &plan->host;

	if (w->tls && !host->stream)
		plan_problem(plan->config, "workload.tls", problems,
			     "tls encrypts streams of bytes; write transport: "
			     "tcp beside it");
	if (proto_flags(&w->protocol) &
	    (host->stream ? PROTO_STREAM : PROTO_DATAGRAM))
		return;
	plan_problem(plan->config, "workload.transport", problems,
		     arena_printf(arena, "protocol %s cannot run over %s, "
				  "which carries %s; write transport: %s",
				  w->protocol.kind->name,
				  w->transport.kind->name,
				  host->stream ? "a stream of bytes"
					       : "datagrams",
				  other[host->paths][host->stream]));
}

/* A time that nobody tells the target would be served by nobody. */
static void plan_check_service(const struct plan *plan, struct arena *arena,
			       struct option_problems *problems)
{
	const struct config_workload *w = &plan->config->workload;
	const struct config_class *class = w->classes.items;
	bool asked = w->service.kind;

	for (size_t i = 0; i < w->classes.n; i++)
		asked |= class[i].service.kind != NULL;
	if (!asked || !plan_builtin(plan) ||
	    proto_flags(&w->protocol) & PROTO_SERVICE)
		return;
	plan_problem(plan->config, w->service.kind ? "workload.service" :
		     "workload.classes", problems,
		     arena_printf(arena, "requests of protocol %s carry no "
				  "service time; write target: {builtin: "
				  "{service: ...}}", w->protocol.kind->name));
}

/* Sizes that the protocol does not look at would be asked for in vain. */
static void plan_check_sizes(const struct plan *plan, struct arena *arena,
			     struct option_problems *problems)
{
	const struct config_workload *w = &plan->config->workload;
	const struct config_class *class = w->classes.items;
	bool size = w->request_size.kind, reply = w->reply_size.kind;
	unsigned flags = proto_flags(&w->protocol);

	for (size_t i = 0; i < w->classes.n; i++) {
		size |= class[i].request_size.kind != NULL;
		reply |= class[i].reply_size.kind != NULL;
	}
	size = size && !(flags & PROTO_SIZES);
	if (!size && (!reply || flags & PROTO_REPLY_SIZES))
		return;
	plan_problem(plan->config, "workload", problems,
		     arena_printf(arena, "%s: protocol %s has sizes of its "
				  "own; remove it, and see `lancet list "
				  "protocols` for its options",
				  size ? "request_size" : "reply_size",
				  w->protocol.kind->name));
}

static void plan_check_connections(const struct plan *plan,
				   struct arena *arena,
				   struct option_problems *problems)
{
	const struct config_workload *w = &plan->config->workload;
	const struct proto_ops *proto = (const void *)w->protocol.kind;
	const struct config_agent *entry = plan->config->agents.items;

	for (size_t i = 0; i < plan->config->agents.n; i++) {
		const char *path = arena_printf(arena, "agents.%zu", i);

		if (entry[i].pick == PICK_STICKY && !proto->key)
			plan_problem(plan->config, path, problems,
				     arena_printf(arena, "protocol %s has no "
						  "keys to stick to; use "
						  "another pick",
						  proto->kind.name));
		if ((entry[i].requests_per_connection || entry[i].grow_to) &&
		    !plan->host.stream)
			plan_problem(plan->config, path, problems,
				     arena_printf(arena, "%s has no "
						  "connections to open or "
						  "close; take %s out, or use "
						  "tcp",
						  w->transport.kind->name,
						  entry[i].grow_to ? "grow_to" :
						  "requests_per_connection"));
	}
}

static bool plan_slowdown(const struct config *config)
{
	struct slo slo;
	struct err err;

	if (!config->slo || slo_parse(config->slo, &slo, &err) < 0)
		return false;
	for (size_t i = 0; i < slo.n; i++)
		if (slo.term[i].metric == SLO_SLOWDOWN)
			return true;
	return false;
}

/*
 * A replay needs every request's record, all with their service times, and
 * that the queue is ours; a slowdown needs the first two.
 */
static bool plan_samples(const struct plan *plan)
{
	const struct config *config = plan->config;

	for (size_t i = 0; i < plan->workload.nclasses; i++)
		if (!plan->workload.class[i].service.ops)
			return false;
	return proto_flags(&config->workload.protocol) & PROTO_SERVICE &&
	       ((config->model.mode != MODEL_NONE && plan_builtin(plan)) ||
		config->model.mode == MODEL_REPLAY || plan_slowdown(config));
}

/*
 * Records stay in memory until their segment has ended, which may be as long
 * as the time limit, and come as one blob: so much of them, and no more.
 */
static void plan_check_samples(const struct plan *plan, struct arena *arena,
			       struct option_problems *problems)
{
	const struct config_measure *m = &plan->config->measure;
	double bytes = m->samples * plan->to_rps *
		       (double)plan->config->workload.fanout *
		       (double)m->time_limit_ns / 1e9 *
		       (double)sizeof(struct sample);
	char size[32], share[32];

	if (bytes <= (double)FRAME_BLOB_MAX)
		return;
	unit_print_size(bytes, size, sizeof(size));
	snprintf(share, sizeof(share), "1/%.0f",
		 ceil(bytes / m->samples / (double)FRAME_BLOB_MAX));
	plan_problem(plan->config, "measure.samples", problems,
		     arena_printf(arena, "records of a point would take %s of "
				  "memory, more than 4 GiB; keep %s of them, "
				  "or measure for a shorter time_limit", size,
				  share));
}

static void plan_add_quantile(double *q, size_t *n, double add)
{
	size_t at = 0;

	while (at < *n && q[at] < add)
		at++;
	if (!(add > 0) || (at < *n && q[at] <= add))
		return;
	memmove(&q[at + 1], &q[at], (*n - at) * sizeof(*q));
	q[at] = add;
	(*n)++;
}

static void plan_quantiles(struct plan *plan, struct arena *arena)
{
	const struct config *config = plan->config;
	double *q = arena_array(arena, RESULT_QUANTILES + 1 + SLO_TERMS,
				sizeof(*q));
	struct slo slo;
	struct err err;

	for (size_t i = 0; i < RESULT_QUANTILES; i++)
		plan_add_quantile(q, &plan->nq, result_quantiles[i]);
	if (config->measure.precision)
		plan_add_quantile(q, &plan->nq,
				  config->measure.precision->quantile);
	if (config->slo && !slo_parse(config->slo, &slo, &err))
		for (size_t i = 0; i < slo.n; i++)
			if (slo.term[i].metric != SLO_ERRORS)
				plan_add_quantile(q, &plan->nq,
						  slo.term[i].quantile);
	plan->q = q;
}

/* A segment is a bit shorter than the limit; much less is a short trace. */
#define TRACE_COVERS .8

/* Where nothing is due any more, less is sent than the load says. */
static void plan_check_trace(struct plan *plan, struct arena *arena)
{
	double limit_ns = (double)plan->config->measure.time_limit_ns, span_ns;
	char ends[40], limit[40];

	if (!(plan->to_rps > 0))
		return;
	span_ns = workload_span_ns(&plan->workload, plan->to_rps);
	if (span_ns >= TRACE_COVERS * limit_ns)
		return;
	unit_print_duration(span_ns, ends, sizeof(ends));
	plan_warn(plan, arena, arena_printf(arena,
		"the trace ends after %s, a point after %s; write measure: "
		"{time_limit: %s}, or too little is sent", ends,
		unit_print_duration(limit_ns, limit, sizeof(limit)), ends));
}

struct plan *plan_create(const struct config *config,
			 const struct plan_host *host, struct arena *arena,
			 struct option_problems *problems, struct err *err)
{
	struct plan *plan = arena_alloc(arena, sizeof(*plan));

	err->text[0] = '\0';
	plan->config = config;
	plan->config_text = config_text(config, arena);
	plan->host = *host;
	plan_check_stamps(plan, arena, problems);
	plan_check_path(plan, arena, problems);
	plan_check_service(plan, arena, problems);
	plan_check_sizes(plan, arena, problems);
	plan_check_connections(plan, arena, problems);
	if (workload_init(&plan->workload, config, arena, err) ||
	    capacity_workload(&plan->served, &plan->workload, config, arena,
			      err))
		return NULL;
	plan->capacity_rps = capacity_rps(config, &plan->served);
	plan->mean_service_ns = workload_mean_service_ns(&plan->served);
	plan->samples = plan_samples(plan);
	plan->sent_samples = plan->samples ? 1 : config->measure.samples;
	plan_quantiles(plan, arena);
	plan_points(plan, arena, problems);
	plan_check_samples(plan, arena, problems);
	plan_check_trace(plan, arena);
	plan_agents(plan, arena, problems);
	if (config->probe_unused)
		plan_warn(plan, arena, config->probe_unused);
	return problems->n ? NULL : plan;
}
