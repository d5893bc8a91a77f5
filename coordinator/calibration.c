/* calibration.c - the instrument's own error on a path, kept for later runs */
#include "coordinator/calibration.h"

#include <errno.h>
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "coordinator/plan.h"
#include "lancet/core/arena.h"
#include "lancet/core/err.h"
#include "lancet/core/field.h"
#include "lancet/core/stats/vector.h"

#define FILE_MOST ((size_t)1 << 20)	/* of calibrations: some 500 */

/* --- the path ------------------------------------------------------------- */

/* One file, a JSON list of calibrations. */
static char *list_file(struct arena *arena)
{
	const char *file = getenv("LANCET_CALIBRATION");
	const char *state = getenv("XDG_STATE_HOME"), *home = getenv("HOME");

	if (file && *file)
		return arena_strdup(arena, file);
	if (state && *state)
		return arena_printf(arena, "%s/lancet/calibration.json", state);
	return arena_printf(arena, "%s/.local/state/lancet/calibration.json",
			    home && *home ? home : "/root");
}

static const char *word(const char *text)
{
	return text ? text : "unknown";
}

/* Whom the requests go to: ports come and go. */
static char *peer_of(const struct plan *plan, struct arena *arena)
{
	const char *address = plan->config->target.address;
	const char *colon = address ? strrchr(address, ':') : NULL;

	if (plan_builtin(plan) || plan->host.memory || !colon ||
	    !strncmp(address, "127.", 4) || !strncmp(address, "[::1]", 5) ||
	    !strncmp(address, "localhost:", 10))
		return arena_strdup(arena, "this machine");
	return arena_printf(arena, "%.*s", (int)(colon - address), address);
}

/*
 * The path of a run that has been measured: the host (name, CPU, kernel,
 * clock), transport, stamps, threads, mode and whom it goes to. One sentence;
 * paths are the same where it is.
 */
static char *path_of(const struct plan *plan, const struct result *result,
		     struct arena *arena)
{
	const struct config *c = plan->config;
	const struct result_environment *env = &result->environment;
	const char *source = result->npoints
			     ? result->points[0].timestamps.source : NULL;

	return arena_printf(arena, "%s, %s, %lld CPUs, %s, %s clock; %s%s, "
			    "%s stamps, %u threads, %s, to %s",
			    word(env->host), word(env->cpu),
			    (long long)env->cpus, word(env->kernel),
			    word(env->clocksource),
			    c->workload.transport.kind->name,
			    c->workload.tls ? " with tls" : "", word(source),
			    plan->threads,
			    plan->agent[0].poll ? "poll" : "block",
			    peer_of(plan, arena));
}

/* --- what was found ------------------------------------------------------- */

static double median(double *x, size_t n)
{
	vector_sort(x, n);
	return n ? (x[(n - 1) / 2] + x[n / 2]) / 2 : (double)NAN;
}

/* Delays on purpose are what makes a point invalid, and what is looked for. */
static bool used(const struct plan *plan, const struct result_point *point)
{
	return point->model && point->model->nreplayed &&
	       (plan->config->measure.inject ||
		!strcmp(point->verdict.status, "valid"));
}

static void error_at(const struct plan *plan, const struct result *result,
		     double q, struct result_adjusted *to, double *scratch)
{
	size_t n = 0;

	*to = (struct result_adjusted){ q, (double)NAN, INFINITY, -INFINITY };
	for (size_t i = 0; i < result->npoints; i++) {
		const struct result_model *m = result->points[i].model;

		for (size_t j = 0; used(plan, &result->points[i]) &&
				   j < m->nreplayed; j++) {
			const struct result_replayed *r = &m->replayed[j];

			if (fabs(r->q - q) > 1e-9)
				continue;
			scratch[n++] = r->diff;
			to->lo = fmin(to->lo, r->lo);
			to->hi = fmax(to->hi, r->hi);
		}
	}
	to->value = median(scratch, n);
}

/* Medians over points; the path is what agent and target do not add. */
static void parts_of(const struct plan *plan, const struct result *result,
		     struct result_calibration *to, struct arena *arena)
{
	double *all = arena_array(arena, 3 * result->npoints + 1,
				  sizeof(*all));
	double *agent = all + result->npoints, *target = agent +
							 result->npoints;
	size_t n = 0;

	for (size_t i = 0; i < result->npoints; i++) {
		const struct result_point *p = &result->points[i];

		if (!used(plan, p))
			continue;
		all[n] = p->model->request_p50_ns;
		agent[n] = p->pacing.p50_ns;
		target[n++] = p->target ? p->target->release_p50_ns : 0;
	}
	to->agent_ns = median(agent, n);
	to->target_ns = median(target, n);
	to->path_ns = median(all, n) - to->agent_ns;
}

void calibration_of(const struct plan *plan, const struct result *result,
		    struct result_calibration *to, struct arena *arena)
{
	double *scratch = arena_array(arena, result->npoints + 1,
				      sizeof(*scratch));
	struct result_errors *e = arena_alloc(arena, sizeof(*e));

