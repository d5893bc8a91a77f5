/* trace.c - read golden traces: the jobs, the policy, what is wanted */
#include "tests/golden/trace.h"

#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "lancet/core/arena.h"
#include "lancet/core/err.h"
#include "lancet/core/option.h"
#include "lancet/core/unit.h"

#define COLUMNS                                                             \
	"id,arrival,class,conn,service,aux,start,completion,worker,slices," \
	"outcome"
#define WORKERS_MAX 65536

enum column {
	ID,
	ARRIVAL,
	CLASS,
	CONN,
	SERVICE,
	AUX,
	START,
	COMPLETION,
	WORKER,
	SLICES,
	OUTCOME,
	FIELDS
};

struct reader {
	FILE *in;
	char *line; /* without its end */
	size_t room;
	unsigned number;
	char *field[FIELDS];
	size_t jobs; /* there is room for */
	struct {
		uint32_t servers, each; /* 0: not said */
		uint32_t stages, stage_workers;
		uint32_t cutoffs;
		bool given, candidates; /* by aux */
	} shape;
	struct trace *trace;
	struct arena *arena;
	struct err *err;
};

/* What the traces call a parameter, and what the options do. */
static const char *const renamed[][2] = {
	{ "n", "depth" }, { "q", "quantum" },  { "c", "cost" },
	{ "s", "cost" },  { "d", "dispatch" }, { "o", "order" },
};

/* Traces draw nothing: of equals the lowest, of queues the longest. */
static const char *const drawn[][2] = {
	{ "jsq", "ties: lowest" },
	{ "jbsq", "ties: lowest" },
	{ "steal", "victim: longest" },
};

