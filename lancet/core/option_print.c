/* option_print.c - write structures as YAML by the rows that read them */
#include <stdlib.h>
#include <string.h>

#include "lancet/core/option.h"
#include "lancet/core/option_scalar.h"
#include "lancet/core/unit.h"

static void flow_rows(const struct option_row *rows, enum option_unit unit,
		      const void *from, FILE *out);
static void flow_value(const struct option_row *row, enum option_unit unit,
		       const void *field, FILE *out);

static const void *field_of(const struct option_row *row, const void *from)
{
	return (const char *)from + row->offset;
}

/* --- texts --------------------------------------------------------------- */

/* Words that YAML takes as they stand, in a flow too, and as nothing else. */
static bool plain(const char *text)
{
	static const char safe[] = "abcdefghijklmnopqrstuvwxyz"
				   "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				   "0123456789_./+%";

	return *text && !strchr("%", *text) &&
	       !text[strspn(text, safe)] && strcmp(text, "null");
}

/* The code point at the front of UTF-8, and how many bytes it has. */
static uint32_t code_point(const char *text, size_t *len)
{
	const unsigned char *c = (const unsigned char *)text;
	uint32_t code = c[0];

	*len = c[0] < 0xc0 ? 1 : c[0] < 0xe0 ? 2 : c[0] < 0xf0 ? 3 : 4;
	if (*len > 1)
		code &= 0x7fu >> *len;
	for (size_t i = 1; i < *len; i++) {
		if ((c[i] & 0xc0) != 0x80) {
			*len = i;
			return 0xfffd;
		}
		code = code << 6 | (c[i] & 0x3f);
	}
	return code;
}

/* What YAML 1.1 calls printable, but for its line breaks and the BOM. */
static bool printable(uint32_t code)
{
	return (code >= 0x20 && code < 0x7f) ||
	       (code >= 0xa0 && code < 0xfffe && code != 0x2028 &&
		code != 0x2029 && code != 0xfeff) || code >= 0x10000;
}

static void print_text(const char *text, FILE *out)
{
	size_t len;

	if (plain(text)) {
		fputs(text, out);
		return;
	}
	fputc('"', out);
	for (; *text; text += len) {
		uint32_t code = code_point(text, &len);

		if (code == '"' || code == '\\')
			fprintf(out, "\\%c", (int)code);
		else if (printable(code))
			fwrite(text, 1, len, out);
		else
			fprintf(out, "\\U%08x", code);
	}
	fputc('"', out);
}

/* --- one word ------------------------------------------------------------ */

static void print_load(const struct load_value *load, FILE *out)
{
	char text[64];

	fputs(load->share ? unit_exact_percent(load->value, text, sizeof(text)) :
			    unit_exact_rate(load->value, text, sizeof(text)),
	      out);
}

static const char *number_text(const struct option_row *row,
			       enum option_unit unit, const void *field,
			       char *text, size_t size)
{
	const int64_t *whole = field;
	const double *real = field;

	switch (row->type) {
	case OPTION_TYPE_INT:
		snprintf(text, size, "%lld", (long long)*whole);
		return text;
	case OPTION_TYPE_DURATION:
		return unit_exact_duration(*whole, text, size);
	case OPTION_TYPE_SIZE:
		return unit_exact_size(*whole, text, size);
	case OPTION_TYPE_PERCENT:
		return unit_exact_percent(*real, text, size);
	case OPTION_TYPE_SHARE:
		return unit_exact_share(*real, text, size);
	case OPTION_TYPE_QUANTILE:
		return unit_print_quantile(*real, text, size);
	default:
		if (row->type == OPTION_TYPE_VALUE && unit == OPTION_UNIT_TIME)
			return unit_exact_time(*real, text, size);
		if (row->type == OPTION_TYPE_VALUE && unit == OPTION_UNIT_BYTES)
			return unit_exact_bytes(*real, text, size);
		return unit_exact_real(*real, text, size);
	}
}

static void print_scalar(const struct option_row *row, enum option_unit unit,
			 const void *field, FILE *out)
{
	char text[64];

	if ((row->flags & OPTION_AUTO) &&
	    *(const int64_t *)field == OPTION_AUTO_VALUE)
		fputs("auto", out);
	else if (row->type == OPTION_TYPE_BOOL)
		fputs(*(const bool *)field ? "true" : "false", out);
	else if (row->type == OPTION_TYPE_STRING)
		print_text(*(const char *const *)field, out);
	else if (row->type == OPTION_TYPE_ENUM)
		fputs(row->names[*(const int *)field], out);
	else if (row->type == OPTION_TYPE_LOAD)
		print_load(field, out);
	else
		fputs(number_text(row, unit, field, text, sizeof(text)), out);
}

/* --- what holds others --------------------------------------------------- */

/* The word that stands in the place of a kind; NULL where a kind does. */
static const char *word_of(const struct option_row *row, const void *field)
{
	return row->names ? row->names[*(const int *)(const void *)(
				(const char *)field - row->offset + row->word)] :
			    NULL;
}

static bool list_type(enum option_type type)
{
	return type >= OPTION_TYPE_LIST;
}

static size_t field_size(enum option_type type)
{
	switch (type) {
	case OPTION_TYPE_BOOL:
		return sizeof(bool);
	case OPTION_TYPE_ENUM:
		return sizeof(int);
	case OPTION_TYPE_STRING:
		return sizeof(const char *);
	default:
		return sizeof(int64_t);
	}
}

