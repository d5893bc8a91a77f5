/* bytes.h - numbers in wire formats, of either byte order, or in digits */
#ifndef WORKLOADS_BYTES_H
#define WORKLOADS_BYTES_H

#include <endian.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define BYTES_OF(bits, order, from_wire, to_wire) \
	static inline uint##bits##_t get_##order##bits(const void *p) \
	{ \
		uint##bits##_t x; \
		memcpy(&x, p, sizeof(x)); \
		return from_wire(x); \
	} \
	static inline void put_##order##bits(void *p, uint##bits##_t x) \
	{ \
		x = to_wire(x); \
		memcpy(p, &x, sizeof(x)); \
	}

BYTES_OF(16, le, le16toh, htole16)
BYTES_OF(32, le, le32toh, htole32)
BYTES_OF(64, le, le64toh, htole64)
BYTES_OF(16, be, be16toh, htobe16)
BYTES_OF(32, be, be32toh, htobe32)
BYTES_OF(64, be, be64toh, htobe64)

#undef BYTES_OF

#define BYTES_DECIMAL 20	/* digits of the largest number */

/* The digits of x, without an end; how many. printf() takes ten times as long. */
static inline size_t put_decimal(char *out, uint64_t x)
{
	char digit[BYTES_DECIMAL];
	size_t n = 0;

	do
		digit[n++] = (char)('0' + x % 10);
	while (x /= 10);
	for (size_t i = 0; i < n; i++)
		out[i] = digit[n - 1 - i];
	return n;
}

#endif
