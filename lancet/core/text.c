/* text.c - texts that are put together piece by piece */
#include "lancet/core/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void text_add(char *text, size_t size, const char *fmt, ...)
{
	size_t used = strlen(text);
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text + used, size - used, fmt, ap);
	va_end(ap);
}

size_t text_items(const char *list)
{
	size_t n = 1;

	while ((list = strchr(list, ','))) {
		list++;
		n++;
	}
	return n;
}

void text_item(const char *list, size_t n, char *to, size_t size)
{
	size_t len;

	for (; n > 0 && strchr(list, ','); n--)
		list = strchr(list, ',') + 1;
	list += strspn(list, " ");
	len = strcspn(list, ",");
	while (len > 0 && list[len - 1] == ' ')
		len--;
	snprintf(to, size, "%.*s", (int)len, list);
}
