/* config_rules.c - the rules between the options of a configuration */
#include "lancet/core/config_rules.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lancet/core/config.h"
#include "lancet/core/err.h"
#include "lancet/core/slo.h"
#include "lancet/core/text.h"
#include "lancet/core/unit.h"


/* A rule that is broken adds a problem at the key it names. */
#define BROKEN(c, p, path, ...) \
	do { \
		struct option_mark mark_ = config_mark(c, path); \
		option_problem(p, &mark_, __VA_ARGS__); \
	} while (0)

/* HOST:PORT, [V6]:PORT, or a Unix socket: /PATH, @NAME. */
static bool good_one(const char *address)
{
	const char *colon = strrchr(address, ':');
	size_t digits;
	long port;

	if ((*address == '/' || *address == '@') && address[1])
		return true;
	if (!colon || colon == address)
		return false;
	digits = strspn(colon + 1, "0123456789");
	port = digits < 6 ? strtol(colon + 1, NULL, 10) : 0;
	return !colon[1 + digits] && port > 0 && port < 65536;
}

/* One, or several that commas part. */
static bool good_address(const char *address)
{
	char one[300];

	if (text_items(address) == 1)
		return good_one(address);
	for (size_t i = 0; i < text_items(address); i++) {
		text_item(address, i, one, sizeof(one));
		if (!good_one(one))
			return false;
	}
	return true;
}

static void rules_target(const struct config *c, struct option_problems *p)
{
	const struct config_target *t = &c->target;

	if (t->builtin && t->address)
		BROKEN(c, p, "target",
		       "target has both builtin and address; keep one");
	if (!t->builtin && !t->address)
		BROKEN(c, p, "target",
		       "target has no server; write builtin: {...} or "
		       "address: HOST:PORT");
	if (t->address && !good_address(t->address))
		BROKEN(c, p, "target.address",
		       "'%.64s' names no port; write HOST:PORT, a port from "
		       "1 to 65535, or /PATH of a Unix socket", t->address);
	if (t->start.n && !t->address)
		BROKEN(c, p, "target.start",
		       "start without address; write where the command's "
		       "server listens, address: HOST:PORT");
	if (t->start.n && t->address && text_items(t->address) > 1)
		BROKEN(c, p, "target.start",
		       "start with several addresses; start the servers "
		       "beforehand, or name one address");
	if (t->workers && t->builtin)
		BROKEN(c, p, "target.workers",
		       "the workers of a built-in target are set in builtin; "
		       "write builtin: {workers: %lld}", (long long)t->workers);
	if (t->service.kind && t->builtin)
		BROKEN(c, p, "target.service",
		       "the service of a built-in target is set in builtin; "
		       "write builtin: {service: ...}");
	if (t->capacity.set && t->builtin)
		BROKEN(c, p, "target.capacity",
		       "a built-in target's capacity is known; remove it");
	if (t->capacity.set && (t->capacity.share || !(t->capacity.value > 0)))
		BROKEN(c, p, "target.capacity",
		       "capacity is a rate above 0; write it like 200krps");
}

/* A class is a word in the output, so it is one here. */
static bool good_name(const char *name)
{
	return *name && strlen(name) < 64 && strcmp(name, "-") &&
	       !strpbrk(name, " \t\r\n()");
}

static bool same_before(const struct config_class *class, size_t i)
{
	for (size_t j = 0; j < i; j++)
		if (class[j].name && class[i].name &&
		    !strcmp(class[j].name, class[i].name))
			return true;
	return false;
}

static void rules_protocol(const struct config *c, struct option_problems *p)
{
	if (!c->workload.protocol.kind)
		BROKEN(c, p, "workload",
		       "protocol in workload is missing; write protocol: spin, "
		       "another one, or preset: NAME");
}

static void rules_classes(const struct config *c, struct option_problems *p)
{
	const struct option_list *list = &c->workload.classes;
	const struct config_class *class = list->items;
	double sum = 0;

	for (size_t i = 0; i < list->n; i++) {
		char path[64];

		sum += class[i].weight;
		snprintf(path, sizeof(path), "workload.classes.%zu.name", i);
		if (class[i].name && !good_name(class[i].name))
			BROKEN(c, p, path,
			       "the name of a class is one word of at most 63 "
			       "characters; write it without blanks and "
			       "brackets");
		else if (same_before(class, i))
			BROKEN(c, p, path,
			       "a second class '%.64s'; give it another name",
			       class[i].name);
	}
	if (list->n && !(sum > 0))
		BROKEN(c, p, "workload.classes",
		       "the weights of the classes sum to 0; give one of them "
		       "a weight above 0");
	if (list->n && c->workload.service.kind)
		BROKEN(c, p, "workload.service",
		       "workload has both classes and service; move the "
		       "service into the classes");
}

