/* phc_clock.c - /dev/ptpN, read in the best way that its driver knows */
#include "hwts/phc_clock.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/ptp_clock.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "hwts/phc.h"
#include "hwts/sys.h"
#include "lancet/core/clock.h"
#include "lancet/core/err.h"

const char *const phc_method_name[PHC_METHODS] = {
	[PHC_PRECISE] = "PTP_SYS_OFFSET_PRECISE",
	[PHC_EXTENDED] = "PTP_SYS_OFFSET_EXTENDED",
	[PHC_OFFSET] = "PTP_SYS_OFFSET",
	[PHC_BRACKET] = "clock_gettime",
};

static int64_t ptp_ns(const struct ptp_clock_time *t)
{
	return (int64_t)((uint64_t)t->sec * 1000000000u + t->nsec);
}

static int64_t timespec_ns(const struct timespec *t)
{
	return t->tv_sec * INT64_C(1000000000) + t->tv_nsec;
}

/* --- the ways: looks in CLOCK_REALTIME, but the last one's ---------------- */

static int read_precise(const struct phc_clock *c,
			struct tsource_reading *look, int n)
{
	for (int i = 0; i < n; i++) {
		struct ptp_sys_offset_precise ask = { 0 };

		if (c->sys->ioctl(c->fd, PTP_SYS_OFFSET_PRECISE, &ask))
			return -errno;
		look[i] = (struct tsource_reading){
			ptp_ns(&ask.sys_realtime), ptp_ns(&ask.device),
			ptp_ns(&ask.sys_realtime),
		};
	}
	return n;
}

static int read_extended(const struct phc_clock *c,
			 struct tsource_reading *look, int n)
{
	struct ptp_sys_offset_extended ask = { .n_samples = (unsigned)n };

	if (c->sys->ioctl(c->fd, PTP_SYS_OFFSET_EXTENDED, &ask))
		return -errno;
	for (int i = 0; i < n; i++)
		look[i] = (struct tsource_reading){
			ptp_ns(&ask.ts[i][0]), ptp_ns(&ask.ts[i][1]),
			ptp_ns(&ask.ts[i][2]),
		};
	return n;
}

static int read_offset(const struct phc_clock *c,
		       struct tsource_reading *look, int n)
{
	struct ptp_sys_offset ask = { .n_samples = (unsigned)n };

	if (c->sys->ioctl(c->fd, PTP_SYS_OFFSET, &ask))
		return -errno;
	for (int i = 0; i < n; i++)
		look[i] = (struct tsource_reading){
			ptp_ns(&ask.ts[2 * i]), ptp_ns(&ask.ts[2 * i + 1]),
			ptp_ns(&ask.ts[2 * i + 2]),
		};
	return n;
}

/* The kernel's number for the clock behind a descriptor: clock_gettime(3). */
static clockid_t descriptor_clock(int fd)
{
	return (clockid_t)((~(unsigned)fd << 3) | 3);
}

static int read_bracket(const struct phc_clock *c,
			struct tsource_reading *look, int n)
{
	for (int i = 0; i < n; i++) {
		struct timespec at;

		look[i].before_ns = clock_now_ns();
		if (c->sys->clock_gettime(descriptor_clock(c->fd), &at))
			return -errno;
		look[i].after_ns = clock_now_ns();
		look[i].other_ns = timespec_ns(&at);
	}
	return n;
}

static int (*const read_by[PHC_METHODS])(const struct phc_clock *c,
					 struct tsource_reading *look,
					 int n) = {
	[PHC_PRECISE] = read_precise,
	[PHC_EXTENDED] = read_extended,
	[PHC_OFFSET] = read_offset,
	[PHC_BRACKET] = read_bracket,
};

/* --- in our own clock ----------------------------------------------------- */

static struct phc_reading wall_reading(const struct phc_clock *c)
{
	struct tsource_reading look[PHC_LOOKS];

	for (int i = 0; i < PHC_LOOKS; i++) {
		struct timespec at;

		look[i].before_ns = clock_now_ns();
		c->sys->clock_gettime(CLOCK_REALTIME, &at);
		look[i].after_ns = clock_now_ns();
		look[i].other_ns = timespec_ns(&at);
	}
	return phc_narrowest(look, PHC_LOOKS);
}

/* Above what slewing makes of the time between two wall readings. */
#define STEP_NS 2000

/*
 * CLOCK_REALTIME is as far from ours before the looks as after them, or was
 * set in between. What is not sure of it widens the brackets.
 */
static int looks_shift(struct tsource_reading *look, int n,
		       const struct phc_reading *a,
		       const struct phc_reading *b)
{
	int64_t apart = phc_offset_ns(b) - phc_offset_ns(a);
	int64_t wide = (a->width_ns > b->width_ns ? a : b)->width_ns;
	int64_t offset = phc_offset_ns(a) + apart / 2;
	int64_t unsure = llabs(apart) / 2 + wide / 2;

	if (llabs(apart) > wide + STEP_NS)
		return -EAGAIN;
	for (int i = 0; i < n; i++) {
		look[i].before_ns -= offset + unsure;
		look[i].after_ns -= offset - unsure;
	}
	return n;
}

int phc_clock_read(struct phc_clock *clock, struct tsource_reading *look,
		   int n)
{
	struct phc_reading before, after;
	int got;

	n = n < PTP_MAX_SAMPLES ? n : PTP_MAX_SAMPLES;
	if (clock->method == PHC_BRACKET)
		return read_bracket(clock, look, n);
	before = wall_reading(clock);
	got = read_by[clock->method](clock, look, n);
	if (got <= 0)
		return got;
	after = wall_reading(clock);
	return looks_shift(look, got, &before, &after);
}

/* --- cold ----------------------------------------------------------------- */

static int clock_choose(struct phc_clock *clock)
{
	struct tsource_reading look[PHC_LOOKS];
	int rc = -EOPNOTSUPP;

	for (int m = 0; m < PHC_METHODS; m++) {
		clock->method = (enum phc_method)m;
		for (int tries = 0; tries < 3; tries++) {
			rc = phc_clock_read(clock, look, PHC_LOOKS);
			if (rc != -EAGAIN)
				break;
		}
		if (rc > 0 && look[0].after_ns >= look[0].before_ns)
			return 0;
	}
	return rc < 0 ? rc : -EIO;
}

int phc_clock_open(struct phc_clock *clock, const struct sys_ops *sys,
		   int index, struct err *err)
{
	char path[32];
	int rc;

	snprintf(path, sizeof(path), "/dev/ptp%d", index);
	*clock = (struct phc_clock){ .sys = sys };
	clock->fd = sys->open(path, O_RDONLY | O_CLOEXEC);
	if (clock->fd < 0)
		return err_set(err, -errno, "cannot open %s: %s", path,
			       strerror(errno));
	rc = clock_choose(clock);
	if (rc < 0) {
		phc_clock_close(clock);
		return err_set(err, rc, "%s cannot be read: %s", path,
			       strerror(-rc));
	}
	return 0;
}

void phc_clock_close(struct phc_clock *clock)
{
	if (clock->fd >= 0)
		close(clock->fd);
	clock->fd = -1;
}
