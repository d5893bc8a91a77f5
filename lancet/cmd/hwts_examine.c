/* hwts_examine.c - `lancet hwts`: every source of stamps tried on an interface */
#include "lancet/cmd/hwts.h"

#include <errno.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "hwts/capture.h"
#include "hwts/hwtstamp.h"
#include "hwts/phc_clock.h"
#include "hwts/phc_track.h"
#include "hwts/ptp4l.h"
#include "hwts/sys.h"
#include "hwts/trial.h"
#include "lancet/core/arena.h"
#include "lancet/core/clock.h"

#define READS 1000
#define LOOK_S 1		/* at a card's clock */

static const struct timespec look_time = { .tv_sec = LOOK_S };

/* Adds to what was found so far. */
static void say(struct hwts_finding *f, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

static void say(struct hwts_finding *f, const char *fmt, ...)
{
	size_t len = strlen(f->what);
	va_list args;

	va_start(args, fmt);
	vsnprintf(f->what + len, sizeof(f->what) - len, fmt, args);
	va_end(args);
}

/* --- the kernel's, and the card's ----------------------------------------- */

static void say_counts(struct hwts_finding *f, const struct trial *t,
		       bool stream, bool card)
{
	static const char *const name[TSOURCE_KINDS] = {
		[TSOURCE_SCHED] = "SCHED", [TSOURCE_SND] = "SND",
		[TSOURCE_RX] = "RX", [TSOURCE_ACK] = "ACK",
	};

	say(f, "%s%s:", f->what[0] ? "; " : "", stream ? "TCP" : "UDP");
	for (int k = 0; k < TSOURCE_KINDS; k++) {
		uint32_t came = card ? t->card[k] : t->came[k];

		if (k == TSOURCE_RX && !t->answered)
			say(f, " RX not tried,");
		else if (came || k == TSOURCE_SND || k == TSOURCE_RX)
			say(f, " %s %u,", name[k], came);
	}
	say(f, " of %u", t->sent);
	if (t->answered && t->answered < t->sent)
		say(f, " and %u answers", t->answered);
}

/* Every packet sent has its stamp, and every answer. */
static bool all_came(const struct trial *t, bool card)
{
	const uint32_t *came = card ? t->card : t->came;

	return t->sent > 0 && came[TSOURCE_SND] >= t->sent &&
	       came[TSOURCE_RX] >= t->answered;
}

static void examine_kernel(struct hwts_interface *i,
			   const struct trial_params *path)
{
	struct hwts_finding *f = &i->source[HWTS_KERNEL];

	for (int stream = 0; stream < 2; stream++) {
		struct trial_params params = *path;
		struct trial trial;
		struct err err;

		params.stream = stream;
		if (trial_run(&trial, &params, NULL, NULL, &err) == 0) {
			say_counts(f, &trial, stream, false);
			f->works = f->works || all_came(&trial, false);
		} else if (!stream) {
			say(f, "%s", err.text);
			return;
		} else {
			say(f, "; TCP: %s", err.text);
		}
	}
	if (!f->works)
		say(f, "; use timestamps: user, since the driver loses stamps");
}

static uint64_t common_divisor(uint64_t a, uint64_t b)
{
	while (b) {
		uint64_t rest = a % b;

		a = b;
		b = rest;
	}
	return a;
}

/* What all differences of its readings are multiples of. */
static double resolution_of(const struct phc_track *t)
{
	uint64_t step = 0;

	for (size_t i = 1; i < t->n; i++)
		step = common_divisor((uint64_t)llabs(t->reading[i].phc_ns -
						      t->reading[0].phc_ns),
				      step);
	return (double)step;
}

static void examine_clock(const struct tsource *source, void *arg)
{
	struct hwts_clock *to = arg;
	struct phc_track track;
	struct arena arena;
	struct err err;

	arena_init(&arena);
	if (phc_track_start(&track, source, &arena, &err) == 0) {
		nanosleep(&look_time, NULL);
		phc_track_stop(&track, &arena);
		to->moves = track.n > 1 && !track.freezes;
		to->resolution_ns = resolution_of(&track);
		to->read_ns = (double)track.fit.width_ns;
		to->drift_ppm = track.fit.drift_ppm;
		to->bound_ns = (double)track.fit.bound_ns;
	}
	arena_fini(&arena);
}

static void examine_method(struct hwts_clock *clock)
{
	struct phc_clock card;
	struct err err;

	if (phc_clock_open(&card, &sys_kernel, clock->device, &err) < 0)
		return;
	clock->method = phc_method_name[card.method];
	phc_clock_close(&card);
}

/* Several hosts' clocks can be related where PTP disciplines them. */
static void examine_ptp(struct hwts_clock *clock, const char *interface)
{
	struct ptp4l_state s;
	int64_t bound_ns;
	struct err err;
	int rc = ptp4l_ask(PTP4L_SOCKET, interface, &s, &err);

	rc = rc < 0 ? rc : ptp4l_related(&s, &s, &bound_ns, &err);
	clock->disciplined = rc == 0;
	if (rc < 0)
		snprintf(clock->ptp, sizeof(clock->ptp), "%.180s; ptp4l "
			 "disciplines it", err.text);
	else
		snprintf(clock->ptp, sizeof(clock->ptp), "grandmaster "
			 "%02x%02x%02x.%02x%02x.%02x%02x%02x, %lld ns off",
			 s.grandmaster[0], s.grandmaster[1], s.grandmaster[2],
			 s.grandmaster[3], s.grandmaster[4], s.grandmaster[5],
			 s.grandmaster[6], s.grandmaster[7],
			 (long long)s.offset_ns);
}

static void examine_hardware(struct hwts_interface *i,
			     const struct trial_params *path)
{
	struct hwts_finding *f = &i->source[HWTS_HARDWARE];
	struct trial_params params = *path;
	struct hwtstamp_caps caps;
	struct trial trial;
	struct err err;

	hwtstamp_ask(&sys_kernel, i->name, &caps);
	i->clock.device = caps.phc;
	if (caps.phc >= 0) {
		examine_method(&i->clock);
		examine_ptp(&i->clock, i->name);
	}
	params.hardware = true;
	if (trial_run(&trial, &params, examine_clock, &i->clock, &err) < 0) {
		say(f, "%s", err.text);
		return;
	}
	f->works = all_came(&trial, true) && i->clock.moves;
	say_counts(f, &trial, false, true);
	if (!all_came(&trial, true))
		say(f, " although it claims them; use timestamps: kernel");
	else if (!i->clock.moves)
		say(f, ", but its clock does not run; use timestamps: kernel");
}

/* --- the others ----------------------------------------------------------- */

static void examine_user(struct hwts_interface *i)
{
	struct hwts_finding *f = &i->source[HWTS_USER];
	int64_t start = clock_now_ns(), ns = 0;

	for (int k = 0; k < READS; k++)
		ns = clock_now_ns();
	f->works = true;
	say(f, "CLOCK_MONOTONIC%s, read in %.0f ns, known to %lld ns",
	    atomic_load(&clock_pair) ? " by the TSC" : "",
	    (double)(ns - start) / READS, (long long)clock_error_ns());
}

static void examine_pcap(struct hwts_interface *i)
{
	struct hwts_finding *f = &i->source[HWTS_PCAP];
	const struct capture_params params = { .interface = i->name,
					       .filter = "" };
	struct err err;
	struct capture *c = capture_open_live(&params, &err);

	f->works = c;
	if (c)
		capture_close(c);
	say(f, "%s", c ? "captures, with stamps in ns" : err.text);
}

void hwts_examine(struct hwts_interface *interface,
		  const struct sockaddr_storage *peer, unsigned peer_len)
{
	const struct trial_params path = {
		.sys = &sys_kernel,
		.interface = interface->name,
		.peer = (const void *)peer,
		.peer_len = peer_len,
	};

	interface->clock.device = -1;
	examine_hardware(interface, &path);
	examine_kernel(interface, &path);
	examine_user(interface);
	examine_pcap(interface);
}
