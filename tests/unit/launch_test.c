/* launch_test.c - children are started, watched, and never left behind */
#include "tests/unit/point_data.h"

#include <errno.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include "coordinator/launch.h"
#include "lancet/core/clock.h"

#define SECOND INT64_C(1000000000)

/* Ended, though its parent, here perhaps a lazy init, may not have reaped it. */
static int gone(pid_t pid)
{
	char path[64], state = 'Z';
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	file = fopen(path, "r");
	if (file && fscanf(file, "%*d (%*[^)]) %c", &state) != 1)
		state = 'Z';
	if (file)
		fclose(file);
	return state == 'Z';
}

static void test_speaks(void **state)
{
	char *argv[] = { "cat", NULL };
	struct child child;
	struct err err;
	char back[6] = "";
	pid_t pid;

	(void)state;
	assert_int_equal(child_start(&child, argv, 1, &err), 0);
	pid = child.pid;
	assert_int_equal(write(child.fd, "hello", 5), 5);
	assert_int_equal(recv(child.fd, back, 5, MSG_WAITALL), 5);
	assert_string_equal(back, "hello");
	child_stop(&child, clock_now_ns() + 10 * SECOND);
	assert_true(gone(pid));
}

static void test_missing(void **state)
{
	char *argv[] = { "/nonexistent/program", NULL };
	struct child child;
	struct err err;

	(void)state;
	assert_int_equal(child_start(&child, argv, 1, &err), -ENOENT);
	assert_non_null(strstr(err.text, "/nonexistent/program"));
	assert_int_equal(child.pid, 0);
}

/* One that ignores the end of its input, and a stopped one, are killed. */
static void test_stubborn(void **state)
{
	char *argv[] = { "sleep", "1000", NULL };
	struct child child;
	struct err err;
	pid_t pid;

	(void)state;
	assert_int_equal(child_start(&child, argv, 1, &err), 0);
	pid = child.pid;
	kill(pid, SIGSTOP);
	child_stop(&child, clock_now_ns());
	assert_true(gone(pid));
}

static void test_says_how(void **state)
{
	char *argv[] = { "sh", "-c", "exit 7", NULL };
	struct child child;
	struct err err;
	char how[64];

	(void)state;
	assert_int_equal(child_start(&child, argv, 0, &err), 0);
	while (!child_ended(&child, how, sizeof(how)))
		usleep(1000);
	assert_string_equal(how, "exited with status 7");
	assert_int_equal(child_ended(&child, how, sizeof(how)), 1);
}

/* What a child started itself goes with it. */
static void test_grandchild(void **state)
{
	char *argv[] = { "sh", "-c", "sleep 1000 & echo $!; cat", NULL };
	struct child child;
	struct err err;
	char pid[16] = "";

	(void)state;
	assert_int_equal(child_start(&child, argv, 1, &err), 0);
	assert_true(read(child.fd, pid, sizeof(pid) - 1) > 0);
	assert_false(gone(atoi(pid)));
	child_stop(&child, clock_now_ns() + 10 * SECOND);
	for (int i = 0; i < 1000 && !gone(atoi(pid)); i++)
		usleep(1000);
	assert_true(gone(atoi(pid)));
}

static void test_kill_all(void **state)
{
	char *argv[] = { "sleep", "1000", NULL };
	struct child child[2];
	struct err err;

	(void)state;
	for (int i = 0; i < 2; i++)
		assert_int_equal(child_start(&child[i], argv, 0, &err), 0);
	child_kill_all();
	for (int i = 0; i < 2; i++)
		assert_int_equal(kill(child[i].pid, 0), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_speaks),
		cmocka_unit_test(test_missing),
		cmocka_unit_test(test_stubborn),
		cmocka_unit_test(test_says_how),
		cmocka_unit_test(test_grandchild),
		cmocka_unit_test(test_kill_all),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
