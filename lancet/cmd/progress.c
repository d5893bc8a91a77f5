/* progress.c - what a run tells while it goes on */
#include "lancet/cmd/progress.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lancet/core/clock.h"
#include "lancet/core/unit.h"
#include "lancet/core/wire.h"
#include "reports/words.h"

void progress_init(struct progress *progress, bool quiet)
{
	const char *term = getenv("TERM");

	*progress = (struct progress){
		.quiet = quiet,
		.terminal = isatty(STDERR_FILENO) && term &&
			    strcmp(term, "dumb"),
	};
}

void progress_clear(struct progress *progress)
{
	if (progress->drawn)
		fputs("\r\033[K", stderr);
	progress->drawn = false;
}

/* Points that are still to come are taken to need their whole limit. */
static double left_s(const struct progress *progress)
{
	const struct plan *plan = progress->plan;
	double limit = (double)plan->config->measure.time_limit_ns / 1e9;
	double ran = (double)(clock_now_ns() - progress->begun_ns) / 1e9;
	double after = (double)(plan->most - progress->point->index - 1);

	return fmax(limit - ran, 0) + after * limit;
}

/* Nobody knows beforehand how many loads a search will try. */
static const char *turn(const struct progress *progress,
			const struct plan_point *point, char *text, size_t size)
{
	if (progress->plan->config->load.search)
		snprintf(text, size, "trial %u", point->index + 1);
	else
		snprintf(text, size, "point %u/%zu", point->index + 1,
			 progress->plan->most);
	return text;
}

static void draw(struct progress *progress, const char *more)
{
	const struct plan_point *point = progress->point;
	char rate[40], of[40], load[24] = "";

	if (!isnan(point->utilisation))
		snprintf(load, sizeof(load), "%.0f%%  ",
			 100 * point->utilisation);
	progress_clear(progress);
	fprintf(stderr, "%s  %s%s%s  %s%.0f s left",
		turn(progress, point, of, sizeof(of)), load,
		unit_print_rate(point->rate_rps, rate, sizeof(rate)), more,
		progress->plan->config->load.search ? "at most " : "",
		left_s(progress));
	fflush(stderr);
	progress->drawn = true;
}

static void watch_begin(void *context, const struct plan *plan,
			const struct plan_point *point)
{
	struct progress *progress = context;

	progress->plan = plan;
	progress->point = point;
	progress->begun_ns = clock_now_ns();
	if (progress->terminal && !progress->quiet)
		draw(progress, "");
}

static void watch_tick(void *context, const struct wire_tick *tick)
{
	struct progress *progress = context;
	char mean[40], most[40], text[160];

	if (!progress->terminal || progress->quiet || !progress->point)
		return;
	snprintf(text, sizeof(text),
		 "  %llu answered, of the last mean %s, longest %s",
		 (unsigned long long)tick->received,
		 words_time(tick->mean_ns, mean, sizeof(mean)),
		 words_time(tick->max_ns, most, sizeof(most)));
	draw(progress, text);
}

static void watch_decided(void *context, const char *action,
			  const char *reason)
{
	struct progress *progress = context;
	char of[40];

	if (progress->quiet || words_routine(action))
		return;
	progress_clear(progress);
	fprintf(stderr, "%s  %s: %s\n",
		turn(progress, progress->point, of, sizeof(of)), action,
		reason);
}

static void watch_end(void *context, const struct plan_point *point,
		      const struct result_point *result)
{
	struct progress *progress = context;
	const struct result_quantile *p50 =
		result_quantile(&result->response_ns, .5);
	const struct result_quantile *p99 =
		result_quantile(&result->response_ns, .99);
	char load[40], rate[40], median[40], tail[40], of[40];

	progress->finished++;
	if (progress->quiet)
		return;
	progress_clear(progress);
	fprintf(stderr, "%s  %s  %s  p50 %s  p99 %s  %s\n",
		turn(progress, point, of, sizeof(of)),
		words_load(result, load, sizeof(load)),
		unit_print_rate(point->rate_rps, rate, sizeof(rate)),
		words_time(p50 ? p50->value : NAN, median, sizeof(median)),
		words_time(p99 ? p99->value : NAN, tail, sizeof(tail)),
		result->verdict.status);
}

static void watch_compare(void *context)
{
	struct progress *progress = context;

	if (progress->terminal && !progress->quiet) {
		progress_clear(progress);
		fputs("computing the model", stderr);
		progress->drawn = true;
	}
}

struct coordinator_watch progress_watch(struct progress *progress)
{
	return (struct coordinator_watch){
		.context = progress,
		.begin = watch_begin,
		.tick = watch_tick,
		.decided = watch_decided,
		.end = watch_end,
		.compare = watch_compare,
	};
}
