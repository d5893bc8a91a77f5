/* target.c - `lancet target`: the built-in servers */
#include "lancet/cmd/cmd.h"

#include <errno.h>
#include <getopt.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "lancet/core/arena.h"
#include "lancet/core/clock.h"
#include "lancet/core/config.h"
#include "lancet/core/err.h"
#include "lancet/core/option.h"
#include "lancet/core/unit.h"
#include "lancet/core/wire.h"
#include "targets/target.h"

static const char usage[] =
	"lancet target --listen 127.0.0.1:4711\n"
	"lancet target --policy ps --workers 8 --protocol spin --transport udp\n"
	"lancet target --protocol echo --transport tcp --service exp:20us\n"
	"lancet target my.yaml\n"
	"\n"
	"Serves requests under a scheduling policy until it is interrupted, and\n"
	"then prints what it did. It says where it listens once it is ready.\n"
	"\n"
	"usage: lancet target [OPTION]... [CONFIG]\n"
	"  --policy POLICY     how workers take requests [fcfs]\n"
	"  --workers N         how many requests it serves at once [1]\n"
	"  --protocol PROTOCOL spin, echo ... [spin]\n"
	"  --transport T       udp or tcp [udp]\n"
	"  --tls               behind TLS, with a certificate of its own making\n"
	"  --service LAW       service time where a request carries none [1ns]\n"
	"  --listen ADDRESS    HOST:PORT, of which 0 is a free one; /PATH or\n"
	"                      @NAME of a Unix socket [127.0.0.1:0, or @]\n"
	"  --backend BACKEND   what executes the requests [virtual]\n"
	"  --seed N            of the service times drawn here [1]\n"
	"  --mode MODE         auto, poll or block; auto polls where it has more\n"
	"                      than one CPU [auto]\n"
	"Times without a unit are in ns.\n"
	"A CONFIG gives other defaults: its target, protocol and transport.\n"
	"`lancet list policies` and so on say what there is.\n"
	"\n"
	"Exit status: 0 interrupted, 2 wrong usage, 4 it cannot listen there.\n";

#define WORKERS_MAX 4096
#define STALL_NS 100000		/* as measure.stall's preset */

struct arguments {
	struct target_setup setup;
	int mode;		/* enum config_mode */
	int control;
	const char *command;
	struct arena arena;
};

/* --- arguments --- */

static int take_number(const struct arguments *a, const char *option,
		       const char *text, uint64_t min, uint64_t max,
		       uint64_t *to)
{
	char *end;

	errno = 0;
	*to = strtoull(text, &end, 10);
	if (text[0] >= '0' && text[0] <= '9' && *end == '\0' && errno == 0 &&
	    *to >= min && *to <= max)
		return 0;
	return cmd_fail(a->command, STATUS_USAGE,
			"--%s %s: give a whole number from %ju to %ju", option,
			text, (uintmax_t)min, (uintmax_t)max);
}

static int take_mode(struct arguments *a, const char *text)
{
	static const char *const names[] = { "auto", "poll", "block" };

	for (a->mode = MODE_AUTO; a->mode <= MODE_BLOCK; a->mode++)
		if (strcmp(names[a->mode], text) == 0)
			return 0;
	return cmd_fail(a->command, STATUS_USAGE,
			"--mode %s: give auto, poll or block", text);
}

static int take_choice(struct arguments *a, const char *option,
		       enum kind_class class, const char *text,
		       struct choice *to)
{
	struct err err;

	memset(to, 0, sizeof(*to));
	if (option_parse_choice(class, OPTION_UNIT_TIME, text, to, &a->arena,
				&err) == 0)
		return 0;
	return cmd_fail(a->command, STATUS_USAGE, "--%s: %s", option,
			err.text);
}

/* What neither options nor a configuration say. */
static int fill_presets(struct arguments *a)
{
	struct target_setup *s = &a->setup;
	int bad = 0;

	if (!s->policy.kind)
		bad |= take_choice(a, "policy", KIND_POLICY, "fcfs",
				   &s->policy);
	if (!s->backend.kind)
		bad |= take_choice(a, "backend", KIND_BACKEND, "virtual",
				   &s->backend);
	if (!s->protocol.kind)
		bad |= take_choice(a, "protocol", KIND_PROTO, "spin",
				   &s->protocol);
	if (!s->transport.kind)
		bad |= take_choice(a, "transport", KIND_TRANSPORT, "udp",
				   &s->transport);
	return bad;
}

/* The highest CPU, as a plan would place it, where there is one to spare. */
static void place(struct arguments *a)
{
	cpu_set_t set;
	int highest = -1;

	if (sched_getaffinity(0, sizeof(set), &set) != 0)
		CPU_ZERO(&set);
	for (int i = 0; i < CPU_SETSIZE; i++)
		if (CPU_ISSET((size_t)i, &set))
			highest = i;
	a->setup.poll = a->mode == MODE_POLL ||
			(a->mode == MODE_AUTO && CPU_COUNT(&set) > 1);
	a->setup.cpu = a->setup.poll ? highest : -1;
}

