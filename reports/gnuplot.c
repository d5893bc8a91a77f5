/* gnuplot.c - run gnuplot on a script and its data */
#include "reports/gnuplot.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lancet/core/err.h"

static FILE *open_one(const char *stem, const char *suffix, char *path,
		      struct err *err)
{
	FILE *file;

	snprintf(path, PATH_MAX, "%s%s", stem, suffix);
	file = fopen(path, "we");
	if (!file)
		err_set(err, -errno, "%s: %s", path, strerror(errno));
	return file;
}

int gnuplot_open(struct gnuplot *files, const char *stem, struct err *err)
{
	char path[PATH_MAX];

	files->data = open_one(stem, ".dat", path, err);
	if (!files->data)
		return err->code;
	files->script = open_one(stem, ".gp", files->script_path, err);
	if (!files->script) {
		fclose(files->data);
		return err->code;
	}
	return 0;
}

/* The child works in the script's folder, so that it finds its data. */
static int spawn(const char *path, int out, int complaints, pid_t *pid)
{
	char folder[PATH_MAX], *base, name[NAME_MAX + 1];
	char *const argv[] = { (char[]){ "gnuplot" }, (char[]){ "-d" }, name,
			       NULL };
	posix_spawn_file_actions_t actions;
	int rc;

	snprintf(folder, sizeof(folder), "%s", path);
	base = strrchr(folder, '/');
	snprintf(name, sizeof(name), "%s", base ? base + 1 : path);
	if (base)
		base[base == folder] = '\0';
	posix_spawn_file_actions_init(&actions);
	if (base)
		posix_spawn_file_actions_addchdir_np(&actions, folder);
	posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_adddup2(&actions, out, 1);
	posix_spawn_file_actions_adddup2(&actions, complaints, 2);
	rc = posix_spawnp(pid, "gnuplot", &actions, NULL, argv, environ);
	posix_spawn_file_actions_destroy(&actions);
	return -rc;
}

/* The first line that gnuplot complained with, where there is one. */
static void first_line(FILE *complaints, char *text, size_t size)
{
	text[0] = '\0';
	rewind(complaints);
	while (fgets(text, (int)size, complaints)) {
		text[strcspn(text, "\n")] = '\0';
		if (strspn(text, " ^\t") != strlen(text))
			return;
	}
}

static int run(const char *script, FILE *out, FILE *complaints, struct err *err)
{
	char text[256];
	pid_t pid;
	int status = 0, rc;

	fflush(out);
	rc = spawn(script, fileno(out), fileno(complaints), &pid);
	if (rc == -ENOENT)
		return err_set(err, rc,
			       "gnuplot is not installed; "
			       "apt-get install gnuplot-nox");
	if (rc)
		return err_set(err, rc, "gnuplot: %s", strerror(-rc));
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return 0;
	first_line(complaints, text, sizeof(text));
	return err_set(err, -EIO, "gnuplot failed on %s: %s", script, text);
}

int gnuplot_close(struct gnuplot *files, int rc, FILE *out, struct err *err)
{
	bool bad = ferror(files->data) || ferror(files->script);
	FILE *complaints;

	bad |= fclose(files->data) != 0;
	bad |= fclose(files->script) != 0;
	if (!rc && bad)
		rc = err_set(err, -EIO, "%s: cannot write", files->script_path);
	if (rc)
		return rc;
	complaints = tmpfile();
	if (!complaints)
		return err_set(err, -errno, "a temporary file: %s",
			       strerror(errno));
	rc = run(files->script_path, out, complaints, err);
	fclose(complaints);
	return rc;
}
