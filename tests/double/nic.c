/* nic.c - a network card that stamps, simulated above the kernel's own stamps */
#include "tests/double/nic_card.h"

#include <errno.h>
#include <linux/net_tstamp.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "hwts/phc.h"
#include "lancet/core/clock.h"

#define CONTROL 256

/* A message of the error queue that waits to be told. */
struct told {
	struct told *next;
	int64_t due_ns;
	size_t len;
	_Alignas(struct cmsghdr) unsigned char control[CONTROL];
};

struct nic nic = { .lock = PTHREAD_MUTEX_INITIALIZER };
struct nic_counts nic_counts;
const struct sys_ops *nic_real = &sys_kernel;

const struct nic_spec nic_good = {
	.phc = {
		.drift_ppm = 25, .wander_ppb = 3, .window_ns = 600,
		.jitter_ns = 80, .spikes = .05, .spike_ns = 20000,
		.latch = .5, .epoch_ns = INT64_C(1700000000000000000),
	},
	.late_ns = 2e6,
	.seed = 1,
	.claims = 1,
	.set_filter = -1,
	.precise_errno = EOPNOTSUPP,
};

/* --- the card ------------------------------------------------------------- */

void nic_forget(struct nic_socket *s)
{
	while (s->first) {
		struct told *t = s->first;

		s->first = t->next;
		free(t);
	}
	free(s->truth);
	*s = (struct nic_socket){ .last = &s->first };
}

void nic_stop(void)
{
	for (int i = 0; i < NIC_SOCKETS; i++)
		nic_forget(&nic.socket[i]);
	sim_phc_fini(&nic.phc);
}

static int64_t nic_wall_offset(void)
{
	struct tsource_reading look[32];
	struct phc_reading best;

	for (int i = 0; i < 32; i++) {
		look[i].before_ns = clock_now_ns();
		look[i].other_ns = clock_realtime_ns();
		look[i].after_ns = clock_now_ns();
	}
	best = phc_narrowest(look, 32);
	return phc_offset_ns(&best);
}

void nic_start(const struct nic_spec *spec)
{
	struct rng_key key = { .seed = (uint64_t)spec->seed, .thread = 3,
			       .purpose = RNG_SIM };

	nic_stop();
	nic.spec = *spec;
	nic.spec.phc.seed = key.seed;
	nic.tx = nic.rx = 0;
	nic.stamped_ns = 0;
	nic.wall_ns = nic_wall_offset();
	nic_counts = (struct nic_counts){ 0 };
	rng_init(&nic.rng, &key);
	if (spec->frozen != 0) {
		nic.spec.phc.freeze_at_ns = clock_now_ns() - 500000000;
		nic.spec.phc.freeze_ns = INT64_MAX;
	}
	nic.spec.phc.step_ns = (int64_t)spec->step_ns;
	nic.spec.phc.step_at_ns = clock_now_ns() +
				  (int64_t)(spec->step_after_s * 1e9);
	sim_phc_init(&nic.phc, &nic.spec.phc, clock_now_ns() - 1000000000);
}

int nic_parse(struct nic_spec *spec, const char *text)
{
	const struct {
		const char *key;
		double *to;
	} keys[] = {
		{ "drift", &spec->phc.drift_ppm },
		{ "wander", &spec->phc.wander_ppb },
		{ "lost", &spec->lost },
		{ "zero", &spec->zero },
		{ "late", &spec->late },
		{ "twice", &spec->twice },
		{ "reordered", &spec->reordered },
		{ "wrong-id", &spec->wrong_id },
		{ "one-in-flight-ns", &spec->one_in_flight_ns },
		{ "seed", &spec->seed },
		{ "claims", &spec->claims },
		{ "mute", &spec->mute },
		{ "frozen", &spec->frozen },
		{ "step-ns", &spec->step_ns },
		{ "step-after-s", &spec->step_after_s },
		{ "launches", &spec->launches },
		{ "get-errno", &spec->get_errno },
		{ "set-errno", &spec->set_errno },
		{ "set-filter", &spec->set_filter },
	};
	const size_t n = sizeof(keys) / sizeof(*keys);

	while (*text) {
		size_t len = strcspn(text, "="), i = 0;
		char *end;

		while (i < n && (strlen(keys[i].key) != len ||
				 strncmp(keys[i].key, text, len)))
			i++;
		if (i == n || !text[len])
			return -1;
		*keys[i].to = strtod(text + len + 1, &end);
		if (end == text + len + 1 || (*end && *end != ','))
			return -1;
		text = *end ? end + 1 : end;
	}
	return 0;
}

