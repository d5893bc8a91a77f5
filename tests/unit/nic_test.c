/* nic_test.c - stamps of a card that loses, delays, repeats and confuses them */
#include "tests/unit/seed.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/net_tstamp.h>
#include <sys/socket.h>
#include <unistd.h>

#include "hwts/hwtstamp.h"
#include "hwts/pairing.h"
#include "hwts/phc_clock.h"
#include "hwts/phc_track.h"
#include "hwts/wall.h"
#include "lancet/core/arena.h"
#include "lancet/core/clock.h"
#include "lancet/core/err.h"
#include "tests/double/nic.h"

#define REQUESTS 4096u
#define BURST 8u		/* together on their way, easily mistaken */
#define SLACK_NS 500		/* of the truth: clocks slewed in a pause */
#define ENTRIES (REQUESTS * 12)

extern const struct tsource_ops tsource_socket;

/* Requests and their echoes over lo, by this thread alone. */
struct flight {
	struct tsource source;
	struct arena arena;
	struct wall wall;
	struct phc_track track;
	struct pairing pairing;
	struct sample sample[REQUESTS];
	struct pairing_entry log[ENTRIES];
	size_t n;
	uint32_t key[REQUESTS];
	int client, server;
	struct err err;
};

static struct flight *f;

static void fail_errno(const char *what)
{
	fail_msg("%s: %s", what, strerror(errno));
}

static void open_sockets(void)
{
	struct sockaddr_in at = { .sin_family = AF_INET };
	socklen_t len = sizeof(at);

	at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	f->server = socket(AF_INET, SOCK_DGRAM, 0);
	f->client = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
	if (bind(f->server, (void *)&at, len) ||
	    getsockname(f->server, (void *)&at, &len) ||
	    connect(f->client, (void *)&at, len))
		fail_errno("sockets on lo");
}

static int open_flight(void)
{
	struct tsource_params params = {
		.sys = &nic_sys, .connections = 1, .hardware = true,
		.every = true, .buffer = 8 << 20,
	};
	struct tsource *s = &f->source;
	int rc;

	arena_init(&f->arena);
	s->ops = &tsource_socket;
	s->state = arena_alloc(&f->arena, s->ops->state_size);
	open_sockets();
	assert_int_equal(s->ops->open(s->state, &params, &f->arena, &f->err),
			 0);
	rc = s->ops->enable(s->state, 0, f->client, &f->err);
	assert_int_equal(wall_init(&f->wall), 0);
	return rc;
}

static void close_flight(void)
{
	f->source.ops->close(f->source.state);
	wall_fini(&f->wall);
	close(f->client);
	close(f->server);
	arena_fini(&f->arena);
	nic_stop();
}

static struct pairing_entry *entry(enum pairing_what what)
{
	assert_true(f->n < ENTRIES);
	f->log[f->n] = (struct pairing_entry){ .what = (uint8_t)what };
	return &f->log[f->n++];
}

static void send_one(uint32_t seq)
{
	unsigned char control[TSOURCE_CONTROL];
	struct tsource *s = &f->source;
	struct iovec iov = { &seq, sizeof(seq) };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };
	struct pairing_entry *e = entry(PAIRING_SENT);
	unsigned kinds = TSOURCE_BIT(TSOURCE_SND);
	size_t len = s->ops->tx_request(s->state, 0, kinds, control, &e->key);

	msg.msg_control = len ? control : NULL;
	msg.msg_controllen = len;
	e->seq = seq;
	e->kind = (uint8_t)kinds;
	f->key[seq] = e->key;
	f->sample[seq] = (struct sample){
		.seq = seq, .sent_ns = clock_now_ns(),
		.wire_out_ns = SAMPLE_LOST_STAMP,
		.wire_in_ns = SAMPLE_LOST_STAMP,
	};
	f->sample[seq].intended_ns = f->sample[seq].sent_ns;
	if (nic_sys.sendmsg(f->client, &msg, 0) != sizeof(seq))
		fail_errno("sendmsg");
}

static void echo_one(void)
{
	struct sockaddr_in from;
	socklen_t len = sizeof(from);
	uint32_t seq;

	if (recvfrom(f->server, &seq, sizeof(seq), 0, (void *)&from, &len) !=
		    sizeof(seq) ||
	    sendto(f->server, &seq, sizeof(seq), 0, (void *)&from, len) !=
		    sizeof(seq))
		fail_errno("echo");
}

