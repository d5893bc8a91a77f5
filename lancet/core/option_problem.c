/* option_problem.c - what is wrong with a configuration, line by line */
#include <stdarg.h>
#include <string.h>
#include <unistd.h>

#include "lancet/core/err.h"
#include "lancet/core/option.h"

static bool before(const struct option_mark *a, const struct option_mark *b)
{
	if (!a->file || !b->file || strcmp(a->file, b->file))
		return false;
	return a->line < b->line ||
	       (a->line == b->line && a->column < b->column);
}

/* Where it goes in order of place; beyond the last there is no room. */
static size_t place(const struct option_problems *p,
		    const struct option_mark *mark)
{
	size_t at = p->n;

	while (at && before(mark, &p->problem[at - 1].mark))
		at--;
	return at;
}

void option_problem(struct option_problems *problems,
		    const struct option_mark *mark, const char *fmt, ...)
{
	size_t at = place(problems, mark), after;
	va_list ap;

	if (at == OPTION_PROBLEMS)
		return;
	if (problems->n < OPTION_PROBLEMS)
		problems->n++;
	after = problems->n - at - 1;
	memmove(&problems->problem[at + 1], &problems->problem[at],
		after * sizeof(problems->problem[0]));
	problems->problem[at].mark = *mark;
	va_start(ap, fmt);
	vsnprintf(problems->problem[at].text,
		  sizeof(problems->problem[at].text), fmt, ap);
	va_end(ap);
	err_one_line(problems->problem[at].text);
}

static const char *line_start(const char *source, uint32_t line)
{
	while (source && --line) {
		source = strchr(source, '\n');
		if (source)
			source++;
	}
	return source;
}

/* The line and a caret below the column, which counts characters. */
static void show_source(const char *source, const struct option_mark *mark,
			FILE *out)
{
	const char *line = line_start(source, mark->line);
	size_t len = line ? strcspn(line, "\r\n") : 0;

	if (!len || len > 200)
		return;
	fputs("    ", out);
	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)line[i];

		fputc(c == '\t' ? ' ' : c < 0x20 || c == 0x7f ? '?' : c, out);
	}
	fprintf(out, "\n    %*s^\n", (int)mark->column - 1, "");
}

void option_problems_print(const struct option_problems *problems,
			   const char *source, FILE *out)
{
	bool terminal = isatty(fileno(out));

	if (!source)
		source = problems->source;
	for (size_t i = 0; i < problems->n; i++) {
		const struct option_mark *mark = &problems->problem[i].mark;
		char file[1024];

		snprintf(file, sizeof(file), "%s",
			 mark->file ? mark->file : "lancet");
		err_one_line(file);
		fputs(file, out);
		if (mark->line)
			fprintf(out, ":%u:%u", mark->line, mark->column);
		fprintf(out, ": error: %s\n", problems->problem[i].text);
		if (terminal && source && mark->line)
			show_source(source, mark, out);
	}
}
