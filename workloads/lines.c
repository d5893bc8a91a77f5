/* lines.c - numbers from a text file, with errors that say where */
#include "workloads/lines.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <string.h>

#include "lancet/core/err.h"
#include "lancet/core/input.h"
#include "lancet/core/unit.h"

int lines_open(struct lines *l, const char *file, struct err *err)
{
	memset(l, 0, sizeof(*l));
	l->file = file;
	l->in = input_open_regular(file);
	if (!l->in && errno == EINVAL)
		return err_set(err, -EINVAL,
			       "%s is no regular file, and is read more than "
			       "once; write it to one", file);
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
	return err_set(err, -EINVAL, "%s:%u: %s", l->file, l->line, text);
}

static char *trim(char *text)
{
	char *end;

	while (isspace((unsigned char)*text))
		text++;
	end = text + strlen(text);
	while (end > text && isspace((unsigned char)end[-1]))
		*--end = 0;
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

/* One line into text[]; 0 at the end of the file. Its length is kept apart
 * from strlen, so that a NUL is seen. */
static int read_line(struct lines *l, struct err *err)
{
	size_t len = 0;
	int c;

	while ((c = getc(l->in)) != EOF && c != '\n') {
		if (c == 0)
			return lines_error(l, err,
					   "a NUL byte; a text file of"
					   " numbers is wanted");
		if (len == sizeof(l->text) - 1)
			return lines_error(l, err, "line longer than %d bytes",
					   LINES_LENGTH - 1);
		l->text[len++] = (char)c;
	}
	l->text[len] = 0;
	if (ferror(l->in))
		return err_set(err, -EIO, "cannot read %s", l->file);
	return len || c != EOF;
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
		text = trim(l->text);
		if (!*text || *text == '#' ||
		    (l->line == 1 && isalpha((unsigned char)*text)))
			continue;
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
