/* lines.c - a text file of comma separated fields; errors say where */
#include "lancet/core/lines.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <string.h>

#include "lancet/core/err.h"
#include "lancet/core/input.h"
#include "lancet/core/unit.h"

void lines_begin(struct lines *l, FILE *in, const char *file, bool named)
{
	l->in = in;
	l->file = file;
	l->named = named;
	l->line = 0;
	l->nfields = 0;
}

int lines_open(struct lines *l, const char *file, struct err *err)
{
	lines_begin(l, input_open_regular(file), file, false);
	if (!l->in && errno == EINVAL)
		return err_set(err, -EINVAL,
			       "%s is not a regular file, but is read more "
			       "than once; copy it to one",
			       file);
	if (!l->in)
		return err_set(err, -errno,
			       "cannot open %s: %s; give the name of a file",
			       file, strerror(errno));
	return 0;
}

void lines_close(struct lines *l)
{
	if (l->in)
		fclose(l->in);
	l->in = NULL;
}

int lines_error(const struct lines *l, struct err *err, const char *fmt, ...)
{
	char text[512];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	return err_set(err, -EINVAL, "%s:%lu: %s", l->file, l->line, text);
}

static char *trim(char *text)
{
	char *end;

	while (isspace((unsigned char)*text))
		text++;
	end = text + strlen(text);
	while (end > text && isspace((unsigned char)end[-1]))
		*--end = 0;
	/* Quotes around a whole field; none of ours has one inside. */
	if (*text == '"' && end > text + 1 && end[-1] == '"') {
		end[-1] = 0;
		text++;
	}
	return text;
}

static int split(struct lines *l, char *text, struct err *err)
{
	char *field;

	l->nfields = 0;
	while ((field = strsep(&text, ","))) {
		if (l->nfields == LINES_FIELDS)
			return lines_error(l, err, "more than %d fields",
					   LINES_FIELDS);
		l->field[l->nfields++] = trim(field);
	}
	return 1;
}

/* One line into text[]; 0 at the end of the file. */
static int read_line(struct lines *l, struct err *err)
{
	size_t len = 0;
	int c;

	while ((c = getc_unlocked(l->in)) != EOF && c != '\n') {
		if (c == 0)
			return lines_error(l, err,
					   "a NUL byte; write text, "
					   "numbers separated by commas");
		if (len == LINES_LENGTH)
			return lines_error(l, err,
					   "longer than %d bytes; "
					   "write one entry a line",
					   LINES_LENGTH);
		l->text[len++] = (char)c;
	}
	l->text[len] = 0;
	if (ferror(l->in))
		return err_set(err, -EIO, "%s: cannot be read: %s", l->file,
			       strerror(errno));
	return len || c != EOF;
}

/* Its first field, or NULL where there is nothing to read in it. */
static char *content(const struct lines *l, char *text)
{
	if (l->line == 1 && !strncmp(text, "\xef\xbb\xbf", 3))
		text += 3;
	while (isspace((unsigned char)*text))
		text++;
	if (!*text || *text == '#')
		return NULL;
	if (l->line == 1 && !l->named && isalpha((unsigned char)*text))
		return NULL;
	return text;
}

int lines_next(struct lines *l, struct err *err)
{
	for (;;) {
		char *text;
		int rc;

		l->line++;
		rc = read_line(l, err);
		if (rc <= 0)
			return rc;
		text = content(l, l->text);
		if (text)
			return split(l, text, err);
	}
}

int value_parse(const char *text, double *value)
{
	int64_t whole;
	int rc = unit_number(text, value);

	if (rc && unit_duration(text, &whole) && unit_size(text, &whole))
		return rc == -ERANGE ? rc : -EINVAL;
	if (rc)
		*value = (double)whole;
	return *value >= 0 && isfinite(*value) ? 0 : -ERANGE;
}

int lines_value(const struct lines *l, size_t i, double *value, struct err *err)
{
	int rc = value_parse(l->field[i], value);

	if (rc == -ERANGE)
		return lines_error(l, err, "%.40s is out of range",
				   l->field[i]);
	if (rc)
		return lines_error(l, err, "'%.40s' is not a number",
				   l->field[i]);
	return 0;
}
