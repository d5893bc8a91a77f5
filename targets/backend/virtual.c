/* virtual.c - a queue and its workers in real time, none of whom works */
#include "targets/backend.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "lancet/core/clock.h"
#include "lancet/core/err.h"
#include "lancet/core/rng.h"
#include "targets/jobs.h"

/*
 * A request is stamped when it reached the socket (where the transport can
 * tell, else when it was read), handed to the policy at that instant, and its
 * reply leaves when the policy says that it is complete. So one CPU stands
 * for many workers, and the time that every request should take is known.
 * The policy's time never passes what stands unread: however late this loop
 * is, the queue stays the one that was asked for, and only replies that were
 * due meanwhile are late.
 */
#define TAKE 16			/* packets read in one turn */
#define RELEASE 4		/* replies sent in one turn */
#define DONE 16			/* completions taken from the policy at once */
#define LOOK_NS 20000000	/* between looks at the stop flag, blocked */
#define LOOK_BUSY_NS 2000000	/* while requests keep coming: a standstill */
#define BUSY_NS 100000000	/* in a sleep counts from the sleep's end on */
#define AWAIT_NS 600		/* what a look for requests takes, and more */
#define RETRY_NS 1000000	/* between tries at a peer without room */

struct virtual {
	struct target *target;
	struct target_account *account;
	struct jobs jobs;
	uint64_t in_policy;	/* jobs that are not complete */
	bool stream;
	int64_t start_ns;	/* time 0 of the policy */
	sim_time now;		/* how far it was advanced */
	int64_t turn_ns;	/* the last look at the clock */
	int64_t worked_ns;	/* the last one that found something to do */
	bool worked;		/* since then */
	unsigned char *out;
	uint64_t boot_id;
	int64_t held_ns;	/* replies, on purpose */
};

static void drop(struct virtual *v, struct place *p)
{
	struct transport *t = &v->target->transport;

	if (t->ops->drop)
		t->ops->drop(t->state, p->conn);
	jobs_leave(&v->jobs, p);
}

/* --- completions --- */

static void complete(struct virtual *v, const struct done *d)
{
	struct slot *s = jobs_find(&v->jobs, d->job.id);
	struct target_account *a = v->account;

	s->start_ns = v->start_ns + (int64_t)d->first_start;
	s->completion_ns = v->start_ns + (int64_t)d->completion;
	jobs_complete(&v->jobs, s);
	v->in_policy--;
	a->served++;
	a->served_ns += d->job.service;
	a->preemptions += d->slices > 1 ? d->slices - 1 : 0;
}

/* Let the policy's time pass, to the instant. */
static void advance(struct virtual *v, int64_t now_ns)
{
	const struct policy *p = &v->target->policy;
	sim_time t = (sim_time)(now_ns - v->start_ns);
	struct done done[DONE];

	if (t > v->now)
		v->now = t;
	while (p->ops->next(p->state) <= v->now) {
		size_t n = p->ops->advance(p->state, v->now, done, DONE);

		for (size_t i = 0; i < n; i++)
			complete(v, &done[i]);
	}
}

/* --- arrivals --- */

static double draw_service(const struct target *t, uint64_t id)
{
	const struct rng_key key = { .seed = t->seed, .point = id,
				     .purpose = RNG_TARGET };
	struct rng rng;
	double x;

	rng_init(&rng, &key);
	t->service.ops->sample(t->service.state, &rng, &x, 1);
	return x;
}

/* What the request does not say is drawn, tied to its id where it has one. */
static struct job job_of(struct virtual *v, struct slot *s)
{
	const struct policy *p = &v->target->policy;
	struct proto_request *r = &s->req.req;
	uint64_t key = r->id == PROTO_OLDEST ? s->id : r->id;
	struct job job = {
		.id = s->id,
		.class = r->class,
		.conn = r->conn == PROTO_NO_CONN ? s->conn : r->conn,
		.arrival = v->now,
		.service = (double)r->service_ns,
	};

	if (r->service_ns == 0)
		job.service = draw_service(v->target, key);
	if (job.service < 1)
		job.service = 1;
	r->service_ns = (uint64_t)job.service;
	if (p->ops->flags & POLICY_PICKS)
		p->ops->pick(p->options, p->workers, policy_draw(key),
			     &job.aux);
	return job;
}

/*
 * The policy does not take it: an answer at once, past the queue, or none.
 * Where replies have no other name than their order, a missing one would
 * shift all that follow: that peer has to go.
 */
