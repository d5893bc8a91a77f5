/* wall.c - CLOCK_REALTIME, which the kernel stamps by, in our own clock */
#include "hwts/wall.h"

#include <errno.h>
#include <stdlib.h>

#include "hwts/sys.h"
#include "lancet/core/clock.h"

#define LOOK_BEST_OF 4

/*
 * A change of the offset between two looks that no slewing explains: NTP
 * itself slews by 500 ppm at most, but then a gap's bound of 50 us would be
 * of no use to anybody; a clock that holds keeps within 10 ppm of ours.
 */
#define STEP_NS 500
#define STEP_PPM 10

int wall_init(struct wall *wall)
{
	wall->look = calloc(WALL_LOOKS, sizeof(*wall->look));
	wall->n = 0;
	return wall->look ? 0 : -ENOMEM;
}

void wall_fini(struct wall *wall)
{
	free(wall->look);
	wall->look = NULL;
}

static struct tsource_reading read_pair(const struct sys_ops *sys)
{
	struct tsource_reading best = { .after_ns = INT64_MAX };
	struct timespec at;

	for (int i = 0; i < LOOK_BEST_OF; i++) {
		struct tsource_reading r = { .before_ns = clock_now_ns() };

		sys->clock_gettime(CLOCK_REALTIME, &at);
		r.after_ns = clock_now_ns();
		r.other_ns = at.tv_sec * INT64_C(1000000000) + at.tv_nsec;
		if (r.after_ns - r.before_ns < best.after_ns - best.before_ns)
			best = r;
	}
	return best;
}

/* When the room is used up: every other look is enough from here on. */
static void thin(struct wall *wall)
{
	wall->n /= 2;
	for (uint32_t i = 0; i < wall->n; i++)
		wall->look[i] = wall->look[2 * i];
	wall->each_ns *= 2;
}

void wall_look(struct wall *wall, const struct sys_ops *sys)
{
	struct tsource_reading *to;

	if (wall->n == WALL_LOOKS)
		thin(wall);
	to = &wall->look[wall->n++];
	*to = read_pair(sys);
	wall->next_ns = to->after_ns + wall->each_ns;
}

void wall_begin(struct wall *wall, const struct sys_ops *sys)
{
	wall->n = 0;
	wall->each_ns = WALL_EACH_NS;
	wall_look(wall, sys);
}

static int64_t middle(const struct tsource_reading *r)
{
	return r->before_ns + (r->after_ns - r->before_ns) / 2;
}

static int64_t offset(const struct tsource_reading *r)
{
	return r->other_ns - middle(r);
}

static int64_t half_width(const struct tsource_reading *r)
{
	return (r->after_ns - r->before_ns + 1) / 2;
}

/* The last look before the instant; the first where there is none. */
static uint32_t look_before(const struct wall *wall, int64_t mono_ns)
{
	uint32_t lo = 0, hi = wall->n;

	while (hi - lo > 1) {
		uint32_t mid = lo + (hi - lo) / 2;

		if (middle(&wall->look[mid]) <= mono_ns)
			lo = mid;
		else
			hi = mid;
	}
	return lo;
}

/* The offset at an instant of our clock, and how far it may be off. */
static bool offset_at(const struct wall *wall, int64_t mono_ns,
		      int64_t *offset_ns, int64_t *bound_ns)
{
	uint32_t i = look_before(wall, mono_ns);
	const struct tsource_reading *a = &wall->look[i], *b = a;
	int64_t span, change;

	if (i + 1 < wall->n && middle(a) <= mono_ns)
		b++;
	span = middle(b) - middle(a);
	change = offset(b) - offset(a);
	*bound_ns = half_width(a) > half_width(b) ? half_width(a)
						  : half_width(b);
	*bound_ns += llabs(change);
	*offset_ns = offset(a);
	if (span > 0)
		*offset_ns += (int64_t)((double)change *
					(double)(mono_ns - middle(a)) /
					(double)span);
	return llabs(change) <= STEP_NS + span / 1000000 * STEP_PPM;
}

bool wall_mono(const struct wall *wall, int64_t wall_ns, int64_t near_ns,
	       struct wall_instant *to)
{
	int64_t offset_ns;

	if (!wall->n || !offset_at(wall, near_ns, &offset_ns, &to->bound_ns))
		return false;
	/* It may lie behind the next look already. */
	if (!offset_at(wall, wall_ns - offset_ns, &offset_ns, &to->bound_ns))
		return false;
	to->mono_ns = wall_ns - offset_ns;
	return true;
}
