/* launch.c - packets that a queueing discipline or card holds until their time */
#include "hwts/launch.h"

#include <errno.h>
#include <linux/net_tstamp.h>
#include <string.h>
#include <sys/socket.h>

#include "hwts/phc.h"
#include "hwts/sys.h"
#include "lancet/core/clock.h"

_Static_assert(CMSG_SPACE(sizeof(uint64_t)) <= LAUNCH_CONTROL, "room for it");

void launch_init(struct launch *l, const struct sys_ops *sys, clockid_t clock)
{
	struct tsource_reading look[PHC_LOOKS];
	struct phc_reading best;

	for (int i = 0; i < PHC_LOOKS; i++) {
		struct timespec at = { 0 };

		look[i].before_ns = clock_now_ns();
		sys->clock_gettime(clock, &at);
		look[i].after_ns = clock_now_ns();
		look[i].other_ns = at.tv_sec * INT64_C(1000000000) + at.tv_nsec;
	}
	best = phc_narrowest(look, PHC_LOOKS);
	*l = (struct launch){ clock, phc_offset_ns(&best) };
}

int launch_enable(const struct launch *l, const struct sys_ops *sys, int fd)
{
	struct sock_txtime how = { .clockid = l->clock };

	return sys->setsockopt(fd, SOL_SOCKET, SO_TXTIME, &how, sizeof(how))
		       ? -errno : 0;
}

size_t launch_control(const struct launch *l, void *control, size_t len,
		      int64_t launch_ns)
{
	uint64_t at = (uint64_t)(launch_ns + l->offset_ns);
	struct cmsghdr *c = (void *)((char *)control + len);

	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_TXTIME;
	c->cmsg_len = CMSG_LEN(sizeof(at));
	memcpy(CMSG_DATA(c), &at, sizeof(at));
	return len + CMSG_SPACE(sizeof(at));
}
