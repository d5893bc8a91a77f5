/* requests.c - anybody's requests, one a line of a CSV file */
#include "lancet/core/requests.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "lancet/core/arena.h"
#include "lancet/core/err.h"
#include "lancet/core/lines.h"

#define NONE SIZE_MAX

enum column {
	TIME,
	LATENCY,
	RECEIVED,
	INTENDED,
	SCHEDULE,
	OUTCOME,
	CLASS,
	AGENT,
	WARMUP,
	LEFT_OUT,
	SEGMENT,
	THREAD,
	COLUMNS
};

static const struct {
	const char *name;
	enum column column;
} names[] = {
	{ "time_ns", TIME },	     { "sent_ns", TIME },
	{ "latency_ns", LATENCY },   { "received_ns", RECEIVED },
	{ "intended_ns", INTENDED }, { "outcome", OUTCOME },
	{ "class", CLASS },	     { "agent", AGENT },
	{ "warmup", WARMUP },	     { "schedule_ns", SCHEDULE },
	{ "left_out", LEFT_OUT },    { "segment", SEGMENT },
	{ "thread", THREAD },
};

static const struct {
	const char *word;
	enum outcome outcome;
} outcomes[] = {
	{ "received", OUTCOME_RECEIVED }, { "ok", OUTCOME_RECEIVED },
	{ "success", OUTCOME_RECEIVED },  { "nacked", OUTCOME_NACKED },
	{ "refused", OUTCOME_NACKED },	  { "error", OUTCOME_ERROR },
	{ "timeout", OUTCOME_TIMEOUT },	  { "lost", OUTCOME_LOST },
	{ "unsent", OUTCOME_UNSENT },
};

struct reader {
	struct requests *to;
	struct lines *lines;
	size_t at[COLUMNS]; /* which field; NONE */
	struct arena *arena;
};

/* --- a line ------------------------------------------------------------------
 */

static const char *field(const struct reader *r, enum column column)
{
	size_t at = r->at[column];

	return at == NONE ? "" : r->lines->field[at];
}

static int take_header(struct reader *r, struct err *err)
{
	int rc = lines_next(r->lines, err);

	if (rc <= 0)
		return rc ? rc
			  : err_set(err, -EINVAL,
				    "%s: is empty; the "
				    "first line names the columns "
				    "time_ns,latency_ns",
				    r->lines->file);
	for (size_t i = 0; i < COLUMNS; i++)
		r->at[i] = NONE;
	for (size_t i = 0; i < r->lines->nfields; i++)
		for (size_t k = 0; k < sizeof(names) / sizeof(*names); k++) {
			if (strcmp(r->lines->field[i], names[k].name))
				continue;
			if (r->at[names[k].column] != NONE)
				return lines_error(r->lines, err,
						   "a second column %s; keep "
						   "one",
						   names[k].name);
			r->at[names[k].column] = i;
		}
	if (r->at[TIME] == NONE)
		return lines_error(r->lines, err,
				   "no column time_ns, the instant of each "
				   "send in ns; name the columns in the first "
				   "line, with commas between");
	if (r->at[LATENCY] == NONE && r->at[RECEIVED] == NONE)
		return lines_error(r->lines, err,
				   "no column latency_ns, nor received_ns; "
				   "name the columns in the first line");
	return 0;
}

/* --- values --------------------------------------------------------------- */

/* Whole numbers to the nanosecond, others as far as a double goes. */
static int take_ns(const struct reader *r, enum column column, const char *name,
		   int64_t *ns, struct err *err)
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
		return lines_error(r->lines, err,
				   "%s '%.40s' is not a number of nanoseconds",
				   name, text);
	if (errno || *ns > SAMPLE_TIME_MAX || *ns < -SAMPLE_TIME_MAX)
		return lines_error(r->lines, err,
				   "%s %.40s is out of range; count from a "
				   "nearer instant",
				   name, text);
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
			return lines_error(r->lines, err,
					   "its outcome is %s but it has no "
					   "latency; give one, or write lost",
					   word);
		return 0;
	}
	return lines_error(r->lines, err,
			   "outcome '%.40s' is none of received, nacked, "
			   "error, timeout, lost, unsent",
			   word);
}

/* The number of a name, which is new or was met before. */
static int take_name(const struct reader *r, const char *text,
		     enum column column, const char ***name, size_t *n,
		     size_t most, size_t *index, struct err *err)
{
	for (*index = 0; *index < *n; ++*index)
		if (!strcmp((*name)[*index], text))
			return 0;
	if (*n == most)
		return lines_error(r->lines, err, "more than %zu names of %s",
				   most,
				   column == CLASS ? "classes"
						   : "agents' threads");
	if (!*n)
		*name = arena_array(r->arena, most, sizeof(**name));
	(*name)[(*n)++] = arena_strdup(r->arena, text);
	return 0;
}

static int take_reply(const struct reader *r, struct sample *s, struct err *err)
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
		return lines_error(r->lines, err,
				   "the reply came before the request was "
				   "sent; is one clock behind the other?");
	return 0;
}

/* Between a point's segments nothing was due: the schedule has no hole. */
static int to_schedule(const struct reader *r, struct sample *s,
		       struct err *err)
{
	int64_t by;
	int rc;

	if (!*field(r, SCHEDULE) || !*field(r, INTENDED))
		return 0;
	rc = take_ns(r, SCHEDULE, "schedule_ns", &by, err);
	if (rc)
		return rc;
	by -= s->intended_ns;
	s->intended_ns += by;
	s->sent_ns += by;
	if (s->sent_ns > SAMPLE_TIME_MAX || s->sent_ns < -SAMPLE_TIME_MAX)
		return lines_error(r->lines, err,
				   "schedule_ns is out of range; count from a "
				   "nearer instant");
	if (s->outcome == OUTCOME_RECEIVED)
		s->received_ns += by;
	return 0;
}

