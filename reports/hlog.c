/* hlog.c - histograms as HdrHistogram's V2 interval log, written and read */
#include "reports/hlog.h"

#include <endian.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <zlib.h>

#include "lancet/core/err.h"
#include "lancet/core/frame.h"

/*
 * What the base64 text holds, all big endian:
 *	u32 COOKIE_ZIPPED | u32 length | zlib of the payload
 *	payload: u32 COOKIE | u32 length of the counts | u32 index offset 0 |
 *	u32 digits | i64 lowest | i64 highest | f64 ratio 1.0 | counts
 *	counts, from bin 0 to the last used one: ZigZag LEB128-64b9B numbers;
 *	positive: a count; -k: k empty bins; 0: one empty bin
 * (HdrHistogram, AbstractHistogram.encodeIntoByteBuffer and ZigZagEncoding.)
 */
#define COOKIE 0x1c849313u
#define COOKIE_ZIPPED 0x1c849314u
#define DIGITS 3
#define HEAD 40
#define ZIPPED_HEAD 8
#define NUMBER_MAX 9
#define PAYLOAD_MAX (HEAD + HIST_BINS * NUMBER_MAX)

/* HdrHistogram's logs give the greatest value in ms when values are ns. */
#define MAX_UNIT 1e6

static void put32(unsigned char *to, uint32_t value)
{
	value = htobe32(value);
	memcpy(to, &value, sizeof(value));
}

static void put64(unsigned char *to, uint64_t value)
{
	value = htobe64(value);
	memcpy(to, &value, sizeof(value));
}

static uint32_t get32(const unsigned char *from)
{
	uint32_t value;

	memcpy(&value, from, sizeof(value));
	return be32toh(value);
}

static uint64_t get64(const unsigned char *from)
{
	uint64_t value;

	memcpy(&value, from, sizeof(value));
	return be64toh(value);
}

static uint64_t one(void) /* 1.0 as it stands in the header */
{
	double ratio = 1.0;
	uint64_t bits;

	memcpy(&bits, &ratio, sizeof(bits));
	return bits;
}

/* Eight bytes of seven bits; a ninth carries eight. */
static size_t put_number(unsigned char *to, int64_t value)
{
	uint64_t z = ((uint64_t)value << 1) ^ (uint64_t)(value >> 63);
	size_t n = 0;

	while (n < NUMBER_MAX - 1 && z > 0x7f) {
		to[n++] = (unsigned char)(z | 0x80);
		z >>= 7;
	}
	to[n++] = (unsigned char)z;
	return n;
}

/* Bytes taken, or 0 when they do not hold a number. */
static size_t get_number(const unsigned char *from, size_t len, int64_t *value)
{
	uint64_t z = 0;

	for (size_t n = 0; n < len && n < NUMBER_MAX; n++) {
		bool last = n == NUMBER_MAX - 1 || !(from[n] & 0x80);

		z |= (uint64_t)(n == NUMBER_MAX - 1 ? from[n] : from[n] & 0x7f)
		     << (7 * n);
		if (last) {
			*value = (int64_t)(z >> 1) ^ -(int64_t)(z & 1);
			return n + 1;
		}
	}
	return 0;
}

static uint32_t bins_used(const struct hist *hist)
{
	uint32_t n = HIST_BINS;

	while (n > 0 && !hist->count[n - 1])
		n--;
	return n;
}

/* The payload before it is compressed; returns its length. */
static size_t payload_put(unsigned char *to, const struct hist *hist)
{
	uint32_t n = bins_used(hist), i = 0;
	size_t used = HEAD;

	while (i < n) {
		uint32_t zeros = 0;

		while (!hist->count[i + zeros])
			zeros++;
		if (zeros) {
			used += put_number(to + used,
					   zeros == 1 ? 0 : -(int64_t)zeros);
			i += zeros;
		}
		used += put_number(to + used, (int64_t)hist->count[i++]);
	}
	put32(to, COOKIE);
	put32(to + 4, (uint32_t)(used - HEAD));
	put32(to + 8, 0);
	put32(to + 12, DIGITS);
	put64(to + 16, 1);
	put64(to + 24, HIST_MAX);
	put64(to + 32, one());
	return used;
}

char *hlog_encode(const struct hist *hist)
{
	unsigned char *payload = malloc(PAYLOAD_MAX);
	uLongf len = compressBound(PAYLOAD_MAX);
	unsigned char *zipped = malloc(len + ZIPPED_HEAD);
	char *text = NULL;

	if (payload && zipped &&
	    compress2(zipped + ZIPPED_HEAD, &len, payload,
		      payload_put(payload, hist), 6) == Z_OK) {
		put32(zipped, COOKIE_ZIPPED);
		put32(zipped + 4, (uint32_t)len);
		text = base64_encode(zipped, len + ZIPPED_HEAD);
	}
	free(zipped);
	free(payload);
	return text;
}

/* --- reading ----------------------------------------------------------- */

static int head_check(const unsigned char *payload, size_t len, struct err *err)
{
	if (len < HEAD || get32(payload) != COOKIE)
		return err_set(err, -EBADMSG, "not a V2 histogram");
	if (get32(payload + 4) != len - HEAD)
		return err_set(err, -EBADMSG, "histogram is cut short");
	if (get32(payload + 12) != DIGITS || get64(payload + 16) != 1 ||
	    get64(payload + 24) != HIST_MAX || get64(payload + 32) != one())
		return err_set(err, -EBADMSG,
			       "histogram of another range or precision");
	return 0;
}