static void receive_one(void)
{
	_Alignas(struct cmsghdr) unsigned char control[TSOURCE_RECEIVED];
	struct tsource_stamp at;
	uint32_t seq;
	struct iovec iov = { &seq, sizeof(seq) };
	struct msghdr msg = {
		.msg_iov = &iov, .msg_iovlen = 1,
		.msg_control = control, .msg_controllen = sizeof(control),
	};

	if (nic_sys.recvmsg(f->client, &msg, 0) != sizeof(seq))
		fail_errno("recvmsg");
	assert_true(seq < REQUESTS);
	f->sample[seq].received_ns = clock_now_ns();
	if (f->source.ops->rx_stamp(f->source.state, &msg, &at)) {
		struct pairing_entry *e = entry(PAIRING_RECEIVED);

		e->seq = seq;
		e->ns = at.ns;
		e->clock = at.clock;
		e->quality = at.quality;
	}
}

static size_t drain(void)
{
	static struct tsource_stamp stamp[TSOURCE_DRAIN];
	size_t n = f->source.ops->tx_drain(f->source.state, 0, stamp,
					   TSOURCE_DRAIN);

	for (size_t i = 0; i < n; i++) {
		struct pairing_entry *e = entry(PAIRING_STAMP);

		e->ns = stamp[i].ns;
		e->conn = stamp[i].conn;
		e->key = stamp[i].key;
		e->kind = stamp[i].kind;
		e->clock = stamp[i].clock;
		e->quality = stamp[i].quality;
	}
	return n;
}

static void drain_all(void)
{
	while (drain())
		;
}

static void fly(void)
{
	wall_begin(&f->wall, &nic_sys);
	assert_int_equal(phc_track_start(&f->track, &f->source, &f->arena,
					 &f->err), 0);
	for (uint32_t i = 0; i < REQUESTS; i += BURST) {
		for (uint32_t k = 0; k < BURST; k++)
			send_one(i + k);
		for (uint32_t k = 0; k < BURST; k++)
			echo_one();
		for (uint32_t k = 0; k < BURST; k++)
			receive_one();
		drain();
		if (clock_now_ns() >= f->wall.next_ns)
			wall_look(&f->wall, &nic_sys);
	}
	drain_all();
	usleep((useconds_t)(nic_good.late_ns / 1000 * 2));
	drain_all();
	wall_look(&f->wall, &nic_sys);
	phc_track_stop(&f->track, &f->arena);
}

static void join(void)
{
	struct pairing_rules rules = {
		.connections = 1, .hardware = true, .wall = &f->wall,
		.phc_mono = phc_track_mono, .phc = &f->track,
	};

	pairing_join(&f->pairing, f->log, f->n, f->sample, REQUESTS, &rules,
		     &f->arena);
}

/* --- against the truth ---------------------------------------------------- */

struct verdict {
	uint64_t believed, wrong, told, clean;
};

static struct verdict compare(void)
{
	struct verdict v = { 0 };

	for (uint32_t i = 0; i < REQUESTS; i++) {
		struct nic_truth truth = nic_truth(f->client, f->key[i]);
		const struct sample *s = &f->sample[i];
		int64_t off;

		v.told += truth.told;
		v.clean += truth.told && !truth.mistaken;
		if (s->wire_out_ns == SAMPLE_LOST_STAMP)
			continue;
		v.believed++;
		off = llabs(s->sent_ns + s->wire_out_ns - truth.mono_ns);
		v.wrong += !truth.told || off > f->pairing.bound_ns + SLACK_NS;
	}
	return v;
}

static const struct fault {
	const char *what;
	bool mistakes;		/* right stamps may be refused, too */
	size_t share, share2;	/* where in the spec */
} faults[] = {
#define SHARE(field) offsetof(struct nic_spec, field)
	{ "lost", false, SHARE(lost), 0 },
	{ "zero", false, SHARE(zero), 0 },
	{ "late", false, SHARE(late), 0 },
	{ "twice", false, SHARE(twice), 0 },
	{ "reordered", false, SHARE(reordered), 0 },
	{ "wrong id", true, SHARE(wrong_id), 0 },
	{ "wrong id, lost", true, SHARE(wrong_id), SHARE(lost) },
	{ "late, reordered", false, SHARE(late), SHARE(reordered) },
};

/* Requests over a card of this kind, joined; the caller closes. */
static struct verdict flown(const struct nic_spec *spec)
{
	memset(f, 0, sizeof(*f));
	nic_start(spec);
	if (open_flight() < 0)
		fail_msg("%s", f->err.text);
	fly();
	join();
	return compare();
}

static struct nic_spec good(void)
{
	struct nic_spec spec = nic_good;

	spec.seed = (double)(test_seed() % 1000000 + 1);
	return spec;
}

