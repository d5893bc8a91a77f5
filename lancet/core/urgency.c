/* urgency.c - before others, while nothing is measured */
#include "lancet/core/urgency.h"

#include <errno.h>
#include <sys/resource.h>

void urgency(bool on)
{
	static _Thread_local bool now;
	static _Thread_local int before;

	if (on == now)
		return;
	if (on) {
		errno = 0;
		before = getpriority(PRIO_PROCESS, 0);
		if (errno)
			return;
	}
	if (!setpriority(PRIO_PROCESS, 0, on ? -20 : before))
		now = on;
}