/* A bin read back is whole: nothing is known of the values inside. */
static void bin_set(struct hist *hist, uint32_t i, uint64_t count)
{
	int64_t low = hist_low(i), width = hist_width(i);

	hist->count[i] = count;
	hist->lo[i] = 0;
	hist->hi[i] = (uint32_t)(width - 1);
	if (!hist->total)
		hist->min = low;
	hist->max = low + width - 1;
	hist->total += count;
	hist->sum += (double)count * ((double)low + (double)(width - 1) / 2);
}

static int counts_get(const unsigned char *from, size_t len, struct hist *hist,
		      struct err *err)
{
	uint32_t i = 0;

	while (len > 0) {
		int64_t value = 0;
		size_t used = get_number(from, len, &value);
		uint64_t skip = value < 0 ? -(uint64_t)value : 1;

		if (!used || skip > HIST_BINS - i)
			return err_set(err, -EBADMSG,
				       "histogram with impossible counts");
		if (value > 0) {
			if ((uint64_t)value > (uint64_t)INT64_MAX - hist->total)
				return err_set(err, -EBADMSG,
					       "histogram counts too many");
			bin_set(hist, i, (uint64_t)value);
		}
		i += (uint32_t)skip;
		from += used;
		len -= used;
	}
	return 0;
}

static int unzip(const unsigned char *zipped, size_t len, struct hist *hist,
		 struct err *err)
{
	uLongf room = PAYLOAD_MAX;
	unsigned char *payload;
	int rc;

	if (len < ZIPPED_HEAD || get32(zipped) != COOKIE_ZIPPED ||
	    get32(zipped + 4) != len - ZIPPED_HEAD)
		return err_set(err, -EBADMSG, "not a compressed V2 histogram");
	payload = malloc(room);
	if (!payload)
		return err_set(err, -ENOMEM, "out of memory");
	rc = uncompress(payload, &room, zipped + ZIPPED_HEAD,
			len - ZIPPED_HEAD) == Z_OK
		     ? head_check(payload, room, err)
		     : err_set(err, -EBADMSG, "histogram does not unpack");
	if (!rc)
		rc = counts_get(payload + HEAD, room - HEAD, hist, err);
	free(payload);
	return rc;
}

int hlog_decode(const char *text, struct hist *hist, struct err *err)
{
	size_t len;
	unsigned char *zipped = base64_decode(text, &len);
	int rc;

	hist_reset(hist);
	if (!zipped)
		return err_set(err, -EBADMSG, "histogram is not base64");
	rc = unzip(zipped, len, hist, err);
	free(zipped);
	return rc;
}

/* --- the log ----------------------------------------------------------- */

int hlog_begin(FILE *out, const char *title, int64_t started_realtime_ns)
{
	double started_s = (double)started_realtime_ns / 1e9;
	time_t seconds = (time_t)(started_realtime_ns / 1000000000);
	struct tm tm;
	char when[64] = "";

	if (gmtime_r(&seconds, &tm))
		strftime(when, sizeof(when), "%a %b %d %H:%M:%S UTC %Y", &tm);
	fputs("#[", out);
	for (; *title; title++) /* a line break would end the comment */
		fputc((unsigned char)*title < ' ' ? ' ' : *title, out);
	fputs("]\n#[Histogram log format version 1.3]\n", out);
	fprintf(out, "#[StartTime: %.3f (seconds since epoch), %s]\n",
		started_s, when);
	fprintf(out, "#[BaseTime: %.3f (seconds since epoch)]\n", started_s);
	fputs("\"StartTimestamp\",\"Interval_Length\",\"Interval_Max\","
	      "\"Interval_Compressed_Histogram\"\n",
	      out);
	return ferror(out) ? -EIO : 0;
}

int hlog_write(FILE *out, const struct hlog_interval *interval,
	       const struct hist *hist)
{
	uint32_t n = bins_used(hist);
	int64_t max = n ? hist_low(n - 1) + hist_width(n - 1) - 1 : 0;
	char *text = hlog_encode(hist);

	if (!text)
		return -ENOMEM;
	if (interval->tag[0])
		fprintf(out, "Tag=%s,", interval->tag);
	fprintf(out, "%.3f,%.3f,%.3f,%s\n", interval->start_s,
		interval->length_s, (double)max / MAX_UNIT, text);
	free(text);
	return ferror(out) ? -EIO : 0;
}

/* `[Tag=NAME,]start,length,max,` ; what follows, or NULL. */
static char *line_parse(char *line, struct hlog_interval *interval)
{
	double max;
	int used = 0;

	interval->tag[0] = '\0';
	if (!strncmp(line, "Tag=", 4)) {
		size_t n = strcspn(line + 4, ",");

		if (n >= HLOG_TAG || line[4 + n] != ',')
			return NULL;
		memcpy(interval->tag, line + 4, n);
		interval->tag[n] = '\0';
		line += 4 + n + 1;
	}
	if (sscanf(line, "%lf,%lf,%lf,%n", &interval->start_s,
		   &interval->length_s, &max, &used) != 3 ||
	    !used)
		return NULL;
	return line + used;
}

int hlog_read(FILE *in, unsigned *line, struct hlog_interval *interval,
	      struct hist *hist, struct err *err)
{
	char *text = NULL, *body;
	size_t room = 0;
	ssize_t n;
	int rc = 0;

	while ((n = getline(&text, &room, in)) > 0) {
		++*line;
		if (text[0] == '#' || text[0] == '"')
			continue;
		text[strcspn(text, "\r\n")] = '\0';
		body = line_parse(text, interval);
		rc = body ? hlog_decode(body, hist, err)
			  : err_set(err, -EBADMSG, "not an interval");
		rc = rc ? err_wrap(err, "line %u", *line) : 1;
		break;
	}
	free(text);
	return rc;
}
