/* bytes.h - numbers in wire formats, of either byte order, at any address */
#ifndef WORKLOADS_BYTES_H
#define WORKLOADS_BYTES_H

#include <endian.h>
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

#endif