/* Requests per second: a 100 Gb/s port carries 149 million empty frames. */
#define RATE_MOST 1e8

static void rule_load(const struct config *c, struct option_problems *p,
		      const struct load_value *load, const char *path)
{
	if (!load->set)
		return;
	if (!(load->value > 0))
		BROKEN(c, p, path,
		       "a load of 0 measures nothing; write a rate like "
		       "50krps or a share like 60%%");
	if (load->share && load->value > 10)
		BROKEN(c, p, path,
		       "more than ten times the capacity; write at most "
		       "1000%%");
	if (!load->share && load->value > RATE_MOST)
		BROKEN(c, p, path,
		       "more than any machine can send; write at most 100Mrps");
}

static void rule_capacity(const struct config *c, struct option_problems *p)
{
	const struct config_sweep *s = c->load.sweep;
	const struct config_search *f = c->load.search;
	bool share = c->load.rate.share ||
		     (s && (s->from.share || s->to.share)) ||
		     (f && (f->from.share || f->to.share));

	if (share && !c->target.builtin && c->target.address &&
	    !c->target.capacity.set)
		BROKEN(c, p, "load",
		       "the capacity of %.64s is not known; run `lancet "
		       "probe`, write target: {capacity: 200krps}, or a rate "
		       "instead of a share", c->target.address);
}

static void rule_range(const struct config *c, struct option_problems *p,
		       const struct load_value *from,
		       const struct load_value *to, bool several,
		       const char *path)
{
	char key[64];

	snprintf(key, sizeof(key), "%s.from", path);
	rule_load(c, p, from, key);
	snprintf(key, sizeof(key), "%s.to", path);
	rule_load(c, p, to, key);
	if (from->set && to->set && from->share != to->share)
		BROKEN(c, p, path,
		       "from and to must be of one kind; write two rates or "
		       "two percentages");
	else if (several && from->value >= to->value)
		BROKEN(c, p, path,
		       "from is not below to; write the lower load first");
}

static void rules_load(const struct config *c, struct option_problems *p)
{
	const struct config_sweep *sweep = c->load.sweep;
	const struct config_search *search = c->load.search;

	rule_capacity(c, p);
	rule_load(c, p, &c->load.rate, "load.rate");
	if (sweep)
		rule_range(c, p, &sweep->from, &sweep->to, sweep->steps > 1,
			   "load.sweep");
	if (!search)
		return;
	rule_range(c, p, &search->from, &search->to, true, "load.search");
	if (!c->slo)
		BROKEN(c, p, "load.search",
		       "a search needs an objective; write slo: p99 <= 10x");
}

/* One of a pattern's loads: the first says of which kind they all are. */
static void rule_pattern_load(const struct config *c,
			      struct option_problems *p,
			      const struct load_value *load, const char *path,
			      const struct load_value **first, double *sum)
{
	if (load->value > 0)
		rule_load(c, p, load, path);
	if (!*first)
		*first = load;
	if (load->share != (*first)->share)
		BROKEN(c, p, path,
		       "the loads of a pattern must be of one kind; write all "
		       "as rates or all as percentages");
	*sum += load->value;
}

static void rules_shape(const struct config *c, struct option_problems *p)
{
	const struct config_sine *sine = c->load.pattern->sine;
	const struct config_spikes *spikes = c->load.pattern->spikes;
	const struct config_ramp *ramp = c->load.pattern->ramp;
	const struct option_list *steps = &c->load.pattern->steps;
	const struct config_step *step = steps->items;
	const struct load_value *first = NULL;
	double sum = 0;

#define LOAD(load, path) rule_pattern_load(c, p, load, path, &first, &sum)
	for (size_t i = 0; i < steps->n; i++)
		LOAD(&step[i].rate, "load.pattern.steps");
	if (ramp) {
		LOAD(&ramp->from, "load.pattern.ramp.from");
		LOAD(&ramp->to, "load.pattern.ramp.to");
	}
	if (spikes) {
		LOAD(&spikes->base, "load.pattern.spikes.base");
		LOAD(&spikes->peak, "load.pattern.spikes.peak");
	}
	if (sine) {
		LOAD(&sine->mean, "load.pattern.sine.mean");
		LOAD(&sine->amplitude, "load.pattern.sine.amplitude");
	}
#undef LOAD
	if (!(sum > 0))
		BROKEN(c, p, "load.pattern",
		       "a load of 0 measures nothing; write a load above 0");
	if (sine && sine->amplitude.value > sine->mean.value)
		BROKEN(c, p, "load.pattern.sine.amplitude",
		       "the load would fall below 0; write at most the mean");
	if (spikes && spikes->for_ns >= spikes->every_ns)
		BROKEN(c, p, "load.pattern.spikes.for",
		       "a spike must end before the next one; write a time "
		       "shorter than every");
}

