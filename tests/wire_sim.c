/* wire_sim.c - every stamp of some requests, looked at */
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lancet/core/clock.h"
#include "lancet/core/err.h"
#include "tests/double/echo.h"
#include "tests/double/wire_trial.h"

static const char usage[] =
	"usage: wire-sim [OPTION]...   sends requests and looks at their stamps\n"
	"  --tcp               over TCP (UDP)\n"
	"  --requests N        (20000)\n"
	"  --connections N     (1)\n"
	"  --burst N           so many under way together (1)\n"
	"  --size N            bytes of each (32)\n"
	"  --share X           of them ask for stamps (1)\n"
	"  --detail X          and for stamps of SCHED, and ACK (1)\n"
	"  --buffer N          receive buffer of a socket in bytes (8 MiB)\n"
	"  --silent            receive nothing before all is sent\n"
	"  --dump FILE         seq,conn,end,sent,out,in,received of each: end, the\n"
	"                      offset where it ends in its stream; before,\n"
	"                      clock,CLOCK_MONOTONIC,CLOCK_REALTIME; ns\n"
	"  --address ADDR      of an echo server (its own, on lo)\n"
	"  --serve ADDR        be that server, until killed\n"
	"\n"
	"The last line begins with pass or fail: the instants of every request\n"
	"are in order within the clocks' bound, and as many stamps are missing\n"
	"as were not heard.\n";

static const struct option options[] = {
	{ "tcp", no_argument, NULL, 't' },
	{ "requests", required_argument, NULL, 'n' },
	{ "connections", required_argument, NULL, 'c' },
	{ "burst", required_argument, NULL, 'b' },
	{ "size", required_argument, NULL, 's' },
	{ "share", required_argument, NULL, 'x' },
	{ "detail", required_argument, NULL, 'd' },
	{ "buffer", required_argument, NULL, 'B' },
	{ "silent", no_argument, NULL, 'q' },
	{ "dump", required_argument, NULL, 'D' },
	{ "address", required_argument, NULL, 'a' },
	{ "serve", required_argument, NULL, 'S' },
	{ "help", no_argument, NULL, '?' },
	{ NULL, 0, NULL, 0 },
};

static int serve(const char *address, bool stream)
{
	struct echo echo;
	struct err err;

	if (echo_start(&echo, address, stream, &err) < 0) {
		fprintf(stderr, "wire-sim: %s\n", err.text);
		return 4;
	}
	puts(echo.address);
	fflush(stdout);
	for (;;)
		pause();
}

static bool fine(const struct wire_trial *t)
{
	return t->requests > 0 && t->connections > 0 && t->connections <= 256 &&
	       t->burst > 0 && t->size >= 4 && t->size <= 4096 &&
	       t->share > 0 && t->share <= 1 && t->detail >= 0 &&
	       t->detail <= 1 && t->buffer >= 0;
}

static int report(const struct wire_trial *t)
{
	const struct pairing_counts *c = &t->count;
	/* What the double sees missing; the rest shares a later one's. */
	int64_t missing = c->asked - (int64_t)t->heard;
	bool ok = !t->disordered && !c->stray && !c->disputed &&
		  !c->misplaced && !c->unclear &&
		  missing == c->lost_tx + c->shared && t->received > 0;

	printf("asked %" PRId64 ", replies %" PRIu64 ", heard %" PRIu64
	       ", lost out %" PRId64 ", in %" PRId64 ", shared %" PRId64
	       ", dropped by the kernel %" PRIu64 "\n",
	       c->asked, t->received, t->heard, c->lost_tx, c->lost_rx,
	       c->shared, t->drops);
	printf("medians: to SCHED %.0f, SND %.0f, RX %.0f, received %.0f ns; "
	       "bound %" PRId64 " ns; %" PRIu64 " with SCHED\n",
	       t->leg_ns[0], t->leg_ns[1], t->leg_ns[2], t->leg_ns[3],
	       t->bound_ns, t->detailed);
	printf("%s: %" PRIu64 " of %u out of order, %" PRId64 " stray, %"
	       PRId64 " twice, %" PRId64 " disputed, %" PRId64 " misplaced, %"
	       PRId64 " unclear\n", ok ? "pass" : "fail", t->disordered,
	       t->requests, c->stray, c->twice, c->disputed, c->misplaced,
	       c->unclear);
	return !ok;
}

int main(int argc, char **argv)
{
	struct wire_trial t = {
		.requests = 20000, .connections = 1, .burst = 1, .size = 32,
		.share = 1, .detail = 1, .buffer = 8 << 20,
	};
	const char *at = NULL;
	struct err err;
	int c;

	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1)
		switch (c) {
		case 't': t.stream = true; break;
		case 'n': t.requests = (uint32_t)atol(optarg); break;
		case 'c': t.connections = (uint32_t)atol(optarg); break;
		case 'b': t.burst = (uint32_t)atol(optarg); break;
		case 's': t.size = (uint32_t)atol(optarg); break;
		case 'x': t.share = atof(optarg); break;
		case 'd': t.detail = atof(optarg); break;
		case 'B': t.buffer = atol(optarg); break;
		case 'q': t.silent = true; break;
		case 'D':
			t.dump = fopen(optarg, "w");
			if (!t.dump) {
				fprintf(stderr, "wire-sim: --dump %s: %s\n",
					optarg, strerror(errno));
				return 4;
			}
			break;
		case 'a': t.address = optarg; break;
		case 'S': at = optarg; break;
		default: fputs(usage, stderr); return 2;
		}
	clock_sync();
	if (at)
		return serve(at, t.stream);
	if (optind < argc || !fine(&t)) {
		fputs(usage, stderr);
		return 2;
	}
	if (wire_trial_run(&t, &err) < 0) {
		fprintf(stderr, "wire-sim: %s\n", err.text);
		return 4;
	}
	if (t.dump && fclose(t.dump)) {
		perror("wire-sim: --dump");
		return 4;
	}
	return report(&t);
}