/*
 * A field that is zero because nothing was said: leaving it out reads back
 * to the same, and a zero might be out of the row's range.
 */
static bool said(const struct option_row *row, const void *field)
{
	static const char zero[16];

	if (row->type == OPTION_TYPE_KIND)
		return ((const struct choice *)field)->kind ||
		       word_of(row, field);
	if (row->type == OPTION_TYPE_LOAD)
		return ((const struct load_value *)field)->set;
	if (row->type == OPTION_TYPE_SECTION)
		return !(row->flags & OPTION_POINTER) ||
		       *(const void *const *)field;
	if (row->type == OPTION_TYPE_STRING)
		return *(const char *const *)field;
	if (row->preset || (row->flags & OPTION_REQUIRED))
		return true;
	if (list_type(row->type))
		return ((const struct option_list *)field)->n;
	return memcmp(field, zero, field_size(row->type)) != 0;
}

static void flow_kind(const struct choice *choice, enum option_unit unit,
		      FILE *out)
{
	const struct option_row *rows = choice->kind->options;
	bool any = false;

	for (const struct option_row *row = rows; row && row->type; row++)
		any |= said(row, field_of(row, choice->options));
	if (!any) {
		fputs(choice->kind->name, out);
		return;
	}
	fprintf(out, "{%s: ", choice->kind->name);
	if (!*rows->key && !rows[1].type)
		flow_value(rows, unit, field_of(rows, choice->options), out);
	else
		flow_rows(rows, unit, choice->options, out);
	fputc('}', out);
}

static void flow_item(const struct option_row *row, enum option_unit unit,
		      const void *item, FILE *out)
{
	struct option_row one = *row;

	one.flags = 0;
	one.type = option_item_type(row);
	flow_value(&one, unit, item, out);
}

static void flow_list(const struct option_row *row, enum option_unit unit,
		      const struct option_list *list, FILE *out)
{
	const char *item = list->items;

	fputc('[', out);
	for (size_t i = 0; i < list->n; i++) {
		fputs(i ? ", " : "", out);
		flow_item(row, unit, item + i * option_item_size(row), out);
	}
	fputc(']', out);
}

static const void *section_of(const struct option_row *row, const void *field)
{
	return row->flags & OPTION_POINTER ? *(const void *const *)field :
					     field;
}

static void flow_value(const struct option_row *row, enum option_unit unit,
		       const void *field, FILE *out)
{
	if (row->type == OPTION_TYPE_SECTION)
		flow_rows(row->rows, unit, section_of(row, field), out);
	else if (row->type == OPTION_TYPE_KIND && word_of(row, field))
		fputs(word_of(row, field), out);
	else if (row->type == OPTION_TYPE_KIND)
		flow_kind(field, row->unit ? row->unit : unit, out);
	else if (list_type(row->type))
		flow_list(row, unit, field, out);
	else
		print_scalar(row, unit, field, out);
}

static void flow_rows(const struct option_row *rows, enum option_unit unit,
		      const void *from, FILE *out)
{
	const char *comma = "";

	fputc('{', out);
	for (const struct option_row *row = rows; row->type; row++) {
		const void *field = field_of(row, from);

		if (!said(row, field))
			continue;
		fprintf(out, "%s%s: ", comma, row->key);
		flow_value(row, unit, field, out);
		comma = ", ";
	}
	fputc('}', out);
}

/* A list of sections, one item a line. */
static void block_list(const struct option_row *row, enum option_unit unit,
		       const struct option_list *list, int indent, FILE *out)
{
	const char *item = list->items;

	for (size_t i = 0; i < list->n; i++) {
		fprintf(out, "%*s- ", indent, "");
		flow_item(row, unit, item + i * option_item_size(row), out);
		fputc('\n', out);
	}
}

static bool block_section(const struct option_row *row, const void *field)
{
	const void *from = section_of(row, field);

	for (const struct option_row *r = row->rows; r->type; r++)
		if (said(r, field_of(r, from)))
			return true;
	return false;
}

void option_print(const struct option_row *rows, enum option_unit unit,
		  const void *from, int indent, FILE *out)
{
	for (const struct option_row *row = rows; row->type; row++) {
		const void *field = field_of(row, from);

		if (!said(row, field))
			continue;
		fprintf(out, "%*s%s:", indent, "", row->key);
		if (row->type == OPTION_TYPE_SECTION &&
		    block_section(row, field)) {
			fputc('\n', out);
			option_print(row->rows, unit, section_of(row, field),
				     indent + 2, out);
		} else if (row->type == OPTION_TYPE_LIST &&
			   ((const struct option_list *)field)->n) {
			fputc('\n', out);
			block_list(row, unit, field, indent + 2, out);
		} else {
			fputc(' ', out);
			flow_value(row, unit, field, out);
			fputc('\n', out);
		}
	}
}

void option_describe(const struct choice *choice, enum option_unit unit,
		     char *text, size_t size)
{
	const struct kind *kind = choice->kind;
	char *whole = NULL;
	size_t len = 0, name = strlen(kind->name);
	FILE *out = open_memstream(&whole, &len);

	snprintf(text, size, "%s", kind->name);
	if (!out)
		return;
	flow_kind(choice, unit, out);
	fclose(out);
	/* {name: {a: b}} becomes name {a: b}. */
	if (len > name + 4 && *whole == '{') {
		whole[len - 1] = '\0';
		snprintf(text, size, "%s %s", kind->name, whole + name + 3);
	}
	free(whole);
}