int64_t config_pattern_ns(const struct config_pattern *pattern)
{
	const struct config_step *step = pattern->steps.items;
	int64_t length = pattern->ramp ? pattern->ramp->over_ns : 0;

	for (size_t i = 0; i < pattern->steps.n; i++)
		length += step[i].for_ns;
	return length;
}

static void rules_pattern(const struct config *c, struct option_problems *p)
{
	const struct config_measure *m = &c->measure;
	int64_t length;
	char need[32];

	if (!c->load.pattern)
		return;
	rules_shape(c, p);
	length = config_pattern_ns(c->load.pattern);
	unit_exact_duration(length, need, sizeof(need));
	if (length > m->time_limit_ns)
		BROKEN(c, p, "load.pattern",
		       "the pattern takes %s, more than the time limit; write "
		       "measure: {time_limit: %s}", need, need);
	if (length && (length < m->window_ns || length <= m->warmup_ns))
		BROKEN(c, p, "load.pattern",
		       "the pattern takes %s, less than the warm-up or a "
		       "window; write a longer one", need);
	if (m->precision)
		BROKEN(c, p, "measure.precision",
		       "a pattern runs once, whatever its precision; remove "
		       "it");
}

/* Connections of each thread: enough for a request's parts, at all servers. */
static void rules_fanout(const struct config *c, struct option_problems *p)
{
	const struct config_agent *agent = c->agents.items;
	const char *address = c->target.address;
	int64_t servers = address ? (int64_t)text_items(address) : 1;
	int64_t parts = c->workload.fanout;

	if (parts < 2 && servers < 2)
		return;
	if (parts > 1 && servers > 1 && servers != parts)
		BROKEN(c, p, "workload.fanout",
		       "%lld parts go to %lld servers; write as many parts as "
		       "target.address lists servers, or list one",
		       (long long)parts, (long long)servers);
	for (size_t i = 0; i < c->agents.n; i++) {
		int64_t each = agent[i].connections / agent[i].threads;
		char path[64];

		snprintf(path, sizeof(path), "agents.%zu", i);
		if (parts > 1 && agent[i].pick != PICK_ROUND_ROBIN)
			BROKEN(c, p, path,
			       "the parts of a request use connections in "
			       "turn; remove pick");
		if (parts > 1 && agent[i].pipeline > 1)
			BROKEN(c, p, path,
			       "the parts of a request use different "
			       "connections; remove pipeline");
		if (each < parts || (servers > 1 &&
				     agent[i].connections %
				     (servers * agent[i].threads)))
			BROKEN(c, p, path,
			       "each thread needs a multiple of %lld "
			       "connections; write connections: %lld",
			       (long long)(servers > parts ? servers : parts),
			       (long long)((servers > parts ? servers : parts) *
					   agent[i].threads));
	}
}