static int take_option(struct arguments *a, int c, const char *text)
{
	struct target_setup *s = &a->setup;
	uint64_t n = 0;
	int bad;

	switch (c) {
	case 'p':
		return take_choice(a, "policy", KIND_POLICY, text, &s->policy);
	case 'w':
		bad = take_number(a, "workers", text, 1, WORKERS_MAX, &n);
		s->workers = (uint32_t)n;
		return bad;
	case 'P':
		return take_choice(a, "protocol", KIND_PROTO, text,
				   &s->protocol);
	case 't':
		return take_choice(a, "transport", KIND_TRANSPORT, text,
				   &s->transport);
	case 's':
		return take_choice(a, "service", KIND_DIST, text, &s->service);
	case 'l':
		s->listen = text;
		return 0;
	case 'b':
		return take_choice(a, "backend", KIND_BACKEND, text,
				   &s->backend);
	case 'S':
		return take_number(a, "seed", text, 0, UINT64_MAX, &s->seed);
	case 'm':
		return take_mode(a, text);
	case 'T':
		s->secure = true;
		return 0;
	case 'c':
		a->control = 1;
		return 0;
	default:
		return STATUS_USAGE;
	}
}

static const struct option options[] = {
	{ "policy", required_argument, NULL, 'p' },
	{ "workers", required_argument, NULL, 'w' },
	{ "protocol", required_argument, NULL, 'P' },
	{ "transport", required_argument, NULL, 't' },
	{ "service", required_argument, NULL, 's' },
	{ "listen", required_argument, NULL, 'l' },
	{ "backend", required_argument, NULL, 'b' },
	{ "seed", required_argument, NULL, 'S' },
	{ "mode", required_argument, NULL, 'm' },
	{ "tls", no_argument, NULL, 'T' },
	{ "control", no_argument, NULL, 'c' },
	{ NULL, 0, NULL, 0 },
};

/* Options override a configuration wherever it stands, so it goes first. */
static int read_arguments(struct arguments *a, int argc, char **argv)
{
	const struct config *config;
	int c, bad = 0;

	while ((c = cmd_getopt(argc, argv, "", options)) != -1)
		if (c == '?')
			return STATUS_USAGE;
	if (argc - optind > 1)
		return cmd_fail(a->command, STATUS_USAGE,
				"more than one configuration; give one");
	if (optind < argc) {
		config = cmd_config(argv[optind], NULL, &a->arena);
		if (!config)
			return STATUS_USAGE;
		target_setup_init(&a->setup, config);
		a->setup.listen = config->target.address;
	}
	optind = 1;
	while ((c = cmd_getopt(argc, argv, "", options)) != -1 && !bad)
		bad = take_option(a, c, optarg);
	if (!bad)
		bad = fill_presets(a);
	return bad;
}

/* --- serving --- */

/* Until SIGTERM or SIGINT comes, or the serving thread gives up. */
static void wait_for_signal(const sigset_t *signals,
			    struct target_server *server)
{
	const struct timespec second = { .tv_sec = 1 };

	while (sigtimedwait(signals, NULL, &second) < 0)
		if (atomic_load(&server->ended))
			return;
}

static void print_account(const struct target_account *a)
{
	struct wire_target r;
	char mean[32], p50[32], p99[32];

	target_report(a, &r);
	printf("served %ju requests", (uintmax_t)a->served);
	if (a->served > 0)
		printf(", mean service %s, %.2f in the queue on arrival, "
		       "replies late by %s (p50) and %s (p99)",
		       unit_print_duration(r.stats.served_mean_ns, mean,
					   sizeof(mean)),
		       r.stats.queue_mean,
		       unit_print_duration(r.stats.release_p50_ns, p50,
					   sizeof(p50)),
		       unit_print_duration(r.stats.release_p99_ns, p99,
					   sizeof(p99)));
	printf("; dropped %ju, refused %ju, rubbish %ju, stalls %ju\n",
	       (uintmax_t)a->dropped, (uintmax_t)a->nacked, (uintmax_t)a->bad,
	       (uintmax_t)(a->nstalls + a->stalls_dropped));
}

static int failed(const struct arguments *a, const struct err *err)
{
	int usage_error = err->code == -EINVAL || err->code == -EMSGSIZE;

	return cmd_fail(a->command,
			usage_error ? STATUS_USAGE : STATUS_BROKEN, "%s",
			err->text);
}

static int serve(struct arguments *a)
{
	struct target_server server;
	struct err err = { 0 };
	sigset_t signals;
	int ret;

	sigemptyset(&signals);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGINT);
	pthread_sigmask(SIG_BLOCK, &signals, NULL);
	clock_sync();
	ret = target_open(&server, &a->setup, &a->arena, &err);
	if (ret != 0)
		return failed(a, &err);
	ret = target_start(&server, &err);
	if (ret == 0) {
		fprintf(stderr, "listening on %s\n", target_address(&server));
		wait_for_signal(&signals, &server);
		ret = target_stop(&server, &err);
	}
	if (ret == 0)
		print_account(target_last(&server));
	target_close(&server);
	return ret == 0 ? STATUS_FINE : failed(a, &err);
}

/* A Ctrl-C is meant for the coordinator, which then says what to do. */
static int obey(void)
{
	struct err err = { 0 };

	signal(SIGINT, SIG_IGN);
	return target_control(STDIN_FILENO, STDOUT_FILENO, &err) == 0 ?
		       STATUS_FINE : STATUS_BROKEN;
}

static int run(int argc, char **argv)
{
	struct arguments a = {
		.setup = { .workers = 1, .seed = 1, .stall_ns = STALL_NS },
		.command = argv[0],
	};
	int status;

	signal(SIGPIPE, SIG_IGN);
	arena_init(&a.arena);
	status = read_arguments(&a, argc, argv);
	if (status == STATUS_FINE && a.control) {
		status = obey();
	} else if (status == STATUS_FINE) {
		place(&a);
		status = serve(&a);
	}
	arena_fini(&a.arena);
	return status;
}

const struct command command_target = {
	.name = "target",
	.help = "serve requests under a scheduling policy",
	.usage = usage,
	.run = run,
};
