/* unit_fuzz.c - any text as every kind of number; what is read prints back */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "lancet/core/unit.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_real(int (*read)(const char *, double *),
		       char *(*print)(double, char *, size_t),
		       const char *text)
{
	char out[128];
	double x, again;

	if (read(text, &x))
		return;
	if (!isfinite(x) || read(print(x, out, sizeof(out)), &again) ||
	    x != again)
		abort();
}

static void check_whole(int (*read)(const char *, int64_t *),
			char *(*print)(int64_t, char *, size_t),
			const char *text)
{
	char out[128];
	int64_t x, again;

	if (read(text, &x) || llabs(x) > INT64_C(1) << 60)
		return;
	if (read(print(x, out, sizeof(out)), &again) || x != again)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char text[256];
	int64_t whole;

	if (size >= sizeof(text))
		return 0;
	memcpy(text, data, size);
	text[size] = '\0';
	check_whole(unit_duration, unit_exact_duration, text);
	check_whole(unit_size, unit_exact_size, text);
	check_real(unit_time, unit_exact_time, text);
	check_real(unit_bytes, unit_exact_bytes, text);
	check_real(unit_rate, unit_exact_rate, text);
	check_real(unit_percent, unit_exact_percent, text);
	check_real(unit_share, unit_exact_share, text);
	check_real(unit_number, unit_exact_real, text);
	check_real(unit_quantile, unit_print_quantile, text);
	unit_integer(text, &whole);
	return 0;
}
