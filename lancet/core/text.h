/* text.h - texts that are put together piece by piece */
#ifndef LANCET_CORE_TEXT_H
#define LANCET_CORE_TEXT_H

#include <stddef.h>

/* Behind what stands in text[size]; what does not fit is cut off. */
void text_add(char *text, size_t size, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* How many items a list has that commas part, at least 1. */
size_t text_items(const char *list);

/* Item n of it, from 0, without blanks around; cut off where it does not fit. */
void text_item(const char *list, size_t n, char *to, size_t size);

#endif
