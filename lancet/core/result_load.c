/* result_load.c - a result read back from its folder */
#include "lancet/core/result.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lancet/core/err.h"

/* Far above what a run makes, far below what would hurt to read. */
#define FILE_MAX (256 << 20)

/* The folder's result.json, or the file itself. */
static int open_result(const char *path, struct arena *arena, struct err *err)
{
	struct stat st;
	int fd;

	if (!stat(path, &st) && S_ISDIR(st.st_mode))
		path = arena_printf(arena, "%s/result.json", path);
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		return err_set(err, -errno, "%s: %s; name a result folder",
			       path, strerror(errno));
	if (!fstat(fd, &st) && S_ISREG(st.st_mode) && st.st_size <= FILE_MAX)
		return fd;
	close(fd);
	return err_set(err, -EINVAL, "%s: not a file of at most %d MiB", path,
		       FILE_MAX >> 20);
}

struct result *result_load(const char *path, struct arena *arena,
			   struct err *err)
{
	struct result *result = NULL;
	int fd = open_result(path, arena, err);
	json_error_t why;
	json_t *json;

	if (fd < 0)
		return NULL;
	json = json_loadfd(fd, JSON_REJECT_DUPLICATES, &why);
	if (json)
		result = result_from_json(json, arena, err);
	else
		err_set(err, -EBADMSG, "line %d: %s; name a folder that "
			"`lancet run` wrote", why.line, why.text);
	if (!result)
		err_wrap(err, "%s: %s result", path,
			 json || why.position > 1 ? "damaged" : "no");
	json_decref(json);
	close(fd);
	return result;
}