/* Kept in release_ns until all lines are read. */
static int take_segment(const struct reader *r, struct sample *s,
			struct err *err)
{
	const char *text = field(r, SEGMENT);
	char *end;
	unsigned long n = strtoul(text, &end, 10);

	if (!*text || r->at[SCHEDULE] == NONE)
		return 0;
	if (end == text || *end || n >= REQUESTS_SEGMENTS)
		return lines_error(r->lines, err,
				   "segment '%.40s' is no number below %u",
				   text, REQUESTS_SEGMENTS);
	s->release_ns = (uint32_t)n;
	return 0;
}

static int take_sample(struct reader *r, struct sample *s, struct err *err)
{
	struct requests *to = r->to;
	size_t class, agent;
	char sender[1024];
	int rc;

	/* Each thread of an agent has sends of its own. */
	snprintf(sender, sizeof(sender), "%.500s%s%.500s", field(r, AGENT),
		 *field(r, THREAD) ? " thread " : "", field(r, THREAD));
	*s = (struct sample){ .wire_out_ns = SAMPLE_NO_STAMP,
			      .wire_in_ns = SAMPLE_NO_STAMP,
			      .seq = (uint32_t)to->n,
			      .thread = !strcmp(field(r, LEFT_OUT), "1") };
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
		rc = to_schedule(r, s, err);
	if (!rc)
		rc = take_segment(r, s, err);
	if (!rc)
		rc = take_name(r, field(r, CLASS), CLASS, &to->class,
			       &to->nclasses, REQUESTS_CLASSES, &class, err);
	if (!rc)
		rc = take_name(r, sender, AGENT, &to->agent, &to->nagents,
			       REQUESTS_AGENTS, &agent, err);
	if (rc)
		return rc;
	s->class = (uint16_t) class;
	s->conn = (uint32_t)agent;
	return 0;
}

/* --- the file ------------------------------------------------------------- */

static int grow(struct reader *r, struct err *err)
{
	struct requests *to = r->to;
	size_t room = to->room ? 2 * to->room : 65536;
	struct sample *more;

	if (to->n < to->room)
		return 0;
	if (to->n >= REQUESTS_MOST)
		return lines_error(r->lines, err,
				   "more than %llu requests; check a part",
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
	size_t columns = r->lines->nfields;
	int rc;

	while ((rc = lines_next(r->lines, err)) > 0) {
		if (r->lines->nfields != columns)
			return lines_error(r->lines, err,
					   "%zu fields, but the first line "
					   "names %zu",
					   r->lines->nfields, columns);
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
		return err_set(err, -EINVAL,
			       "%s: has no request; write one "
			       "a line",
			       r->lines->file);
	return rc;
}

struct span {
	int64_t first, last, by;	/* last: to be sent, or due */
	size_t n;
};

/* How far each moves. -EINVAL: these are no segments, one after the other. */
static int span_segments(const struct requests *to, struct span *segment)
{
	int64_t gap = 0, end = INT64_MIN, by = 0;

	for (size_t i = 0; i < to->n; i++) {
		struct span *s = &segment[to->sample[i].release_ns];
		int64_t at = to->sample[i].intended_ns;
		int64_t sent = to->sample[i].sent_ns;

		s->first = !s->n || at < s->first ? at : s->first;
		s->last = !s->n || at > s->last ? at : s->last;
		s->last = sent > s->last ? sent : s->last;
		s->n++;
	}
	for (size_t k = 0; k < REQUESTS_SEGMENTS; k++)
		gap += (segment[k].last - segment[k].first) / (int64_t)to->n;
	for (size_t k = 0; k < REQUESTS_SEGMENTS; k++) {
		struct span *s = &segment[k];

		if (!s->n)
			continue;
		if (end > s->first)
			return -EINVAL;
		if (end > INT64_MIN && s->first - end > gap)
			by += end + gap - s->first;
		s->by = by;
		end = s->last;
	}
	return 0;
}

/*
 * Each segment has a warm-up of its own, whose lines are passed over: it goes
 * on a mean gap after the one before it, as if there were none.
 */
static void join_segments(struct requests *to, struct arena *arena)
{
	struct span *segment = arena_array(arena, REQUESTS_SEGMENTS,
					   sizeof(*segment));

	if (span_segments(to, segment) < 0)
		return;
	for (size_t i = 0; i < to->n; i++) {
		struct sample *s = &to->sample[i];
		int64_t by = segment[s->release_ns].by;

		s->intended_ns += by;
		s->sent_ns += by;
		if (s->outcome == OUTCOME_RECEIVED)
			s->received_ns += by;
	}
}

int requests_read(struct requests *to, FILE *in, const char *file,
		  struct arena *arena, struct err *err)
{
	struct reader r = { .to = to, .arena = arena };
	int rc;

	memset(to, 0, sizeof(*to));
	r.lines = arena_alloc(arena, sizeof(*r.lines));
	lines_begin(r.lines, in, file, true);
	rc = take_header(&r, err);
	if (!rc) {
		to->intended = r.at[INTENDED] != NONE;
		rc = take_lines(&r, err);
	}
	if (!rc && r.at[SEGMENT] != NONE)
		join_segments(to, arena);
	return rc;
}

void requests_fini(struct requests *r)
{
	free(r->sample);
	memset(r, 0, sizeof(*r));
}
