/* ptp4l.c - is a card's clock disciplined, and by which grandmaster? */
#include "hwts/ptp4l.h"

#include <endian.h>
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "lancet/core/clock.h"
#include "lancet/core/err.h"

/*
 * A management message of IEEE 1588-2008, 15.4 (big endian):
 *   0 type 0xd, 1 version 2, 2 length, 4 domain, 6 flags, 8 correction,
 *   20 source port, 30 sequence, 32 control 4, 33 interval 0x7f,
 *   34 target port, 44 boundary hops (2), 46 action, 48 TLV type, 50 its
 *   length, 52 what is managed, 54 data
 * and of linuxptp's own: PORT_PROPERTIES_NP: 0 port, 10 state, 11 stamps,
 * 12 length of the interface's name and the name; TIME_STATUS_NP: 0 offset
 * from the master, 38 is there a grandmaster, 42 which.
 */
#define MESSAGE 54
#define TLV_MANAGEMENT 1
#define ACTION_RESPONSE 2
#define TIME_STATUS_NP 0xc000
#define PORT_PROPERTIES_NP 0xc004
#define STAMPS_HARDWARE 1

#define PORT_SLAVE 9

#define ANSWER_MS 1000

static uint16_t get16(const uint8_t *at)
{
	return (uint16_t)(at[0] << 8 | at[1]);
}

static void put16(uint8_t *at, unsigned value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
}

static int parse_port(const uint8_t *data, size_t len, struct ptp4l_state *to)
{
	if (len < 13 || data[12] >= IF_NAMESIZE || len < 13u + data[12])
		return -EBADMSG;
	to->port = data[10];
	to->hardware = data[11] == STAMPS_HARDWARE;
	memset(to->interface, 0, sizeof(to->interface));
	memcpy(to->interface, data + 13, data[12]);
	return PTP4L_PORT;
}

static int parse_time(const uint8_t *data, size_t len, struct ptp4l_state *to)
{
	uint64_t offset;

	if (len < 50)
		return -EBADMSG;
	memcpy(&offset, data, sizeof(offset));
	to->offset_ns = (int64_t)be64toh(offset);
	to->present = (data[38] | data[39] | data[40] | data[41]) != 0;
	memcpy(to->grandmaster, data + 42, sizeof(to->grandmaster));
	return PTP4L_TIME;
}

int ptp4l_parse(const void *message, size_t len, struct ptp4l_state *to)
{
	const uint8_t *m = message;
	size_t data;

	if (len < MESSAGE || (m[0] & 15) != 13 || (m[1] & 15) != 2 ||
	    get16(m + 2) > len || get16(m + 2) < MESSAGE ||
	    (m[46] & 15) != ACTION_RESPONSE || get16(m + 48) != TLV_MANAGEMENT)
		return -EBADMSG;
	data = get16(m + 50);
	if (data < 2 || data - 2 > (size_t)get16(m + 2) - MESSAGE)
		return -EBADMSG;
	switch (get16(m + 52)) {
	case PORT_PROPERTIES_NP:
		return parse_port(m + MESSAGE, data - 2, to);
	case TIME_STATUS_NP:
		return parse_time(m + MESSAGE, data - 2, to);
	default:
		return PTP4L_OTHER;
	}
}

/* --- asking --------------------------------------------------------------- */

static void ask_message(uint8_t m[MESSAGE], unsigned what)
{
	memset(m, 0, MESSAGE);
	m[0] = 13;
	m[1] = 2;
	put16(m + 2, MESSAGE);
	put16(m + 28, (unsigned)getpid() & 0xffff);
	m[32] = 4;
	m[33] = 0x7f;
	memset(m + 34, 0xff, 10);	/* all ports */
	put16(m + 48, TLV_MANAGEMENT);
	put16(m + 50, 2);
	put16(m + 52, what);
}

/* A socket with a name, so that it can be answered. */
static int ask_open(const char *path, struct err *err)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (strlen(path) >= sizeof(at.sun_path))
		errno = ENAMETOOLONG;
	else if (fd >= 0 && !bind(fd, (void *)&at, sizeof(sa_family_t))) {
		memcpy(at.sun_path, path, strlen(path));
		if (!connect(fd, (void *)&at, sizeof(at)))
			return fd;
	}
	err_set(err, -errno, "no ptp4l answers at %s: %s", path,
		strerror(errno));
	if (fd >= 0)
		close(fd);
	return err->code;
}

/* Until one of the topic (and the interface) has come, or the time is up. */
static int ask_answer(int fd, enum ptp4l_topic topic, const char *interface,
		      struct ptp4l_state *to)
{
	int64_t until = clock_now_ns() + ANSWER_MS * INT64_C(1000000);
	struct pollfd ready = { .fd = fd, .events = POLLIN };
	uint8_t message[1500];

	while (clock_now_ns() < until) {
		struct ptp4l_state said = *to;
		ssize_t n = -1;

		if (poll(&ready, 1, ANSWER_MS) == 1)
			n = recv(fd, message, sizeof(message), MSG_DONTWAIT);
		if (n < 0 || ptp4l_parse(message, (size_t)n, &said) !=
				     (int)topic)
			continue;
		if (topic == PTP4L_PORT && strcmp(said.interface, interface))
			continue;
		*to = said;
		return 0;
	}
	return -ETIMEDOUT;
}

static int ask_topic(int fd, unsigned what, enum ptp4l_topic topic,
		     const char *interface, struct ptp4l_state *to)
{
	uint8_t message[MESSAGE];

	ask_message(message, what);
	if (send(fd, message, sizeof(message), MSG_DONTWAIT) < 0)
		return -errno;
	return ask_answer(fd, topic, interface, to);
}

int ptp4l_ask(const char *path, const char *interface,
	      struct ptp4l_state *to, struct err *err)
{
	int fd = ask_open(path, err), rc;

	*to = (struct ptp4l_state){ 0 };
	if (fd < 0)
		return fd;
	rc = ask_topic(fd, PORT_PROPERTIES_NP, PTP4L_PORT, interface, to);
	if (rc < 0) {
		err_set(err, rc, "ptp4l has no port on %s", interface);
		goto out;
	}
	rc = ask_topic(fd, TIME_STATUS_NP, PTP4L_TIME, interface, to);
	if (rc < 0)
		err_set(err, rc, "ptp4l does not tell its time");
out:
	close(fd);
	return rc;
}

/* --- two of them ---------------------------------------------------------- */

/* One whose own card's clock is the grandmaster's counts, too. */
static int follows(const struct ptp4l_state *s, struct err *err)
{
	if (!s->hardware)
		return err_set(err, -ENOTSUP, "ptp4l on %s does not use the "
			       "card's stamps, so the card's clock is not "
			       "disciplined",
			       s->interface);
	if (s->present && s->port != PORT_SLAVE)
		return err_set(err, -ENOTSUP, "ptp4l on %s is not "
			       "synchronised to its grandmaster yet",
			       s->interface);
	return 0;
}

int ptp4l_related(const struct ptp4l_state *a, const struct ptp4l_state *b,
		  int64_t *bound_ns, struct err *err)
{
	int rc = follows(a, err);

	rc = rc < 0 ? rc : follows(b, err);
	if (rc < 0)
		return rc;
	if (memcmp(a->grandmaster, b->grandmaster, sizeof(a->grandmaster)))
		return err_set(err, -ENOTSUP, "the clocks of %s and %s follow "
			       "different grandmasters", a->interface,
			       b->interface);
	*bound_ns = llabs(a->offset_ns) + llabs(b->offset_ns);
	return 0;
}