static void rules_agents(const struct config *c, struct option_problems *p)
{
	const struct config_agent *agent = c->agents.items;
	int64_t count = 0;

	for (size_t i = 0; i < c->agents.n; i++) {
		char path[64];

		count += agent[i].count;
		snprintf(path, sizeof(path), "agents.%zu", i);
		if (agent[i].connections < agent[i].threads)
			BROKEN(c, p, path,
			       "fewer connections than threads; write at "
			       "least connections: %lld",
			       (long long)agent[i].threads);
		if (agent[i].grow_to && agent[i].grow_to < agent[i].connections)
			BROKEN(c, p, path,
			       "grow_to is below the initial number of "
			       "connections; write at least %lld",
			       (long long)agent[i].connections);
		if (agent[i].grow_to && (agent[i].pick == PICK_STICKY ||
					 c->workload.fanout > 1))
			BROKEN(c, p, path,
			       "requests that are bound to one connection "
			       "(pick: sticky) wait for it, however many there "
			       "are; remove grow_to");
		if (agent[i].pacer == PACER_LAUNCHTIME &&
		    (strcmp(c->workload.transport.kind->name, "udp") != 0 ||
		     c->timestamps == STAMPS_USER))
			BROKEN(c, p, path,
			       "launch times need single packets, and stamps "
			       "to verify them; write transport: udp, "
			       "timestamps: auto, or remove pacer");
		if (agent[i].coalesce_ns && agent[i].mode != MODE_BLOCK)
			BROKEN(c, p, path,
			       "coalesce needs an agent that sleeps; write "
			       "mode: block");
		if (agent[i].pipeline > 1 && agent[i].pick > PICK_RANDOM)
			BROKEN(c, p, path,
			       "pipeline and pick both choose the connection; "
			       "write pick: round-robin, or remove pipeline");
	}
	if (!c->agents.n)
		BROKEN(c, p, "agents",
		       "no agent; write [{launch: local}] or leave agents out");
	if (count > 4096)
		BROKEN(c, p, "agents", "more than 4096 agents; write fewer");
}

static void rules_measure(const struct config *c, struct option_problems *p)
{
	const struct config_measure *m = &c->measure;

	if (m->warmup_ns != OPTION_AUTO_VALUE &&
	    m->warmup_ns >= m->time_limit_ns)
		BROKEN(c, p, "measure.warmup",
		       "the warm-up takes the whole time limit; write a "
		       "shorter warmup or a longer time_limit");
	if (m->window_ns > m->time_limit_ns)
		BROKEN(c, p, "measure.window",
		       "a window is longer than the time limit; write a "
		       "shorter window");
	if (m->stall_ns >= m->window_ns)
		BROKEN(c, p, "measure.stall",
		       "a stall is shorter than a window; write a smaller "
		       "stall or a larger window");
	if (m->time_limit_ns / m->window_ns > 10000000)
		BROKEN(c, p, "measure.window",
		       "more than 10 million windows in a point; write a "
		       "larger window");
}

static bool has_class(const struct config *c, const char *name)
{
	const struct config_class *class = c->workload.classes.items;

	for (size_t i = 0; i < c->workload.classes.n; i++)
		if (class[i].name && !strcmp(class[i].name, name))
			return true;
	return false;
}

static void rules_slo(const struct config *c, struct option_problems *p)
{
	struct slo slo;
	struct err err;

	if (!c->slo)
		return;
	if (slo_parse(c->slo, &slo, &err)) {
		BROKEN(c, p, "slo", "%s", err.text);
		return;
	}
	for (size_t i = 0; i < slo.n; i++)
		if (*slo.term[i].class && !has_class(c, slo.term[i].class))
			BROKEN(c, p, "slo",
			       "no class '%s'; name one of workload.classes",
			       slo.term[i].class);
}

static void rules_model(const struct config *c, struct option_problems *p)
{
	if (c->model.mode == MODEL_REPLAY && !c->target.builtin &&
	    !c->target.workers)
		BROKEN(c, p, "model",
		       "a replay needs a known queue; write target: {workers: "
		       "N}, model: a policy such as fcfs, or model: none");
	if (c->model.mode == MODEL_POLICY && !c->target.builtin &&
	    !c->target.workers)
		BROKEN(c, p, "model",
		       "the model needs to know how many requests the target "
		       "serves at once; write target: {workers: N}");
}

/* It becomes part of a file name. */
static void rules_name(const struct config *c, struct option_problems *p)
{
	static const char good[] = "abcdefghijklmnopqrstuvwxyz"
				   "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";

	if (*c->name == '.' || *c->name == '-' || !*c->name ||
	    c->name[strspn(c->name, good)] || strlen(c->name) > 64)
		BROKEN(c, p, "name",
		       "a name is part of file names; write at most 64 "
		       "letters, digits, '-', '_' and '.'");
}

/* Rules come after reading, and only where that went well. */
void config_rules(const struct config *c, struct option_problems *p)
{
	rules_name(c, p);
	rules_target(c, p);
	rules_protocol(c, p);
	rules_classes(c, p);
	rules_load(c, p);
	rules_pattern(c, p);
	rules_agents(c, p);
	rules_fanout(c, p);
	rules_measure(c, p);
	rules_slo(c, p);
	rules_model(c, p);
}
