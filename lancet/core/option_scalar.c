/* option_scalar.c - the options that are one word: numbers, words, texts */
#include "lancet/core/option_scalar.h"

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "lancet/core/arena.h"
#include "lancet/core/nearest.h"
#include "lancet/core/unit.h"
#include "lancet/core/yaml.h"

/* Whole nanoseconds and bytes stay whole in a double up to here: 104 days. */
#define LARGEST 0x1p53

/* What a number's kind reads, an example of it, and how it is printed. */
struct number {
	const char *what, *example, *units;
	bool unsigned_;		/* never negative, whatever the row says */
	double largest;
	int (*read)(const char *text, double *value);
	char *(*print)(double value, char *text, size_t size);
};

static int read_duration(const char *text, double *value)
{
	int64_t ns;
	int rc = unit_duration(text, &ns);

	*value = rc ? 0 : (double)ns;
	return rc;
}

static int read_size(const char *text, double *value)
{
	int64_t bytes;
	int rc = unit_size(text, &bytes);

	*value = rc ? 0 : (double)bytes;
	return rc;
}

static const struct number duration = {
	"a duration", "100us", "ns, us, ms, s, min, h", true, LARGEST,
	read_duration, unit_exact_time
};
static const struct number size = {
	"a size", "64B", "B, kB, MB, GB, KiB, MiB, GiB", true, LARGEST,
	read_size, unit_exact_bytes
};
static const struct number time_value = {
	"a time", "100us", "ns, us, ms, s, min, h", true, LARGEST,
	unit_time, unit_exact_time
};
static const struct number bytes_value = {
	"a size", "64B", "B, kB, MB, GB, KiB, MiB, GiB", true, LARGEST,
	unit_bytes, unit_exact_bytes
};
static const struct number rate = {
	"a rate", "50krps", "rps, krps, mrps, /s, k/s, M/s", true, 1e12,
	unit_rate, unit_exact_rate
};
static const struct number percent = {
	"a percentage", "5%", "%", true, 1e6,
	unit_percent, unit_exact_percent
};
static const struct number fraction = {
	"a share", "1/16", "all, none, 1/N, %", true, 1,
	unit_share, unit_exact_share
};
static const struct number quantile = {
	"a quantile", "p99.9", NULL, true, 1,
	unit_quantile, unit_print_quantile
};
static const struct number real = {
	"a number", "1.5", NULL, false, INFINITY,
	unit_number, unit_exact_real
};

static const struct number *number_of(const struct option_row *row,
				      enum option_unit unit)
{
	switch (row->type) {
	case OPTION_TYPE_DURATION:
		return &duration;
	case OPTION_TYPE_SIZE:
		return &size;
	case OPTION_TYPE_PERCENT:
		return &percent;
	case OPTION_TYPE_SHARE:
		return &fraction;
	case OPTION_TYPE_QUANTILE:
		return &quantile;
	case OPTION_TYPE_REAL:
		return &real;
	case OPTION_TYPE_VALUE:
		return unit == OPTION_UNIT_TIME	 ? &time_value :
		       unit == OPTION_UNIT_BYTES ? &bytes_value :
						   &real;
	default:
		return NULL;
	}
}

bool option_is_word(const struct yaml_node *node, const char *word)
{
	return node->type == YAML_SCALAR && !node->quoted &&
	       !strcmp(node->text, word);
}

bool option_is_scalar(enum option_type type)
{
	return type >= OPTION_TYPE_BOOL && type <= OPTION_TYPE_ENUM;
}

enum option_type option_item_type(const struct option_row *list)
{
	switch (list->type) {
	case OPTION_TYPE_LIST:
		return OPTION_TYPE_SECTION;
	case OPTION_TYPE_KINDS:
		return OPTION_TYPE_KIND;
	case OPTION_TYPE_INTS:
		return OPTION_TYPE_INT;
	case OPTION_TYPE_REALS:
		return OPTION_TYPE_REAL;
	case OPTION_TYPE_VALUES:
		return OPTION_TYPE_VALUE;
	default:
		return OPTION_TYPE_STRING;
	}
}

size_t option_item_size(const struct option_row *list)
{
	switch (list->type) {
	case OPTION_TYPE_LIST:
		return list->rows_size;
	case OPTION_TYPE_KINDS:
		return sizeof(struct choice);
	case OPTION_TYPE_STRINGS:
		return sizeof(const char *);
	default:
		return sizeof(double);
	}
}

const char *option_expected(const struct option_row *row,
			    enum option_unit unit)
{
	const struct number *n = number_of(row, unit);

