/* breakdown.h - where the median request, and a late one, spent their time */
#ifndef COORDINATOR_BREAKDOWN_H
#define COORDINATOR_BREAKDOWN_H

struct arena;
struct point_data;
struct result_breakdown;
struct result_one_way;

/*
 * Of the requests in windows of the headline whose whole way was stamped:
 * the mean leg of those whose response times stand about the quantile, a
 * tenth of what is beyond it to either side. Means add up; a single request
 * at the quantile would be no more than an example. NULL: no such request.
 */
struct result_breakdown *breakdown_at(const struct point_data *data, double q,
				      struct arena *arena);

/*
 * The way there and the way back by themselves, of the same requests: by the
 * target's own instants, where its clock is ours; else why it is not.
 */
struct result_one_way *breakdown_one_way(const struct point_data *data,
					 double uncertainty_ns,
					 struct arena *arena);

#endif
