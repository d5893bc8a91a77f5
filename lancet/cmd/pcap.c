/* pcap.c - `lancet pcap`: latency, or an arrival trace, from a capture */
#include "lancet/cmd/pcap.h"

#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "agents/transport.h"
#include "lancet/cmd/cmd.h"
#include "lancet/core/option.h"
#include "lancet/core/unit.h"
#include "workloads/arrival.h"

static const char usage[] =
	"tcpdump -i eth0 --time-stamp-precision=nano -w x.pcap port 11211\n"
	"lancet pcap x.pcap --port 11211 --protocol memcached\n"
	"lancet pcap x.pcap --arrival '{gamma: {scv: 0.5}}' --json\n"
	"lancet pcap x.pcap --arrivals > arrivals.csv\n"
	"\n"
	"Reads a capture (pcap or pcapng, UDP or TCP), finds the requests to one\n"
	"server and their replies, and says how late these came by the stamps of\n"
	"the capture, and whether the requests came as an arrival law says.\n"
	"\n"
	"usage: lancet pcap [OPTION]... FILE\n"
	"  --protocol P      of the requests, with options if it needs some\n"
	"                    (`lancet list protocols`); else it is guessed\n"
	"  --target ADDRESS  of the server; else the end with most packets\n"
	"  --port N          of the server, at any address\n"
	"  --arrival LAW     that requests may follow [poisson]\n"
	"  --timeout TIME    replies later than this count as late, requests\n"
	"                    without one as never answered [1s]\n"
	"  --arrivals        print when requests came instead, for\n"
	"                    `arrival: {trace: {file: FILE}}`, at the same rate\n"
	"  --requests        print a line for each request instead: when it and\n"
	"                    its reply passed, by the capture's clock\n"
	"  --json            one JSON document on standard output\n"
	"\n"
	"Exit status: 0 fine, 2 wrong usage or no capture, 3 the capture is\n"
	"damaged: what was read before the damage has been printed.\n";

/* --- options -------------------------------------------------------------- */

static int take_choice(const char *option, enum kind_class class,
		       const char *text, struct choice *to,
		       struct arena *arena)
{
	struct err err;

	if (option_parse_choice(class, OPTION_UNIT_TIME, text, to, arena,
				&err) == 0)
		return 0;
	return cmd_fail("pcap", STATUS_USAGE, "--%s: %s", option, err.text);
}

static int take_arrival(struct pcap_request *request, const char *text,
			struct arena *arena)
{
	const struct arrival_ops *ops;

	if (take_choice("arrival", KIND_ARRIVAL, text, &request->arrival,
			arena))
		return STATUS_USAGE;
	ops = (const void *)request->arrival.kind;
	if (ops->flags & ARRIVAL_RENEWAL)
		return 0;
	return cmd_fail("pcap", STATUS_USAGE,
			"--arrival: %s has no law of its gaps to compare with",
			request->arrival.kind->name);
}

static int take_target(struct pcap_request *request, const char *text)
{
	struct dissect_end *end = &request->server.end;
	struct sockaddr_storage to;
	const struct sockaddr_in6 *in6 = (const void *)&to;
	const struct sockaddr_in *in = (const void *)&to;
	struct err err;
	unsigned len;

	if (transport_resolve(text, 0, &to, &len, &err) < 0)
		return cmd_fail("pcap", STATUS_USAGE, "--target: %s", err.text);
	request->server_given = true;
	memset(end, 0, sizeof(*end));
	if (to.ss_family == AF_INET6) {
		memcpy(end->ip, &in6->sin6_addr, sizeof(end->ip));
		end->port = ntohs(in6->sin6_port);
		return 0;
	}
	memset(end->ip + 10, 0xff, 2);
	memcpy(end->ip + 12, &in->sin_addr, 4);
	end->port = ntohs(in->sin_port);
	return 0;
}

static int take_port(struct pcap_request *request, const char *text)
{
	int64_t port;

	if (unit_integer(text, &port) || port < 1 || port > 65535)
		return cmd_fail("pcap", STATUS_USAGE,
				"--port %s: give a number from 1 to 65535",
				text);
	request->server_given = true;
	request->server.any_ip = true;
	request->server.end.port = (uint16_t)port;
	return 0;
}

static int take_timeout(struct pcap_request *request, const char *text)
{
	if (unit_duration(text, &request->timeout_ns) == 0 &&
	    request->timeout_ns > 0)
		return 0;
	return cmd_fail("pcap", STATUS_USAGE,
			"--timeout %s: give a time, such as 100ms", text);
}

