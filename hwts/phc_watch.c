/* phc_watch.c - has a card's clock stepped, or does it stand still? */
#include "hwts/phc_watch.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/*
 * One reading has a deviation of half / sqrt(3) where the clock is latched
 * anywhere in the bracket, less where it is latched near the middle. A line
 * that is off by SURE such errors has a chance of 6e-5, and the bracket must
 * miss it besides.
 */
#define SURE 4

/*
 * How far the frequency may have changed in an event, ns per s: a servo sets
 * a clock's phase and its frequency together.
 */
#define SLOPE_CHANGE 1e5

const char *const phc_event_name[] = {
	[PHC_RUNS] = "runs",
	[PHC_STEPPED] = "stepped",
	[PHC_FROZE] = "stands still",
	[PHC_RESUMED] = "moves again",
};

static struct phc_point watch_point(const struct phc_watch *watch,
				    const struct phc_reading *r)
{
	return (struct phc_point){
		.x_s = (double)(r->mono_ns - watch->from_ns) * 1e-9,
		.y_ns = (double)(phc_offset_ns(r) - watch->base_ns),
		.half_ns = fmax((double)r->width_ns / 2, 1),
	};
}

/* The latest points that lie on one line. */
static void watch_line(const struct phc_watch *watch, struct phc_line *line)
{
	size_t n = watch->n;

	for (;; n -= n / 4) {
		phc_line_fit(line, watch->point + watch->n - n, n);
		if (!line->bent || n - n / 4 < PHC_LINE_MIN)
			return;
	}
}

/* How far the bracket misses what is expected; 0: it does not. */
static double watch_missed(const struct phc_watch *watch,
			   const struct phc_point *p)
{
	struct phc_line line;
	double unsure, off;

	watch_line(watch, &line);
	if (watch->n == 1 && !watch->sloped)
		return 0;
	if (watch->n == 1) {
		line.slope = watch->slope;
		unsure = line.half_ns +
			 SLOPE_CHANGE * fabs(p->x_s - line.x_s);
	} else {
		line.scale_ns = fmax(line.scale_ns, line.half_ns / sqrt(3));
		unsure = phc_line_unsure(&line, p->x_s, SURE);
	}
	off = p->y_ns - phc_line_at(&line, p->x_s);
	return fabs(off) > p->half_ns + unsure ? off : 0;
}

static void watch_restart(struct phc_watch *watch,
			  const struct phc_reading *reading)
{
	struct phc_line line;

	if (watch->n > 1) {
		watch_line(watch, &line);
		watch->slope = line.slope;
		watch->sloped = true;
	}
	watch->from_ns = reading->mono_ns;
	watch->base_ns = phc_offset_ns(reading);
	watch->point[0] = watch_point(watch, reading);
	watch->n = 1;
	watch->last = *reading;
}

static void watch_keep(struct phc_watch *watch, const struct phc_point *p,
		       const struct phc_reading *reading)
{
	if (watch->n == PHC_LINE_MAX)
		memmove(watch->point, watch->point + 1,
			--watch->n * sizeof(*watch->point));
	watch->point[watch->n++] = *p;
	watch->last = *reading;
}

/* Longer has passed than the brackets leave open, and it shows the same. */
static bool watch_stands(const struct phc_watch *watch,
			 const struct phc_reading *r)
{
	return r->phc_ns == watch->last.phc_ns &&
	       r->mono_ns - watch->last.mono_ns >
		       (r->width_ns + watch->last.width_ns) / 2;
}

enum phc_event phc_watch_take(struct phc_watch *watch,
			      const struct phc_reading *reading)
{
	struct phc_point p;
	bool stands, frozen = watch->frozen;

	if (!watch->begun) {
		watch->begun = true;
		watch_restart(watch, reading);
		return PHC_RUNS;
	}
	p = watch_point(watch, reading);
	stands = watch_stands(watch, reading);
	watch->size_ns = frozen || stands ? 0 : watch_missed(watch, &p);
	watch->frozen = stands || (watch->size_ns < 0 && reading->still);
	if (!frozen && !watch->frozen && watch->size_ns == 0) {
		watch_keep(watch, &p, reading);
		return PHC_RUNS;
	}
	watch_restart(watch, reading);
	if (watch->frozen)
		return frozen ? PHC_RUNS : PHC_FROZE;
	return frozen ? PHC_RESUMED : PHC_STEPPED;
}
