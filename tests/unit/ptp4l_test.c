/* ptp4l_test.c - what ptp4l says of a clock, and of two of them */
#include "tests/unit/seed.h"

#include <errno.h>
#include <pthread.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "hwts/ptp4l.h"
#include "lancet/core/err.h"

#define HEAD 54
#define PORT 0xc004
#define TIME 0xc000

static size_t message(uint8_t *m, unsigned what, const void *data, size_t len)
{
	memset(m, 0, HEAD);
	m[0] = 0xd;
	m[1] = 2;
	m[3] = (uint8_t)(HEAD + len);
	m[46] = 2;
	m[49] = 1;
	m[51] = (uint8_t)(2 + len);
	m[52] = (uint8_t)(what >> 8);
	m[53] = (uint8_t)what;
	memcpy(m + HEAD, data, len);
	return HEAD + len;
}

static size_t port_message(uint8_t *m, const char *name, uint8_t state)
{
	uint8_t data[32] = { 0 };

	data[10] = state;
	data[11] = 1;
	data[12] = (uint8_t)strlen(name);
	memcpy(data + 13, name, strlen(name));
	return message(m, PORT, data, 13 + strlen(name));
}

static size_t time_message(uint8_t *m)
{
	uint8_t data[50];

	memset(data, 0, sizeof(data));
	memset(data, 0xff, 8);	/* -17, big endian */
	data[7] = 0xef;
	data[41] = 1;
	memcpy(data + 42, "\1\2\3\4\5\6\7\10", 8);
	return message(m, TIME, data, sizeof(data));
}

static void test_parse(void **state)
{
	struct ptp4l_state s = { 0 };
	uint8_t m[256];
	size_t n = port_message(m, "eth1", 9);

	(void)state;
	assert_int_equal(ptp4l_parse(m, n, &s), PTP4L_PORT);
	assert_string_equal(s.interface, "eth1");
	assert_int_equal(s.port, 9);
	assert_true(s.hardware);
	n = time_message(m);
	assert_int_equal(ptp4l_parse(m, n, &s), PTP4L_TIME);
	assert_int_equal(s.offset_ns, -17);
	assert_true(s.present);
	assert_memory_equal(s.grandmaster, "\1\2\3\4\5\6\7\10", 8);
	for (size_t cut = 0; cut < n; cut++)
		assert_int_equal(ptp4l_parse(m, cut, &s), -EBADMSG);
	m[49] = 2; /* an error */
	assert_int_equal(ptp4l_parse(m, n, &s), -EBADMSG);
}

static const struct pair {
	struct ptp4l_state a, b;
	const char *why;	/* NULL: they are related */
} pairs[] = {
	{ { "eth0", 9, true, true, "same", -40 },
	  { "eth1", 9, true, true, "same", 60 }, NULL },
	{ { "eth0", 6, true, false, "same", 0 },
	  { "eth1", 9, true, true, "same", 60 }, NULL },
	{ { "eth0", 9, false, true, "same", 0 },
	  { "eth1", 9, true, true, "same", 0 }, "does not use the card's stamps" },
	{ { "eth0", 8, true, true, "same", 0 },
	  { "eth1", 9, true, true, "same", 0 }, "not synchronised" },
	{ { "eth0", 9, true, true, "same", 0 },
	  { "eth1", 9, true, true, "else", 0 }, "different grandmasters" },
};

static void test_related(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(pairs) / sizeof(*pairs); i++) {
		const struct pair *p = &pairs[i];
		int64_t bound = -1;
		struct err err = { 0 };
		int rc = ptp4l_related(&p->a, &p->b, &bound, &err);

		assert_true(!!p->why == (rc < 0));
		if (p->why)
			assert_non_null(strstr(err.text, p->why));
		else
			assert_int_equal(bound, llabs(p->a.offset_ns) +
						p->b.offset_ns);
	}
}

/* --- over its socket ------------------------------------------------------ */

/* Two ports answer each question; then rubbish is told first. */
static void *serve(void *arg)
{
	int fd = *(int *)arg;
	uint8_t m[256];

	for (int i = 0; i < 2; i++) {
		struct sockaddr_un from;
		socklen_t len = sizeof(from);
		ssize_t n = recvfrom(fd, m, sizeof(m), 0, (void *)&from, &len);
		bool port = n == HEAD && m[53] == (PORT & 0xff);
		size_t size;

		sendto(fd, "rubbish", 7, 0, (void *)&from, len);
		size = port_message(m, "eth0", 6);
		sendto(fd, m, size, 0, (void *)&from, len);
		size = port ? port_message(m, "eth1", 9) : time_message(m);
		sendto(fd, m, size, 0, (void *)&from, len);
	}
	return NULL;
}

static void test_ask(void **state)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_DGRAM, 0);
	char folder[] = "/tmp/lancet-ptp4l-XXXXXX";
	struct ptp4l_state s;
	struct err err = { 0 };
	pthread_t thread;

	(void)state;
	assert_non_null(mkdtemp(folder));
	snprintf(at.sun_path, sizeof(at.sun_path), "%s/it", folder);
	assert_int_equal(bind(fd, (void *)&at, sizeof(at)), 0);
	assert_int_equal(pthread_create(&thread, NULL, serve, &fd), 0);
	if (ptp4l_ask(at.sun_path, "eth1", &s, &err) < 0)
		fail_msg("%s", err.text);
	pthread_join(thread, NULL);
	assert_string_equal(s.interface, "eth1");
	assert_int_equal(s.offset_ns, -17);
	assert_true(s.present && s.hardware);
	unlink(at.sun_path);
	close(fd);
	assert_int_equal(ptp4l_ask(at.sun_path, "eth1", &s, &err), -ENOENT);
	assert_non_null(strstr(err.text, "ptp4l"));
	rmdir(folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parse),
		cmocka_unit_test(test_related),
		cmocka_unit_test(test_ask),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
