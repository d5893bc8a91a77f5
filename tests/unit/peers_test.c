/* peers_test.c - senders keep their numbers until they are the oldest */
#include "tests/unit/seed.h"

#include <netinet/in.h>
#include <stdio.h>
#include <sys/un.h>
#include <string.h>

#include "agents/peers.h"
#include "lancet/core/arena.h"

#define SENDERS 200
#define PLACES 64

static struct arena arena;

/* Half of them IPv6, some local; neighbours differ in one byte or in the port alone. */
static struct sockaddr_storage sender(uint32_t i)
{
	struct sockaddr_storage any;
	struct sockaddr_in6 *in6 = (void *)&any;
	struct sockaddr_un *un = (void *)&any;
	struct sockaddr_in *in = (void *)&any;

	memset(&any, 0, sizeof(any));
	if (i & 1) {
		in6->sin6_family = AF_INET6;
		in6->sin6_addr.s6_addr[i % 16] = (uint8_t)(1 + i / 16);
		in6->sin6_port = htons(7);
	} else if (i % 5 == 3) {
		un->sun_family = AF_UNIX; /* as the kernel names clients */
		snprintf(un->sun_path + 1, 16, "%05x", i);
	} else {
		in->sin_family = AF_INET;
		in->sin_addr.s_addr = htonl(INADDR_LOOPBACK + i % 3);
		in->sin_port = htons((uint16_t)(1000 + i));
	}
	return any;
}

static socklen_t length(const struct sockaddr_storage *any)
{
	switch (any->ss_family) {
	case AF_INET6:
		return sizeof(struct sockaddr_in6);
	case AF_UNIX:
		return offsetof(struct sockaddr_un, sun_path) + 6;
	default:
		return sizeof(struct sockaddr_in);
	}
}

static void check_address(const struct peers *peers, uint32_t number,
			  uint32_t i)
{
	struct sockaddr_storage want = sender(i);
	const struct sockaddr *is;
	socklen_t len;

	is = peers_address(peers, number, &len);
	assert_non_null(is);
	assert_int_equal(len, length(&want));
	assert_memory_equal(is, &want, len);
}

/* Against the plain rule: known are the last PLACES that were new. */
static void test_against_rule(void **state)
{
	uint32_t number[SENDERS];
	uint32_t next = 0;
	struct peers peers;
	struct rng rng;
	socklen_t len;

	(void)state;
	test_rng(&rng, 0);
	memset(number, 0xff, sizeof(number));
	peers_init(&peers, PLACES - 5, &arena);
	assert_int_equal(peers.mask, PLACES - 1);
	for (int step = 0; step < 20000; step++) {
		/* Few at first, so that most are known; then too many. */
		uint32_t i = (uint32_t)rng_below(&rng, step < 5000 ? 60 :
								  SENDERS);
		struct sockaddr_storage from = sender(i);
		uint32_t is = peers_number(&peers, (void *)&from,
					   length(&from));
		int known = number[i] != UINT32_MAX &&
			    number[i] + PLACES >= next;

		assert_int_equal(is, known ? number[i] : next);
		if (!known) {
			if (number[i] != UINT32_MAX)
				assert_null(peers_address(&peers, number[i],
							  &len));
			number[i] = next++;
		}
		check_address(&peers, is, i);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_against_rule),
	};
	int failed;

	arena_init(&arena);
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	arena_fini(&arena);
	return failed;
}
