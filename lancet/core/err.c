/* err.c - one failure in words, told once, with what led to it in front */
#include "lancet/core/err.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Bytes of the UTF-8 character at the front; 0: that is none. */
static size_t utf8_len(const unsigned char *c)
{
	size_t len = c[0] < 0x80 ? 1 : c[0] < 0xc2 ? 0 : c[0] < 0xe0 ? 2 :
		     c[0] < 0xf0 ? 3 : c[0] < 0xf5 ? 4 : 0;

	for (size_t i = 1; i < len; i++)
		if ((c[i] & 0xc0) != 0x80)
			return 0;
	return len;
}

/*
 * A message is one line of UTF-8, whatever a file or a peer put into it.
 * U+0080 to U+009F are control characters too; a character that the room
 * cut in half becomes '?'.
 */
void err_one_line(char *text)
{
	unsigned char *c = (unsigned char *)text;

	while (*c) {
		size_t len = utf8_len(c);

		if (!len || *c < 0x20 || *c == 0x7f) {
			*c = '?';
			len = 1;
		} else if (*c == 0xc2 && c[1] < 0xa0) {
			c[0] = c[1] = '?';
		}
		c += len;
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
