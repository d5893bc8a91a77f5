/* hwts.c - `lancet hwts`: what stamps this machine's interfaces can give */
#include "lancet/cmd/hwts.h"

#include <getopt.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "agents/transport.h"
#include "hwts/hwtstamp.h"
#include "hwts/sys.h"
#include "lancet/cmd/cmd.h"
#include "lancet/core/arena.h"
#include "lancet/core/clock.h"

static const char usage[] =
	"lancet hwts                what each interface that is up can do\n"
	"lancet hwts eth0 --peer 10.0.0.7:9000\n"
	"lancet hwts lo --json\n"
	"\n"
	"Tries every source of timestamps on an interface, by real packets, and\n"
	"says what came back, and where something is missing, one remedy:\n"
	"  hardware    stamps of the network card, set to stamp while it is\n"
	"              tried; how its clock is read, and what it is good for\n"
	"  kernel      SCHED, SND and RX of UDP; of TCP, ACK too\n"
	"  user        the program's own clock\n"
	"  pcap        capturing\n"
	"Over lo the packets go to sockets of its own, which answer. Elsewhere\n"
	"they go to the peer, or else as 8 packets of UDP multicast, which stay\n"
	"on the link and are not answered, so that RX and TCP are not tried.\n"
	"\n"
	"usage: lancet hwts [OPTION]... [IFACE]\n"
	"  --peer HOST:PORT  something that answers, by UDP, TCP or both (lancet\n"
	"                    target --protocol echo)\n"
	"  --json            print an array of interfaces as JSON\n"
	"\n"
	"Exit status: 0 fine, 2 no such interface or peer.\n";

struct request {
	const char *interface, *peer;
	struct sockaddr_storage to;
	unsigned to_len;
	bool json;
};

static int fail_unknown(const char *name, const struct if_nameindex *all,
			struct arena *arena)
{
	size_t n = 0;
	const char **names, *near;

	while (all[n].if_index)
		n++;
	names = arena_array(arena, n + 1, sizeof(*names));
	for (size_t i = 0; i < n; i++)
		names[i] = all[i].if_name;
	near = cmd_nearest(name, names);
	return cmd_fail("hwts", STATUS_USAGE,
			"there is no interface '%s'; %s%s%s", name,
			near ? "did you mean '" : "`lancet hwts` shows all",
			near ? near : "", near ? "'?" : "");
}

static bool is_up(const char *name)
{
	struct ifreq ifr = { 0 };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return false;
	snprintf(ifr.ifr_name, sizeof(ifr.ifr_name), "%s", name);
	if (sys_kernel.ioctl(fd, SIOCGIFFLAGS, &ifr))
		ifr.ifr_flags = 0;
	close(fd);
	return ifr.ifr_flags & IFF_UP;
}

static int examine(const struct request *r, const struct if_nameindex *all,
		   struct arena *arena)
{
	struct hwts_interface *found;
	size_t n = 0, room = 0;

	while (all[room].if_index)
		room++;
	found = arena_array(arena, room + 1, sizeof(*found));
	for (size_t i = 0; i < room; i++) {
		const char *name = all[i].if_name;

		if (r->interface ? strcmp(r->interface, name) != 0
				 : !is_up(name))
			continue;
		found[n].name = name;
		hwts_examine(&found[n], r->peer ? &r->to : NULL, r->to_len);
		if (!r->json)
			hwts_print(&found[n], stdout);
		n++;
	}
	if (!n && r->interface)
		return fail_unknown(r->interface, all, arena);
	if (r->json && hwts_print_json(found, n, stdout) < 0)
		return STATUS_BROKEN;
	return STATUS_FINE;
}

static int hwts(struct request *r)
{
	struct if_nameindex *all = if_nameindex();
	struct arena arena;
	struct err err;
	int status;

	if (!all)
		return cmd_fail("hwts", STATUS_BROKEN,
				"the interfaces cannot be listed");
	arena_init(&arena);
	clock_sync();
	hwtstamp_recover(&sys_kernel);
	if (r->peer && transport_resolve(r->peer, 0, &r->to, &r->to_len,
					 &err) < 0)
		status = cmd_fail("hwts", STATUS_USAGE, "%s", err.text);
	else
		status = examine(r, all, &arena);
	arena_fini(&arena);
	if_freenameindex(all);
	return status;
}

static int run(int argc, char **argv)
{
	static const struct option options[] = {
		{ "peer", required_argument, NULL, 'p' },
		{ "json", no_argument, NULL, 'j' },
		{ NULL, 0, NULL, 0 },
	};
	struct request request = { 0 };
	int c;

	while ((c = cmd_getopt(argc, argv, "", options)) != -1) {
		if (c == 'p')
			request.peer = optarg;
		else if (c == 'j')
			request.json = true;
		else
			return STATUS_USAGE;
	}
	if (argc - optind > 1)
		return cmd_fail("hwts", STATUS_USAGE,
				"one interface at a time, or none for all");
	request.interface = argv[optind];
	return hwts(&request);
}

const struct command command_hwts = {
	.name = "hwts",
	.help = "find out which timestamps the interfaces give",
	.usage = usage,
	.run = run,
};
