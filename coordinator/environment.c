/* environment.c - the machine that a result was made on */
#include "coordinator/environment.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "coordinator/plan.h"
#include "lancet/core/arena.h"

/* Runnable processes besides ours, per CPU, that will be felt. */
#define LOAD_HIGH .5

/* The first line of a file, without its end; NULL when there is none. */
static const char *line_of(const char *path, struct arena *arena)
{
	FILE *file = fopen(path, "re");
	char line[256];
	const char *text = NULL;

	if (!file)
		return NULL;
	if (fgets(line, sizeof(line), file)) {
		line[strcspn(line, "\n")] = '\0';
		text = arena_strdup(arena, line);
	}
	fclose(file);
	return text;
}

/* The value of a key of /proc/cpuinfo's first processor. */
static const char *cpuinfo(const char *key, struct arena *arena)
{
	FILE *file = fopen("/proc/cpuinfo", "re");
	char line[4096];
	const char *text = NULL;

	while (file && !text && fgets(line, sizeof(line), file)) {
		char *value = strchr(line, ':');

		if (!value || strncmp(line, key, strlen(key)))
			continue;
		value += strspn(value, ": \t");
		value[strcspn(value, "\n")] = '\0';
		text = arena_strdup(arena, value);
	}
	if (file)
		fclose(file);
	return text;
}

static void warn(struct result_environment *env, const char *text)
{
	env->warnings[env->nwarnings++] = text;
}

static void warn_machine(struct result_environment *env, struct arena *arena)
{
	const char *flags = cpuinfo("flags", arena);
	double load[1] = { 0 };

	if (flags && strstr(flags, " hypervisor"))
		warn(env, "a virtual machine: the host may take the CPU away "
			  "unnoticed");
	if (env->clocksource && strcmp(env->clocksource, "tsc"))
		warn(env, arena_printf(arena, "clock source %s: reading the "
				       "time is slow", env->clocksource));
	if (env->governor && strcmp(env->governor, "performance"))
		warn(env, arena_printf(arena, "CPU governor %s: the clock "
				       "rate changes with the load; "
				       "cpupower frequency-set -g performance",
				       env->governor));
	if (getloadavg(load, 1) == 1 &&
	    load[0] > LOAD_HIGH * (double)env->cpus)
		warn(env, arena_printf(arena, "load average %.2f before the "
				       "run: something else is busy here",
				       load[0]));
}

void environment_read(const struct plan *plan, struct result_environment *env,
		      struct arena *arena)
{
	struct utsname name;

	uname(&name);
	env->host = arena_strdup(arena, name.nodename);
	env->kernel = arena_printf(arena, "%s %s", name.sysname, name.release);
	env->cpu = cpuinfo("model name", arena);
	env->cpus = (int64_t)plan->host.ncpus;
	env->clocksource = line_of("/sys/devices/system/clocksource/"
				   "clocksource0/current_clocksource", arena);
	env->governor = line_of("/sys/devices/system/cpu/cpu0/cpufreq/"
				"scaling_governor", arena);
	env->warnings = arena_array(arena, plan->nwarnings + 4,
				    sizeof(*env->warnings));
	for (size_t i = 0; i < plan->nwarnings; i++)
		warn(env, plan->warning[i]);
	warn_machine(env, arena);
}
