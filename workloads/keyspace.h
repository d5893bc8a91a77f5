/* keyspace.h - keys, values and operations of a store: what memcached and redis ask */
#ifndef WORKLOADS_KEYSPACE_H
#define WORKLOADS_KEYSPACE_H

#include <stddef.h>
#include <stdint.h>

#include "lancet/core/option.h"
#include "workloads/dist.h"
#include "workloads/proto.h"

/*
 * Everything about a key follows from its number: its text, and how long it
 * and its value are, so that the store that was filled is the one that is
 * asked. Which key and which operation a request is follows from its draw.
 */
#define KEYSPACE_KEY_MAX 250	     /* memcached's limit */
#define KEYSPACE_VALUE_MAX (1 << 20) /* memcached's usual limit */
#define KEYSPACE_CLASSES 64

enum keyspace_operation { KEYSPACE_GET, KEYSPACE_SET, KEYSPACE_SCAN };

/* The first member of a protocol's options. */
struct keyspace_options {
	double get_ratio, scan_ratio, zipf;
	int64_t keys;
	struct choice key_size, value_size;
	struct option_list operations; /* const char *: of each class */
};

/* Rows for all of them; `value` is the preset of value_size. */
#define KEYSPACE_ROWS(value)                                                 \
	OPTION(PERCENT, struct keyspace_options, get_ratio, 0, "90%", 0, 1,  \
	       "share of gets; the others are sets"),                        \
	OPTION(INT, struct keyspace_options, keys, 0, "10000", 1, 1e9,       \
	       "how many keys there are"),                                   \
	OPTION(REAL, struct keyspace_options, zipf, 0, "0", 0, 10,           \
	       "exponent of the keys' popularity (Zipf); 0: all equally "    \
	       "likely"),                                                    \
	{ .key = "key_size", .type = OPTION_TYPE_KIND,                       \
	  .offset = offsetof(struct keyspace_options, key_size),             \
	  .preset = "30B", .class = KIND_DIST, .unit = OPTION_UNIT_BYTES,    \
	  .help = "length of a key, or its law; at most 250B" },             \
	{ .key = "value_size", .type = OPTION_TYPE_KIND,                     \
	  .offset = offsetof(struct keyspace_options, value_size),           \
	  .preset = value, .class = KIND_DIST, .unit = OPTION_UNIT_BYTES,    \
	  .help = "length of a value, or its law; at most 1MiB" },           \
	{ .key = "operations", .type = OPTION_TYPE_STRINGS,                  \
	  .offset = offsetof(struct keyspace_options, operations),           \
	  .help = "operation of each class of requests: get, set or scan; "  \
		  "replaces the ratios" }

/* A length that is fixed, or follows a law between two bounds. */
struct keyspace_size {
	struct dist law;
	uint32_t least, most; /* equal: fixed */
};

/* Zipf's law over ranks 0 .. n-1, by rejection (Hoermann and Derflinger,
 * "Rejection-inversion to generate variates", 1996). */
struct keyspace_zipf {
	double exponent; /* 0: not used */
	double first, last, cut;
};

struct keyspace {
	uint64_t keys;
	uint64_t get_below, scan_below; /* of 2^32 draws */
	struct keyspace_size key, value;
	struct keyspace_zipf zipf;
	uint32_t classes; /* operations of classes; 0: by the ratios */
	unsigned char operation[KEYSPACE_CLASSES];
};

struct keyspace_ask {
	enum keyspace_operation operation;
	uint64_t key;
};

/* Cold. scans: the protocol knows them. 0 or -EINVAL. */
int keyspace_init(struct keyspace *k, const struct keyspace_options *o,
		  bool scans, struct arena *arena, struct err *err);

/* Hot. What a request asks for. */
void keyspace_draw(const struct keyspace *k, const struct proto_request *req,
		   struct keyspace_ask *ask);

/* Hot. The text of a key, of at most k->key.most bytes; its length. */
uint32_t keyspace_key(const struct keyspace *k, uint64_t key,
		      unsigned char *out);

/* Hot. The same in two steps, for those who write the length in front. */
uint32_t keyspace_key_size(const struct keyspace *k, uint64_t key);
void keyspace_key_text(uint64_t key, uint32_t size, unsigned char *out);

/* Hot. How long the key's value is; at most k->value.most. */
uint32_t keyspace_value_size(const struct keyspace *k, uint64_t key);

#endif
