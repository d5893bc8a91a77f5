/* redis_target.c - the requests of Redis clients, as a target reads them */
#include "workloads/redis_target.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "workloads/bytes.h"

/*
 *	*WORDS\r\n and for each $LENGTH\r\nbytes\r\n
 * The first word is the command, the second its key. Other words, and what
 * is too long for either, are passed over.
 */
#define HEADER_MAX 16	/* of a count and its line's end */
#define WORDS_MAX 65536
#define LENGTH_MAX (1u << 29)

/* "*3\r\n": its bytes, *n the number; 0: not whole yet; -EBADMSG. */
static long header(const unsigned char *in, size_t len, unsigned char type,
		   uint32_t most, uint32_t *n)
{
	size_t look = len < HEADER_MAX ? len : HEADER_MAX;
	uint64_t value = 0;
	size_t i = 1;

	if (look == 0)
		return 0;
	if (in[0] != type)
		return -EBADMSG;
	for (; i < look && in[i] >= '0' && in[i] <= '9'; i++)
		value = 10 * value + in[i] - '0';
	if (i == look || i + 1 == look)
		return look == HEADER_MAX ? -EBADMSG : 0;
	if (i == 1 || in[i] != '\r' || in[i + 1] != '\n' || value > most)
		return -EBADMSG;
	*n = (uint32_t)value;
	return (long)i + 2;
}

static enum redis_command command_of(const unsigned char *word, size_t len)
{
	static const struct {
		const char *name;
		enum redis_command command;
	} known[] = {
		{ "GET", REDIS_GET },
		{ "SET", REDIS_SET },
		{ "SCAN", REDIS_SCAN },
	};

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (len == strlen(known[i].name) &&
		    !strncasecmp((const char *)word, known[i].name, len))
			return known[i].command;
	return REDIS_OTHER;
}

static void look_at(struct redis_request *r, const unsigned char *word,
		    size_t len)
{
	if (r->place == 0)
		r->command = (uint8_t)command_of(word, len);
	for (size_t i = 1; r->place == 1 && i < len; i++)
		r->key = 10 * r->key + (uint64_t)(word[i] - '0');
}

/* One word, if its line is there, and its bytes where somebody looks. */
static long read_word(struct redis_request *r, const unsigned char *in,
		      size_t len)
{
	uint32_t n;
	long used = header(in, len, '$', LENGTH_MAX, &n);

	if (used <= 0)
		return used;
	if (r->place < 2 && n <= KEYSPACE_KEY_MAX) {
		if (len - (size_t)used < n)
			return 0;
		look_at(r, in + used, n);
	}
	r->place++;
	r->words--;
	r->skip = n + 2;
	return used;
}

static size_t pass(struct redis_request *r, size_t len)
{
	size_t n = len < r->skip ? len : r->skip;

	r->skip -= (uint32_t)n;
	return n;
}

long redis_request_read(struct redis_request *r, const unsigned char *in,
			size_t len, bool *whole)
{
	size_t used = pass(r, len);

	*whole = false;
	while (!r->skip && !r->broken) {
		long n;

		if (r->place && !r->words) {
			*whole = true;
			break;
		}
		if (!r->words)
			n = header(in + used, len - used, '*', WORDS_MAX,
				   &r->words);
		else
			n = read_word(r, in + used, len - used);
		r->broken = n < 0;
		if (n <= 0)
			break;
		used += (size_t)n;
		used += pass(r, len - used);
	}
	return r->broken ? -EBADMSG : (long)used;
}

void redis_request_take(struct redis_request *r, struct proto_served *to)
{
	*to = (struct proto_served){
		.req = { .id = PROTO_OLDEST, .conn = PROTO_NO_CONN },
		.echo = { r->command },
	};
	put_le64(to->echo + 8, r->key);
	*r = (struct redis_request){ 0 };
}

size_t redis_request_answer(const struct proto_served *req,
			    const struct keyspace *k, enum proto_status status,
			    char *out)
{
	uint32_t value;
	size_t at;

	if (status != PROTO_OK)
		return (size_t)sprintf(out, "-%s\r\n",
				       status == PROTO_NACK ? "BUSY later"
							    : "ERR failed");
	switch (req->echo[0]) {
	case REDIS_GET:
		value = keyspace_value_size(k, get_le64(req->echo + 8));
		at = (size_t)sprintf(out, "$%u\r\n", value);
		memset(out + at, 'v', value);
		memcpy(out + at + value, "\r\n", 2);
		return at + value + 2;
	case REDIS_SCAN:
		return (size_t)sprintf(out, "*2\r\n$1\r\n0\r\n*0\r\n");
	default:
		return (size_t)sprintf(out, "+OK\r\n");
	}
}
