/* html.c - the whole result for people, as one page: report.html */
#include "reports/writer.h"

#include "reports/page.h"

static int html_write(const struct result *result, const char *dir, FILE *out,
		      struct err *err)
{
	(void)dir;
	return page_write(&result, 1, out, err);
}

const struct writer_ops writer_html = {
	.kind = {
		.name = "html",
		.help = "one self-contained page with every figure: report.html",
	},
	.file = "report.html",
	.write = html_write,
};
