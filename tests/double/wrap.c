/* wrap.c - a simulated network card below a whole lancet: build/bin/lancet-nic */
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "lancet/core/clock.h"
#include "tests/double/nic_card.h"

/*
 * The program is linked so that its calls of these names come here (ld's
 * --wrap); nothing in it knows. Environment LANCET_NIC says what the card is
 * like ("lost=0.01,drift=25"); without it there is none.
 */
ssize_t __real_recvmsg(int fd, struct msghdr *msg, int flags);
int __real_recvmmsg(int fd, struct mmsghdr *msg, unsigned n, int flags,
		    struct timespec *timeout);
ssize_t __real_sendmsg(int fd, const struct msghdr *msg, int flags);
int __real_setsockopt(int fd, int level, int name, const void *value,
		      socklen_t len);
int __real_ioctl(int fd, unsigned long request, ...);
int __real_clock_gettime(clockid_t id, struct timespec *at);
int __real_open(const char *path, int flags, ...);

ssize_t __wrap_recvmsg(int fd, struct msghdr *msg, int flags);
int __wrap_recvmmsg(int fd, struct mmsghdr *msg, unsigned n, int flags,
		    struct timespec *timeout);
ssize_t __wrap_sendmsg(int fd, const struct msghdr *msg, int flags);
int __wrap_setsockopt(int fd, int level, int name, const void *value,
		      socklen_t len);
int __wrap_ioctl(int fd, unsigned long request, ...);
int __wrap_clock_gettime(clockid_t id, struct timespec *at);
int __wrap_open(const char *path, int flags, ...);

static int real_ioctl(int fd, unsigned long request, void *arg)
{
	return __real_ioctl(fd, request, arg);
}

static int real_open(const char *path, int flags)
{
	return __real_open(path, flags);
}

static const struct sys_ops real = {
	.recvmsg = __real_recvmsg,
	.recvmmsg = __real_recvmmsg,
	.sendmsg = __real_sendmsg,
	.setsockopt = __real_setsockopt,
	.getsockopt = getsockopt,
	.ioctl = real_ioctl,
	.clock_gettime = __real_clock_gettime,
	.open = real_open,
};

/* Until there is a card, and where there is none, the kernel itself. */
static const struct sys_ops *calls = &real;

static void __attribute__((constructor)) wrap_start(void)
{
	const char *text = getenv("LANCET_NIC");
	struct nic_spec spec = nic_good;

	nic_real = &real;
	if (!text)
		return;
	if (nic_parse(&spec, text) < 0) {
		fprintf(stderr, "LANCET_NIC=%s is not understood\n", text);
		exit(2);
	}
	clock_sync();
	nic_start(&spec);
	calls = &nic_sys;
}

ssize_t __wrap_recvmsg(int fd, struct msghdr *msg, int flags)
{
	return calls->recvmsg(fd, msg, flags);
}

int __wrap_recvmmsg(int fd, struct mmsghdr *msg, unsigned n, int flags,
		    struct timespec *timeout)
{
	return calls->recvmmsg(fd, msg, n, flags, timeout);
}

ssize_t __wrap_sendmsg(int fd, const struct msghdr *msg, int flags)
{
	return calls->sendmsg(fd, msg, flags);
}

int __wrap_setsockopt(int fd, int level, int name, const void *value,
		      socklen_t len)
{
	return calls->setsockopt(fd, level, name, value, len);
}

int __wrap_ioctl(int fd, unsigned long request, ...)
{
	va_list args;
	void *arg;

	va_start(args, request);
	arg = va_arg(args, void *);
	va_end(args);
	return calls->ioctl(fd, request, arg);
}

int __wrap_clock_gettime(clockid_t id, struct timespec *at)
{
	return calls->clock_gettime(id, at);
}

int __wrap_open(const char *path, int flags, ...)
{
	va_list args;
	unsigned mode = 0;

	if (flags & (O_CREAT | O_TMPFILE)) {
		va_start(args, flags);
		mode = va_arg(args, unsigned);
		va_end(args);
		return __real_open(path, flags, mode);
	}
	return calls->open(path, flags);
}
