/* input.c - files that the user names, to be read */
#include "lancet/core/input.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <sys/stat.h>
#include <unistd.h>

/* 0, or the errno that speaks against reading it. */
static int refusal(int fd, bool regular)
{
	struct stat st;

	if (fstat(fd, &st))
		return errno;
	if (S_ISDIR(st.st_mode))
		return EISDIR;
	if (regular && !S_ISREG(st.st_mode))
		return EINVAL;
	/* Reading may wait again, for those who do write. */
	return fcntl(fd, F_SETFL, 0) < 0 ? errno : 0;
}

static FILE *open_checked(const char *path, bool regular)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	int why = fd < 0 ? errno : refusal(fd, regular);
	FILE *file = why ? NULL : fdopen(fd, "r");

	if (!why && !file)
		why = errno;
	if (!file && fd >= 0)
		close(fd);
	errno = why;
	return file;
}

FILE *input_open(const char *path)
{
	return open_checked(path, false);
}

FILE *input_open_regular(const char *path)
{
	return open_checked(path, true);
}