static void try_fault(const struct fault *fault, double share)
{
	struct nic_spec spec = good();
	struct verdict v;

	if (fault->share)
		*(double *)((char *)&spec + fault->share) = share;
	if (fault->share2)
		*(double *)((char *)&spec + fault->share2) = share;
	v = flown(&spec);
	if (v.wrong)
		fail_msg("%s %g%%: %llu stamps are of another request",
			 fault->what, share * 100,
			 (unsigned long long)v.wrong);
	assert_int_equal(f->pairing.count.asked, REQUESTS);
	assert_int_equal(f->pairing.count.lost_tx, REQUESTS - v.believed);
	if (!fault->mistakes && v.believed != v.told)
		fail_msg("%s %g%%: %llu told, %llu believed: %lld disputed, "
			 "%lld stray, %lld misplaced, %lld unclear",
			 fault->what, share * 100, (unsigned long long)v.told,
			 (unsigned long long)v.believed,
			 (long long)f->pairing.count.disputed,
			 (long long)f->pairing.count.stray,
			 (long long)f->pairing.count.misplaced,
			 (long long)f->pairing.count.unclear);
	if (fault->mistakes) /* something is left to believe */
		assert_true(v.believed > REQUESTS / 8 &&
			    v.believed <= v.clean);
	close_flight();
}

static void test_faults(void **state)
{
	static const double shares[] = { .001, .01, .1 };

	(void)state;
	for (size_t i = 0; i < sizeof(faults) / sizeof(*faults); i++)
		for (size_t k = 0; k < 3; k++)
			try_fault(&faults[i], shares[k]);
}

static void test_one_in_flight(void **state)
{
	struct nic_spec spec = good();
	struct verdict v;

	(void)state;
	spec.one_in_flight_ns = 10000;
	v = flown(&spec);
	assert_int_equal(v.wrong, 0);
	assert_int_equal(v.believed, v.told);
	assert_int_equal(v.told, REQUESTS - nic_counts.busy);
	assert_true(nic_counts.busy > 0);
	close_flight();
}

/* It claims everything, and nothing comes: the requests have no stamps. */
static void test_mute(void **state)
{
	struct nic_spec spec = good();
	struct verdict v;

	(void)state;
	spec.mute = 1;
	v = flown(&spec);
	assert_int_equal(v.believed, 0);
	assert_int_equal(f->pairing.count.lost_tx, REQUESTS);
	close_flight();
}

/* Stamps of a clock that stands still are of no instant at all. */
static void test_frozen(void **state)
{
	struct nic_spec spec = good();
	struct verdict v;

	(void)state;
	spec.frozen = 1;
	v = flown(&spec);
	assert_int_equal(v.believed, 0);
	assert_int_equal(f->track.freezes, 1);
	assert_true(f->pairing.count.unclear > 0);
	close_flight();
}

/* --- the setting of the interface ----------------------------------------- */

static const struct answer {
	double claims, get_errno, set_errno, set_filter;
	const char *says;	/* NULL: it works */
} answers[] = {
	{ 1, 0, 0, -1, NULL },
	{ 1, EOPNOTSUPP, 0, -1, NULL },
	{ 0, 0, 0, -1, "has no hardware clock" },
	{ 1, 0, EOPNOTSUPP, -1, "has no hardware timestamps" },
	{ 1, 0, EBUSY, -1, "another program has configured" },
	{ 1, 0, ERANGE, -1, "stamps only PTP packets" },
	{ 1, 0, EPERM, -1, "CAP_NET_ADMIN" },
	{ 1, 0, EIO, -1, "cannot enable" },
	{ 1, 0, 0, HWTSTAMP_FILTER_PTP_V2_EVENT, "stamps only PTP" },
	{ 1, 0, 0, HWTSTAMP_FILTER_NONE, "stamps only PTP packets" },
};

static void try_answer(const struct answer *a)
{
	struct nic_spec spec = good();
	int rc, tx, rx;

	spec.claims = a->claims;
	spec.get_errno = a->get_errno;
	spec.set_errno = a->set_errno;
	spec.set_filter = a->set_filter;
	memset(f, 0, sizeof(*f));
	nic_start(&spec);
	rc = open_flight();
	assert_true(!!a->says == (rc < 0));
	if (a->says && !strstr(f->err.text, a->says))
		fail_msg("\"%s\" does not say \"%s\"", f->err.text, a->says);
	close_flight();
	nic_configured(&tx, &rx);
	assert_int_equal(tx, HWTSTAMP_TX_OFF);
}

static void test_answers(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(answers) / sizeof(*answers); i++)
		try_answer(&answers[i]);
}

