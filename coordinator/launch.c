/* launch.c - children: started, watched, and never left behind */
#include "coordinator/launch.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "lancet/core/arena.h"
#include "lancet/core/clock.h"
#include "lancet/core/err.h"

/* Whom a second Ctrl-C must not leave behind; read in a signal handler. */
#define CHILDREN 4096
static _Atomic pid_t children[CHILDREN];

static void child_remember(pid_t pid)
{
	for (size_t i = 0; i < CHILDREN; i++) {
		pid_t none = 0;

		if (atomic_compare_exchange_strong(&children[i], &none, pid))
			return;
	}
}

static void child_forget(pid_t pid)
{
	for (size_t i = 0; i < CHILDREN; i++) {
		pid_t it = pid;

		if (atomic_compare_exchange_strong(&children[i], &it, 0))
			return;
	}
}

void child_kill_all(void)
{
	const struct timespec nap = { .tv_nsec = 1000000 };
	int patience = 200;

	for (size_t i = 0; i < CHILDREN; i++) {
		pid_t pid = atomic_load(&children[i]);

		if (pid > 0)
			kill(-pid, SIGKILL);
	}
	for (size_t i = 0; i < CHILDREN; i++) {
		pid_t pid = atomic_load(&children[i]);

		while (pid > 0 && !waitpid(pid, NULL, WNOHANG) &&
		       patience-- > 0)
			nanosleep(&nap, NULL);
	}
}

/*
 * Where the scheduler groups processes by session, nice counts only inside
 * a group: give ours, which setsid() has made, weight of its own. Needs a
 * privilege; without it things stay as they are.
 */
static void child_raise(void)
{
	int fd = open("/proc/self/autogroup", O_WRONLY | O_CLOEXEC);

	if (fd >= 0 && write(fd, "-20", 3) == 3)
		close(fd);
}

/* In the child: nothing returns from here. Tells errno through `tell`. */
static void __attribute__((noreturn))
child_exec(char *const *argv, int control, int tell, pid_t parent)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	int in = control >= 0 ? control : null;
	sigset_t none;

	setsid();
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (control >= 0)
		child_raise();
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGPIPE, SIG_DFL);
	signal(SIGINT, SIG_DFL);
	signal(SIGTERM, SIG_DFL);
	signal(SIGHUP, SIG_DFL);
	if (getppid() == parent && dup2(in, 0) == 0 && dup2(in, 1) == 1)
		execvp(argv[0], argv);
	if (write(tell, &errno, sizeof(errno)) < 0)
		_exit(126);
	_exit(127);
}

/* 0 once the child runs its program, else the errno it failed with. */
static int child_started(int told)
{
	int code = 0;
	ssize_t got;

	do
		got = read(told, &code, sizeof(code));
	while (got < 0 && errno == EINTR);
	return got == (ssize_t)sizeof(code) ? code : 0;
}

static int child_fork(struct child *child, char *const *argv, int control)
{
	pid_t parent = getpid();
	int told[2];
	int code;

	if (pipe2(told, O_CLOEXEC))
		return errno;
	child->pid = fork();
	if (child->pid == 0)
		child_exec(argv, control, told[1], parent);
	code = child->pid < 0 ? errno : 0;
	close(told[1]);
	if (!code)
		code = child_started(told[0]);
	close(told[0]);
	if (child->pid > 0 && code)
		waitpid(child->pid, NULL, 0);
	return code;
}

int child_start(struct child *child, char *const *argv, int control,
		struct err *err)
{
	int pair[2] = { -1, -1 };
	int code;

	child->pid = 0;
	child->fd = -1;
	if (control && socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair))
		return err_set(err, -errno, "cannot start %s: %s", argv[0],
			       strerror(errno));
	code = child_fork(child, argv, pair[1]);
	if (control)
		close(pair[1]);
	if (code) {
		if (control)
			close(pair[0]);
		child->pid = 0;
		return err_set(err, -code, "cannot start %s: %s", argv[0],
			       strerror(code));
	}
	child_remember(child->pid);
	child->fd = pair[0];
	return 0;
}

static void child_describe(int status, char *text, size_t size)
{
	if (WIFSIGNALED(status))
		snprintf(text, size, "killed by signal %d (%s)",
			 WTERMSIG(status), strsignal(WTERMSIG(status)));
	else
		snprintf(text, size, "exited with status %d",
			 WEXITSTATUS(status));
}

int child_ended(struct child *child, char *text, size_t size)
{
	int status;

	if (!child->pid)
		return 1;
	if (waitpid(child->pid, &status, WNOHANG) != child->pid)
		return 0;
	/* What it may have started itself goes with it. */
	kill(-child->pid, SIGKILL);
	child_forget(child->pid);
	child->pid = 0;
	child_describe(status, text, size);
	return 1;
}

void child_stop(struct child *child, int64_t until_ns)
{
	const struct timespec nap = { .tv_nsec = 2000000 };
	char text[64];

	if (child->fd >= 0)
		close(child->fd);
	else if (child->pid)
		kill(-child->pid, SIGTERM);
	child->fd = -1;
	while (!child_ended(child, text, sizeof(text))) {
		if (clock_now_ns() < until_ns) {
			nanosleep(&nap, NULL);
			continue;
		}
		kill(-child->pid, SIGKILL);
		until_ns = INT64_MAX;	/* a killed one ends for certain */
	}
}

char *launch_self(struct arena *arena)
{
	char path[4096];
	ssize_t len = readlink("/proc/self/exe", path, sizeof(path) - 1);

	if (len > 0) {
		path[len] = '\0';
		if (!access(path, X_OK))
			return arena_strdup(arena, path);
	}
	/* Deleted or moved since it started. */
	return arena_strdup(arena, "/proc/self/exe");
}
