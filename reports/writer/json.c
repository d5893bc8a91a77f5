/* json.c - the whole result for programs: result.json */
#include "reports/writer.h"

#include "lancet/core/err.h"

static int json_write(const struct result *result, const char *dir, FILE *out,
		      struct err *err)
{
	int rc = result_print(result, out);

	(void)dir;
	return rc ? err_set(err, rc, "cannot write") : 0;
}

const struct writer_ops writer_json = {
	.kind = {
		.name = "json",
		.help = "the whole result, for programs: result.json",
	},
	.file = "result.json",
	.write = json_write,
};
