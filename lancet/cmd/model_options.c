/* model_options.c - the command line of `lancet model` */
#include <ctype.h>
#include <getopt.h>
#include <math.h>
#include <string.h>
#include <unistd.h>

#include "lancet/cmd/cmd.h"
#include "lancet/cmd/model.h"
#include "lancet/core/err.h"
#include "lancet/core/nearest.h"
#include "lancet/core/unit.h"
#include "models/formula.h"
#include "reports/picture.h"

static int fail(const char *option, const char *text, const char *remedy)
{
	return cmd_fail("model", STATUS_USAGE, "%s %s: %s", option, text,
			remedy);
}

/* One more of a list; -1: there is no room. */
static int add(const char **list, size_t *n, size_t most, const char *text)
{
	if (*n == most)
		return -1;
	list[(*n)++] = text;
	return 0;
}

static int take_metrics(struct model_request *r, char *list)
{
	char *item;

	while ((item = strsep(&list, ",")))
		if (add(r->metric, &r->nmetrics, MODEL_METRICS, item))
			return fail("--metric", item,
				    "more than 32; ask "
				    "twice");
	return 0;
}

static int take_loads(struct model_request *r, char *list)
{
	char *item;

	while ((item = strsep(&list, ",")))
		if (add(r->load, &r->nloads, MODEL_LOADS, item))
			return fail("--load", item,
				    "more than 64 loads; give "
				    "fewer");
	return 0;
}

/*
 * Where the first of several policies ends: a comma that is not in braces,
 * and not before a digit, as that goes on with a list: sita:1,10,fcfs.
 */
static char *policy_end(char *text)
{
	int depth = 0;

	for (; *text; text++) {
		depth += *text == '{' || *text == '[';
		depth -= *text == '}' || *text == ']';
		if (*text == ',' && !depth && !isdigit((unsigned char)text[1]))
			return text;
	}
	return NULL;
}

static int take_policies(struct model_request *r, char *list)
{
	while (list) {
		char *end = policy_end(list);

		if (end)
			*end++ = 0;
		if (add(r->policy, &r->npolicies, MODEL_POLICIES, list))
			return fail("--policy", list,
				    "more than 8; compare "
				    "fewer at a time");
		list = end;
	}
	return 0;
}

static int take_number(const char *option, const char *text, double least,
		       double most, double *to)
{
	if (!unit_number(text, to) && *to >= least && *to <= most &&
	    *to == floor(*to))
		return 0;
	return cmd_fail("model", STATUS_USAGE,
			"%s %s: give a whole number "
			"from %.0f to %.0f",
			option, text, least, most);
}

static int unknown_method(const char *text, const char *const *names)
{
	const struct kind *const *kind = kind_table(KIND_FORMULA);
	struct nearest near;

	nearest_start(&near, text);
	for (; *names; names++)
		nearest_try(&near, *names);
	for (; *kind; kind++)
		nearest_try(&near, (*kind)->name);
	if (near.best)
		return cmd_fail("model", STATUS_USAGE,
				"--method %s: not known; did you mean '%s'?",
				text, near.best);
	return cmd_fail("model", STATUS_USAGE,
			"--method %s: not known; there are auto, exact, "
			"simulate, approx, and the names of `lancet list "
			"formulas`",
			text);
}

/* A kind of method, or one formula by its name. */
static int take_method(struct model_request *r, const char *text)
{
	static const char *const names[] = { "auto", "exact", "simulate",
					     "approx", NULL };
	const struct kind *kind = kind_find(KIND_FORMULA, text);
	const struct formula_ops *formula = (const void *)kind;

	for (int i = 0; names[i]; i++)
		if (!strcmp(names[i], text)) {
			r->method = (enum predict_method)i;
			return 0;
		}
	if (!kind)
		return unknown_method(text, names);
	r->formula = text;
	r->method = formula->strength == FORMULA_EXACT ? PREDICT_EXACT
						       : PREDICT_APPROX;
	return 0;
}

static int take_precision(struct model_request *r, const char *text)
{
	if (!unit_percent(text, &r->relative) && r->relative >= 1e-4 &&
	    r->relative <= 0.5)
		return 0;
	return fail("--precision", text, "give a percentage from 0.01% to 50%");
}

static int take_time(struct model_request *r, const char *text)
{
	double ns;

	if (!unit_time(text, &ns) && ns >= 1e6 && ns <= 86400e9) {
		r->time_s = ns / 1e9;
		return 0;
	}
	return fail("--time", text, "give a duration from 1ms to 24h");
}