static int take_option(struct pcap_request *request, int c, const char *text,
		       struct arena *arena)
{
	switch (c) {
	case 'P':
		request->protocol_text = text;
		return take_choice("protocol", KIND_PROTO, text,
				   &request->protocol, arena);
	case 't':
		return take_target(request, text);
	case 'p':
		return take_port(request, text);
	case 'l':
		return take_arrival(request, text, arena);
	case 'T':
		return take_timeout(request, text);
	case 'a':
		request->arrivals = true;
		return 0;
	case 'r':
		request->requests = true;
		return 0;
	case 'j':
		request->json = true;
		return 0;
	default:
		return STATUS_USAGE;
	}
}

static const struct option options[] = {
	{ "protocol", required_argument, NULL, 'P' },
	{ "target", required_argument, NULL, 't' },
	{ "port", required_argument, NULL, 'p' },
	{ "arrival", required_argument, NULL, 'l' },
	{ "timeout", required_argument, NULL, 'T' },
	{ "arrivals", no_argument, NULL, 'a' },
	{ "requests", no_argument, NULL, 'r' },
	{ "json", no_argument, NULL, 'j' },
	{ NULL, 0, NULL, 0 },
};

static int read_arguments(struct pcap_request *request, int argc, char **argv,
			  struct arena *arena)
{
	int c, status = take_arrival(request, "poisson", arena);

	while (!status && (c = cmd_getopt(argc, argv, "", options)) != -1)
		status = take_option(request, c, optarg, arena);
	if (!status && argc - optind != 1)
		status = cmd_fail("pcap", STATUS_USAGE, argc == optind
				  ? "no file given; name a capture"
				  : "one file at a time");
	if (!status &&
	    request->arrivals + request->requests + request->json > 1)
		status = cmd_fail("pcap", STATUS_USAGE,
				  "--arrivals, --requests and --json exclude "
				  "each other; give one");
	if (!status)
		request->file = argv[optind];
	return status;
}

/* --- output --------------------------------------------------------------- */

/* With services where the requests carry them; of a class there is one. */
static void print_trace(const struct pcap_found *found, struct arena *arena)
{
	const struct exchanges *x = &found->x;
	const struct exchange *const *e = pcap_by_time(x, arena);

	puts(x->proto.flags & PROTO_SERVICE ? "time_ns,class,service_ns"
					    : "time_ns");
	for (size_t i = 0; i < x->n; i++) {
		printf("%" PRId64, e[i]->request_ns - e[0]->request_ns);
		if (x->proto.flags & PROTO_SERVICE)
			printf(",0,%" PRIu64, e[i]->service_ns);
		putchar('\n');
	}
}

static void print_requests(const struct pcap_found *found, struct arena *arena)
{
	static const char *const state[] = {
		[EXCHANGE_OPEN] = "open", [EXCHANGE_ANSWERED] = "answered",
		[EXCHANGE_NACKED] = "nacked", [EXCHANGE_ERROR] = "error",
		[EXCHANGE_UNKNOWN] = "unknown",
	};
	const struct exchange *const *e = pcap_by_time(&found->x, arena);

	puts("request_ns,reply_ns,outcome,connection");
	for (size_t i = 0; i < found->x.n; i++) {
		printf("%" PRId64 ",", e[i]->request_ns);
		if (e[i]->reply_ns)
			printf("%" PRId64, e[i]->reply_ns);
		printf(",%s,%" PRIu32 "\n", state[e[i]->state], e[i]->flow);
	}
}

static int report(const struct pcap_request *request, struct pcap_found *found,
		  struct arena *arena)
{
	if (request->arrivals) {
		print_trace(found, arena);
	} else if (request->requests) {
		print_requests(found, arena);
	} else {
		pcap_count(request, found);
		pcap_latency(request, found, arena);
		pcap_arrivals(request, found, arena);
		(request->json ? pcap_print_json : pcap_print)(request, found);
	}
	if (!found->damage.text[0])
		return STATUS_FINE;
	return cmd_fail("pcap", STATUS_INVALID,
			"%s: damaged after %" PRIu64 " packets: %s",
			request->file, found->x.count.packets,
			found->damage.text);
}

static int run(int argc, char **argv)
{
	struct pcap_request request = { .timeout_ns = 1000000000 };
	struct pcap_found found = { .damage.text = "" };
	struct arena arena;
	int status;

	arena_init(&arena);
	status = read_arguments(&request, argc, argv, &arena);
	if (!status)
		status = pcap_read(&request, &found, &arena);
	if (!status)
		status = report(&request, &found, &arena);
	exchange_fini(&found.x);
	arena_fini(&arena);
	return status;
}

const struct command command_pcap = {
	.name = "pcap",
	.help = "read latencies, or an arrival trace, from a packet capture",
	.usage = usage,
	.run = run,
};
