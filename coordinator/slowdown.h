/* slowdown.h - response time over requested service, where it is known */
#ifndef COORDINATOR_SLOWDOWN_H
#define COORDINATOR_SLOWDOWN_H

struct arena;
struct point_data;
struct result_point;

/*
 * to->slowdown and its histogram (times 1000) from the requests' records;
 * untouched where there are none, or they ask for no service.
 */
void slowdown_of(const struct point_data *data, double confidence,
		 struct result_point *to, struct arena *arena);

#endif
