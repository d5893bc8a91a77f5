/* hwtstamp.c - what a network card says of its stamps, and switching them on */
#include "hwts/hwtstamp.h"

#include <errno.h>
#include <linux/ethtool.h>
#include <linux/net_tstamp.h>
#include <linux/sockios.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "hwts/sys.h"

static int interface_ioctl(const struct sys_ops *sys, const char *interface,
			   unsigned long request, void *data)
{
	struct ifreq ifr = { 0 };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	int rc;

	if (fd < 0)
		return -errno;
	snprintf(ifr.ifr_name, sizeof(ifr.ifr_name), "%s", interface);
	ifr.ifr_data = data;
	rc = sys->ioctl(fd, request, &ifr) ? -errno : 0;
	close(fd);
	return rc;
}

int hwtstamp_ask(const struct sys_ops *sys, const char *interface,
		 struct hwtstamp_caps *caps)
{
	struct ethtool_ts_info info = { .cmd = ETHTOOL_GET_TS_INFO };
	int rc = interface_ioctl(sys, interface, SIOCETHTOOL, &info);

	*caps = (struct hwtstamp_caps){ .phc = -1 };
	if (rc < 0)
		return rc;
	*caps = (struct hwtstamp_caps){
		.stamping = info.so_timestamping,
		.tx_types = info.tx_types,
		.rx_filters = info.rx_filters,
		.phc = info.phc_index,
	};
	return 0;
}

bool hwtstamp_complete(const struct hwtstamp_caps *caps)
{
	const unsigned needed = SOF_TIMESTAMPING_TX_HARDWARE |
				SOF_TIMESTAMPING_RX_HARDWARE |
				SOF_TIMESTAMPING_RAW_HARDWARE;

	return (caps->stamping & needed) == needed && caps->phc >= 0 &&
	       caps->tx_types & 1u << HWTSTAMP_TX_ON &&
	       caps->rx_filters & 1u << HWTSTAMP_FILTER_ALL;
}

static int state_ioctl(const struct sys_ops *sys, const char *interface,
		       unsigned long request, struct hwtstamp_state *state)
{
	struct hwtstamp_config config = {
		.flags = state->flags,
		.tx_type = state->tx,
		.rx_filter = state->rx,
	};
	int rc = interface_ioctl(sys, interface, request, &config);

	if (rc == 0)
		*state = (struct hwtstamp_state){ config.flags, config.tx_type,
						  config.rx_filter };
	return rc;
}

int hwtstamp_get(const struct sys_ops *sys, const char *interface,
		 struct hwtstamp_state *state)
{
	*state = (struct hwtstamp_state){ 0 };
	return state_ioctl(sys, interface, SIOCGHWTSTAMP, state);
}

int hwtstamp_set(const struct sys_ops *sys, const char *interface,
		 struct hwtstamp_state *state)
{
	return state_ioctl(sys, interface, SIOCSHWTSTAMP, state);
}
