/* target.c - a built-in server: put together, started, asked, stopped */
#include "targets/target.h"

#include <errno.h>
#include <math.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "lancet/core/arena.h"
#include "lancet/core/clock.h"
#include "lancet/core/config.h"
#include "lancet/core/option.h"
#include "lancet/core/wire.h"

#define CONNECTIONS 16384	/* peers at a time, where nothing is said */
#define STALLS 4096		/* that one account can list */
#define NOTICE_NS INT64_C(2000000000)

void target_setup_init(struct target_setup *setup, const struct config *config)
{
	const struct config_builtin *builtin = config->target.builtin;

	*setup = (struct target_setup){
		.protocol = config->workload.protocol,
		.transport = config->workload.transport,
		.workers = 1,
		.seed = (uint64_t)config->seed,
		.stall_ns = config->measure.stall_ns,
		.cpu = -1,
	};
	if (config->measure.inject) {
		setup->late_ns = config->measure.inject->target_ns;
		setup->path_ns = config->measure.inject->path_ns;
	}
	if (config->workload.tls) {
		setup->secure = true;
		setup->tls = *config->workload.tls;
		/* Those are the client's. */
		setup->tls.certificate = builtin ? builtin->certificate : NULL;
		setup->tls.key = builtin ? builtin->key : NULL;
	}
	if (!builtin)
		return;
	setup->policy = builtin->policy;
	setup->backend = builtin->backend;
	setup->service = builtin->service;
	setup->workers = (uint32_t)builtin->workers;
}

/* --- opening --- */

static int check_setup(const struct target_setup *setup, struct err *err)
{
	const struct proto_ops *proto = (const void *)setup->protocol.kind;
	const struct transport_ops *transport =
		(const void *)setup->transport.kind;
	unsigned need = transport->flags & TRANSPORT_STREAM ? PROTO_STREAM :
							      PROTO_DATAGRAM;

	if (transport->flags & TRANSPORT_MEMORY)
		return err_set(err, -EINVAL,
			       "transport %s needs no target; use udp or tcp",
			       transport->kind.name);
	if (!proto->serve || !proto->reply)
		return err_set(err, -EINVAL,
			       "protocol %s has no built-in target",
			       proto->kind.name);
	if (!(proto_flags(&setup->protocol) & need))
		return err_set(err, -EINVAL,
			       "protocol %s does not run over %s",
			       proto->kind.name, transport->kind.name);
	return 0;
}

static int open_parts(struct target *t, const struct target_setup *setup,
		      struct arena *arena, struct err *err)
{
	struct choice service = setup->service;
	int ret;

	if (!service.kind) {
		ret = option_parse_choice(KIND_DIST, OPTION_UNIT_TIME, "det:1",
					  &service, arena, err);
		if (ret != 0)
			return ret;
	}
	ret = dist_init(&t->service, &service, arena, err);
	if (ret == 0)
		ret = proto_init(&t->proto, &setup->protocol, arena, err);
	if (ret == 0)
		ret = policy_init(&t->policy, &setup->policy, setup->workers,
				  JOBS_MOST, arena, err);
	return ret;
}

static int open_transport(struct target *t, const struct target_setup *setup,
			  struct arena *arena, struct err *err)
{
	const struct transport_ops *ops = (const void *)setup->transport.kind;
	struct transport_params params = {
		.address = setup->listen && *setup->listen ? setup->listen
							   : ops->listen,
		.connections = t->connections,
		.listen = 1,
		.max_message = t->max_message,
		.tls = setup->secure ? &setup->tls : NULL,
	};

	return transport_open(&t->transport, &setup->transport, &params, 0,
			      arena, err);
}

static int open_accounts(struct target_server *s, int64_t stall_ns)
{
	for (int i = 0; i < 2; i++) {
		s->account[i].release = hist_create();
		if (!s->account[i].release)
			return -ENOMEM;
	}
	s->spare = calloc(STALLS, sizeof(*s->spare));
	if (!s->spare || stall_init(&s->target.stalls, stall_ns, STALLS) != 0)
		return -ENOMEM;
	atomic_init(&s->target.wanted, &s->account[0]);
	atomic_init(&s->target.used, &s->account[0]);
	return 0;
}

static uint32_t power_of_two(uint32_t least)
{
	uint32_t n = 1;

	while (n < least)
		n *= 2;
	return n;
}

int target_open(struct target_server *s, const struct target_setup *setup,
		struct arena *arena, struct err *err)
{
	struct target *t = &s->target;
	int ret = check_setup(setup, err);

	memset(s, 0, sizeof(*s));
	s->backend = (const void *)setup->backend.kind;
	s->cpu = setup->cpu;
	t->seed = setup->seed;
	t->poll = setup->poll;
	t->late_ns = setup->late_ns;
	t->path_ns = setup->path_ns;
	t->connections = power_of_two(setup->connections ?
					      setup->connections :
					      CONNECTIONS);
	if (ret == 0 && open_accounts(s, setup->stall_ns) != 0)
		ret = err_set(err, -ENOMEM, "no memory for the accounts");
	if (ret == 0)
		ret = open_parts(t, setup, arena, err);
	t->max_message = t->proto.max_out;
	if (ret == 0)
		ret = open_transport(t, setup, arena, err);
	if (ret != 0) {
		t->transport.ops = NULL;
		target_close(s);
	}
	return ret;
}