	e->nquantiles = plan->nq;
	e->quantiles = arena_array(arena, plan->nq, sizeof(*e->quantiles));
	*to = (struct result_calibration){
		.status = "calibrated",
		.path = path_of(plan, result, arena),
		.made = result->started,
		.from_rps = INFINITY,
		.honest_rps = (double)NAN,
		.error = e,
	};
	for (size_t i = 0; i < plan->nq; i++)
		error_at(plan, result, plan->q[i], &e->quantiles[i], scratch);
	while (e->nquantiles && isnan(e->quantiles[e->nquantiles - 1].value))
		e->nquantiles--;
	for (size_t i = 0; i < result->npoints; i++) {
		double rps = result->points[i].offered_rps / plan->threads;

		if (!used(plan, &result->points[i]))
			continue;
		to->from_rps = fmin(to->from_rps, rps);
		to->to_rps = fmax(to->to_rps, rps);
	}
	parts_of(plan, result, to, arena);
}

/* --- the file ------------------------------------------------------------- */

/*
 * Empty where there is none yet, or none can be: who writes it will tell. NULL
 * where there is one that is no list.
 */
static json_t *load_list(const char *path)
{
	json_error_t error;
	struct stat st;
	json_t *list;

	if (stat(path, &st))
		return json_array();
	if (!S_ISREG(st.st_mode) || (size_t)st.st_size > FILE_MOST)
		return NULL;
	list = json_load_file(path, 0, &error);
	if (json_is_array(list))
		return list;
	json_decref(list);
	return NULL;
}

static bool same_path(const json_t *entry, const char *path)
{
	const char *text = json_string_value(json_object_get(entry, "path"));

	return text && !strcmp(text, path);
}

static void make_folders(char *path)
{
	for (char *slash = strchr(path + 1, '/'); slash;
	     slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		mkdir(path, 0777);
		*slash = '/';
	}
}

static int write_list(const json_t *list, char *path, struct arena *arena,
		      struct err *err)
{
	char *temporary = arena_printf(arena, "%s.%ld", path, (long)getpid());

	make_folders(path);
	errno = 0;
	if (!json_dump_file(list, temporary, JSON_INDENT(1)) &&
	    !rename(temporary, path))
		return 0;
	unlink(temporary);
	return err_set(err, errno ? -errno : -EIO, "cannot write %s: %s; "
		       "name another file by LANCET_CALIBRATION", path,
		       strerror(errno ? errno : EIO));
}

/* The list with c in the place of an older one of its path; or, NULL, as is. */
static int renew(const struct result_calibration *c, struct err *err)
{
	struct arena arena;
	char *path;
	json_t *list;
	int rc;

	arena_init(&arena);
	path = list_file(&arena);
	list = load_list(path);
	for (size_t i = c ? json_array_size(list) : 0; i-- > 0;)
		if (same_path(json_array_get(list, i), c->path))
			json_array_remove(list, i);
	if (c)
		json_array_append_new(list, field_write(
			&result_calibration_shape, c));
	rc = list ? write_list(list, path, &arena, err)
		  : err_set(err, -EBADMSG, "%s is damaged, or larger than 1 "
			    "MiB: nothing is kept; move it away", path);
	json_decref(list);
	arena_fini(&arena);
	return rc;
}

/* As it is: that is what shows whether another could be written. */
int calibration_check(struct err *err)
{
	return renew(NULL, err);
}

int calibration_save(const struct result_calibration *c, struct err *err)
{
	return renew(c, err);
}

/* Were all points at rates that were calibrated? */
static bool in_band(const struct plan *plan, const struct result *result,
		    const struct result_calibration *c)
{
	for (size_t i = 0; i < result->npoints; i++) {
		double rps = result->points[i].offered_rps / plan->threads;

		if (rps < .99 * c->from_rps || rps > 1.01 * c->to_rps)
			return false;
	}
	return result->npoints > 0;
}

void calibration_find(const struct plan *plan, struct result *result,
		      struct arena *arena)
{
	char *path = path_of(plan, result, arena);
	char *file = list_file(arena);
	json_t *list = load_list(file);
	struct result_calibration found;
	struct err err;

	result->calibration = (struct result_calibration){
		.status = list ? "not calibrated on this path"
			       : arena_printf(arena, "not calibrated: %s is "
					      "damaged, move it away", file),
		.path = path,
		.from_rps = (double)NAN,
		.to_rps = (double)NAN,
		.agent_ns = (double)NAN,
		.path_ns = (double)NAN,
		.target_ns = (double)NAN,
		.honest_rps = (double)NAN,
	};
	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *entry = json_array_get(list, i);

		found = (struct result_calibration){ 0 };
		if (!same_path(entry, path) ||
		    field_read(&result_calibration_shape, entry, &found, arena,
			       &err))
			continue;
		if (in_band(plan, result, &found))
			result->calibration = found;
		else
			result->calibration.status = "not calibrated at these "
						     "rates";
	}
	json_decref(list);
}