bool nic_strikes(double share, uint64_t *count)
{
	bool yes = share > 0 && rng_uniform(&nic.rng) < share;

	*count += yes;
	return yes;
}

bool nic_stamps(void)
{
	return nic.spec.mute == 0 && nic.tx == HWTSTAMP_TX_ON &&
	       nic.rx == HWTSTAMP_FILTER_ALL;
}

static int64_t stamp_ns(const struct timespec *at)
{
	return at->tv_sec * INT64_C(1000000000) + at->tv_nsec;
}

/* The card's time of the instant that the kernel's stamp names. */
void nic_stamp(struct scm_timestamping *at)
{
	int64_t ns = sim_phc_at(&nic.phc, stamp_ns(&at->ts[0]) - nic.wall_ns);

	at->ts[2].tv_sec = ns / 1000000000;
	at->ts[2].tv_nsec = ns % 1000000000;
}

int64_t nic_clock(int64_t mono_ns)
{
	int64_t ns;

	pthread_mutex_lock(&nic.lock);
	ns = sim_phc_at(&nic.phc, mono_ns);
	pthread_mutex_unlock(&nic.lock);
	return ns;
}

/* --- the error queue ------------------------------------------------------ */

static struct nic_truth *truth_of(struct nic_socket *s, uint32_t key)
{
	static struct nic_truth nobody;

	if (key >= 1u << 24)
		return &nobody;
	if (key >= s->keys) {
		uint32_t room = 2 * key + 1024;

		s->truth = realloc(s->truth, room * sizeof(*s->truth));
		if (!s->truth)
			abort();
		memset(s->truth + s->keys, 0,
		       (room - s->keys) * sizeof(*s->truth));
		s->keys = room;
	}
	return &s->truth[key];
}

struct nic_truth nic_truth(int fd, uint32_t key)
{
	const struct nic_socket *s = &nic.socket[fd];

	return key < s->keys ? s->truth[key] : (struct nic_truth){ 0 };
}

struct nic_parts nic_parts(struct msghdr *msg)
{
	struct nic_parts p = { 0 };

	for (struct cmsghdr *c = CMSG_FIRSTHDR(msg); c;
	     c = CMSG_NXTHDR(msg, c)) {
		if (c->cmsg_level == SOL_SOCKET &&
		    c->cmsg_type == SCM_TIMESTAMPING)
			p.at = (void *)CMSG_DATA(c);
		else if ((c->cmsg_level == SOL_IP &&
			  c->cmsg_type == IP_RECVERR) ||
			 (c->cmsg_level == SOL_IPV6 &&
			  c->cmsg_type == IPV6_RECVERR))
			p.error = (void *)CMSG_DATA(c);
	}
	return p;
}

static struct told *queue_add(struct nic_socket *s, const struct msghdr *msg)
{
	struct told *t = calloc(1, sizeof(*t));

	if (!t)
		abort();
	t->len = msg->msg_controllen;
	memcpy(t->control, msg->msg_control, t->len);
	*s->last = t;
	s->last = &t->next;
	return t;
}

