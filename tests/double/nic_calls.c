/* nic_calls.c - the kernel's calls as a simulated network card answers them */
#include "tests/double/nic_card.h"

#include <errno.h>
#include <linux/ethtool.h>
#include <linux/net_tstamp.h>
#include <linux/ptp_clock.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>

#include "lancet/core/clock.h"

#define TX_AND_RX (SOF_TIMESTAMPING_TX_HARDWARE | SOF_TIMESTAMPING_RX_HARDWARE)

/* --- calls ---------------------------------------------------------------- */

static void nic_received(struct msghdr *msg)
{
	struct nic_parts p = nic_parts(msg);
	uint64_t uncounted = 0;

	if (!p.at || p.error || !p.at->ts[0].tv_sec || !nic_stamps() ||
	    nic_strikes(nic.spec.lost, &uncounted))
		return;
	nic_stamp(p.at);
	if (nic_strikes(nic.spec.zero, &uncounted))
		memset(&p.at->ts[2], 0, sizeof(p.at->ts[2]));
}

static int nic_recvmmsg(int fd, struct mmsghdr *msg, unsigned n, int flags,
			struct timespec *timeout)
{
	int got = 0;

	if (fd >= NIC_SOCKETS)
		abort();
	if (!(flags & MSG_ERRQUEUE)) {
		got = nic_real->recvmmsg(fd, msg, n, flags, timeout);
		pthread_mutex_lock(&nic.lock);
		for (int i = 0; i < got; i++)
			nic_received(&msg[i].msg_hdr);
		pthread_mutex_unlock(&nic.lock);
		return got;
	}
	pthread_mutex_lock(&nic.lock);
	while (got < (int)n && nic_error(fd, &msg[got].msg_hdr))
		msg[got++].msg_len = 0;
	pthread_mutex_unlock(&nic.lock);
	if (got)
		return got;
	errno = EAGAIN;
	return -1;
}

static ssize_t nic_recvmsg(int fd, struct msghdr *msg, int flags)
{
	ssize_t got;

	if (flags & MSG_ERRQUEUE) {
		struct mmsghdr one = { .msg_hdr = *msg };

		got = nic_recvmmsg(fd, &one, 1, flags, NULL);
		*msg = one.msg_hdr;
		return got < 0 ? -1 : 0;
	}
	got = nic_real->recvmsg(fd, msg, flags);
	if (got >= 0) {
		pthread_mutex_lock(&nic.lock);
		nic_received(msg);
		pthread_mutex_unlock(&nic.lock);
	}
	return got;
}

/* Keys begin anew, and so does what is known of them. */
static int nic_setsockopt(int fd, int level, int name, const void *value,
			  socklen_t len)
{
	int rc = nic_real->setsockopt(fd, level, name, value, len);

	if (rc == 0 && level == SOL_SOCKET && name == SO_TIMESTAMPING &&
	    fd < NIC_SOCKETS) {
		pthread_mutex_lock(&nic.lock);
		nic_forget(&nic.socket[fd]);
		pthread_mutex_unlock(&nic.lock);
	}
	return rc;
}

static int fails(double error)
{
	errno = (int)error;
	return error != 0 ? -1 : 0;
}

static int nic_info(struct ethtool_ts_info *info)
{
	if (info->cmd != ETHTOOL_GET_TS_INFO)
		return fails(EOPNOTSUPP);
	*info = (struct ethtool_ts_info){
		.cmd = ETHTOOL_GET_TS_INFO,
		.so_timestamping = SOF_TIMESTAMPING_TX_SOFTWARE |
				   SOF_TIMESTAMPING_RX_SOFTWARE |
				   SOF_TIMESTAMPING_SOFTWARE,
		.phc_index = -1,
	};
	if (nic.spec.claims != 0) {
		info->so_timestamping |= TX_AND_RX |
					 SOF_TIMESTAMPING_RAW_HARDWARE;
		info->phc_index = 0;
		info->tx_types = 1u << HWTSTAMP_TX_OFF | 1u << HWTSTAMP_TX_ON;
		info->rx_filters = 1u << HWTSTAMP_FILTER_NONE |
				   1u << HWTSTAMP_FILTER_ALL;
	}
	return 0;
}

static int nic_set(struct hwtstamp_config *config)
{
	if (fails(nic.spec.set_errno))
		return -1;
	if (nic.spec.set_filter >= 0)
		config->rx_filter = (int)nic.spec.set_filter;
	nic_configure(config->tx_type, config->rx_filter);
	nic_counts.sets++;
	return 0;
}

static int nic_get(struct hwtstamp_config *config)
{
	if (fails(nic.spec.get_errno))
		return -1;
	nic_configured(&config->tx_type, &config->rx_filter);
	config->flags = 0;
	return 0;
}

void nic_configure(int tx, int rx)
{
	nic.tx = tx;
	nic.rx = rx;
}

void nic_configured(int *tx, int *rx)
{
	*tx = nic.tx;
	*rx = nic.rx;
}

