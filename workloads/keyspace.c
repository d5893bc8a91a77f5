/* keyspace.c - keys, values and operations of a store */
#include "workloads/keyspace.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#include "lancet/core/err.h"
#include "lancet/core/rng.h"

/* Kinds of hashes of a key's number. */
enum { HASH_KEY_SIZE = 1, HASH_VALUE_SIZE = 2 };

/* In (0, 1), always the same for a key. */
static double uniform_of(uint64_t key, uint64_t kind)
{
	uint64_t bits = rng_mix(rng_mix(key) + kind) >> 11;

	return ((double)bits + 0.5) * 0x1p-53;
}

/* --- opening --- */

static uint32_t within(double x, uint32_t least, uint32_t most)
{
	if (!(x > least))
		return least;
	return x < most ? (uint32_t)x : most;
}

/* The largest that some key of so many has, but for one run in a hundred. */
static int init_size(struct keyspace_size *s, const struct choice *choice,
		     uint32_t most, uint64_t keys, struct arena *arena,
		     struct err *err)
{
	int rc = dist_init(&s->law, choice, arena, err);
	double high;

	if (rc)
		return rc;
	high = s->law.ops->quantile(s->law.state, 1 - 0.01 / (double)keys);
	s->most = within(ceil(high), 0, most);
	s->least = 0;
	if (s->law.ops->flags & DIST_CONSTANT)
		s->least = s->most;
	if (s->least && dist_mean(&s->law) > most)
		return err_set(err, -EINVAL,
			       "a size of %.0fB is too large; the most is %uB",
			       dist_mean(&s->law), most);
	return 0;
}

/* Digits that tell keys apart; one more is the letter in front. */
static uint32_t letters_for(uint64_t keys)
{
	uint32_t n = 2;

	for (uint64_t most = 10; most < keys; most *= 10)
		n++;
	return n;
}

static int init_key(struct keyspace *k, const struct keyspace_options *o,
		    struct arena *arena, struct err *err)
{
	uint32_t least = letters_for(k->keys);
	int rc = init_size(&k->key, &o->key_size, KEYSPACE_KEY_MAX, k->keys,
			   arena, err);

	if (rc)
		return rc;
	if (k->key.most < least)
		return err_set(err, -EINVAL,
			       "%jd keys do not fit into a key_size of %uB; "
			       "raise it to %uB", (intmax_t)o->keys,
			       k->key.most, least);
	if (k->key.least < least)
		k->key.least = least;
	return 0;
}

static int init_operations(struct keyspace *k,
			   const struct keyspace_options *o, bool scans,
			   struct err *err)
{
	static const char *const names[] = { "get", "set", "scan" };
	const char *const *word = o->operations.items;

	if (o->operations.n > KEYSPACE_CLASSES)
		return err_set(err, -EINVAL, "more than %d operations",
			       KEYSPACE_CLASSES);
	for (; k->classes < o->operations.n; k->classes++) {
		unsigned char op = 0;

		while (op < 2U + scans && strcmp(word[k->classes], names[op]))
			op++;
		if (op == 2 + scans)
			return err_set(err, -EINVAL,
				       "operation '%.32s' is not known here; "
				       "write get%s", word[k->classes],
				       scans ? ", set or scan" : " or set");
		k->operation[k->classes] = op;
	}
	return 0;
}

/* Its integral, and the inverse of that; x^-s over [1/2, n + 1/2]. */
static double zipf_area(double s, double x)
{
	return s == 1 ? log(x) : expm1((1 - s) * log(x)) / (1 - s);
}

static double zipf_from_area(double s, double area)
{
	return s == 1 ? exp(area) : exp(log1p((1 - s) * area) / (1 - s));
}

static void init_zipf(struct keyspace_zipf *z, double exponent, uint64_t n)
{
	z->exponent = exponent;
	if (!(exponent > 0))
		return;
	z->first = zipf_area(exponent, 1.5) - 1;
	z->last = zipf_area(exponent, (double)n + 0.5);
	z->cut = 2 - zipf_from_area(exponent, zipf_area(exponent, 2.5) -
						      pow(2, -exponent));
}

int keyspace_init(struct keyspace *k, const struct keyspace_options *o,
		  bool scans, struct arena *arena, struct err *err)
{
	int rc;

	memset(k, 0, sizeof(*k));
	k->keys = (uint64_t)o->keys;
	k->get_below = (uint64_t)(o->get_ratio * 0x1p32);
	k->scan_below = k->get_below + (uint64_t)(o->scan_ratio * 0x1p32);
	if (o->get_ratio + o->scan_ratio > 1)
		return err_set(err, -EINVAL,
			       "get_ratio and scan_ratio sum to more than "
			       "100%%; lower one");
	init_zipf(&k->zipf, o->zipf, k->keys);
	rc = init_operations(k, o, scans, err);
	if (!rc)
		rc = init_key(k, o, arena, err);
	if (!rc)
		rc = init_size(&k->value, &o->value_size, KEYSPACE_VALUE_MAX,
			       k->keys, arena, err);
	return rc;
}

/* --- asking --- */

/* A rank from 0; the draw is a stream of its own. */
static uint64_t zipf_draw(const struct keyspace *k, uint64_t draw)
{
	const struct keyspace_zipf *z = &k->zipf;

	for (uint64_t turn = 0;; turn++) {
		double u = uniform_of(draw, turn + HASH_VALUE_SIZE + 1);
		double area = z->last + u * (z->first - z->last);
		double x = zipf_from_area(z->exponent, area);
		double rank = fmin(fmax(floor(x + 0.5), 1), (double)k->keys);

		if (rank - x <= z->cut ||
		    area >= zipf_area(z->exponent, rank + 0.5) -
				    pow(rank, -z->exponent))
			return (uint64_t)rank - 1;
	}
}

/* The high half of the draw says which key, the low half what to do. */
void keyspace_draw(const struct keyspace *k, const struct proto_request *req,
		   struct keyspace_ask *ask)
{
	uint64_t what = req->draw & UINT32_MAX;

	ask->key = k->zipf.exponent > 0 ? zipf_draw(k, req->draw)
					: (req->draw >> 32) * k->keys >> 32;
	if (k->classes)
		ask->operation = k->operation[req->class < k->classes
						      ? req->class
						      : k->classes - 1];
	else if (what < k->get_below)
		ask->operation = KEYSPACE_GET;
	else
		ask->operation = what < k->scan_below ? KEYSPACE_SCAN
						      : KEYSPACE_SET;
}

static uint32_t size_of(const struct keyspace_size *s, uint64_t key,
			uint64_t kind)
{
	if (s->least == s->most)
		return s->most;
	return within(s->law.ops->quantile(s->law.state, uniform_of(key, kind)),
		      s->least, s->most);
}

uint32_t keyspace_key_size(const struct keyspace *k, uint64_t key)
{
	return size_of(&k->key, key, HASH_KEY_SIZE);
}

/* 'k', and zeros up to the number at the end. */
void keyspace_key_text(uint64_t key, uint32_t size, unsigned char *out)
{
	memset(out, '0', size);
	for (uint32_t at = size; key && at > 0; key /= 10)
		out[--at] = (unsigned char)('0' + key % 10);
	out[0] = 'k';
}

uint32_t keyspace_key(const struct keyspace *k, uint64_t key,
		      unsigned char *out)
{
	uint32_t size = keyspace_key_size(k, key);

	keyspace_key_text(key, size, out);
	return size;
}

uint32_t keyspace_value_size(const struct keyspace *k, uint64_t key)
{
	return size_of(&k->value, key, HASH_VALUE_SIZE);
}
