/* control.c - stamps from the control data of a socket's messages */
#include "hwts/control.h"

#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include <linux/errqueue.h>

#include "hwts/tsource.h"

/* What the control data of a message say. */
struct heard {
	int64_t software_ns, hardware_ns;	/* 0: none */
	bool sent;				/* of a send: */
	uint32_t what, key;
};

/* 0: none, or one that cannot be. */
static int64_t heard_ns(const struct timespec *at)
{
	if (at->tv_sec < 0 || at->tv_sec >= INT64_MAX / 1000000000 ||
	    at->tv_nsec < 0 || at->tv_nsec >= 1000000000)
		return 0;
	return at->tv_sec * INT64_C(1000000000) + at->tv_nsec;
}

static void hear_stamps(const struct cmsghdr *c, struct heard *to)
{
	struct scm_timestamping at;

	if (c->cmsg_len < CMSG_LEN(sizeof(at)))
		return;
	memcpy(&at, CMSG_DATA(c), sizeof(at));
	to->software_ns = heard_ns(&at.ts[0]);
	to->hardware_ns = heard_ns(&at.ts[2]);
}

static void hear_error(const struct cmsghdr *c, struct heard *to)
{
	struct sock_extended_err e;

	if (c->cmsg_len < CMSG_LEN(sizeof(e)))
		return;
	memcpy(&e, CMSG_DATA(c), sizeof(e));
	to->sent = e.ee_errno == ENOMSG &&
		   e.ee_origin == SO_EE_ORIGIN_TIMESTAMPING;
	to->what = e.ee_info;
	to->key = e.ee_data;
}

static struct heard hear(const struct msghdr *msg)
{
	struct heard to = { 0 };

	/* CMSG_NXTHDR knows no const, and changes nothing. */
	for (struct cmsghdr *c = CMSG_FIRSTHDR(msg); c;
	     c = CMSG_NXTHDR((struct msghdr *)msg, c)) {
		size_t at = (size_t)((unsigned char *)c -
				     (unsigned char *)msg->msg_control);

		/* Of the first nobody has looked whether it is cut off. */
		if (c->cmsg_len > msg->msg_controllen - at)
			break;
		if (c->cmsg_level == SOL_SOCKET &&
		    c->cmsg_type == SCM_TIMESTAMPING)
			hear_stamps(c, &to);
		else if ((c->cmsg_level == SOL_IP &&
			  c->cmsg_type == IP_RECVERR) ||
			 (c->cmsg_level == SOL_IPV6 &&
			  c->cmsg_type == IPV6_RECVERR))
			hear_error(c, &to);
	}
	return to;
}

static size_t stamps_of(const struct heard *heard, struct tsource_stamp *to)
{
	size_t n = 0;

	if (heard->hardware_ns > 0)
		to[n++] = (struct tsource_stamp){
			.ns = heard->hardware_ns, .clock = TSOURCE_PHC,
			.quality = TSOURCE_HARDWARE,
		};
	if (heard->software_ns > 0)
		to[n++] = (struct tsource_stamp){
			.ns = heard->software_ns, .clock = TSOURCE_REALTIME,
		};
	return n;
}

size_t control_sent(const struct msghdr *msg, struct tsource_stamp *to)
{
	static const uint8_t kind[] = {
		[SCM_TSTAMP_SND] = TSOURCE_SND,
		[SCM_TSTAMP_SCHED] = TSOURCE_SCHED,
		[SCM_TSTAMP_ACK] = TSOURCE_ACK,
	};
	struct heard heard = hear(msg);
	size_t n;

	if (!heard.sent || heard.what >= sizeof(kind))
		return 0;
	n = stamps_of(&heard, to);
	for (size_t i = 0; i < n; i++) {
		to[i].key = heard.key;
		to[i].kind = kind[heard.what];
	}
	return n;
}

bool control_received(const struct msghdr *msg, struct tsource_stamp *to)
{
	struct tsource_stamp both[CONTROL_STAMPS];
	struct heard heard = hear(msg);

	if (heard.sent || !stamps_of(&heard, both))
		return false;
	*to = both[0];
	to->kind = TSOURCE_RX;
	return true;
}