static int bad(const struct reader *r, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

static int bad(const struct reader *r, const char *fmt, ...)
{
	char what[256];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(what, sizeof(what), fmt, ap);
	va_end(ap);
	return err_set(r->err, -EINVAL, "%s:%u: %s", r->trace->path, r->number,
		       what);
}

/* --- words --------------------------------------------------------------- */

static int read_real(const struct reader *r, const char *text, const char *what,
		     double *to)
{
	if (!unit_number(text, to))
		return 0;
	return bad(r, "%s '%.40s' is no number", what, text);
}

static int read_whole(const struct reader *r, const char *text,
		      const char *what, double most, uint32_t *to)
{
	int64_t value;

	*to = 0;
	if (unit_integer(text, &value) || value < 0 || (double)value > most)
		return bad(r, "%s '%.40s' is no whole number up to %.0f", what,
			   text, most);
	*to = (uint32_t)value;
	return 0;
}

/* "-" is none. */
static int read_wanted(const struct reader *r, const char *text,
		       const char *what, double *to)
{
	*to = NAN;
	return strcmp(text, "-") ? read_real(r, text, what, to) : 0;
}

static int read_label(const struct reader *r, const char *text,
		      const char *what, uint32_t none, uint32_t *to)
{
	*to = none;
	return strcmp(text, "-") ? read_whole(r, text, what, UINT32_MAX, to)
				 : 0;
}

/* --- the header ---------------------------------------------------------- */

static const char *option_name(const char *key)
{
	for (size_t i = 0; i < sizeof(renamed) / sizeof(renamed[0]); i++)
		if (!strcmp(renamed[i][0], key))
			return renamed[i][1];
	return key;
}

/* The line after "# " in words "key=value". */
static char *next_pair(char **rest, char **value)
{
	char *key;

	while ((key = strsep(rest, " ")) && !*key)
		;
	*value = key ? strchr(key, '=') : NULL;
	if (*value)
		*(*value)++ = '\0';
	return key;
}

static const char *without_draws(const char *policy)
{
	for (size_t i = 0; i < sizeof(drawn) / sizeof(drawn[0]); i++)
		if (!strcmp(drawn[i][0], policy))
			return drawn[i][1];
	return "";
}

/* What must go together with the workers, and what aux is to have. */
static void note_shape(struct reader *r, const char *key, const char *value)
{
	uint32_t items = 0, sum = 0;

	for (const char *at = value; at; at = strchr(at, ',')) {
		at += items > 0;
		sum += (uint32_t)strtoul(at, NULL, 10);
		items++;
	}
	if (!strcmp(key, "servers"))
		r->shape.servers = sum;
	else if (!strcmp(key, "each"))
		r->shape.each = sum;
	else if (!strcmp(key, "stages")) {
		r->shape.stages = items;
		r->shape.stage_workers = sum;
	} else if (!strcmp(key, "cutoffs"))
		r->shape.cutoffs = items;
	else if (!strcmp(key, "choice")) {
		r->shape.given = !strcmp(value, "given");
		r->shape.candidates = !strcmp(value, "pod");
	}
}

static int check_shape(const struct reader *r)
{
	uint32_t workers = r->trace->workers;

	if (r->shape.each && r->shape.servers * r->shape.each != workers)
		return bad(r, "%u servers of %u are not workers=%u",
			   r->shape.servers, r->shape.each, workers);
	if (r->shape.stages && r->shape.stage_workers != workers)
		return bad(r, "stages of %u together are not workers=%u",
			   r->shape.stage_workers, workers);
	if (r->shape.cutoffs && r->shape.cutoffs != workers - 1)
		return bad(r, "%u cutoffs for workers=%u; one fewer belong",
			   r->shape.cutoffs, workers);
	return 0;
}

/* Parameters as YAML flow text; a list stays one. */
static int read_policy(struct reader *r)
{
	struct trace *t = r->trace;
	const char *name = NULL, *options = "", *rule;
	char *rest = r->line + 2, *key, *value;
	struct err why = { 0 };

	while ((key = next_pair(&rest, &value))) {
		bool list = value && strchr(value, ',');

		if (!value)
			return bad(r, "'%.40s' is no KEY=VALUE", key);
		if (!strcmp(key, "policy"))
			name = value;
		else if (!strcmp(key, "workers")) {
			if (read_whole(r, value, key, WORKERS_MAX, &t->workers))
				return r->err->code;
		} else {
			note_shape(r, key, value);
			options = arena_printf(
				r->arena, "%s%s%s: %s%s%s", options,
				*options ? ", " : "", option_name(key),
				list ? "[" : "", value, list ? "]" : "");
		}
	}
	if (!name || !t->workers)
		return bad(r, "no policy=NAME and workers=K");
	rule = without_draws(name);
	if (*options || *rule)
		name = arena_printf(r->arena, "{%s: {%s%s%s}}", name, options,
				    *options && *rule ? ", " : "", rule);
	if (option_parse_choice(KIND_POLICY, OPTION_UNIT_TIME, name, &t->policy,
				r->arena, &why))
		return bad(r, "%s", why.text);
	return check_shape(r);
}

static int read_columns(struct reader *r, char *list)
{
	static const char *const names[] = { "start", "completion", "worker",
					     "slices", "outcome" };
	char *name;

	while ((name = strsep(&list, ","))) {
		size_t i = 0;

		while (i < 5 && strcmp(names[i], name))
			i++;
		if (i == 5)
			return bad(r, "'%.40s' cannot be checked", name);
		r->trace->check |= 1u << i;
	}
	return 0;
}

static int read_checks(struct reader *r)
{
	struct trace *t = r->trace;
	char *rest = r->line + 2, *key, *value;

	t->tolerance = NAN;
	while ((key = next_pair(&rest, &value))) {
		int rc;

		if (value && !strcmp(key, "check"))
			rc = read_columns(r, value);
		else if (value && !strcmp(key, "rel_tol"))
			rc = read_real(r, value, key, &t->tolerance);
		else
			rc = bad(r, "'%.40s' is not known here", key);
		if (rc)
			return rc;
	}
	if (t->check && t->tolerance >= 0)
		return 0;
	return bad(r, "no check=COLUMNS and rel_tol=TOLERANCE");
}

/* --- jobs ---------------------------------------------------------------- */

/* Work at later stages: so much of it. */
static int read_later(const struct reader *r, struct job *job, char *text)
{
	uint32_t n = 0;
	char *item;

	while ((item = strsep(&text, ";"))) {
		if (++n >= r->shape.stages)
			break;
		if (read_real(r, item, "aux", &job->aux.later[n - 1]))
			return r->err->code;
		if (!(job->aux.later[n - 1] > 0))
			return bad(r, "aux '%.40s' is no work", item);
	}
	return n == r->shape.stages - 1
		       ? 0
		       : bad(r, "aux is not the work at %u later stages",
			     r->shape.stages - 1);
}

/* Candidates, of which there is one at least; or the only one. */
static int read_picks(const struct reader *r, struct job *job, char *text,
		      size_t most)
{
	uint32_t of = r->shape.servers ? r->shape.servers : r->trace->workers;
	size_t n = 0;
	char *item;

	for (; (item = strsep(&text, ";")); n++) {
		uint32_t pick;

		if (n == most)
			return bad(r, "more than %zu in aux", most);
		if (read_whole(r, item, "aux", of - 1, &pick))
			return r->err->code;
		job->aux.pick[n] = (uint16_t)pick;
	}
	if (n < POLICY_CANDIDATES)
		job->aux.pick[n] = PICK_NONE;
	return 0;
}

/* Candidates, or a deadline, or work at later stages: by the policy. */
static int read_aux(const struct reader *r, struct job *job, char *text)
{
	const char *policy = r->trace->policy.kind->name;

	if (!strcmp(policy, "edf"))
		return read_real(r, text, "aux", &job->aux.deadline);
	if (r->shape.stages > 1)
		return read_later(r, job, text);
	if (!strcmp(policy, "pod") || r->shape.candidates)
		return read_picks(r, job, text, POLICY_CANDIDATES);
	if (!strcmp(policy, "steal") || r->shape.given)
		return read_picks(r, job, text, 1);
	return 0;
}

static int read_outcome(const struct reader *r, enum job_outcome *to)
{
	static const char *const words[] = { [JOB_DONE] = "done",
					     [JOB_DROPPED] = "drop",
					     [JOB_NACKED] = "nack" };

	for (int i = JOB_DONE; i <= JOB_NACKED; i++)
		if (!strcmp(words[i], r->field[OUTCOME])) {
			*to = (enum job_outcome)i;
			return 0;
		}
	return bad(r, "outcome '%.40s' is none of done, drop, nack",
		   r->field[OUTCOME]);
}

static int read_want(const struct reader *r, struct trace_want *want)
{
	if (read_wanted(r, r->field[START], "start", &want->start) ||
	    read_wanted(r, r->field[COMPLETION], "completion",
			&want->completion) ||
	    read_label(r, r->field[WORKER], "worker", UINT32_MAX,
		       &want->worker) ||
	    read_label(r, r->field[SLICES], "slices", UINT32_MAX,
		       &want->slices))
		return r->err->code;
	return read_outcome(r, &want->outcome);
}

static int read_job(const struct reader *r, struct job *job)
{
	const struct trace *t = r->trace;
	uint32_t id;

	*job = (struct job){ .id = t->n };
	if (read_whole(r, r->field[ID], "id", UINT32_MAX, &id) ||
	    read_real(r, r->field[ARRIVAL], "arrival", &job->arrival) ||
	    read_label(r, r->field[CLASS], "class", 0, &job->class) ||
	    read_label(r, r->field[CONN], "conn", 0, &job->conn) ||
	    read_real(r, r->field[SERVICE], "service", &job->service))
		return r->err->code;
	if (id != job->id)
		return bad(r, "id %u after %zu jobs", id, t->n);
	if (job->arrival < (t->n ? job[-1].arrival : 0))
		return bad(r, "arrival %g is out of order", job->arrival);
	if (!(job->service > 0))
		return bad(r, "service %g is not positive", job->service);
	return read_aux(r, job, r->field[AUX]);
}

static int read_fields(struct reader *r)
{
	char *rest = r->line;

	for (size_t i = 0; i < FIELDS; i++)
		if (!(r->field[i] = strsep(&rest, ",")))
			return bad(r, "%zu fields where %d belong", i, FIELDS);
	return rest ? bad(r, "more than %d fields", FIELDS) : 0;
}

static void grow(struct reader *r)
{
	struct trace *t = r->trace;
	size_t room = r->jobs;

	if (t->n < room)
		return;
	t->job = arena_grow(r->arena, t->job, t->n, &room, sizeof(*t->job));
	t->want =
		arena_grow(r->arena, t->want, t->n, &r->jobs, sizeof(*t->want));
}

/* --- the file ------------------------------------------------------------ */

static bool next_line(struct reader *r)
{
	ssize_t len = getline(&r->line, &r->room, r->in);

	r->number++;
	if (len < 0)
		return false;
	r->line[strcspn(r->line, "\r\n")] = '\0';
	return true;
}

static int read_header(struct reader *r)
{
	int (*const part[])(struct reader *) = { read_policy, read_checks };

	for (size_t i = 0; i < 2; i++) {
		if (!next_line(r) || strncmp(r->line, "# ", 2))
			return bad(r, "no line '# %s...'",
				   i ? "check=" : "policy=");
		if (part[i](r))
			return r->err->code;
	}
	if (!next_line(r) || strcmp(r->line, COLUMNS))
		return bad(r, "not the columns %s", COLUMNS);
	return 0;
}

static int read_all(struct reader *r)
{
	struct trace *t = r->trace;

	if (read_header(r))
		return r->err->code;
	while (next_line(r)) {
		if (!*r->line)
			continue;
		grow(r);
		if (read_fields(r) || read_job(r, &t->job[t->n]) ||
		    read_want(r, &t->want[t->n]))
			return r->err->code;
		t->n++;
	}
	return t->n ? 0 : bad(r, "no jobs");
}

int trace_read(struct trace *t, const char *path, struct arena *arena,
	       struct err *err)
{
	struct reader r = { .trace = t, .arena = arena, .err = err };
	int rc;

	*t = (struct trace){ .path = path };
	r.in = fopen(path, "r");
	if (!r.in)
		return err_set(err, -errno, "%s: %s", path, strerror(errno));
	rc = read_all(&r);
	free(r.line);
	fclose(r.in);
	return rc;
}
