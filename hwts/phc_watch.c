/* phc_watch.c - has a card's clock stepped, or does it stand still? */
#include "hwts/phc_watch.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/*
 * A prediction that is off by SURE standard errors has a chance of 6e-5, and
 * the bracket must miss it besides. What the clock may wander is the most that
 * is about as likely as any: UNLIKELY is half the chi square of 5%.
 */
#define SURE 4
#define UNLIKELY 1.92

/* In readings; the frequency may wander more, and less, in time. */
#define MEMORY 64

/*
 * How far the frequency may have changed in an event, ns per s: a servo sets
 * a clock's phase and its frequency together.
 */
#define SLOPE_CHANGE 1e5

/* The first readings show the slope, whatever it is, and no step. */
#define SLOPE_FIRST 1e8

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

/* How far the bracket misses what is expected; 0: it does not. */
static double watch_missed(const struct phc_watch *watch,
			   const struct phc_point *p)
{
	size_t k = phc_bank_wander(&watch->bank, UNLIKELY);
	struct phc_walk w = watch->bank.walk[k];
	double off, unsure;

	phc_walk_predict(&w, p->x_s, phc_bank_step(k));
	off = p->y_ns - w.y_ns;
	unsure = SURE * phc_bank_scale(&watch->bank, k) * sqrt(w.yy);
	return fabs(off) > p->half_ns + unsure ? off : 0;
}

/* The slope from before, if there is one. */
static void watch_restart(struct phc_watch *watch,
			  const struct phc_reading *reading)
{
	double slope = watch->bank.walk[PHC_WANDERS / 2].slope;
	struct phc_point p;

	watch->from_ns = reading->mono_ns;
	watch->base_ns = phc_offset_ns(reading);
	p = watch_point(watch, reading);
	watch->bank.memory = MEMORY;
	phc_bank_begin(&watch->bank, &p, slope,
		       watch->sloped ? SLOPE_CHANGE : SLOPE_FIRST);
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
		phc_bank_take(&watch->bank, &p);
		watch->sloped = true;
		watch->last = *reading;
		return PHC_RUNS;
	}
	watch_restart(watch, reading);
	if (watch->frozen)
		return frozen ? PHC_RUNS : PHC_FROZE;
	return frozen ? PHC_RESUMED : PHC_STEPPED;
}
