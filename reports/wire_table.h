/* wire_table.h - where requests' time went, as packets' stamps tell */
#ifndef REPORTS_WIRE_TABLE_H
#define REPORTS_WIRE_TABLE_H

#include <stdio.h>

struct result;

/*
 * Two rows a point, of its median and its p99 request, where packets were
 * stamped; then whose stamps they are, and once each why there are no better
 * ones and no one-way delays.
 */
void wire_table_put(const struct result *result, FILE *out);

#endif
