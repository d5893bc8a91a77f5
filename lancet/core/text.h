/* text.h - texts that are put together piece by piece */
#ifndef LANCET_CORE_TEXT_H
#define LANCET_CORE_TEXT_H

#include <stddef.h>

/* Behind what stands in text[size]; what does not fit is cut off. */
void text_add(char *text, size_t size, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

#endif
