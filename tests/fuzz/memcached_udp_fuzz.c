/* memcached_udp_fuzz.c - datagrams of any bytes, in any order, both ways */
#include "tests/fuzz/split.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* asked: before, so that no other id than those is known. */
static void one_datagram(struct split_proto *p, const uint8_t *in, size_t len,
			 bool asked)
{
	const struct proto_ops *ops = p->proto.ops;
	struct proto_request req = { .id = 1, .draw = len };
	struct proto_served served;
	struct proto_done done;
	size_t n = 0;
	long used = ops->feed(p->proto.state, p->cs, in, len, &done, 1, &n);

	if ((used != -EBADMSG && used != (long)len) || n > 1)
		abort();
	if (n && done.id != 1 && done.id != UINT64_MAX - 1 &&
	    (asked || done.id > UINT16_MAX))
		abort();
	n = 0;
	used = ops->serve(p->proto.state, p->cs, in, len, &served, 1, &n);
	if (used == -EBADMSG ? n != 0 : used != (long)len || n != 1)
		abort();
	if (n && ops->reply(p->proto.state, p->cs, &served, NULL, PROTO_OK,
			    p->out, p->proto.max_out) > p->proto.max_out)
		abort();
	ops->build(p->proto.state, p->cs, &req, p->out, p->proto.max_out);
}

/* Each datagram behind a byte with its length. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const kinds[] = {
		"{memcached-udp: {keys: 9}}",
		"{memcached-udp: {keys: 9, format: binary}}",
	};

	for (int k = 0; k < 2; k++) {
		struct split_proto p;

		split_open(&p, kinds[k]);
		for (size_t at = 0; at < size;) {
			bool asked = at > 0;
			size_t len = data[at++];

			len = len < size - at ? len : size - at;
			one_datagram(&p, data + at, len, asked);
			at += len;
		}
		split_close(&p);
	}
	return 0;
}
