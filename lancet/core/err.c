/* err.c - one failure in words, told once, with what led to it in front */
#include "lancet/core/err.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Bytes that belong to the UTF-8 character that starts with c. */
static size_t utf8_len(unsigned char c)
{
	return c < 0xc0 ? 1 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;
}

/*
 * A message is one line, whatever a file or a peer put into it. U+0080 to
 * U+009F are control characters too; a character cut in half goes.
 */
void err_one_line(char *text)
{
	size_t len = strlen(text), n;

	for (size_t i = 0; i < len; i += n) {
		unsigned char *c = (unsigned char *)text + i;

		n = utf8_len(*c);
		if (i + n > len) {
			*c = '\0';
			break;
		}
		if (*c < 0x20 || *c == 0x7f)
			*c = '?';
		if (*c == 0xc2 && c[1] < 0xa0)
			c[0] = c[1] = '?';
	}
}

int err_set(struct err *err, int code, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(err->text, sizeof(err->text), fmt, ap);
	va_end(ap);
	err_one_line(err->text);
	err->code = code;
	return code;
}

int err_wrap(struct err *err, const char *fmt, ...)
{
	char text[sizeof(err->text)];
	va_list ap;
	size_t used;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	used = n < 0 ? 0 : (size_t)n;
	if (used < sizeof(text))
		snprintf(text + used, sizeof(text) - used, ": %.*s",
			 (int)(sizeof(text) - used), err->text);
	err_one_line(text);
	memcpy(err->text, text, sizeof(text));
	return err->code;
}