static void refuse(struct virtual *v, struct place *p, struct slot *s,
		   enum job_outcome outcome)
{
	struct target *t = v->target;
	struct packet pkt = { .data = v->out, .conn = p->conn };

	if (v->jobs.in_order) {
		drop(v, p);
	} else if (outcome == JOB_NACKED) {
		pkt.len = (uint32_t)t->proto.ops->reply(
			t->proto.state, jobs_conn_state(&v->jobs, p), &s->req,
			NULL, PROTO_NACK, v->out, t->max_message);
		if (pkt.len > 0)
			t->transport.ops->send(t->transport.state, &pkt, 1);
	}
	jobs_refuse(&v->jobs, s);
}

static void admit(struct virtual *v, struct place *p,
		  const struct proto_served *req, int64_t arrival_ns)
{
	const struct policy *policy = &v->target->policy;
	struct target_account *a = v->account;
	enum job_outcome outcome;
	struct slot *s;
	struct job job;

	advance(v, arrival_ns);
	a->arrivals++;
	a->queue_sum += v->in_policy;
	/* Never before what the policy has done already. */
	s = jobs_take(&v->jobs, p, req, v->start_ns + (int64_t)v->now);
	if (!s) {
		a->dropped++;
		if (v->jobs.in_order)
			drop(v, p);
		return;
	}
	job = job_of(v, s);
	outcome = policy->ops->arrive(policy->state, v->now, &job);
	if (outcome == JOB_DONE) {
		v->in_policy++;
		jobs_admit(&v->jobs, p, s);
		return;
	}
	a->nacked += outcome == JOB_NACKED;
	a->dropped += outcome == JOB_DROPPED;
	refuse(v, p, s, outcome);
}

/* The requests in a packet; how many bytes they were, or negative. */
static long take_requests(struct virtual *v, struct place *p,
			  const struct packet *pkt)
{
	const struct proto *proto = &v->target->proto;
	struct proto_served req[TAKE];
	size_t used = 0, n;

	while (used < pkt->len) {
		long got = proto->ops->serve(proto->state,
					     jobs_conn_state(&v->jobs, p),
					     pkt->data + used, pkt->len - used,
					     req, TAKE, &n);

		if (got < 0)
			return got;
		for (size_t i = 0; i < n; i++)
			admit(v, p, &req[i], pkt->stamp_ns);
		if (got == 0)
			break;
		used += (size_t)got;
	}
	return (long)used;
}

static void take_packet(struct virtual *v, const struct packet *pkt)
{
	struct transport *t = &v->target->transport;
	struct place *p = jobs_enter(&v->jobs, pkt->conn);
	long used = take_requests(v, p, pkt);

	if (used < 0 || (!v->stream && (size_t)used < pkt->len) ||
	    pkt->flags & TRANSPORT_RUBBISH)
		v->account->bad++;
	if (!v->stream)
		return;
	if (used < 0) {
		drop(v, p);
		return;
	}
	t->ops->keep(t->state, pkt->conn, (size_t)used);
	if (pkt->flags & TRANSPORT_CLOSED) {
		p->leaving = true;
		if (p->waiting == 0)
			drop(v, p);
	}
}

static size_t take(struct virtual *v)
{
	struct transport *t = &v->target->transport;
	struct packet pkt[TAKE];
	size_t n = t->ops->recv(t->state, pkt, TAKE);

	for (size_t i = 0; i < n; i++)
		take_packet(v, &pkt[i]);
	return n;
}

/* --- releases --- */

static uint32_t write_reply(struct virtual *v, struct place *p,
			    const struct slot *s)
{
	struct target *t = v->target;
	const struct proto_trailer trailer = {
		.boot_id = v->boot_id,
		.arrival_ns = (uint64_t)s->arrival_ns,
		.start_ns = (uint64_t)s->start_ns,
		.completion_ns = (uint64_t)s->completion_ns,
		.release_ns = (uint64_t)(clock_now_ns() - t->path_ns),
	};

	return (uint32_t)t->proto.ops->reply(
		t->proto.state, jobs_conn_state(&v->jobs, p), &s->req,
		s->req.req.trailer ? &trailer : NULL, PROTO_OK, v->out,
		t->max_message);
}

