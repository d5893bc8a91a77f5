/* output.c - a file that is there whole or as it was before */
#include "reports/output.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lancet/core/err.h"

static bool is_stdout(const struct output *output)
{
	return !strcmp(output->path, "-");
}

static int fail(const struct output *output, struct err *err)
{
	return err_set(err, -errno, "%s: %s", output->path, strerror(errno));
}

int output_open(struct output *output, const char *path, struct err *err)
{
	size_t n = strlen(path);
	mode_t mask = umask(0);
	int fd;

	umask(mask);
	if (n == 0 || n > PATH_MAX - 16)
		return err_set(err, -EINVAL, "no usable file name: %.60s",
			       path);
	memcpy(output->path, path, n + 1);
	output->file = stdout;
	if (is_stdout(output))
		return 0;
	memcpy(output->temporary, path, n);
	strcpy(output->temporary + n, ".XXXXXX");
	fd = mkstemp(output->temporary);
	output->file = fd < 0 ? NULL : fdopen(fd, "w");
	if (!output->file || fchmod(fd, 0666 & ~mask))
		return fail(output, err);
	return 0;
}

int output_close(struct output *output, int rc, struct err *err)
{
	if (fflush(output->file) && !rc)
		rc = fail(output, err);
	if (is_stdout(output))
		return rc;
	if (!rc && fsync(fileno(output->file)))
		rc = fail(output, err);
	fclose(output->file);
	if (!rc && rename(output->temporary, output->path))
		rc = fail(output, err);
	if (rc)
		unlink(output->temporary);
	return rc;
}
