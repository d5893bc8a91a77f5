/* sita.c - a queue for every worker, a job's worker chosen by its size */
#include "models/servers.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include <gsl/gsl_integration.h>

#include "lancet/core/err.h"
#include "lancet/core/option.h"
#include "workloads/schedule.h"

/*
 * Size interval task assignment (Harchol-Balter, Crovella and Murta 1999):
 * a job goes to the first worker whose cutoff its service does not exceed,
 * else to the last worker.
 */
struct sita_options {
	struct option_list cutoffs;
};

static const struct option_row sita_rows[] = {
	OPTION(VALUES, struct sita_options, cutoffs, OPTION_REQUIRED, NULL,
	       1e-9, 1e15,
	       "largest service time of each worker but the last; each one "
	       "left out doubles the one before"),
	{ 0 },
};

static int sita_complete(void *options, struct arena *arena, struct err *err)
{
	const struct option_list *cutoffs =
		&((struct sita_options *)options)->cutoffs;
	const double *x = cutoffs->items;

	(void)arena;
	if (!cutoffs->n)
		return err_set(err, -EINVAL, "cutoffs is empty; give one");
	for (size_t i = 1; i < cutoffs->n; i++)
		if (!(x[i] > x[i - 1]))
			return err_set(err, -EINVAL,
				       "cutoffs fall from %g to %g; list them "
				       "in rising order",
				       x[i - 1], x[i]);
	return 0;
}

/* Of a worker that is not the last. */
static double cutoff(const struct sita_options *o, uint32_t worker)
{
	const double *x = o->cutoffs.items;
	size_t last = o->cutoffs.n - 1;

	return worker < last ? x[worker] : ldexp(x[last], (int)(worker - last));
}

static uint32_t sita_choose(struct servers *s, const struct job *job)
{
	uint32_t w = 0;

	while (w + 1 < s->servers && job->service > cutoff(s->options, w))
		w++;
	return w;
}

static int sita_init(void *state, const void *options, uint32_t workers,
		     uint32_t jobs, struct arena *arena, struct err *err)
{
	const struct sita_options *o = options;
	struct servers *s = state;

	if (workers > 1 && o->cutoffs.n > workers - 1)
		return err_set(err, -EINVAL,
			       "sita has %zu cutoffs for %u workers; give one "
			       "fewer than workers",
			       o->cutoffs.n, workers);
	s->choose = sita_choose;
	servers_init(s, options, workers, 1, jobs, arena);
	return 0;
}

/* --- capacity ------------------------------------------------------------- */

static double above(const struct dist *law, double x)
{
	return 1 - law->ops->cdf(law->state, x);
}

/* P(S > x) dx, by ln x: laws may span many decades. */
static double above_log(double ln_x, void *law)
{
	double x = exp(ln_x);

	return x * above(law, x);
}

/* E[S; a < S <= b] by parts: a P(S > a) - b P(S > b) + integral of P(S > x). */
static double smooth_work(const struct dist *law, double a, double b)
{
	gsl_integration_workspace *w = gsl_integration_workspace_alloc(1000);
	gsl_function f = { above_log, (void *)law };
	/* Below `least` the integrand is 1, above `most` it is nothing. */
	double least = fmax(a, law->ops->quantile(law->state, 1e-12));
	double most = fmin(b, law->ops->quantile(law->state, 1 - 1e-12));
	double area = 0, error;

	if (most > least)
		gsl_integration_qag(&f, log(least), log(most), 0, 1e-9, 1000,
				    GSL_INTEG_GAUSS31, w, &area, &error);
	gsl_integration_workspace_free(w);
	return (least - a) + area + a * above(law, a) - b * above(law, b);
}

static double atoms_work(const struct dist *law, double a, double b)
{
	size_t n = law->ops->atoms(law->state, NULL, NULL, 0);
	double *x = calloc(2 * n, sizeof(*x)), sum = 0;

	if (!x)
		return 0;
	law->ops->atoms(law->state, x, x + n, n);
	for (size_t i = 0; i < n; i++)
		sum += x[i] > a && x[i] <= b ? x[i] * x[n + i] : 0;
	free(x);
	return sum;
}

/* Work that an arrival brings to those with service in (a, b]. */
static double work_between(const struct workload *workload, double a, double b)
{
	double sum = 0;

	for (size_t i = 0; i < workload->nclasses; i++) {
		const struct dist *law = &workload->class[i].service;

		sum += workload->class[i].weight *
		       (law->ops->atoms ? atoms_work(law, a, b)
					: smooth_work(law, a, b));
	}
	return sum;
}

/* The worker that gets most work saturates first. */
static double sita_capacity(const void *options, uint32_t workers,
			    const struct workload *workload)
{
	double rest = workload_moment(workload, 1), most = 0, from = 0;

	for (uint32_t w = 0; w + 1 < workers; w++) {
		double work = work_between(workload, from, cutoff(options, w));

		from = cutoff(options, w);
		rest -= work;
		most = fmax(most, work);
	}
	return 1 / fmax(most, rest);
}

static struct policy_shape sita_shape(const void *options)
{
	(void)options;
	return (struct policy_shape){ .of = POLICY_SPLIT };
}

const struct policy_ops policy_sita = {
	.kind = {
		.name = "sita",
		.help = "a queue for every worker, chosen by the job's size",
		.options = sita_rows,
		.options_size = sizeof(struct sita_options),
		.short_keys = "cutoffs",
		.short_help = "sita:CUTOFF[,CUTOFF...], sita:10us,100us",
		.complete = sita_complete,
	},
	.state_size = servers_state_size,
	.init = sita_init,
	.capacity = sita_capacity,
	.shape = sita_shape,
	.arrive = servers_arrive,
	.next = servers_next,
	.advance = servers_advance,
	.departures = servers_departures,
	.rebase = servers_rebase,
};
