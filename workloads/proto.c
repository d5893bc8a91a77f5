/* proto.c - what every protocol shares: its start, and the target's trailer */
#include "workloads/proto.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "lancet/core/arena.h"
#include "lancet/core/frame.h"
#include "workloads/bytes.h"

unsigned proto_flags(const struct choice *choice)
{
	const struct proto_ops *ops = (const void *)choice->kind;

	return ops->flags_of ? ops->flags_of(choice->options) : ops->flags;
}

int proto_init(struct proto *p, const struct choice *choice,
	       struct arena *arena, struct err *err)
{
	assert(choice->kind);
	p->ops = (const struct proto_ops *)choice->kind;
	p->flags = proto_flags(choice);
	p->state = arena_alloc(arena, p->ops->state_size);
	return p->ops->init(p->state, choice->options, arena, &p->max_out,
			    err);
}

/*
 * The trailer, little endian; instants in ns of the target's CLOCK_MONOTONIC:
 *	 0 magic u32 "lTrl"	 4 version u16	 6 flags u16
 *	 8 hash of the boot id u64
 *	16 arrival u64		24 start u64
 *	32 completion u64	40 release u64
 */
#define TRAILER_MAGIC 0x6c72546cu
#define TRAILER_VERSION 1

void proto_trailer_write(unsigned char *out, const struct proto_trailer *t)
{
	put_le32(out, TRAILER_MAGIC);
	put_le16(out + 4, TRAILER_VERSION);
	put_le16(out + 6, t->flags);
	put_le64(out + 8, t->boot_id);
	put_le64(out + 16, t->arrival_ns);
	put_le64(out + 24, t->start_ns);
	put_le64(out + 32, t->completion_ns);
	put_le64(out + 40, t->release_ns);
}

int proto_trailer_read(const unsigned char *in, struct proto_trailer *t)
{
	if (get_le32(in) != TRAILER_MAGIC ||
	    get_le16(in + 4) != TRAILER_VERSION)
		return -EBADMSG;
	t->flags = get_le16(in + 6);
	t->boot_id = get_le64(in + 8);
	t->arrival_ns = get_le64(in + 16);
	t->start_ns = get_le64(in + 24);
	t->completion_ns = get_le64(in + 32);
	t->release_ns = get_le64(in + 40);
	return 0;
}

uint64_t proto_boot_id(void)
{
	char text[64];
	ssize_t len = 0;
	int fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);

	if (fd >= 0) {
		len = read(fd, text, sizeof(text));
		close(fd);
	}
	return len > 0 ? frame_hash(text, (size_t)len) : 0;
}