	if (n == &duration || n == &time_value)
		return "a duration such as 100us";
	if (n == &size || n == &bytes_value)
		return "a size such as 64B";
	if (n == &percent)
		return "a percentage such as 5%";
	if (n == &fraction)
		return "a share such as 1/16, or all or none";
	if (n == &quantile)
		return "a quantile such as p99.9";
	if (n)
		return "a number such as 1.5";
	switch (row->type) {
	case OPTION_TYPE_BOOL:
		return "true or false";
	case OPTION_TYPE_INT:
		return "a whole number";
	case OPTION_TYPE_LOAD:
		return "a rate such as 50krps or a load such as 60%";
	case OPTION_TYPE_STRING:
		return "a text";
	case OPTION_TYPE_ENUM:
		return "one word";
	case OPTION_TYPE_KIND:
		return "a name or a map of one, {name: {options}}";
	case OPTION_TYPE_SECTION:
		return row->flags & OPTION_SWITCH
			? "true, false or a map, {key: value}"
			: "a map, {key: value}";
	default:
		return "a list, [...]";
	}
}

int option_shown(const char *text)
{
	size_t len = strlen(text);

	if (len <= 40)
		return (int)len;
	for (len = 40; len && ((unsigned char)text[len] & 0xc0) == 0x80;)
		len--;
	return (int)len;
}

#define SHOWN(text) option_shown(text), (text)

static const char *label(const struct option_row *row,
			 const struct yaml_node *node)
{
	return *row->key ? row->key : node->key ? node->key : "value";
}

/* What a bare number was meant in, most likely: as the preset is. */
static const char *likely_unit(const struct option_row *row,
			       const struct number *n)
{
	static const char digits[] = "0123456789.";
	const char *preset = row->preset ? row->preset : "";
	const char *unit = preset + strspn(preset, digits);

	return unit > preset && *unit ? unit
				      : n->example + strspn(n->example, digits);
}

/* 0.9 of a percentage is 90%: whoever writes no unit seldom means 0.9%. */
static bool is_ratio(const char *text, double *value)
{
	return !unit_number(text, value) && *value > 0 && *value < 1;
}

/* Why reading a number failed, with what to write instead. */
static void bad_number(const struct option_reader *r,
		       const struct option_row *row,
		       const struct yaml_node *node, const struct number *n,
		       int rc)
{
	const char *key = label(row, node), *text = node->text;
	double ratio;

	if (rc == -ENODATA && n == &rate)
		option_problem(r->problems, &node->mark,
			       "%s: %.*s has no unit; write %.*srps, %.*skrps "
			       "or a share of capacity like 60%%", key,
			       SHOWN(text), SHOWN(text), SHOWN(text));
	else if (rc == -ENODATA && n == &percent && is_ratio(text, &ratio))
		option_problem(r->problems, &node->mark,
			       "%s: %.*s has no unit; write %.4g%%", key,
			       SHOWN(text), 100 * ratio);
	else if (rc == -ENODATA && n == &fraction)
		option_problem(r->problems, &node->mark,
			       "%s: %.*s has no unit; write %s", key,
			       SHOWN(text), option_expected(row, 0));
	else if (rc == -ENODATA)
		option_problem(r->problems, &node->mark,
			       "%s: %.*s has no unit; write %.*s%s", key,
			       SHOWN(text), SHOWN(text), likely_unit(row, n));
	else if (rc == -ERANGE)
		option_problem(r->problems, &node->mark,
			       "%s: %.*s is out of range; write %s such as %s",
			       key, SHOWN(text), n->what, n->example);
	else
		option_problem(r->problems, &node->mark,
			       "%s: '%.*s' is not %s; write it like %s%s%s%s",
			       key, SHOWN(text), n->what, n->example,
			       n->units ? " (units " : "",
			       n->units ? n->units : "", n->units ? ")" : "");
}

/* The row's bounds; both 0 leave those of the kind of number alone. */
static bool in_range(const struct option_reader *r,
		     const struct option_row *row,
		     const struct yaml_node *node, const struct number *n,
		     double value)
{
	bool none = row->min == 0 && row->max == 0;
	double min = none ? (n->unsigned_ ? 0 : -INFINITY) : row->min;
	double max = none || row->max > n->largest ? n->largest : row->max;
	const char *key = label(row, node);
	char bound[48];

	if (n->unsigned_ && min < 0)
		min = 0;
	if (value < min)
		option_problem(r->problems, &node->mark,
			       "%s: %.*s is too small; write at least %s", key,
			       SHOWN(node->text),
			       n->print(min, bound, sizeof(bound)));
	else if (value > max)
		option_problem(r->problems, &node->mark,
			       "%s: %.*s is too large; write at most %s", key,
			       SHOWN(node->text),
			       n->print(max, bound, sizeof(bound)));
	return value >= min && value <= max;
}

static int read_number(const struct option_reader *r, const struct number *n,
		       const char *text, double *value)
{
	int rc = n->read(text, value);

	if (!r->bare)
		return rc;
	if (n == &time_value || n == &bytes_value)
		return rc == -ENODATA ? unit_number(text, value) : rc;
	return rc;
}

static bool number(const struct option_reader *r,
		   const struct option_row *row, const struct number *n,
		   const struct yaml_node *node, double *value)
{
	int rc = read_number(r, n, node->text, value);

	/* A preset says ns where the unit turns out to be abstract. */
	if (rc && r->bare && row->type == OPTION_TYPE_VALUE && n == &real)
		rc = unit_time(node->text, value) ? rc : 0;
	if (rc) {
		bad_number(r, row, node, n, rc);
		return false;
	}
	return in_range(r, row, node, n, *value);
}

