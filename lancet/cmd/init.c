/* init.c - `lancet init`: a commented configuration to start from */
#include "lancet/cmd/cmd.h"

#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "lancet/core/arena.h"
#include "lancet/core/config.h"
#include "lancet/core/kind.h"
#include "workloads/proto.h"

static const char usage[] =
	"lancet init memcached --target 10.0.0.7:11211 > my.yaml\n"
	"lancet init > my.yaml\n"
	"\n"
	"Prints a commented configuration to start from. `lancet run my.yaml`\n"
	"then measures. Without --target the built-in server is measured.\n"
	"\n"
	"usage: lancet init [PROTOCOL] [--target HOST:PORT]\n"
	"  PROTOCOL             one of `lancet list protocols` [spin]\n"
	"  --target HOST:PORT   where the server listens\n";

static const char target_builtin[] =
	"target:\n"
	"  # The server inside lancet, whose true latency is known.\n"
	"  builtin:\n"
	"    policy: fcfs           # `lancet list policies`\n"
	"    workers: 4\n";

static const char target_service[] =
	"    # Requests of this protocol carry no service time: the server "
	"draws it.\n"
	"    service: {exponential: {mean: 100us}}\n";

static const char target_address[] =
	"target:\n"
	"  address: \"%s\"\n"
	"  # What is known of the server; with it lancet has a model to compare\n"
	"  # with, and loads may be given in percent:\n"
	"  # workers: 4\n"
	"  # capacity: 200krps\n";

static const char workload_service[] =
	"  # How long a request asks the server to work; `lancet list laws`.\n"
	"  service: {exponential: {mean: 100us}}\n";

static const char workload_end[] =
	"  # Open loop: requests are sent when they are due, whether or not\n"
	"  # earlier ones have been answered; `lancet list arrivals`.\n"
	"  arrival: poisson\n"
	"  timeout: 1s\n"
	"\n"
	"agents:\n"
	"  - {launch: local, count: 1, threads: 1, connections: 16, mode: auto}\n"
	"\n";

static const char load_share[] =
	"# Offered load: a sweep, one rate (`load: {rate: 50%}`), or a search for the\n"
	"# highest that keeps the slo (`load: {search: {from: 10%, to: 95%}}`).\n"
	"load: {sweep: {from: 10%, to: 80%, steps: 8}}\n";

static const char load_rate[] =
	"# Offered load: a sweep, one rate (`load: {rate: 5krps}`), or a search for\n"
	"# the highest that keeps the slo (`load: {search: {from: 1krps, to: 9krps}}`).\n"
	"load: {sweep: {from: 1krps, to: 5krps, steps: 5}}\n";

static const char rest[] =
	"\n"
	"measure:\n"
	"  # A point ends when this quantile is known so well, or at the limit.\n"
	"  precision: {quantile: p99, relative: 5%, confidence: 95%}\n"
	"  warmup: auto\n"
	"  time_limit: 10s          # per point\n"
	"\n"
	"# What the service promises; the result says up to which load it holds.\n"
	"slo: p99 <= 1ms\n"
	"\n"
	"# auto: compare with the queue that the target is known to be.\n"
	"model: auto\n"
	"report: [text, json, html, svg]\n";

static void print_preset(const struct option_row *row)
{
	if (row->type == OPTION_TYPE_STRING)
		printf("\"%s\"", row->preset);
	else
		fputs(row->preset, stdout);
}

/* The protocol's own options, as comments with what they are by default. */
static void print_protocol(const struct kind *kind)
{
	const struct option_row *row = kind->options;

	printf("  protocol: %s\n", kind->name);
	if (!row || row->type == OPTION_TYPE_END)
		return;
	printf("  # or, with options (these are the defaults):\n"
	       "  # protocol:\n"
	       "  #   %s:\n", kind->name);
	for (; row->type != OPTION_TYPE_END; row++) {
		printf("  #     %s: ", row->key);
		if (row->preset)
			print_preset(row);
		else
			fputs("...", stdout);
		printf("   # %s\n", row->help ? row->help : "");
	}
}

static void print_config(const struct proto_ops *proto, const char *address)
{
	int datagram = proto->flags & PROTO_DATAGRAM;
	int service = proto->flags & PROTO_SERVICE;

	printf("# A configuration for `lancet run`; check it with `lancet "
	       "validate`.\n"
	       "# Keys that are left out have the values that `lancet run FILE\n"
	       "# --print-config` shows; `lancet list keys` explains them.\n"
	       "name: %s\n"
	       "seed: 42                   # one seed, one schedule\n"
	       "\n",
	       proto->kind.name);
	if (address)
		printf(target_address, address);
	else
		fputs(target_builtin, stdout);
	if (!address && !service)
		fputs(target_service, stdout);
	fputs("\nworkload:\n", stdout);
	print_protocol(&proto->kind);
	printf("  transport: %s\n", datagram ? "udp" : "tcp");
	if (service)
		fputs(workload_service, stdout);
	fputs(workload_end, stdout);
	fputs(address ? load_rate : load_share, stdout);
	fputs(rest, stdout);
}

/* HOST:PORT that can stand in double quotes and in a comment. */
static int is_address(const char *text)
{
	const char *colon = strrchr(text, ':');
	char *end;
	long port;

	if (!colon || colon == text ||
	    strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
			 "0123456789.-_:[]") != strlen(text))
		return 0;
	port = strtol(colon + 1, &end, 10);
	return end != colon + 1 && !*end && port > 0 && port < 65536;
}

static const struct proto_ops *protocol(const char *name)
{
	const struct kind *const *table = kind_table(KIND_PROTO);
	const struct kind *kind = kind_find(KIND_PROTO, name);
	const char *names[64] = { NULL }, *nearest;

	if (kind)
		return (const struct proto_ops *)kind;
	for (size_t i = 0; table[i] && i < 63; i++)
		names[i] = table[i]->name;
	nearest = cmd_nearest(name, names);
	cmd_fail("init", 0, "no protocol '%s'; %s%s%s", name,
		 nearest ? "did you mean '"
			 : "`lancet list protocols` shows all",
		 nearest ? nearest : "", nearest ? "'?" : "");
	return NULL;
}

static int run(int argc, char **argv)
{
	static const struct option options[] = {
		{ "target", required_argument, NULL, 't' },
		{ NULL, 0, NULL, 0 },
	};
	const struct proto_ops *proto;
	const char *address = NULL;
	int c;

	while ((c = cmd_getopt(argc, argv, "", options)) != -1) {
		if (c != 't')
			return STATUS_USAGE;
		address = optarg;
	}
	if (address && !is_address(address))
		return cmd_fail(argv[0], STATUS_USAGE,
				"'%s' is not an address; write HOST:PORT",
				address);
	if (argc - optind > 1)
		return cmd_fail(argv[0], STATUS_USAGE,
				"one protocol at a time");
	proto = protocol(optind < argc ? argv[optind] : "spin");
	if (!proto)
		return STATUS_USAGE;
	print_config(proto, address);
	return STATUS_FINE;
}

const struct command command_init = {
	.name = "init",
	.help = "print a commented configuration to start from",
	.usage = usage,
	.run = run,
};
