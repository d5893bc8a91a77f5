/* pcap_read.c - a capture's packets become requests and replies */
#include "lancet/cmd/pcap.h"

#include <errno.h>
#include <string.h>

#include "agents/exchange_guess.h"
#include "hwts/capture.h"
#include "lancet/cmd/cmd.h"
#include "lancet/core/input.h"
#include "lancet/core/option.h"

static int failed(const struct pcap_request *request, const char *what)
{
	return cmd_fail("pcap", STATUS_USAGE, "%s: %s", request->file, what);
}

/* A capture is read up to three times: once to know what to look for. */
static struct capture *open_again(const struct pcap_request *request,
				  struct err *err)
{
	FILE *file = input_open_regular(request->file);

	if (file)
		return capture_open_file(file, err);
	err_set(err, -errno, "%s", errno == EINVAL
		? "not a regular file, but a capture is read more than once; "
		  "copy it to one" : strerror(errno));
	return NULL;
}

/* --- whom to look for ----------------------------------------------------- */

/*
 * Why there is no server in it: what its packets are, if all are of a kind;
 * else what ended it early, if something did.
 */
static int no_server(const struct pcap_request *request, const char *link,
		     const uint64_t kind[DISSECT_KINDS], uint64_t packets,
		     const char *damage)
{
	struct err err;

	if (!packets && damage)
		return failed(request, damage);
	if (!packets)
		return failed(request, "no packet in it; capture while the "
				       "server is asked");
	if (kind[DISSECT_UNKNOWN_LINK] == packets) {
		err_set(&err, -ENOTSUP, "its packets are of a link that lancet "
			"cannot read (%s); capture where they are IP", link);
		return failed(request, err.text);
	}
	if (kind[DISSECT_FRAGMENT] > packets / 2) {
		err_set(&err, -ENOTSUP, "%llu of %llu packets are IP fragments, "
			"which are passed over; send smaller datagrams",
			(unsigned long long)kind[DISSECT_FRAGMENT],
			(unsigned long long)packets);
		return failed(request, err.text);
	}
	if (damage)
		return failed(request, damage);
	return failed(request, "no UDP or TCP packet with data; if there "
			       "should be one, name the server with --target "
			       "or --port");
}

static int guess_server(struct pcap_request *request, struct capture *c)
{
	struct exchange_guess guess;
	struct capture_packet packet;
	uint64_t kind[DISSECT_KINDS] = { 0 }, packets = 0;
	struct dissected d;
	struct err err;
	bool any = false;
	int rc = 0;

	if (exchange_guess_init(&guess) == 0) {
		while ((rc = capture_next(c, &packet, &err)) > 0 &&
		       exchange_guess_take(&guess, &packet)) {
			kind[dissect_packet(&packet, &d)]++;
			packets++;
		}
		any = exchange_guess_best(&guess, &request->server);
	}
	exchange_guess_fini(&guess);
	if (any)
		return STATUS_FINE;
	return no_server(request, capture_link_name(c), kind, packets,
			 rc < 0 ? err.text : NULL);
}

/* Packets that a guess of the protocol looks at. */
#define LOOK 20000

/*
 * How many requests of this protocol have a reply in the first packets, and
 * what else is counted in those.
 */
static size_t answered_of(const struct pcap_request *request,
			  const struct choice *protocol, struct arena *arena,
			  struct exchange_counts *count)
{
	struct capture_packet packet;
	struct exchanges x;
	struct err err;
	size_t answered = 0;
	struct capture *c = open_again(request, &err);

	if (!c)
		return 0;
	if (exchange_init(&x, protocol, &request->server, arena, &err) == 0)
		for (int i = 0; i < LOOK && capture_next(c, &packet, &err) > 0;
		     i++)
			if (exchange_take(&x, &packet) < 0)
				break;
	for (size_t i = 0; i < x.n; i++)
		answered += x.all[i].reply_ns > 0;
	/* Bytes of another protocol look like one of this now and then. */
	if (x.count.bad_requests >= x.n)
		answered = 0;
	*count = x.count;
	exchange_fini(&x);
	capture_close(c);
	return answered;
}

static int guess_protocol(struct pcap_request *request, struct arena *arena)
{
	static const char *const candidates[] = {
		"echo", "spin", "http", "redis", "memcached",
		"{memcached: {format: binary}}", "memcached-udp",
		"{memcached-udp: {format: binary}}",
	};
	struct exchange_counts count = { 0 };
	struct err err;
	size_t most = 0;

	for (size_t i = 0; i < sizeof(candidates) / sizeof(*candidates); i++) {
		struct choice choice = { 0 };
		size_t answered;

		if (option_parse_choice(KIND_PROTO, OPTION_UNIT_TIME,
					candidates[i], &choice, arena, &err))
			continue;
		answered = answered_of(request, &choice, arena, &count);
		if (answered <= most)
			continue;
		most = answered;
		request->protocol = choice;
		request->protocol_text = candidates[i];
	}
	if (most > 0)
		return STATUS_FINE;
	if (!count.ours && count.packets == LOOK) {
		err_set(&err, -ENODATA, "no packet of that server among the "
			"first %d; name the protocol with --protocol, or "
			"another server", LOOK);
		return failed(request, err.text);
	}
	if (!count.ours)
		return failed(request, "no packet of that server; without "
				       "--target and --port the one with most "
				       "packets is taken");
	if (count.cut + count.kind[DISSECT_CUT] > 0)
		return failed(request, "packets were captured so short that "
				       "no request in them can be told; "
				       "capture them whole (tcpdump -s 0)");
	return failed(request, "no request with a reply in any protocol that "
			       "can be guessed; name it with --protocol, and "
			       "the server with --target");
}

/* --- all of it ------------------------------------------------------------ */

static int read_packets(const struct pcap_request *request, struct capture *c,
			struct pcap_found *found)
{
	struct capture_packet packet;
	int rc;

	while ((rc = capture_next(c, &packet, &found->damage)) > 0)
		if (exchange_take(&found->x, &packet) < 0)
			return failed(request, "out of memory");
	if (rc == 0)
		found->damage.text[0] = '\0';
	return STATUS_FINE;
}

static int read_all(struct pcap_request *request, struct pcap_found *found,
		    struct arena *arena)
{
	struct err err;
	struct capture *c = open_again(request, &err);
	int status;

	if (!c)
		return failed(request, err.text);
	found->link = arena_strdup(arena, capture_link_name(c));
	if (exchange_init(&found->x, &request->protocol, &request->server,
			  arena, &err) < 0)
		status = cmd_fail("pcap", STATUS_USAGE, "--protocol: %s",
				  err.text);
	else
		status = read_packets(request, c, found);
	capture_close(c);
	return status;
}

int pcap_read(struct pcap_request *request, struct pcap_found *found,
	      struct arena *arena)
{
	struct err err;
	struct capture *c = open_again(request, &err);
	int status = STATUS_FINE;

	if (!c)
		return failed(request, err.text);
	if (!request->server_given)
		status = guess_server(request, c);
	capture_close(c);
	if (!status && !request->protocol.kind)
		status = guess_protocol(request, arena);
	return status ? status : read_all(request, found, arena);
}
