/* sys.h - the few system calls of stamps, as pointers a test can replace */
#ifndef HWTS_SYS_H
#define HWTS_SYS_H

#include <sys/socket.h>
#include <time.h>

/*
 * Everything in this folder that asks the kernel about stamps, clocks and
 * network cards does it through one of these, so that a test puts a
 * simulated network card in between: it lets the real call happen and
 * changes what came back. Each is the call of its name; errors in errno.
 */
struct sys_ops {
	ssize_t (*recvmsg)(int fd, struct msghdr *msg, int flags);
	int (*recvmmsg)(int fd, struct mmsghdr *msg, unsigned n, int flags,
			struct timespec *timeout);
	ssize_t (*sendmsg)(int fd, const struct msghdr *msg, int flags);
	int (*setsockopt)(int fd, int level, int name, const void *value,
			  socklen_t len);
	int (*getsockopt)(int fd, int level, int name, void *value,
			  socklen_t *len);
	int (*ioctl)(int fd, unsigned long request, void *arg);
	int (*clock_gettime)(clockid_t id, struct timespec *at);
	int (*open)(const char *path, int flags);	/* of devices */
};

extern const struct sys_ops sys_kernel;

#endif