/* The first reply of a connection; 0 when there was no room for it. */
static int release_one(struct virtual *v, struct place *p)
{
	struct transport *t = &v->target->transport;
	struct slot *s = &v->jobs.slot[p->head];
	struct packet pkt = { .data = v->out, .conn = p->conn };

	if (v->held_ns && clock_now_ns() < s->completion_ns + v->held_ns) {
		jobs_put_back(&v->jobs, p);
		return 0;
	}
	pkt.len = write_reply(v, p, s);
	pkt.stamp_ns = s->completion_ns;
	if (pkt.len > 0 && t->ops->send(t->state, &pkt, 1) == 0) {
		jobs_put_back(&v->jobs, p);
		return 0;
	}
	hist_record(v->account->release, pkt.stamp_ns - s->completion_ns -
					 v->target->path_ns);
	jobs_released(&v->jobs, p);
	if (p->leaving && p->waiting == 0)
		drop(v, p);
	return 1;
}

/* Each place at most once a turn, so that a slow reader stops nobody. */
static size_t release(struct virtual *v)
{
	size_t sent = 0;

	for (uint32_t n = v->jobs.nready; n > 0 && sent < RELEASE; n--) {
		struct place *p = jobs_ready(&v->jobs);

		if (!p)
			break;
		sent += (size_t)release_one(v, p);
	}
	return sent;
}

/* --- the loop --- */

static void account_turn(struct virtual *v, int64_t now_ns)
{
	int64_t passed = now_ns - v->turn_ns;

	v->account = target_account(v->target);
	if (v->worked)
		v->account->busy_ns += passed;
	else
		v->account->idle_ns += passed;
	v->turn_ns = now_ns;
}

/* Block until something comes in or is due. */
static void rest(struct virtual *v, int64_t now_ns)
{
	const struct policy *p = &v->target->policy;
	struct transport *t = &v->target->transport;
	sim_time next = p->ops->next(p->state);
	bool busy = now_ns - v->worked_ns < BUSY_NS;
	int64_t until = now_ns + (v->jobs.nready ? RETRY_NS :
				  busy ? LOOK_BUSY_NS : LOOK_NS);

	if (next < (sim_time)(until - v->start_ns))
		until = v->start_ns + (int64_t)ceil(next);
	t->ops->wait(t->state, until);
	now_ns = clock_now_ns();
	/* Only what it overslept is a gap. */
	stall_begin(&v->target->stalls, now_ns < until ? now_ns : until);
}

/*
 * The time; of a completion, where one is so near: a look that began before
 * it is followed by another one, and its reply leaves later by both.
 */
static int64_t what_time(const struct virtual *v)
{
	const struct policy *p = &v->target->policy;
	int64_t now_ns = clock_now_ns();
	sim_time next = p->ops->next(p->state);

	if (v->worked || next > (sim_time)(now_ns + AWAIT_NS - v->start_ns))
		return now_ns;
	while ((sim_time)(now_ns - v->start_ns) < next)
		now_ns = clock_now_ns();
	return now_ns;
}

static void serve(struct virtual *v)
{
	struct target *t = v->target;

	v->turn_ns = clock_now_ns();
	stall_begin(&t->stalls, v->turn_ns);
	while (!atomic_load_explicit(&t->stop, memory_order_relaxed)) {
		int64_t now = what_time(v);
		size_t work;

		stall_turn(&t->stalls, now);
		account_turn(v, now);
		work = take(v);
		/* A full burst may have left more, from before now. */
		if (work < TAKE)
			advance(v, now);
		work += release(v);
		v->worked = work > 0;
		if (work > 0)
			v->worked_ns = now;
		if (!work && !t->poll)
			rest(v, clock_now_ns());
	}
}

static int virtual_run(struct target *target, struct err *err)
{
	bool in_order = (target->proto.flags & PROTO_IN_ORDER) != 0;
	int ret = 0;
	struct virtual v = {
		.target = target,
		.stream =
			(target->transport.ops->flags & TRANSPORT_STREAM) != 0,
		.start_ns = clock_now_ns(),
		.boot_id = proto_boot_id(),
		.held_ns = target->late_ns + target->path_ns,
	};

	v.out = malloc(target->max_message);
	if (!v.out || jobs_init(&v.jobs, target->connections,
				target->max_message,
				target->proto.ops->conn_size, in_order) != 0)
		ret = err_set(err, -ENOMEM, "no memory for %d requests",
			      JOBS_MOST);
	else
		serve(&v);
	jobs_fini(&v.jobs);
	free(v.out);
	return ret;
}

const struct backend_ops backend_virtual = {
	.kind = {
		.name = "virtual",
		.help = "simulates the queue in real time: replies leave when "
			"it completes them; one CPU stands for many workers",
	},
	.run = virtual_run,
};
