/* control.c - a built-in target under a coordinator's orders */
#include "targets/target.h"

#include <errno.h>
#include <sched.h>
#include <string.h>

#include "lancet/core/arena.h"
#include "lancet/core/clock.h"
#include "lancet/core/config.h"
#include "lancet/core/option.h"
#include "lancet/core/wire.h"

/*
 * This thread sleeps in poll() but for the frames, and keeps away from the
 * serving thread's CPU. The target serves from `ready` on; `start` and
 * `stop` only mark off the time that its account is about.
 */
#define PEERS_MIN 1024		/* connections that may come and go */
#define PEERS_MAX (1u << 20)

enum control_phase { CONTROL_NEW, CONTROL_READY, CONTROL_MARKED };

struct control {
	struct frame_io io;
	struct arena arena;
	struct target_server server;
	enum control_phase phase;
	int over;		/* bye was said */
};

/* --- plan --- */

static const struct config *read_config(struct control *c, const char *text,
					struct err *err)
{
	struct option_problems problems = { 0 };
	const struct config *config = config_parse(
		"plan", text, strlen(text), NULL, 0, &c->arena, &problems);

	if (!config)
		err_set(err, -EINVAL, "the plan's configuration: %s",
			problems.problem[0].text);
	else if (!config->target.builtin)
		err_set(err, -EINVAL, "the plan has no built-in target");
	return config && config->target.builtin ? config : NULL;
}

/* Where there is another CPU, leave this one to the serving thread. */
static void keep_away(int32_t cpu)
{
	cpu_set_t set;

	if (cpu < 0 || cpu >= CPU_SETSIZE ||
	    sched_getaffinity(0, sizeof(set), &set) != 0 ||
	    CPU_COUNT(&set) < 2)
		return;
	CPU_CLR((size_t)cpu, &set);
	sched_setaffinity(0, sizeof(set), &set);
}

static int open_server(struct control *c, const struct wire_plan *plan,
		       const struct config *config, struct err *err)
{
	struct target_setup setup;

	target_setup_init(&setup, config);
	setup.listen = plan->address;
	setup.poll = plan->poll;
	setup.cpu = plan->threads > 0 ? plan->cpu[0] : -1;
	setup.connections = PEERS_MAX;
	if (plan->connections < PEERS_MAX / 2)
		setup.connections = 2 * plan->connections;
	if (setup.connections < PEERS_MIN)
		setup.connections = PEERS_MIN;
	keep_away(setup.cpu);
	return target_open(&c->server, &setup, &c->arena, err);
}

static int take_plan(struct control *c, const json_t *frame, struct err *err)
{
	const struct config *config;
	struct wire_plan plan;

	if (c->phase != CONTROL_NEW)
		return err_set(err, -EBADMSG, "a second plan");
	if (wire_plan_decode(frame, &plan, &c->arena, err) < 0)
		return err->code;
	config = read_config(c, plan.config, err);
	if (!config || open_server(c, &plan, config, err) != 0)
		return err->code;
	clock_sync();
	if (target_start(&c->server, err) != 0)
		return err->code;
	c->phase = CONTROL_READY;
	return frame_write(&c->io,
			   json_pack("{ss ss}", "t", "ready", "address",
				     target_address(&c->server)), err);
}

/* --- a segment --- */

static int broken(struct control *c, struct err *err)
{
	if (atomic_load(&c->server.ended))
		return target_stop(&c->server, err);
	return err_set(err, -ETIMEDOUT, "the serving thread does not answer");
}

static int take_start(struct control *c, const json_t *frame, struct err *err)
{
	(void)frame;
	if (c->phase != CONTROL_READY)
		return err_set(err, -EBADMSG, "a start out of turn");
	clock_sync();
	if (!target_turn(&c->server))
		return broken(c, err);
	c->phase = CONTROL_MARKED;
	return 0;
}

static int take_stop(struct control *c, const json_t *frame, struct err *err)
{
	const struct target_account *account;
	struct wire_target report;

	(void)frame;
	if (c->phase != CONTROL_MARKED)
		return 0; /* two stops may cross */
	account = target_turn(&c->server);
	if (!account)
		return broken(c, err);
	target_report(account, &report);
	c->phase = CONTROL_READY;
	if (frame_write(&c->io, wire_target_encode(&report), err) < 0)
		return err->code;
	return frame_write(&c->io, json_pack("{ss}", "t", "done"), err);
}

/* --- frames --- */

static int take_bye(struct control *c, const json_t *frame, struct err *err)
{
	(void)frame;
	c->over = 1;
	return frame_write(&c->io, json_pack("{ss}", "t", "bye"), err);
}

static int take_beat(struct control *c, const json_t *frame, struct err *err)
{
	(void)c, (void)frame, (void)err;
	return 0;
}

static const struct {
	const char *type;
	int (*take)(struct control *c, const json_t *frame, struct err *err);
} orders[] = {
	{ "plan", take_plan }, { "start", take_start }, { "stop", take_stop },
	{ "beat", take_beat }, { "bye", take_bye },
};

static int take_frame(struct control *c, const json_t *frame, struct err *err)
{
	for (size_t i = 0; i < sizeof(orders) / sizeof(*orders); i++)
		if (strcmp(frame_type(frame), orders[i].type) == 0)
			return orders[i].take(c, frame, err);
	return err_set(err, -EBADMSG, "an unknown frame: %.32s",
		       frame_type(frame));
}

static int obey(struct control *c, struct err *err)
{
	int ret = frame_write(&c->io, wire_hello_encode("target"), err);
	json_t *frame;

	while (ret >= 0 && !c->over) {
		ret = frame_read(&c->io, &frame, INT64_MAX, err);
		if (ret <= 0)
			continue;
		ret = take_frame(c, frame, err);
		json_decref(frame);
	}
	return ret < 0 ? ret : 0;
}

int target_control(int in, int out, struct err *err)
{
	struct control c = { .phase = CONTROL_NEW };
	struct err lost;
	int ret;

	arena_init(&c.arena);
	clock_sync();
	ret = frame_open(&c.io, in, out);
	if (ret < 0)
		err_set(err, ret, "cannot speak to the coordinator");
	else
		ret = obey(&c, err);
	/* Told where it can be; a stream that ended is no news to anybody. */
	if (ret < 0 && ret != -EPIPE && c.io.buf)
		frame_write(&c.io, wire_error_encode(err), &lost);
	if (c.phase != CONTROL_NEW) {
		target_stop(&c.server, &lost);
		target_close(&c.server);
	}
	frame_close(&c.io);
	arena_fini(&c.arena);
	return ret;
}
