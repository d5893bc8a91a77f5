/* requests.c - anybody's requests, one a line of a CSV file */
#include "lancet/core/requests.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "lancet/core/arena.h"
#include "lancet/core/err.h"

#define FIELDS_MOST 64
#define LINE_MOST 65536
#define NONE SIZE_MAX

enum column {
	TIME, LATENCY, RECEIVED, INTENDED, OUTCOME, CLASS, AGENT, WARMUP,
	COLUMNS
};

static const struct {
	const char *name;
	enum column column;
} names[] = {
	{ "time_ns", TIME }, { "sent_ns", TIME },
	{ "latency_ns", LATENCY }, { "received_ns", RECEIVED },
	{ "intended_ns", INTENDED }, { "outcome", OUTCOME },
	{ "class", CLASS }, { "agent", AGENT }, { "warmup", WARMUP },
};

static const struct {
	const char *word;
	enum outcome outcome;
} outcomes[] = {
	{ "received", OUTCOME_RECEIVED }, { "ok", OUTCOME_RECEIVED },
	{ "success", OUTCOME_RECEIVED }, { "nacked", OUTCOME_NACKED },
	{ "refused", OUTCOME_NACKED }, { "error", OUTCOME_ERROR },
	{ "timeout", OUTCOME_TIMEOUT }, { "lost", OUTCOME_LOST },
	{ "unsent", OUTCOME_UNSENT },
};

struct reader {
	struct requests *to;
	const char *file;
	FILE *in;
	unsigned long line;
	char *text;		/* LINE_MOST bytes and an end */
	char *field[FIELDS_MOST];
	size_t nfields;
	size_t at[COLUMNS];	/* which field; NONE */
	struct arena *arena;
};