static int take_whole(struct model_request *r, int option, const char *value)
{
	double number = 0;
	int rc = 0;

	if (option == 'k') {
		rc = take_number("--workers", value, 1, 4096, &number);
		r->workers = (uint32_t)number;
	} else if (option == 'C') {
		rc = take_number("--closed", value, 1, 65535, &number);
		r->closed = (uint32_t)number;
	} else if (option == 't') {
		rc = take_number("--threads", value, 1, 1024, &number);
		r->threads = (uint32_t)number;
	} else {
		rc = take_number("--seed", value, 0, 0x1p53, &number);
		r->seed = (uint64_t)number;
	}
	return rc;
}

static int take_text(struct model_request *r, int option, const char *value)
{
	const char **to = option == 'a'	  ? &r->arrival
			  : option == 's' ? &r->service
			  : option == 'P' ? &r->preset
			  : option == 'o' ? &r->slo
			  : option == 'N' ? &r->needed
			  : option == 'c' ? &r->export_c
					  : &r->plot;

	if (option == 'f' && plot_format_of(value) < 0)
		return fail("--plot", value,
			    "unknown format; let it end in .svg, .pdf or .png");
	*to = value;
	return 0;
}

static int take_option(struct model_request *r, int option, char *value)
{
	switch (option) {
	case 'a':
	case 's':
	case 'P':
	case 'o':
	case 'N':
	case 'f':
	case 'c':
		return take_text(r, option, value);
	case 'C':
	case 'k':
	case 'n':
	case 't':
		return take_whole(r, option, value);
	case 'p':
		return take_policies(r, value);
	case 'l':
		return take_loads(r, value);
	case 'm':
		return take_metrics(r, value);
	case 'M':
		return take_method(r, value);
	case 'r':
		return take_precision(r, value);
	case 'T':
		return take_time(r, value);
	case 'j':
		r->json = true;
		return 0;
	default:
		return STATUS_USAGE;
	}
}

/* `--load 0.5 0.8`: what follows a load and is no file is one more. */
static bool more_load(const struct model_request *r, const char *text)
{
	double ignored;

	return r->nloads &&
	       (unit_number(text, &ignored) == 0 ||
		unit_percent(text, &ignored) == 0) &&
	       access(text, F_OK) != 0;
}

static int take_file(struct model_request *r, const char *name)
{
	if (r->file)
		return cmd_fail("model", STATUS_USAGE,
				"more than one configuration or result; give "
				"one");
	r->file = name;
	return 0;
}

/* What --needed would leave without effect; or NULL. */
static const char *beside_needed(const struct model_request *r)
{
	return r->workers    ? "--workers"
	       : r->nloads   ? "--load"
	       : r->nmetrics ? "--metric"
	       : r->closed   ? "--closed"
	       : r->plot     ? "--plot"
	       : r->export_c ? "--export-c"
			     : NULL;
}

static int check_together(const struct model_request *r)
{
	if (r->file && r->preset)
		return cmd_fail("model", STATUS_USAGE,
				"--preset %s and %s exclude each other; give "
				"one of them",
				r->preset, r->file);
	if (r->needed && beside_needed(r))
		return cmd_fail("model", STATUS_USAGE,
				"--needed finds the workers for one rate and "
				"one objective; remove %s",
				beside_needed(r));
	if (r->export_c && !r->file)
		return cmd_fail("model", STATUS_USAGE,
				"--export-c needs a result; name its folder, "
				"as in lancet model results/mine --export-c "
				"FILE.c");
	return 0;
}

int model_options(struct model_request *r, int argc, char **argv)
{
	static const struct option options[] = {
		{ "arrival", required_argument, NULL, 'a' },
		{ "preset", required_argument, NULL, 'P' },
		{ "service", required_argument, NULL, 's' },
		{ "policy", required_argument, NULL, 'p' },
		{ "workers", required_argument, NULL, 'k' },
		{ "seed", required_argument, NULL, 'n' },
		{ "load", required_argument, NULL, 'l' },
		{ "metric", required_argument, NULL, 'm' },
		{ "method", required_argument, NULL, 'M' },
		{ "precision", required_argument, NULL, 'r' },
		{ "time", required_argument, NULL, 'T' },
		{ "threads", required_argument, NULL, 't' },
		{ "slo", required_argument, NULL, 'o' },
		{ "needed", required_argument, NULL, 'N' },
		{ "closed", required_argument, NULL, 'C' },
		{ "plot", required_argument, NULL, 'f' },
		{ "export-c", required_argument, NULL, 'c' },
		{ "json", no_argument, NULL, 'j' },
		{ NULL, 0, NULL, 0 },
	};
	int c, status = 0;

	while (!status && (c = cmd_getopt(argc, argv, "", options)) != -1)
		status = take_option(r, c, optarg);
	for (; !status && optind < argc; optind++)
		status = more_load(r, argv[optind])
				 ? take_loads(r, argv[optind])
				 : take_file(r, argv[optind]);
	return status ? status : check_together(r);
}