const char *target_address(const struct target_server *s)
{
	return s->target.transport.ops->address(s->target.transport.state);
}

void target_close(struct target_server *s)
{
	struct transport *t = &s->target.transport;

	if (t->ops)
		t->ops->close(t->state);
	t->ops = NULL;
	if (s->target.stalls.stall)
		stall_fini(&s->target.stalls);
	free(s->spare);
	s->spare = NULL;
	for (int i = 0; i < 2; i++) {
		hist_destroy(s->account[i].release);
		s->account[i].release = NULL;
	}
}

/* --- accounts --- */

/* The list of stalls is now this account's to show. */
static void account_close(const struct target *t, struct target_account *a)
{
	a->stall = t->stalls.stall;
	a->nstalls = t->stalls.n;
	a->gaps = t->stalls.gaps;
	a->stalls_dropped = t->stalls.dropped;
}

struct target_account *target_account(struct target *t)
{
	struct target_account *now =
		atomic_load_explicit(&t->used, memory_order_relaxed);
	struct target_account *next =
		atomic_load_explicit(&t->wanted, memory_order_acquire);

	if (now == next)
		return now;
	account_close(t, now);
	t->stalls.stall = next->stall;
	t->stalls.n = 0;
	t->stalls.gaps = 0;
	t->stalls.dropped = 0;
	t->stalls.longest_ns = 0;
	atomic_store_explicit(&t->used, next, memory_order_release);
	return next;
}

static void account_reset(struct target_account *a, struct stall *stall)
{
	struct hist *release = a->release;

	hist_reset(release);
	*a = (struct target_account){ .release = release, .stall = stall };
}

const struct target_account *target_turn(struct target_server *s)
{
	const struct timespec nap = { .tv_nsec = 200000 };
	struct target *t = &s->target;
	struct target_account *old =
		atomic_load_explicit(&t->used, memory_order_acquire);
	struct target_account *next =
		old == &s->account[0] ? &s->account[1] : &s->account[0];
	int64_t until = clock_now_ns() + NOTICE_NS;

	account_reset(next, s->spare);
	atomic_store_explicit(&t->wanted, next, memory_order_release);
	while (atomic_load_explicit(&t->used, memory_order_acquire) != next) {
		if (clock_now_ns() > until ||
		    atomic_load_explicit(&s->ended, memory_order_acquire))
			return NULL;
		nanosleep(&nap, NULL);
	}
	s->spare = old->stall;
	return old;
}

const struct target_account *target_last(const struct target_server *s)
{
	return atomic_load(&s->target.used);
}

static double ratio(double a, double b)
{
	return b > 0 ? a / b : NAN;
}

void target_report(const struct target_account *a, struct wire_target *report)
{
	bool any = a->release->total > 0;

	*report = (struct wire_target){
		.stats = {
			.served_mean_ns = ratio(a->served_ns,
						(double)a->served),
			.idle = ratio((double)a->idle_ns,
				      (double)(a->idle_ns + a->busy_ns)),
			.drops = (int64_t)a->dropped,
			.preemptions = (int64_t)a->preemptions,
			.queue_mean = ratio((double)a->queue_sum,
					    (double)a->arrivals),
			.release_p50_ns = any ? hist_quantile(a->release, .5)
					      : NAN,
			.release_p99_ns = any ? hist_quantile(a->release, .99)
					      : NAN,
		},
		.served = a->served,
		.stall = a->stall,
		.nstalls = a->nstalls,
		.loop_gaps = a->gaps,
		.stalls_dropped = a->stalls_dropped,
	};
}

/* --- the serving thread --- */

/* Its CPU to itself as far as may be, and timers that do not dawdle. */
static void settle(int32_t cpu)
{
	cpu_set_t set;

	if (cpu >= 0 && cpu < CPU_SETSIZE) {
		CPU_ZERO(&set);
		CPU_SET((size_t)cpu, &set);
		sched_setaffinity(0, sizeof(set), &set);
	}
	setpriority(PRIO_PROCESS, (id_t)gettid(), -20);
	prctl(PR_SET_TIMERSLACK, 1);
}

static void *serve(void *arg)
{
	struct target_server *s = arg;

	settle(s->cpu);
	s->backend->run(&s->target, &s->err);
	atomic_store_explicit(&s->ended, true, memory_order_release);
	return NULL;
}

int target_start(struct target_server *s, struct err *err)
{
	int ret;

	ret = pthread_create(&s->thread, NULL, serve, s);
	if (ret != 0)
		return err_set(err, -ret, "cannot start a thread: %s",
			       strerror(ret));
	s->running = true;
	return 0;
}

int target_stop(struct target_server *s, struct err *err)
{
	if (!s->running)
		return 0;
	atomic_store_explicit(&s->target.stop, true, memory_order_relaxed);
	pthread_join(s->thread, NULL);
	s->running = false;
	account_close(&s->target, atomic_load(&s->target.used));
	if (s->err.code != 0)
		*err = s->err;
	return s->err.code;
}
