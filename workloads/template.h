/* template.h - messages described by a line of text: numbers within bytes */
#ifndef WORKLOADS_TEMPLATE_H
#define WORKLOADS_TEMPLATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "workloads/proto.h"

struct arena;
struct err;

/* A number on the wire: u8, u16le ... u64be, or decimal digits. */
struct number_format {
	uint8_t bytes; /* 0: digits */
	bool big;
};

/* Room for one written number, of either kind. */
#define NUMBER_ROOM 20

/* 0 or -EINVAL; text need not end with NUL. */
int number_format_parse(struct number_format *f, const char *text, size_t len);
uint64_t number_read(const struct number_format *f, const unsigned char *in);

/*
 * Text, with fields in braces:
 *	{id:u32be}		the request's number
 *	{service:F} {service_us:F}	its service time, in ns or us
 *	{class:F}		its class, from 0
 *	{key:F}			one of `keys` numbers, all as likely
 *	{size:F}		the length of the whole message
 *	{hex:00ff}		bytes
 *	{zeros:16}		so many zeros
 *	{{			a brace
 * where F is u8, u16le, u16be, u32le, u32be, u64le, u64be or text.
 */
struct template_part; /* template.c's own */

struct template {
	struct template_part *part;
	size_t n;
	size_t most; /* bytes of a message, at most */
	uint64_t keys;
	bool has_id, has_service;
	struct number_format id; /* where it has one */
};

/* What cannot be understood is told with its place. 0 or -EINVAL. */
int template_parse(struct template *t, const char *text, uint64_t keys,
		   struct arena *arena, struct err *err);

/* Hot. One message; its length. Room for t->most. */
size_t template_write(const struct template *t, const struct proto_request *req,
		      unsigned char *out);

/* Hot. The key of one message, whether it has room for it or not. */
static inline uint64_t template_key(const struct template *t,
				    const struct proto_request *req)
{
	return (req->draw >> 32) * t->keys >> 32;
}

#endif
