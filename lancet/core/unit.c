/* unit.c - numbers with units, read strictly and printed for people */
#include "lancet/core/unit.h"

#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct unit {
	const char *name;
	long double scale;
};

/* From small to large; the first of equal ones is the one printed. */
static const struct unit unit_times[] = {
	{ "ns", 1 },	 { "us", 1e3 },	 { "ms", 1e6 },
	{ "s", 1e9 },	 { "min", 6e10 }, { "h", 3.6e12 },
	{ 0 },
};

static const struct unit unit_rates[] = {
	{ "rps", 1 },	{ "krps", 1e3 }, { "mrps", 1e6 }, { "/s", 1 },
	{ "k/s", 1e3 }, { "M/s", 1e6 },	 { "Mrps", 1e6 }, { 0 },
};

static const struct unit unit_sizes[] = {
	{ "B", 1 },	    { "kB", 1e3 },	  { "MB", 1e6 },
	{ "GB", 1e9 },	    { "KiB", 1024 },	  { "MiB", 1048576 },
	{ "GiB", 1073741824 }, { 0 },
};

static const struct unit unit_shares[] = { { "%", 0.01L }, { 0 } };

static const char *digits(const char *c)
{
	while (*c >= '0' && *c <= '9')
		c++;
	return c;
}

/*
 * The end of a decimal number at the front of the text, NULL when there is
 * none: strtold alone would take hexadecimal, infinities and blanks.
 */
static const char *number_end(const char *text)
{
	const char *from = text + (*text == '-' || *text == '+');
	const char *end = digits(from), *exp;
	size_t n = (size_t)(end - from);

	if (*end == '.') {
		const char *more = digits(end + 1);

		n += (size_t)(more - end - 1);
		end = more;
	}
	if (!n)
		return NULL;
	if (*end == 'e' || *end == 'E') {
		exp = end + 1 + (end[1] == '-' || end[1] == '+');
		if (digits(exp) > exp)
			end = digits(exp);
	}
	return end;
}

/* The number at the front; *end is what stands behind it. */
static int read_number(const char *text, long double *value, const char **end)
{
	*end = number_end(text);
	if (!*end)
		return -EINVAL;
	*value = strtold(text, NULL);
	return isfinite(*value) && fabsl(*value) <= 1e300L ? 0 : -ERANGE;
}

static int read_unit(const char *text, const struct unit *units,
		     long double *value)
{
	const char *end;
	int rc = read_number(text, value, &end);

	if (rc == -EINVAL)
		return rc;
	if (!*end)
		return -ENODATA;
	end += *end == ' ';
	for (; units->name; units++) {
		if (strcmp(end, units->name))
			continue;
		/* Dividing by 100 is exact where multiplying by .01 is not. */
		*value = units->scale < 1 ? *value / 100 :
					    *value * units->scale;
		return rc;
	}
	return -EINVAL;
}

/* Rounded to a whole number; what is lost is less than half of one. */
static int read_whole(const char *text, const struct unit *units,
		      int64_t *whole)
{
	long double value;
	int rc = read_unit(text, units, &value);

	if (rc)
		return rc;
	if (fabsl(value) >= 0x1p63L || (value != 0 && fabsl(value) < 0.5L))
		return -ERANGE;
	*whole = (int64_t)roundl(value);
	return 0;
}

static int read_real(const char *text, const struct unit *units,
		     double *real)
{
	long double value;
	int rc = read_unit(text, units, &value);

	if (rc)
		return rc;
	if (fabsl(value) > 1e300L)
		return -ERANGE;
	*real = (double)value;
	return 0;
}

int unit_duration(const char *text, int64_t *ns)
{
	return read_whole(text, unit_times, ns);
}

int unit_size(const char *text, int64_t *bytes)
{
	return read_whole(text, unit_sizes, bytes);
}

int unit_time(const char *text, double *ns)
{
	return read_real(text, unit_times, ns);
}

int unit_bytes(const char *text, double *bytes)
{
	return read_real(text, unit_sizes, bytes);
}

int unit_rate(const char *text, double *rps)
{
	return read_real(text, unit_rates, rps);
}

int unit_percent(const char *text, double *share)
{
	return read_real(text, unit_shares, share);
}

int unit_share(const char *text, double *share)
{
	int64_t of;
	int rc = -EINVAL;

	if (!strcmp(text, "all") || !strcmp(text, "none")) {
		*share = text[0] == 'a';
		return 0;
	}
	if (!strncmp(text, "1/", 2) && text[2] != '-' && text[2] != '+')
		rc = unit_integer(text + 2, &of);
	else
		return unit_percent(text, share);
	if (rc || of < 1)
		return rc ? rc : -ERANGE;
	*share = 1 / (double)of;
	return 0;
}

int unit_number(const char *text, double *value)
{
	long double number;
	const char *end;
	int rc = read_number(text, &number, &end);

	if (rc == -EINVAL || *end)
		return -EINVAL;
	*value = (double)number;
	return rc;
}

int unit_integer(const char *text, int64_t *value)
{
	const char *from = text + (*text == '-' || *text == '+');
	const char *end = digits(from);
	long long number;

	if (end == from || *end)
		return -EINVAL;
	errno = 0;
	number = strtoll(text, NULL, 10);
	if (errno)
		return -ERANGE;
	*value = number;
	return 0;
}

int unit_quantile(const char *text, double *q)
{
	long double number;
	const char *end;
	int rc;

	if (*text != 'p')
		return -EINVAL;
	rc = read_number(text + 1, &number, &end);
	if (rc == -EINVAL || *end)
		return -EINVAL;
	if (rc || !(number >= 1e-7L && number < 100))
		return -ERANGE;
	*q = (double)(number / 100);
	return *q < 1 ? 0 : -ERANGE;
}