static int fail(const struct reader *r, struct err *err, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

static int fail(const struct reader *r, struct err *err, const char *fmt, ...)
{
	char text[400];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	return err_set(err, -EINVAL, "%s:%lu: %s", r->file, r->line, text);
}

/* --- a line ------------------------------------------------------------------ */

static char *trim(char *text)
{
	char *end;

	while (isspace((unsigned char)*text))
		text++;
	end = text + strlen(text);
	while (end > text && isspace((unsigned char)end[-1]))
		*--end = '\0';
	/* Quotes around a whole field; none of ours has one inside. */
	if (*text == '"' && end > text + 1 && end[-1] == '"') {
		end[-1] = '\0';
		text++;
	}
	return text;
}

/* 1: one is in r->text; 0: the end. No longer than a line may be. */
static int read_line(struct reader *r, struct err *err)
{
	size_t len = 0;
	int c;

	while ((c = getc_unlocked(r->in)) != EOF && c != '\n') {
		if (c == 0 || len == LINE_MOST)
			return fail(r, err, "no text; write numbers separated "
				    "by commas");
		r->text[len++] = (char)c;
	}
	r->text[len] = '\0';
	if (ferror(r->in))
		return err_set(err, -EIO, "%s: cannot be read: %s", r->file,
			       strerror(errno));
	return len || c != EOF;
}

/* 1: fields; 0: the end; or an error. */
static int next_line(struct reader *r, struct err *err)
{
	char *text, *field;
	int rc;

	do {
		r->line++;
		rc = read_line(r, err);
		if (rc <= 0)
			return rc;
		text = r->text;
		if (r->line == 1 && !strncmp(text, "\xef\xbb\xbf", 3))
			text += 3;
		text = trim(text);
	} while (!*text || *text == '#');
	r->nfields = 0;
	while ((field = strsep(&text, ","))) {
		if (r->nfields == FIELDS_MOST)
			return fail(r, err, "more than %d fields",
				    FIELDS_MOST);
		r->field[r->nfields++] = trim(field);
	}
	return 1;
}

static const char *field(const struct reader *r, enum column column)
{
	size_t at = r->at[column];

	return at == NONE ? "" : r->field[at];
}

static int take_header(struct reader *r, struct err *err)
{
	int rc = next_line(r, err);

	if (rc <= 0)
		return rc ? rc : err_set(err, -EINVAL, "%s: is empty; the "
			"first line names the columns time_ns,latency_ns",
			r->file);
	for (size_t i = 0; i < COLUMNS; i++)
		r->at[i] = NONE;
	for (size_t i = 0; i < r->nfields; i++)
		for (size_t k = 0; k < sizeof(names) / sizeof(*names); k++) {
			if (strcmp(r->field[i], names[k].name))
				continue;
			if (r->at[names[k].column] != NONE)
				return fail(r, err, "a second column %s; keep "
					    "one", names[k].name);
			r->at[names[k].column] = i;
		}
	if (r->at[TIME] == NONE)
		return fail(r, err, "no column time_ns, the instant of each "
			    "send; name the columns in the first line");
	if (r->at[LATENCY] == NONE && r->at[RECEIVED] == NONE)
		return fail(r, err, "no column latency_ns, nor received_ns; "
			    "name the columns in the first line");
	return 0;
}

/* --- values ------------------------------------------------------------------- */

/* Whole numbers to the nanosecond, others as far as a double goes. */
static int take_ns(const struct reader *r, enum column column,
		   const char *name, int64_t *ns, struct err *err)
{
	const char *text = field(r, column);
	char *end;
	double x;

	errno = 0;
	*ns = strtoll(text, &end, 10);
	if (*end == '.' || *end == 'e' || *end == 'E') {
		x = strtod(text, &end);
		if (fabs(x) <= (double)SAMPLE_TIME_MAX)
			*ns = llround(x);
		else
			errno = ERANGE;
	}
	if (end == text || *end)
		return fail(r, err, "%s '%.40s' is no number of nanoseconds",
			    name, text);
	if (errno || *ns > SAMPLE_TIME_MAX || *ns < -SAMPLE_TIME_MAX)
		return fail(r, err, "%s %.40s is out of range; count from a "
			    "nearer instant", name, text);
	return 0;
}

static int take_outcome(const struct reader *r, bool replied, uint8_t *to,
			struct err *err)
{
	const char *word = field(r, OUTCOME);

	*to = replied ? OUTCOME_RECEIVED : OUTCOME_LOST;
	if (!*word)
		return 0;
	for (size_t i = 0; i < sizeof(outcomes) / sizeof(*outcomes); i++) {
		if (strcasecmp(word, outcomes[i].word))
			continue;
		*to = (uint8_t)outcomes[i].outcome;
		if (*to == OUTCOME_RECEIVED && !replied)
			return fail(r, err, "it is %s but has no latency; "
				    "write one, or lost", word);
		return 0;
	}
	return fail(r, err, "outcome '%.40s' is none of received, nacked, "
		    "error, timeout, lost, unsent", word);
}

/* The number of a name, which is new or was met before. */
static int take_name(const struct reader *r, enum column column,
		     const char ***name, size_t *n, size_t most, size_t *index,
		     struct err *err)
{
	const char *text = field(r, column);

	for (*index = 0; *index < *n; ++*index)
		if (!strcmp((*name)[*index], text))
			return 0;
	if (*n == most)
		return fail(r, err, "more than %zu names of %s", most,
			    column == CLASS ? "classes" : "agents");
	if (!*n)
		*name = arena_array(r->arena, most, sizeof(**name));
	(*name)[(*n)++] = arena_strdup(r->arena, text);
	return 0;
}

static int take_reply(const struct reader *r, struct sample *s,
		      struct err *err)
{
	bool latency = r->at[LATENCY] != NONE;
	enum column column = latency ? LATENCY : RECEIVED;
	bool replied = *field(r, column);
	int64_t ns = 0;
	int rc = 0;

	if (replied)
		rc = take_ns(r, column, latency ? "latency_ns" : "received_ns",
			     &ns, err);
	if (!rc)
		rc = take_outcome(r, replied, &s->outcome, err);
	if (rc || s->outcome != OUTCOME_RECEIVED)
		return rc;
	s->received_ns = latency ? s->sent_ns + ns : ns;
	if (s->received_ns < s->sent_ns)
		return fail(r, err, "the reply came before the request was "
			    "sent; is one clock behind the other?");
	return 0;
}

static int take_sample(struct reader *r, struct sample *s, struct err *err)
{
	struct requests *to = r->to;
	size_t class, agent;
	int rc;

	*s = (struct sample){ .wire_out_ns = SAMPLE_NO_STAMP,
			      .wire_in_ns = SAMPLE_NO_STAMP,
			      .seq = (uint32_t)to->n };
	/* What was never sent has no such instant, but was intended. */
	if (!*field(r, TIME) && *field(r, INTENDED))
		rc = take_ns(r, INTENDED, "intended_ns", &s->sent_ns, err);
	else
		rc = take_ns(r, TIME, "time_ns", &s->sent_ns, err);
	s->intended_ns = s->sent_ns;
	if (!rc && *field(r, INTENDED))
		rc = take_ns(r, INTENDED, "intended_ns", &s->intended_ns, err);
	if (!rc)
		rc = take_reply(r, s, err);
	if (!rc)
		rc = take_name(r, CLASS, &to->class, &to->nclasses,
			       REQUESTS_CLASSES, &class, err);
	if (!rc)
		rc = take_name(r, AGENT, &to->agent, &to->nagents,
			       REQUESTS_AGENTS, &agent, err);
	if (rc)
		return rc;
	s->class = (uint16_t)class;
	s->conn = (uint32_t)agent;
	return 0;
}

/* --- the file --------------------------------------------------------------------- */

static int grow(struct reader *r, struct err *err)
{
	struct requests *to = r->to;
	size_t room = to->room ? 2 * to->room : 65536;
	struct sample *more;

	if (to->n < to->room)
		return 0;
	if (to->n >= REQUESTS_MOST)
		return fail(r, err, "more than %llu requests; check a part",
			    (unsigned long long)REQUESTS_MOST);
	more = realloc(to->sample, room * sizeof(*more));
	if (!more)
		return err_set(err, -ENOMEM, "out of memory for %zu requests",
			       room);
	to->sample = more;
	to->room = room;
	return 0;
}

static int take_lines(struct reader *r, struct err *err)
{
	struct sample s;
	size_t columns = r->nfields;
	int rc;

	while ((rc = next_line(r, err)) > 0) {
		if (r->nfields != columns)
			return fail(r, err, "%zu fields where the first line "
				    "names %zu", r->nfields, columns);
		if (!strcmp(field(r, WARMUP), "1"))
			continue;
		rc = grow(r, err);
		if (!rc)
			rc = take_sample(r, &s, err);
		if (rc)
			return rc;
		r->to->sample[r->to->n++] = s;
	}
	if (!rc && !r->to->n)
		return err_set(err, -EINVAL, "%s: has no request; write one "
			       "a line", r->file);
	return rc;
}

int requests_read(struct requests *to, FILE *in, const char *file,
		  struct arena *arena, struct err *err)
{
	struct reader r = { .to = to, .file = file, .in = in, .arena = arena };
	int rc;

	memset(to, 0, sizeof(*to));
	r.text = arena_alloc(arena, LINE_MOST + 1);
	rc = take_header(&r, err);
	if (!rc) {
		to->intended = r.at[INTENDED] != NONE;
		rc = take_lines(&r, err);
	}
	return rc;
}

void requests_fini(struct requests *r)
{
	free(r->sample);
	memset(r, 0, sizeof(*r));
}
