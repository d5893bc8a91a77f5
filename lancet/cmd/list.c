/* list.c - `lancet list`: what this program has, with its options */
#include "lancet/cmd/cmd.h"

#include <getopt.h>
#include <string.h>

#include "lancet/cmd/presets.h"
#include "lancet/core/config.h"
#include "lancet/core/kind.h"
#include "lancet/core/nearest.h"
#include "lancet/core/option.h"

static const char usage[] =
	"lancet list\n"
	"lancet list policies\n"
	"lancet list lognormal\n"
	"lancet list keys\n"
	"\n"
	"Prints what this program has: protocols, transports, arrivals, laws,\n"
	"policies, checks ...; of one class, or one kind, with the options;\n"
	"published workloads (presets); or the keys of a configuration. In\n"
	"brackets: the value by default.\n"
	"\n"
	"usage: lancet list [CLASS|KIND|presets|PRESET|keys]\n";

static const char *const type_text[] = {
	[OPTION_TYPE_BOOL] = "true or false",
	[OPTION_TYPE_INT] = "number",
	[OPTION_TYPE_REAL] = "number",
	[OPTION_TYPE_DURATION] = "duration",
	[OPTION_TYPE_SIZE] = "size",
	[OPTION_TYPE_PERCENT] = "percent",
	[OPTION_TYPE_SHARE] = "share",
	[OPTION_TYPE_LOAD] = "rate or percent",
	[OPTION_TYPE_QUANTILE] = "quantile",
	[OPTION_TYPE_VALUE] = "duration or size",
	[OPTION_TYPE_STRING] = "text",
	[OPTION_TYPE_ENUM] = "word",
	[OPTION_TYPE_SECTION] = "section",
	[OPTION_TYPE_LIST] = "list",
	[OPTION_TYPE_STRINGS] = "list of text",
	[OPTION_TYPE_INTS] = "list of numbers",
	[OPTION_TYPE_REALS] = "list of numbers",
	[OPTION_TYPE_VALUES] = "list of durations or sizes",
};

static const char *type_of(const struct option_row *row)
{
	if (row->type == OPTION_TYPE_KIND)
		return kind_class_name[row->class];
	if (row->type == OPTION_TYPE_KINDS)
		return kind_class_plural[row->class];
	return type_text[row->type];
}

static void print_words(const char *const *names)
{
	for (; *names; names++)
		printf("%s%s", *names, names[1] ? " | " : "");
}

static void print_rows(const struct option_row *rows, int indent)
{
	for (; rows && rows->type != OPTION_TYPE_END; rows++) {
		printf("%*s%-*s ", indent, "", 20 - indent,
		       *rows->key ? rows->key : "(itself)");
		if (rows->type == OPTION_TYPE_ENUM)
			print_words(rows->names);
		else
			fputs(type_of(rows), stdout);
		if (rows->preset)
			printf(" [%s]", rows->preset);
		else if (rows->flags & OPTION_REQUIRED)
			fputs(" (required)", stdout);
		printf("; %s\n", rows->help ? rows->help : "");
		print_rows(rows->rows, indent + 2);
	}
}

static void print_kind(const struct kind *kind, int options)
{
	printf("  %-18s %s", kind->name, kind->help);
	if (kind->alias)
		printf(" (also: %s)", kind->alias);
	putchar('\n');
	if (!options)
		return;
	if (kind->short_help)
		printf("    in short: %s\n", kind->short_help);
	print_rows(kind->options, 4);
}

static void print_class(enum kind_class class, int options)
{
	const struct kind *const *table = kind_table(class);

	if (!*table)
		return;
	printf("%s\n", kind_class_plural[class]);
	for (; *table; table++)
		print_kind(*table, options);
}

static int print_named(const char *name)
{
	int found = presets_print_one(name);

	for (enum kind_class class = 0; class < KIND_CLASSES; class++) {
		const struct kind *kind = kind_find(class, name);

		if (!kind)
			continue;
		printf("%s\n", kind_class_name[class]);
		print_kind(kind, 1);
		found = 1;
	}
	return found;
}

static int unknown(const char *name)
{
	struct nearest near;

	nearest_start(&near, name);
	nearest_try(&near, "presets");
	for (enum kind_class class = 0; class < KIND_CLASSES; class++) {
		const struct kind *const *table = kind_table(class);

		nearest_try(&near, kind_class_plural[class]);
		for (; *table; table++)
			nearest_try(&near, (*table)->name);
	}
	if (near.best)
		return cmd_fail("list", STATUS_USAGE, "no class or kind '%s'; "
				"did you mean '%s'?", name, near.best);
	return cmd_fail("list", STATUS_USAGE, "no class or kind '%s'; "
			"`lancet list` shows all", name);
}

static int run(int argc, char **argv)
{
	static const struct option options[] = { { NULL, 0, NULL, 0 } };

	if (cmd_getopt(argc, argv, "", options) != -1)
		return STATUS_USAGE;
	if (argc - optind > 1)
		return cmd_fail(argv[0], STATUS_USAGE,
				"one class or kind at a time");
	if (optind < argc && !strcmp(argv[optind], "keys")) {
		print_rows(config_rows, 0);
		return STATUS_FINE;
	}
	if (optind < argc && (!strcmp(argv[optind], "presets") ||
			      !strcmp(argv[optind], "preset"))) {
		presets_print(true);
		return STATUS_FINE;
	}
	for (enum kind_class class = 0; class < KIND_CLASSES; class++) {
		if (optind == argc) {
			print_class(class, 0);
		} else if (!strcmp(argv[optind], kind_class_name[class]) ||
			   !strcmp(argv[optind], kind_class_plural[class])) {
			print_class(class, 1);
			return STATUS_FINE;
		}
	}
	if (optind == argc)
		presets_print(false);
	else if (!print_named(argv[optind]))
		return unknown(argv[optind]);
	return STATUS_FINE;
}

const struct command command_list = {
	.name = "list",
	.help = "list protocols, laws, policies, checks ...",
	.usage = usage,
	.run = run,
};