/* Three digits that count, in the largest of n units below the value. */
static char *print_scaled(double value, const struct unit *units, size_t n,
			  char *text, size_t size)
{
	size_t i = 0;
	double x;

	if (!isfinite(value)) {
		snprintf(text, size, "%s", isnan(value) ? "unknown" :
					   value > 0	? "inf" :
							  "-inf");
		return text;
	}
	/* 999.6us prints as 1ms, not as 1e+03us. */
	while (i + 1 < n &&
	       fabs(value) >= 0.9995 * (double)units[i + 1].scale)
		i++;
	x = value / (double)units[i].scale;
	if (fabs(x) >= 999.5)
		snprintf(text, size, "%.0f%s", x, units[i].name);
	else
		snprintf(text, size, "%.3g%s", x, units[i].name);
	return text;
}

char *unit_print_duration(double ns, char *text, size_t size)
{
	return print_scaled(ns, unit_times, 4, text, size);
}

char *unit_print_rate(double rps, char *text, size_t size)
{
	return print_scaled(rps, unit_rates, 3, text, size);
}

char *unit_print_size(double bytes, char *text, size_t size)
{
	return print_scaled(bytes, unit_sizes, 4, text, size);
}

/* As few decimals as read back to it; 25 tell any double from its like. */
char *unit_print_quantile(double q, char *text, size_t size)
{
	char number[48];
	double again;

	for (int digit = 0; digit <= 25; digit++) {
		snprintf(number, sizeof(number), "p%.*Lf", digit, q * 100.0L);
		if (!unit_quantile(number, &again) && again == q)
			break;
	}
	snprintf(text, size, "%s", number);
	return text;
}

/* Whole units as large as go into it, with what decimals it takes. */
static char *exact_whole(int64_t value, const struct unit *units, size_t n,
			 char *text, size_t size)
{
	uint64_t v = value < 0 ? -(uint64_t)value : (uint64_t)value;
	uint64_t scale, rest;
	size_t i = 0;
	char part[24];
	int len;

	while (i + 1 < n && v >= (uint64_t)units[i + 1].scale)
		i++;
	scale = (uint64_t)units[i].scale;
	rest = v % scale;
	len = snprintf(part, sizeof(part), "%.*llu", (int)(3 * i),
		       (unsigned long long)rest);
	while (len > 0 && part[len - 1] == '0')
		len--;
	snprintf(text, size, "%s%llu%s%.*s%s", value < 0 ? "-" : "",
		 (unsigned long long)(v / scale), rest ? "." : "",
		 rest ? len : 0, part, units[i].name);
	return text;
}

char *unit_exact_duration(int64_t ns, char *text, size_t size)
{
	if (ns && ns % INT64_C(3600000000000) == 0)
		snprintf(text, size, "%lldh",
			 (long long)(ns / INT64_C(3600000000000)));
	else if (ns && ns % INT64_C(60000000000) == 0)
		snprintf(text, size, "%lldmin",
			 (long long)(ns / INT64_C(60000000000)));
	else
		exact_whole(ns, unit_times, 4, text, size);
	return text;
}

char *unit_exact_size(int64_t bytes, char *text, size_t size)
{
	static const struct unit *const binary = &unit_sizes[4];

	for (int i = 2; i >= 0; i--) {
		int64_t scale = (int64_t)binary[i].scale;

		if (!bytes || bytes % scale)
			continue;
		snprintf(text, size, "%lld%s", (long long)(bytes / scale),
			 binary[i].name);
		return text;
	}
	return exact_whole(bytes, unit_sizes, 4, text, size);
}

/*
 * The try-th way to write a number: with 0..15 decimals where it is of human
 * size, then with an exponent; 0 when there are no more.
 */
static int exact_try(int try, long double x, char *text, size_t size)
{
	bool human = fabsl(x) < 1e15L && (x == 0 || fabsl(x) >= 1e-6L);

	if (try < 16)
		snprintf(text, size, "%.*Lf", human ? try : 0, x);
	else
		snprintf(text, size, "%.*Lg", try - 15, x);
	return try < 16 + 21;
}

/* As few digits as read back to the value, in the largest unit below it. */
static char *exact_real(double value, const struct unit *units, size_t n,
			char *text, size_t size)
{
	char number[64];
	double again;
	size_t i = 0;
	long double x;

	while (i + 1 < n && fabs(value) >= (double)units[i + 1].scale)
		i++;
	x = units[i].scale < 1 ? value * 100.0L : value / units[i].scale;
	for (int try = 0; exact_try(try, x, number, sizeof(number)); try++) {
		snprintf(text, size, "%s%s", number, units[i].name);
		if (!read_real(text, units, &again) && again == value)
			break;
	}
	return text;
}

char *unit_exact_time(double ns, char *text, size_t size)
{
	return exact_real(ns, unit_times, 4, text, size);
}

char *unit_exact_bytes(double bytes, char *text, size_t size)
{
	return exact_real(bytes, unit_sizes, 4, text, size);
}

char *unit_exact_rate(double rps, char *text, size_t size)
{
	return exact_real(rps, unit_rates, 3, text, size);
}

char *unit_exact_percent(double share, char *text, size_t size)
{
	return exact_real(share, unit_shares, 1, text, size);
}

char *unit_exact_share(double share, char *text, size_t size)
{
	if (share != 0 && share != 1)
		return unit_exact_percent(share, text, size);
	snprintf(text, size, "%s", share > 0 ? "all" : "none");
	return text;
}

char *unit_exact_real(double value, char *text, size_t size)
{
	double again;

	for (int try = 0; exact_try(try, value, text, size); try++)
		if (!unit_number(text, &again) && again == value)
			break;
	return text;
}
