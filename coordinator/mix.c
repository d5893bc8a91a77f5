/* mix.c - of each class of requests: how they ended, and what they asked for */
#include "coordinator/mix.h"

#include "coordinator/account.h"
#include "coordinator/plan.h"
#include "coordinator/point.h"
#include "lancet/core/arena.h"

/* Replies of a code that were intended in one window. */
struct point_code {
	uint32_t segment, index; /* of the window in it */
	uint32_t code;
	uint64_t count;
};

/* --- taking in ------------------------------------------------------------ */

static void add_times(struct point_data *data, struct hist ***of,
		      const struct wire_window *from)
{
	size_t classes = data->plan->workload.nclasses;

	if (from->class >= classes)
		return;
	if (!*of)
		*of = arena_array(data->arena, classes, sizeof(**of));
	if (!(*of)[from->class])
		(*of)[from->class] = arena_alloc(data->arena,
						 sizeof(struct hist));
	hist_add_sparse((*of)[from->class], &from->response);
}

static void add_codes(struct point_data *data, const struct wire_window *from)
{
	const struct point_segment *segment =
		&data->segment[data->nsegments - 1];
	int64_t width = data->plan->config->measure.window_ns;
	uint32_t first = (uint32_t)(segment->from_ns / width);
	struct point_mix *mix = &data->mix;

	if (from->index < first || from->index - first >= segment->nwindows)
		return;
	for (uint32_t i = 0; i < from->response.n; i++) {
		mix->code = arena_grow(data->arena, mix->code, mix->ncodes,
				       &mix->room, sizeof(*mix->code));
		mix->code[mix->ncodes++] = (struct point_code){
			.segment = (uint32_t)data->nsegments - 1,
			.index = from->index - first,
			.code = (uint32_t)hist_low(
				from->response.cell[i].index),
			.count = from->response.cell[i].count,
		};
	}
}

void mix_add(struct point_data *data, const struct wire_report *report)
{
	for (size_t i = 0; i < report->nwindows; i++) {
		const struct wire_window *w = &report->window[i];

		if (w->index == WIRE_REQUESTED)
			add_times(data, &data->mix.requested, w);
		else if (w->index == WIRE_SERVED)
			add_times(data, &data->mix.served, w);
		else if (w->class == WIRE_CODES)
			add_codes(data, w);
	}
}

/* --- telling -------------------------------------------------------------- */

static void count_window(const struct point_window *w, struct result_point *to)
{
	for (size_t p = 0; p < w->nparts; p++) {
		const struct wire_window *part = &w->part[p].window;

		point_count_part(&to->classes[part->class].mix.counts,
				 part->outcome, (int64_t)part->response.total);
	}
}

static void count_classes(const struct point_data *data,
			  struct result_point *to)
{
	for (size_t s = 0; s < data->nsegments; s++)
		for (size_t i = 0; i < data->segment[s].nwindows; i++)
			if (!(data->segment[s].window[i].out & WINDOW_WARMUP))
				count_window(&data->segment[s].window[i], to);
}

static struct hist *times_of(struct hist *const *of, size_t class,
			     struct arena *arena)
{
	return of && of[class] ? arena_copy(arena, of[class], sizeof(**of))
			       : NULL;
}

static struct result_replies *status_of(struct result_point *to, uint32_t code,
				       struct arena *arena)
{
	const char *class = arena_printf(arena, "%uxx", code / 100);
	struct result_replies *status = to->statuses;

	for (size_t i = 0; i < to->nstatuses; i++, status++)
		if (status->codes->code / 100 == code / 100)
			return status;
	to->nstatuses++;
	*status = (struct result_replies){ .class = class };
	return status;
}

static uint64_t codes_of(const struct point_data *data, uint32_t code)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < data->mix.ncodes; i++) {
		const struct point_code *c = &data->mix.code[i];

		if (c->code == code &&
		    !(data->segment[c->segment].window[c->index].out &
		      WINDOW_WARMUP))
			sum += c->count;
	}
	return sum;
}

/* The lowest code above one; 0: there is none. */
static uint32_t next_code(const struct point_data *data, uint32_t after)
{
	uint32_t next = 0;

	for (size_t i = 0; i < data->mix.ncodes; i++) {
		uint32_t code = data->mix.code[i].code;

		if (code > after && (!next || code < next))
			next = code;
	}
	return next;
}

/* In rising order; codes of a class, a hundred, follow each other. */
static void account_codes(const struct point_data *data,
			  struct result_point *to, struct arena *arena)
{
	size_t n = 0;

	for (uint32_t c = 0; (c = next_code(data, c)); n++)
		;
	to->statuses = arena_array(arena, n, sizeof(*to->statuses));
	for (uint32_t c = 0; (c = next_code(data, c));) {
		int64_t count = (int64_t)codes_of(data, c);
		struct result_replies *status;

		if (!count)	/* of the warm-up alone */
			continue;
		status = status_of(to, c, arena);
		if (!status->codes)
			status->codes = arena_array(arena, n,
						    sizeof(*status->codes));
		status->count += count;
		status->codes[status->ncodes++] =
			(struct result_code){ c, count };
	}
}

void mix_account(const struct point_data *data, struct result_point *to,
		 struct arena *arena)
{
	const struct workload *w = &data->plan->workload;

	to->nclasses = w->nclasses;
	to->classes = arena_array(arena, w->nclasses, sizeof(*to->classes));
	for (size_t i = 0; i < w->nclasses; i++) {
		struct result_mix *mix = &to->classes[i].mix;

		to->classes[i].name = w->class[i].name;
		mix->requested_hist = times_of(data->mix.requested, i, arena);
		mix->served_hist = times_of(data->mix.served, i, arena);
		mix->requested_ns = account_hist(data, mix->requested_hist,
						 "too few requests", arena);
		mix->served_ns = account_hist(data, mix->served_hist,
					      "too few requests", arena);
	}
	count_classes(data, to);
	account_codes(data, to, arena);
}
