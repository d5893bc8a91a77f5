/* csv.h - a line of comma separated values, with quotes */
#ifndef TESTS_GOLDEN_CSV_H
#define TESTS_GOLDEN_CSV_H

#include <stddef.h>

/*
 * Cut a line into fields, in place: "quoted, with ""quotes""" too. How many
 * there are (those beyond most are lost), or 0 where a quote is left open.
 */
size_t csv_split(char *line, char **field, size_t most);

#endif