static void integer(const struct option_reader *r,
		    const struct option_row *row,
		    const struct yaml_node *node, int64_t *field)
{
	static const struct number whole = {
		"a whole number", "4", NULL, false, INFINITY,
		unit_number, unit_exact_real
	};
	int64_t value;
	int rc = unit_integer(node->text, &value);

	if (rc)
		bad_number(r, row, node, &whole, rc);
	else if (in_range(r, row, node, &whole, (double)value))
		*field = value;
}

/* Durations and sizes: read again, exactly, once their range is known. */
static void whole(const struct option_reader *r, const struct option_row *row,
		  const struct yaml_node *node, int64_t *field)
{
	const struct number *n = number_of(row, OPTION_UNIT_NONE);
	double value;

	if (!number(r, row, n, node, &value))
		return;
	if (n == &size)
		unit_size(node->text, field);
	else
		unit_duration(node->text, field);
}

static void load(const struct option_reader *r, const struct option_row *row,
		 const struct yaml_node *node, struct load_value *field)
{
	size_t len = strlen(node->text);
	bool share = len && node->text[len - 1] == '%';
	double value;

	if (!number(r, row, share ? &percent : &rate, node, &value))
		return;
	*field = (struct load_value){ value, share, true };
}

static void boolean(const struct option_reader *r,
		    const struct option_row *row,
		    const struct yaml_node *node, bool *field)
{
	if (!strcmp(node->text, "true"))
		*field = true;
	else if (!strcmp(node->text, "false"))
		*field = false;
	else
		option_problem(r->problems, &node->mark,
			       "%s: '%.*s' is not true or false; write one of "
			       "them", label(row, node), SHOWN(node->text));
}

static void enumeration(const struct option_reader *r,
			const struct option_row *row,
			const struct yaml_node *node, int *field)
{
	char all[160] = "";
	struct nearest near;
	size_t used = 0;

	nearest_start(&near, node->text);
	for (int i = 0; row->names[i]; i++) {
		if (!strcmp(row->names[i], node->text)) {
			*field = i;
			return;
		}
		nearest_try(&near, row->names[i]);
		if (used < sizeof(all))
			used += (size_t)snprintf(all + used,
						 sizeof(all) - used, "%s%s",
						 i ? ", " : "", row->names[i]);
	}
	if (near.best)
		option_problem(r->problems, &node->mark,
			       "%s: unknown word '%.*s'; did you mean '%s'?",
			       label(row, node), SHOWN(node->text), near.best);
	else
		option_problem(r->problems, &node->mark,
			       "%s: unknown word '%.*s'; write one of %s",
			       label(row, node), SHOWN(node->text), all);
}

/*
 * Files are told by absolute name, so that a configuration means the same
 * wherever it is read again: in the result folder, by an agent.
 */
static const char *absolute(struct arena *arena, const char *config,
			    const char *name)
{
	const char *slash = config ? strrchr(config, '/') : NULL;
	char cwd[PATH_MAX];

	if (*name == '/' || !*name)
		return name;
	if (slash)
		name = arena_printf(arena, "%.*s/%s", (int)(slash - config),
				    config, name);
	if (*name == '/' || !getcwd(cwd, sizeof(cwd)))
		return name;
	return arena_printf(arena, "%s/%s", cwd, name);
}

static void text(const struct option_reader *r, const struct option_row *row,
		 const struct yaml_node *node, const char **field)
{
	/* What --set says has no line: it is taken from where we stand. */
	const char *config = node->mark.line ? node->mark.file : NULL;

	*field = node->text;
	if (row->flags & OPTION_FILE)
		*field = absolute(r->arena, config, node->text);
}

void option_scalar(const struct option_reader *r, const struct option_row *row,
		   enum option_unit unit, const struct yaml_node *node,
		   void *field)
{
	double value;

	if (!node->quoted && !*node->text) {
		option_problem(r->problems, &node->mark,
			       "%s has no value; write %s", label(row, node),
			       option_expected(row, unit));
		return;
	}
	if ((row->flags & OPTION_AUTO) && !strcmp(node->text, "auto")) {
		*(int64_t *)field = OPTION_AUTO_VALUE;
		return;
	}
	switch (row->type) {
	case OPTION_TYPE_BOOL:
		boolean(r, row, node, field);
		break;
	case OPTION_TYPE_INT:
		integer(r, row, node, field);
		break;
	case OPTION_TYPE_DURATION:
	case OPTION_TYPE_SIZE:
		whole(r, row, node, field);
		break;
	case OPTION_TYPE_LOAD:
		load(r, row, node, field);
		break;
	case OPTION_TYPE_STRING:
		text(r, row, node, field);
		break;
	case OPTION_TYPE_ENUM:
		enumeration(r, row, node, field);
		break;
	default:
		if (number(r, row, number_of(row, unit), node, &value))
			*(double *)field = value;
	}
}
