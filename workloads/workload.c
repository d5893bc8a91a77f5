/* workload.c - what to send, from the configuration */
#include "workloads/schedule.h"

#include <errno.h>
#include <math.h>

#include "lancet/core/arena.h"
#include "lancet/core/config.h"
#include "lancet/core/err.h"
#include "workloads/proto.h"

/* Put the place in the configuration before a message. */
static int at_option(const struct config *config, const char *path,
		     struct err *err)
{
	struct option_mark mark = config_mark(config, path);

	if (!mark.file || !mark.line)
		return err_wrap(err, "%s: error", path);
	return err_wrap(err, "%s:%u:%u: error", mark.file, mark.line,
			mark.column);
}

/* The class's own law, else the workload's, else none. */
static int init_law(struct dist *law, const struct choice *own,
		    const struct choice *common, struct arena *arena,
		    struct err *err)
{
	const struct choice *choice = own && own->kind ? own : common;

	return choice->kind ? dist_init(law, choice, arena, err) : 0;
}

static int init_class(struct class_law *law, const struct config_workload *c,
		      const struct config_class *own, struct arena *arena,
		      struct err *err)
{
	int rc;

	law->name = own ? own->name : "all";
	law->weight = own ? own->weight : 1;
	rc = init_law(&law->service, own ? &own->service : NULL, &c->service,
		      arena, err);
	if (!rc)
		rc = init_law(&law->request_size,
			      own ? &own->request_size : NULL, &c->request_size,
			      arena, err);
	if (!rc)
		rc = init_law(&law->reply_size, own ? &own->reply_size : NULL,
			      &c->reply_size, arena, err);
	return rc;
}

static int init_classes(struct workload *w, const struct config_workload *c,
			struct arena *arena, struct err *err)
{
	const struct config_class *own = c->classes.items;
	double sum = 0;

	w->nclasses = own ? c->classes.n : 1;
	w->class = arena_array(arena, w->nclasses, sizeof(*w->class));
	for (size_t i = 0; i < w->nclasses; i++) {
		int rc = init_class(&w->class[i], c, own ? &own[i] : NULL,
				    arena, err);

		if (rc)
			return rc;
		sum += w->class[i].weight;
	}
	if (!(sum > 0))
		return err_set(err, -EINVAL,
			       "the weights of the classes sum "
			       "to 0; give one a weight");
	for (size_t i = 0; i < w->nclasses; i++)
		w->class[i].weight /= sum;
	return 0;
}

/*
 * The arrival process's file, if it has one, and a trial of it, so that a
 * missing or broken file is found now, and a class that does not exist.
 */
static int init_arrival(struct workload *w, struct arena *arena,
			struct err *err)
{
	const struct arrival_ops *ops = (const void *)w->arrival.kind;
	struct arrival_share whole = { .rate_rps = 1, .of = 1 };
	struct arena scratch;
	void *state;
	double gap_ns;
	int rc;

	if (ops->load &&
	    ops->load(w->arrival.options, &w->arrival_file, arena, err))
		return err->code;
	whole.file = w->arrival_file;
	arena_init(&scratch);
	state = arena_alloc(&scratch, ops->state_size);
	rc = ops->init(state, w->arrival.options, &whole, &scratch, err);
	while (!rc && ops->dictated && ops->gaps(state, NULL, &gap_ns, 1)) {
		uint64_t service_ns;
		int32_t class;

		ops->dictated(state, 0, &class, &service_ns);
		if (class >= (int32_t)w->nclasses)
			rc = err_set(err, -EINVAL,
				     "the trace has class %d, "
				     "the last here is %zu; mend the file or "
				     "add classes",
				     class, w->nclasses - 1);
	}
	arena_fini(&scratch);
	return rc;
}

double workload_span_ns(const struct workload *w, double rate_rps)
{
	const struct arrival_ops *ops = (const void *)w->arrival.kind;
	const struct arrival_share whole = { .rate_rps = rate_rps, .of = 1,
					     .file = w->arrival_file };
	struct arena scratch;
	double gap_ns, span_ns = 0;
	struct err err;
	void *state;

	if (!(ops->flags & ARRIVAL_FINITE))
		return INFINITY;
	arena_init(&scratch);
	state = arena_alloc(&scratch, ops->state_size);
	if (!ops->init(state, w->arrival.options, &whole, &scratch, &err))
		while (ops->gaps(state, NULL, &gap_ns, 1))
			span_ns += gap_ns;
	arena_fini(&scratch);
	return span_ns;
}

static int refuse_pattern(const struct workload *w, struct err *err)
{
	const struct arrival_ops *ops = (const void *)w->arrival.kind;

	if (!(ops->flags & ARRIVAL_FINITE))
		return 0;
	return err_set(err, -EINVAL, "arrival %s has instants of its own; "
		       "write load: {rate: ...}, or another arrival",
		       ops->kind.name);
}

/* A trial of the protocol: what its options want that cannot be had. */
static int try_protocol(const struct choice *protocol, struct err *err)
{
	struct arena scratch;
	struct proto proto;
	int rc;

	if (!protocol->kind)
		return 0;
	arena_init(&scratch);
	rc = proto_init(&proto, protocol, &scratch, err);
	arena_fini(&scratch);
	return rc;
}

int workload_init(struct workload *w, const struct config *config,
		  struct arena *arena, struct err *err)
{
	const struct config_workload *c = &config->workload;

	*w = (struct workload){
		.arrival = c->arrival,
		.fanout = (uint32_t)c->fanout,
	};
	if (config->load.pattern)
		w->pattern = pattern_create(config->load.pattern,
					    config->measure.time_limit_ns,
					    arena);
	if (init_classes(w, c, arena, err))
		return at_option(config,
				 c->classes.n ? "workload.classes"
					      : "workload.service",
				 err);
	if (init_arrival(w, arena, err))
		return at_option(config, "workload.arrival", err);
	if (w->pattern && refuse_pattern(w, err))
		return at_option(config, "load.pattern", err);
	if (try_protocol(&c->protocol, err))
		return at_option(config, "workload.protocol", err);
	return 0;
}
