/* sys.c - the kernel's own calls behind sys.h */
#include "hwts/sys.h"

#include <fcntl.h>
#include <sys/ioctl.h>

static int sys_recvmmsg(int fd, struct mmsghdr *msg, unsigned n, int flags,
			struct timespec *timeout)
{
	return recvmmsg(fd, msg, n, flags, timeout);
}

/* Its own prototype takes any arguments. */
static int sys_ioctl(int fd, unsigned long request, void *arg)
{
	return ioctl(fd, request, arg);
}

static int sys_open(const char *path, int flags)
{
	return open(path, flags);
}

const struct sys_ops sys_kernel = {
	.recvmsg = recvmsg,
	.recvmmsg = sys_recvmmsg,
	.sendmsg = sendmsg,
	.setsockopt = setsockopt,
	.getsockopt = getsockopt,
	.ioctl = sys_ioctl,
	.clock_gettime = clock_gettime,
	.open = sys_open,
};