/* Under its own key, or a neighbour's. */
static void tell_key(struct nic_socket *s, struct sock_extended_err *error)
{
	if (!nic_strikes(nic.spec.wrong_id, &nic_counts.wrong_id)) {
		truth_of(s, error->ee_data)->told = true;
		return;
	}
	error->ee_data += rng_below(&nic.rng, 2) ? 1u : -1u;
	truth_of(s, error->ee_data)->mistaken = true;
}

/* The card's own time of a send is told in a message of its own, or not. */
static void tell_sent(struct nic_socket *s, struct msghdr *msg,
		      struct nic_parts *p)
{
	int64_t mono_ns = stamp_ns(&p->at->ts[0]) - nic.wall_ns;
	const struct nic_spec *spec = &nic.spec;
	struct told *t;

	truth_of(s, p->error->ee_data)->mono_ns = mono_ns;
	if (nic_strikes(spec->lost, &nic_counts.lost))
		return;
	if ((double)llabs(mono_ns - nic.stamped_ns) < spec->one_in_flight_ns) {
		nic_counts.busy++;
		return;
	}
	nic.stamped_ns = mono_ns;
	nic_stamp(p->at);
	memset(&p->at->ts[0], 0, sizeof(p->at->ts[0]));
	if (nic_strikes(spec->zero, &nic_counts.zero))
		memset(&p->at->ts[2], 0, sizeof(p->at->ts[2]));
	else
		tell_key(s, p->error);
	nic_counts.stamped++;
	t = queue_add(s, msg);
	if (nic_strikes(spec->late, &nic_counts.late))
		t->due_ns = clock_now_ns() + (int64_t)spec->late_ns;
	if (nic_strikes(spec->twice, &nic_counts.twice))
		queue_add(s, msg);
}

/* What comes second is told first. */
static void queue_swap(struct nic_socket *s)
{
	struct told *a = s->first, *b = a ? a->next : NULL;

	if (!b || !nic_strikes(nic.spec.reordered, &nic_counts.reordered))
		return;
	a->next = b->next;
	b->next = a;
	s->first = b;
	if (s->last == &b->next)
		s->last = &a->next;
}

static void queue_fill(struct nic_socket *s, int fd)
{
	_Alignas(struct cmsghdr) unsigned char control[CONTROL];

	for (;;) {
		struct msghdr msg = { .msg_control = control,
				      .msg_controllen = sizeof(control) };
		struct nic_parts p;

		if (nic_real->recvmsg(fd, &msg,
				       MSG_ERRQUEUE | MSG_DONTWAIT) < 0)
			return;
		queue_add(s, &msg);
		p = nic_parts(&msg);
		if (p.at && p.error && p.at->ts[0].tv_sec &&
		    p.error->ee_origin == SO_EE_ORIGIN_TIMESTAMPING &&
		    p.error->ee_info == SCM_TSTAMP_SND && nic_stamps())
			tell_sent(s, &msg, &p);
		queue_swap(s);
	}
}

/* The first that is due. */
static struct told *queue_take(struct nic_socket *s)
{
	int64_t now_ns = clock_now_ns();

	for (struct told **at = &s->first; *at; at = &(*at)->next) {
		struct told *t = *at;

		if (t->due_ns > now_ns)
			continue;
		*at = t->next;
		if (!*at)
			s->last = at;
		return t;
	}
	return NULL;
}

bool nic_error(int fd, struct msghdr *msg)
{
	struct nic_socket *s = &nic.socket[fd];
	struct told *t;

	if (!s->last)
		s->last = &s->first;
	if (!s->first)
		queue_fill(s, fd);
	t = queue_take(s);
	if (!t) {
		queue_fill(s, fd);
		t = queue_take(s);
	}
	if (!t)
		return false;
	if (msg->msg_controllen > t->len)
		msg->msg_controllen = t->len;
	memcpy(msg->msg_control, t->control, msg->msg_controllen);
	msg->msg_flags = MSG_ERRQUEUE;
	free(t);
	return true;
}

