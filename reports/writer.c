/* writer.c - a whole result folder, or none of it */
#include "reports/writer.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lancet/core/err.h"

/* What every folder holds, whatever the configuration asks for. */
static const char *const always[] = { "json", "hlog" };

/* A folder in the making. */
struct folder {
	const char *path;
	int fd;
};

static int file_close(FILE *file, const char *name, int rc, struct err *err)
{
	if (!rc && (fflush(file) || fsync(fileno(file))))
		rc = err_set(err, -errno, "%s: %s", name, strerror(errno));
	fclose(file);
	return rc;
}

static FILE *file_open(const struct folder *folder, const char *name,
		       struct err *err)
{
	int fd = openat(folder->fd, name,
			O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
	FILE *file = fd < 0 ? NULL : fdopen(fd, "w");

	if (!file)
		err_set(err, -errno, "%s: %s", name, strerror(errno));
	return file;
}

static int file_write(const struct writer_ops *writer,
		      const struct result *result, const struct folder *folder,
		      struct err *err)
{
	FILE *file = file_open(folder, writer->file, err);
	int rc;

	if (!file)
		return err->code;
	errno = 0;
	rc = writer->write(result, folder->path, file, err);
	if (rc && ferror(file) && errno)
		err_set(err, -errno, "%s", strerror(errno));
	if (rc)
		err_wrap(err, "%s", writer->file);
	return file_close(file, writer->file, rc, err);
}

static int config_write(const struct result *result,
			const struct folder *folder, struct err *err)
{
	FILE *file = file_open(folder, "config.yaml", err);

	if (!file)
		return err->code;
	fputs(result->config_yaml ? result->config_yaml : "", file);
	return file_close(file, "config.yaml", 0, err);
}

static const struct writer_ops *writer_named(const char *name)
{
	return (const void *)kind_find(KIND_WRITER, name);
}

static int files_write(const struct result *result, const struct folder *folder,
		       const struct choice *writers, size_t n, struct err *err)
{
	int rc = config_write(result, folder, err);

	for (size_t i = 0; !rc && i < sizeof(always) / sizeof(always[0]); i++)
		rc = file_write(writer_named(always[i]), result, folder, err);
	for (size_t i = 0; !rc && i < n; i++) {
		const struct writer_ops *writer = (const void *)writers[i].kind;

		if (writer->file &&
		    faccessat(folder->fd, writer->file, F_OK, 0))
			rc = file_write(writer, result, folder, err);
	}
	return rc;
}

static int sync_one(const char *path, const struct stat *st, int type,
		    struct FTW *ftw)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	int rc = fd < 0 ? -1 : fsync(fd);

	(void)st, (void)type, (void)ftw;
	if (fd >= 0)
		close(fd);
	return rc;
}

static int remove_one(const char *path, const struct stat *st, int type,
		      struct FTW *ftw)
{
	(void)st, (void)type, (void)ftw;
	return remove(path);
}

/* The folder that holds `path`, in `parent`. */
static void parent_of(const char *path, char *parent)
{
	char *slash;

	snprintf(parent, PATH_MAX, "%s", path);
	slash = strrchr(parent, '/');
	if (slash == parent)
		slash[1] = '\0';
	else if (slash)
		*slash = '\0';
	else
		snprintf(parent, PATH_MAX, ".");
}

static int make_folders(char *path, struct err *err)
{
	for (char *p = path + 1;; p++) {
		char end = *p;

		if (end != '/' && end != '\0')
			continue;
		*p = '\0';
		if (mkdir(path, 0777) && errno != EEXIST && errno != EISDIR)
			return err_set(err, -errno, "%s: %s", path,
				       strerror(errno));
		*p = end;
		if (!end)
			return 0;
	}
}

/* `name` without slashes at its end, bounded. */
static int trimmed(const char *name, char *path, struct err *err)
{
	size_t n = strlen(name);

	while (n > 1 && name[n - 1] == '/')
		n--;
	if (n == 0 || n > PATH_MAX - 64)
		return err_set(err, -EINVAL,
			       "no usable name of a folder: %.60s", name);
	memcpy(path, name, n);
	path[n] = '\0';
	return 0;
}

/* An empty folder beside `path`, on the same file system. */
static int make_temporary(const char *path, char *temporary, struct err *err)
{
	char parent[PATH_MAX];
	mode_t mask = umask(0);
	int rc;

	umask(mask);
	parent_of(path, parent);
	rc = make_folders(parent, err);
	if (rc)
		return rc;
	snprintf(temporary, PATH_MAX, "%.*s/.lancet-XXXXXX", PATH_MAX - 32,
		 parent);
	if (!mkdtemp(temporary) || chmod(temporary, 0777 & ~mask))
		return err_set(err, -errno, "%s: %s", parent, strerror(errno));
	return 0;
}

static int publish(const char *temporary, const char *path, struct err *err)
{
	char parent[PATH_MAX];

	if (nftw(temporary, sync_one, 16, FTW_PHYS | FTW_DEPTH))
		return err_set(err, -errno, "%s: %s", temporary,
			       strerror(errno));
	if (renameat2(AT_FDCWD, temporary, AT_FDCWD, path, RENAME_NOREPLACE))
		return err_set(err, -errno, "%s: %s; name another folder", path,
			       strerror(errno));
	parent_of(path, parent);
	return sync_one(parent, NULL, 0, NULL)
		       ? err_set(err, -errno, "%s: %s", parent, strerror(errno))
		       : 0;
}

static int fill(const char *temporary, const struct result *result,
		const struct choice *writers, size_t n, struct err *err)
{
	struct folder folder = {
		temporary, open(temporary, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
	};
	int rc;

	if (folder.fd < 0)
		return err_set(err, -errno, "%s: %s", temporary,
			       strerror(errno));
	rc = files_write(result, &folder, writers, n, err);
	close(folder.fd);
	return rc;
}

int writer_begin(const char *dir, char *temporary, struct err *err)
{
	char path[PATH_MAX];
	int rc = trimmed(dir, path, err);

	if (!rc && !access(path, F_OK))
		rc = err_set(err, -EEXIST, "%s exists; name another folder",
			     path);
	return rc ? rc : make_temporary(path, temporary, err);
}

int writer_finish(const struct result *result, const char *dir,
		  const char *temporary, const struct choice *writers,
		  size_t n, struct err *err)
{
	char path[PATH_MAX];
	int rc = trimmed(dir, path, err);

	if (!rc)
		rc = fill(temporary, result, writers, n, err);
	if (!rc)
		rc = publish(temporary, path, err);
	if (rc)
		writer_abort(temporary);
	return rc;
}

void writer_abort(const char *temporary)
{
	nftw(temporary, remove_one, 16, FTW_PHYS | FTW_DEPTH);
}

int writer_folder(const struct result *result, const char *dir,
		  const struct choice *writers, size_t n, struct err *err)
{
	char temporary[PATH_MAX];
	int rc = writer_begin(dir, temporary, err);

	return rc ? rc : writer_finish(result, dir, temporary, writers, n, err);
}