/* As long as the look takes; then CLOCK_REALTIME, as drivers say it. */
static struct tsource_reading nic_look(bool wall)
{
	struct tsource_reading look;

	pthread_mutex_lock(&nic.lock);
	look = sim_phc_look(&nic.phc, clock_now_ns());
	pthread_mutex_unlock(&nic.lock);
	while (clock_now_ns() < look.after_ns)
		;
	if (wall) {
		look.before_ns += nic.wall_ns;
		look.after_ns += nic.wall_ns;
	}
	return look;
}

static void ptp_put(struct ptp_clock_time *to, int64_t ns)
{
	to->sec = ns / 1000000000;
	to->nsec = (uint32_t)(ns % 1000000000);
}

static int nic_precise(struct ptp_sys_offset_precise *ask)
{
	int64_t now_ns = clock_now_ns();

	if (fails(nic.spec.precise_errno))
		return -1;
	pthread_mutex_lock(&nic.lock);
	ptp_put(&ask->device, sim_phc_at(&nic.phc, now_ns));
	pthread_mutex_unlock(&nic.lock);
	ptp_put(&ask->sys_realtime, now_ns + nic.wall_ns);
	return 0;
}

static int nic_extended(struct ptp_sys_offset_extended *ask)
{
	if (fails(nic.spec.extended_errno))
		return -1;
	for (unsigned i = 0; i < ask->n_samples; i++) {
		struct tsource_reading look = nic_look(true);

		ptp_put(&ask->ts[i][0], look.before_ns);
		ptp_put(&ask->ts[i][1], look.other_ns);
		ptp_put(&ask->ts[i][2], look.after_ns);
	}
	return 0;
}

static int nic_offset(struct ptp_sys_offset *ask)
{
	if (fails(nic.spec.offset_errno))
		return -1;
	for (unsigned i = 0; i < ask->n_samples; i++) {
		struct tsource_reading look = nic_look(true);

		ptp_put(&ask->ts[2 * i], look.before_ns);
		ptp_put(&ask->ts[2 * i + 1], look.other_ns);
	}
	ptp_put(&ask->ts[2 * ask->n_samples], clock_now_ns() + nic.wall_ns);
	return 0;
}

static int nic_ioctl(int fd, unsigned long request, void *arg)
{
	switch (request) {
	case SIOCETHTOOL:
		return nic_info((void *)((struct ifreq *)arg)->ifr_data);
	case SIOCSHWTSTAMP:
		return nic_set((void *)((struct ifreq *)arg)->ifr_data);
	case SIOCGHWTSTAMP:
		return nic_get((void *)((struct ifreq *)arg)->ifr_data);
	case PTP_SYS_OFFSET_PRECISE:
		return nic_precise(arg);
	case PTP_SYS_OFFSET_EXTENDED:
		return nic_extended(arg);
	case PTP_SYS_OFFSET:
		return nic_offset(arg);
	default:
		return nic_real->ioctl(fd, request, arg);
	}
}

/* Clocks of descriptors have negative numbers: ours is the only one. */
static int nic_clock_gettime(clockid_t id, struct timespec *at)
{
	int64_t ns;

	if (id >= 0)
		return nic_real->clock_gettime(id, at);
	ns = nic_look(false).other_ns;
	*at = (struct timespec){ ns / 1000000000, ns % 1000000000 };
	return 0;
}

static int nic_open(const char *path, int flags)
{
	if (!strcmp(path, "/dev/ptp0"))
		return nic_real->open("/dev/null", flags);
	return nic_real->open(path, flags);
}

/* The instant that the control data name, in CLOCK_MONOTONIC; 0: none. */
static int64_t launch_time(const struct msghdr *msg)
{
	uint64_t at = 0;

	for (struct cmsghdr *c = CMSG_FIRSTHDR(msg); c;
	     c = CMSG_NXTHDR((struct msghdr *)msg, c))
		if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_TXTIME)
			memcpy(&at, CMSG_DATA(c), sizeof(at));
	return (int64_t)at;
}

/*
 * As fq and a card do it, but that the sender waits too: kernels without
 * either take the option and send at once, which is what this one does else.
 */
static ssize_t nic_sendmsg(int fd, const struct msghdr *msg, int flags)
{
	int64_t until = nic.spec.launches != 0 ? launch_time(msg) : 0;

	while (until > clock_kernel_ns())
		;
	return nic_real->sendmsg(fd, msg, flags);
}

static int nic_getsockopt(int fd, int level, int name, void *value,
			  socklen_t *len)
{
	return nic_real->getsockopt(fd, level, name, value, len);
}

const struct sys_ops nic_sys = {
	.recvmsg = nic_recvmsg,
	.recvmmsg = nic_recvmmsg,
	.sendmsg = nic_sendmsg,
	.setsockopt = nic_setsockopt,
	.getsockopt = nic_getsockopt,
	.ioctl = nic_ioctl,
	.clock_gettime = nic_clock_gettime,
	.open = nic_open,
};
