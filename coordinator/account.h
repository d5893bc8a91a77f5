/* account.h - a point's data as the result structure tells them */
#ifndef COORDINATOR_ACCOUNT_H
#define COORDINATOR_ACCOUNT_H

#include "coordinator/measure.h"

/*
 * Everything of a result_point but its verdict and its model; to->checks
 * are there already. After point_close(). Nothing points into the data's
 * own arena afterwards.
 */
void account_point(const struct point_data *data,
		   const struct measured *measured, struct result_point *to,
		   struct arena *arena);

/* Figures of a histogram, without intervals; NULL where it is empty. */
struct result_metric *account_hist(const struct point_data *data,
				   const struct hist *hist, const char *few,
				   struct arena *arena);

#endif