static void assert_set(int tx, int rx)
{
	int now_tx, now_rx;

	nic_configured(&now_tx, &now_rx);
	assert_int_equal(now_tx, tx);
	assert_int_equal(now_rx, rx);
}

#define ON HWTSTAMP_TX_ON
#define ALL HWTSTAMP_FILTER_ALL
#define PTP HWTSTAMP_FILTER_PTP_V2_EVENT

static void take(struct hwtstamp_hold *hold)
{
	struct err err;

	if (hwtstamp_take(hold, &nic_sys, "lo", &err) < 0)
		fail_msg("%s", err.text);
	assert_set(ON, ALL);
}

/* The last of two sets what was before; unless somebody else has. */
static void test_restored(void **state)
{
	struct hwtstamp_hold a, b;
	struct nic_spec spec = good();

	(void)state;
	nic_start(&spec);
	nic_configure(ON, PTP);
	take(&a);
	take(&b);
	hwtstamp_release(&a);
	assert_set(ON, ALL);
	hwtstamp_release(&b);
	assert_set(ON, PTP);
	take(&a);
	nic_configure(HWTSTAMP_TX_OFF, PTP);
	hwtstamp_release(&a);
	assert_set(HWTSTAMP_TX_OFF, PTP);
	nic_stop();
}

/* Who dies leaves the file, and no lock on it. */
static void test_crashed(void **state)
{
	struct hwtstamp_hold dead, next;
	struct nic_spec spec = good();

	(void)state;
	nic_start(&spec);
	nic_configure(ON, PTP);
	take(&dead);
	assert_int_equal(hwtstamp_recover(&nic_sys), 0);
	assert_set(ON, ALL);
	close(dead.fd);
	assert_int_equal(hwtstamp_recover(&nic_sys), 1);
	assert_set(ON, PTP);
	assert_int_equal(hwtstamp_recover(&nic_sys), 0);
	take(&dead);
	close(dead.fd);
	take(&next);
	hwtstamp_release(&next);
	assert_set(ON, PTP);
	nic_stop();
}

/* --- the clock ------------------------------------------------------------ */

static void try_method(enum phc_method method, double precise, double extended,
		       double offset)
{
	struct tsource_reading look[PHC_LOOKS];
	struct nic_spec spec = good();
	struct phc_clock clock;
	struct err err;

	spec.precise_errno = precise;
	spec.extended_errno = extended;
	spec.offset_errno = offset;
	nic_start(&spec);
	if (phc_clock_open(&clock, &nic_sys, 0, &err) < 0)
		fail_msg("%s", err.text);
	assert_int_equal(clock.method, method);
	assert_int_equal(phc_clock_read(&clock, look, PHC_LOOKS), PHC_LOOKS);
	for (int i = 0; i < PHC_LOOKS; i++) {
		assert_true(nic_clock(look[i].before_ns - SLACK_NS) <=
			    look[i].other_ns);
		assert_true(nic_clock(look[i].after_ns + SLACK_NS) >=
			    look[i].other_ns);
	}
	phc_clock_close(&clock);
	nic_stop();
}

static void test_methods(void **state)
{
	struct phc_clock clock;
	struct err err;

	(void)state;
	try_method(PHC_PRECISE, 0, 0, 0);
	try_method(PHC_EXTENDED, EOPNOTSUPP, 0, 0);
	try_method(PHC_OFFSET, EOPNOTSUPP, ENOTTY, 0);
	try_method(PHC_BRACKET, EOPNOTSUPP, ENOTTY, ENOTTY);
	assert_int_equal(phc_clock_open(&clock, &sys_kernel, 999, &err),
			 -ENOENT);
	assert_non_null(strstr(err.text, "/dev/ptp999"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_faults),
		cmocka_unit_test(test_one_in_flight),
		cmocka_unit_test(test_mute),
		cmocka_unit_test(test_frozen),
		cmocka_unit_test(test_answers),
		cmocka_unit_test(test_restored),
		cmocka_unit_test(test_crashed),
		cmocka_unit_test(test_methods),
	};
	char folder[] = "/tmp/lancet-nic-XXXXXX";
	int rc;

	f = calloc(1, sizeof(*f));
	clock_sync();
	if (!f || !mkdtemp(folder))
		return 1;
	setenv("RUNTIME_DIRECTORY", folder, 1);
	rc = cmocka_run_group_tests(tests, NULL, NULL);
	/* No state is left in it. */
	if (rmdir(folder)) {
		perror(folder);
		rc = 1;
	}
	free(f);
	return rc;
}
