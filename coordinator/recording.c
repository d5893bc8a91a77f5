/* recording.c - raw records of a run into files, segment by segment */
#include "coordinator/recording.h"

#include <string.h>
#include <unistd.h>

#include "coordinator/plan.h"
#include "coordinator/point.h"
#include "lancet/core/arena.h"
#include "lancet/core/err.h"
#include "lancet/core/wire.h"

int recording_open(struct recording *recording, const char *folder,
		   const struct point_data *data, struct arena *arena,
		   struct err *err)
{
	const struct plan *plan = data->plan;
	const struct workload *w = &plan->workload;
	const struct records_head head = {
		.classes = (uint16_t)w->nclasses,
		.point = data->point->index,
		.share = plan->config->measure.samples,
		.offered_rps = data->point->rate_rps,
		.window_ns = plan->config->measure.window_ns,
		.seed = plan->config->seed,
	};

	memset(recording, 0, sizeof(*recording));
	if (!folder || !(head.share > 0))
		return 0;
	recording->class = arena_array(arena, w->nclasses,
				       sizeof(*recording->class));
	for (size_t i = 0; i < w->nclasses; i++)
		recording->class[i] = w->class[i].name;
	recording->path = arena_printf(arena, "%s/point-%u.records", folder,
				       data->point->index);
	return records_create(&recording->writer, recording->path, &head,
			      recording->class, err);
}

int recording_restart(struct recording *recording, struct err *err)
{
	struct records_head head;
	struct err ignored;

	if (!recording || !recording->path)
		return 0;
	head = recording->writer.head;
	records_finish(&recording->writer, &ignored);
	unlink(recording->path);
	recording->nblocks = 0;
	return records_create(&recording->writer, recording->path, &head,
			      recording->class, err);
}

/* Which records of an agent's report go into the file. */
struct wanted {
	const struct point_segment *segment;
	uint32_t agent, round;
	size_t classes;
	double share;
	uint32_t parts;		/* of a request: all are kept, or none */
};

/* Those that the result counts, too: a cut segment ends before its last. */
static bool is_wanted(const struct wanted *w, const struct sample *s)
{
	int64_t at = s->intended_ns - w->segment->at_ns;

	return at >= 0 && s->class < w->classes &&
	       at < w->segment->until_ns - w->segment->from_ns &&
	       sample_kept(wire_id(w->agent, s->thread, w->round) |
				   (s->seq - s->seq % w->parts),
			   w->share);
}

static uint64_t count_wanted(const struct wanted *w,
			     const struct wire_report *report)
{
	uint64_t n = 0;

	for (size_t i = 0; i < report->nsamples; i++)
		n += is_wanted(w, &report->sample[i]);
	return n;
}

/* In runs as long as they come: all at once, where all are wanted. */
static int add_wanted(struct records_writer *writer, const struct wanted *w,
		      const struct wire_report *report, struct err *err)
{
	const struct sample *s = report->sample;
	size_t from = 0;
	int rc = 0;

	for (size_t i = 0; !rc && i <= report->nsamples; i++) {
		if (i < report->nsamples && is_wanted(w, &s[i]))
			continue;
		rc = records_add(writer, s + from, i - from, err);
		from = i + 1;
	}
	return rc;
}

static int add_agent(struct recording *recording, struct arena *arena,
		     const struct wanted *wanted,
		     const struct records_block *block,
		     const struct wire_report *report, struct err *err)
{
	struct records_block to = *block;

	to.agent = wanted->agent;
	to.count = count_wanted(wanted, report);
	recording->block = arena_grow(arena, recording->block,
				      recording->nblocks, &recording->room,
				      sizeof(*recording->block));
	recording->block[recording->nblocks++] = (struct recording_block){
		.at = records_at(&recording->writer), .head = to,
	};
	if (records_begin(&recording->writer, &to, err) < 0)
		return err->code;
	return add_wanted(&recording->writer, wanted, report, err);
}

int recording_add(struct recording *recording, const struct point_data *data,
		  const struct wire_report *const *report, struct err *err)
{
	const struct point_segment *segment =
		&data->segment[data->nsegments - 1];
	const struct records_block block = {
		.segment = (uint32_t)data->nsegments - 1,
		.at_ns = segment->at_ns,
		.from_ns = segment->from_ns,
		.until_ns = segment->until_ns,
		.warm_ns = segment->from_ns + data->warmup_ns,
	};
	struct wanted wanted = {
		.segment = segment,
		.round = data->round,
		.classes = data->plan->workload.nclasses,
		.share = data->plan->config->measure.samples,
		.parts = data->plan->workload.fanout > 1 ?
				 data->plan->workload.fanout : 1,
	};
	int rc = 0;

	if (!recording || !recording->path)
		return 0;
	for (; !rc && wanted.agent < data->plan->nagents; wanted.agent++)
		rc = add_agent(recording, data->arena, &wanted, &block,
			       report[wanted.agent], err);
	return rc;
}

int recording_cut(struct recording *recording, int64_t warmup_ns,
		  struct err *err)
{
	int rc = 0;

	if (!recording || !recording->path)
		return 0;
	for (size_t i = 0; !rc && i < recording->nblocks; i++) {
		struct recording_block *block = &recording->block[i];

		block->head.warm_ns = block->head.from_ns + warmup_ns;
		rc = records_rewrite(&recording->writer, block->at,
				     &block->head, err);
	}
	return rc;
}

int recording_close(struct recording *recording, struct result_point *to,
		    struct arena *arena, struct err *err)
{
	struct result_records *records;
	const char *path = recording->path;
	int rc;

	if (!path)
		return 0;
	rc = records_finish(&recording->writer, err);
	if (rc)
		return rc;
	recording->path = NULL;
	records = to->records = arena_alloc(arena, sizeof(*records));
	records->file = arena_printf(arena, "samples%s", strrchr(path, '/'));
	records->share = recording->writer.head.share;
	records->count = (int64_t)recording->writer.head.count;
	return 0;
}

void recording_abort(struct recording *recording)
{
	struct err ignored;

	if (!recording->path)
		return;
	records_finish(&recording->writer, &ignored);
	unlink(recording->path);
	recording->path = NULL;
}
