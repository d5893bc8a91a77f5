/* phc_clock.h - /dev/ptpN, read in the best way that its driver knows */
#ifndef HWTS_PHC_CLOCK_H
#define HWTS_PHC_CLOCK_H

#include <stdint.h>
#include <time.h>

#include "hwts/tsource.h"

struct err;
struct sys_ops;

/*
 * The ways, best first: a pair latched by hardware; the kernel's clock right
 * before and after each read; between reads; our own brackets around
 * clock_gettime(), which see the system call too.
 */
enum phc_method {
	PHC_PRECISE,
	PHC_EXTENDED,
	PHC_OFFSET,
	PHC_BRACKET,
	PHC_METHODS
};

extern const char *const phc_method_name[PHC_METHODS];

struct phc_clock {
	const struct sys_ops *sys;
	int fd;
	enum phc_method method;
};

/*
 * /dev/ptp<index>, read only, with the first of the ways that works. 0 or
 * -errno with one line: no such device, no permission, cannot be read.
 */
int phc_clock_open(struct phc_clock *clock, const struct sys_ops *sys,
		   int index, struct err *err);
void phc_clock_close(struct phc_clock *clock);

/*
 * Up to n looks in a row, in our own clock; how many. -EAGAIN: the system's
 * time was set meanwhile; else -errno.
 */
int phc_clock_read(struct phc_clock *clock, struct tsource_reading *look,
		   int n);

#endif
