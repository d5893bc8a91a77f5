/* page.h - results as one self-contained page */
#ifndef REPORTS_PAGE_H
#define REPORTS_PAGE_H

#include <stddef.h>
#include <stdio.h>

#include "lancet/core/result.h"

struct err;

/*
 * The whole page, with its scripts, styles and data: it loads nothing. What
 * the results say cannot become markup or script. 0 or -errno.
 */
int page_write(const struct result *const *results, size_t n, FILE *out,
	       struct err *err);

#endif
