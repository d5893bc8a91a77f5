/* interface.c - which network interface a connected socket's packets leave by */
#include "hwts/interface.h"

#include <errno.h>
#include <linux/rtnetlink.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct route_ask {
	struct nlmsghdr head;
	struct rtmsg route;
	struct rtattr to;
	unsigned char address[16];
};

static int ask_for(struct route_ask *ask, const struct sockaddr_storage *to)
{
	size_t len = to->ss_family == AF_INET ? 4 : 16;

	if (to->ss_family == AF_INET)
		memcpy(ask->address,
		       &((const struct sockaddr_in *)to)->sin_addr, len);
	else if (to->ss_family == AF_INET6)
		memcpy(ask->address,
		       &((const struct sockaddr_in6 *)to)->sin6_addr, len);
	else
		return -ENODEV;
	ask->head.nlmsg_type = RTM_GETROUTE;
	ask->head.nlmsg_flags = NLM_F_REQUEST;
	ask->head.nlmsg_len = (unsigned)(sizeof(*ask) - sizeof(ask->address) +
					 len);
	ask->route.rtm_family = (unsigned char)to->ss_family;
	ask->route.rtm_dst_len = (unsigned char)(8 * len);
	ask->to.rta_type = RTA_DST;
	ask->to.rta_len = (unsigned short)RTA_LENGTH(len);
	return 0;
}

static int answer_index(struct nlmsghdr *head, size_t len)
{
	const struct rtmsg *route = NLMSG_DATA(head);
	struct rtattr *a;
	size_t rest;

	if (!NLMSG_OK(head, len) ||
	    head->nlmsg_len < NLMSG_LENGTH(sizeof(*route)))
		return -ENODEV;
	if (head->nlmsg_type != RTM_NEWROUTE)
		return -ENETUNREACH;
	rest = RTM_PAYLOAD(head);
	for (a = RTM_RTA(route); RTA_OK(a, rest); a = RTA_NEXT(a, rest)) {
		int index;

		if (a->rta_type != RTA_OIF ||
		    RTA_PAYLOAD(a) < sizeof(index))
			continue;
		memcpy(&index, RTA_DATA(a), sizeof(index));
		return index;
	}
	return -ENODEV;
}

int interface_of(int fd, char name[IF_NAMESIZE])
{
	_Alignas(struct nlmsghdr) unsigned char answer[4096];
	struct sockaddr_storage to = { 0 };
	struct route_ask ask = { 0 };
	socklen_t len = sizeof(to);
	ssize_t got = -1;
	int rc, netlink;

	if (getpeername(fd, (void *)&to, &len))
		return -ENODEV;
	rc = ask_for(&ask, &to);
	if (rc < 0)
		return rc;
	netlink = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	if (netlink >= 0 &&
	    send(netlink, &ask, ask.head.nlmsg_len, 0) ==
		    (ssize_t)ask.head.nlmsg_len)
		got = recv(netlink, answer, sizeof(answer), 0);
	rc = got < 0 ? -errno : answer_index((void *)answer, (size_t)got);
	if (netlink >= 0)
		close(netlink);
	if (rc < 0)
		return rc;
	return if_indextoname((unsigned)rc, name) ? 0 : -ENODEV;
}
