/* phc.c - what a network card's clock said, and when */
#include "hwts/phc.h"

static int64_t look_width(const struct tsource_reading *look)
{
	return look->after_ns - look->before_ns;
}

static int64_t look_middle(const struct tsource_reading *look)
{
	return look->before_ns + look_width(look) / 2;
}

struct phc_reading phc_narrowest(const struct tsource_reading *look, int n)
{
	const struct tsource_reading *best = look, *last = &look[n - 1];

	for (int i = 1; i < n; i++)
		if (look_width(&look[i]) < look_width(best))
			best = &look[i];
	return (struct phc_reading){
		.mono_ns = look_middle(best),
		.phc_ns = best->other_ns,
		.width_ns = look_width(best),
		.still = last->other_ns == look->other_ns &&
			 look_middle(last) - look_middle(look) >
				 (look_width(last) + look_width(look)) / 2,
	};
}
