/* settle.h - by when a point's queue was warm */
#ifndef COORDINATOR_SETTLE_H
#define COORDINATOR_SETTLE_H

#include <stdint.h>

struct point_data;

/*
 * Schedule time from a segment's start until its response times had settled,
 * where that is clearly later than the present warm-up; else 0. By the first
 * segment, in which server and caches are coldest: MSER-5 of the windows'
 * means and of their p99 says where, and what it would cut has to differ from
 * what it would keep, at a level of 1e-6 each: where nothing settles MSER
 * cuts at random. 0 too where the series is too short to tell, where the
 * warm-up is not `auto`, and of a load that changes.
 */
int64_t settle_ns(const struct point_data *data);

#endif
