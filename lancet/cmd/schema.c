/* schema.c - `lancet schema`: JSON Schemas for editors and tests */
#include "lancet/cmd/cmd.h"

#include <getopt.h>
#include <jansson.h>
#include <string.h>

#include "lancet/core/config.h"
#include "lancet/core/result.h"

static const char usage[] =
	"lancet schema > config.schema.json\n"
	"lancet schema result > result.schema.json\n"
	"\n"
	"Prints the JSON Schema (draft 2020-12) of a configuration or of\n"
	"result.json. An editor with a YAML language server completes keys\n"
	"after a first line like\n"
	"  # yaml-language-server: $schema=config.schema.json\n"
	"\n"
	"usage: lancet schema [config|result]\n";

static int run(int argc, char **argv)
{
	static const struct option options[] = { { NULL, 0, NULL, 0 } };
	const char *of;
	json_t *schema;

	if (cmd_getopt(argc, argv, "", options) != -1)
		return STATUS_USAGE;
	if (argc - optind > 1)
		return cmd_fail(argv[0], STATUS_USAGE,
				"one schema at a time: config or result");
	of = optind < argc ? argv[optind] : "config";
	if (!strcmp(of, "config"))
		schema = option_schema(config_rows);
	else if (!strcmp(of, "result"))
		schema = result_schema();
	else
		return cmd_fail(argv[0], STATUS_USAGE,
				"no schema '%s'; there are config and result",
				of);
	json_dumpf(schema, stdout, JSON_INDENT(2));
	putchar('\n');
	json_decref(schema);
	return STATUS_FINE;
}

const struct command command_schema = {
	.name = "schema",
	.help = "JSON Schema of a configuration or a result",
	.usage = usage,
	.run = run,
};
