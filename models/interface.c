/* interface.c - a queue's latency as a small function of its load, fitted */
#include "models/interface.h"

#include <errno.h>
#include <gsl/gsl_multimin.h>
#include <math.h>

#include "lancet/core/arena.h"
#include "lancet/core/err.h"
#include "lancet/core/option.h"

#include "lancet/core/stats/vector.h"
#include "models/interface_form.inc"

/* Path, added work, and the two factors of the wait. */
#define CONSTANTS 4
#define TURNS 400
/* A quantile is never weighed as if known better than that. */
#define ERROR_LEAST .01
/* The factors of the wait stay near 1 unless the data say otherwise. */
#define FACTOR_SPREAD .3
/* Of errors seen: another load or law may be a little worse than those. */
#define MARGIN 1.25
#define RESOLUTION_LEAST .02
/* Each prediction of another law: */
#define PRECISION .01
#define SIMULATE_S .4

static const double tried[] = { .5, .9, .99, .999 };
#define TRIED (sizeof(tried) / sizeof(tried[0]))

/* Mean 1; none has the edge between two services at a quantile tried. */
static const char *const laws[] = { "det:1", "exp:1", "lognormal:4",
				    "disc:0.8:0.5,0.2:3", "erlang:4" };
#define LAWS (sizeof(laws) / sizeof(laws[0]))

/* --- the law of a workload ------------------------------------------------ */

struct workload_law {
	struct latency_law law; /* first */
	const struct workload *workload;
};

static double workload_above(const struct latency_law *law, double t)
{
	const struct workload *w =
		((const struct workload_law *)(const void *)law)->workload;
	double below = 0;

	for (size_t i = 0; i < w->nclasses; i++) {
		const struct dist *d = &w->class[i].service;

		below += w->class[i].weight *
			 (t < 0 ? 0 : d->ops->cdf(d->state, t));
	}
	return 1 - below;
}

static struct workload_law law_of(const struct workload *w)
{
	double mean = workload_moment(w, 1);
	struct workload_law law = { .workload = w };

	law.law.mean_ns = mean;
	law.law.scv = fmax(0, workload_moment(w, 2) / (mean * mean) - 1);
	law.law.above = workload_above;
	return law;
}

/* --- fitting -------------------------------------------------------------- */

struct search {
	const struct interface_point *point;
	size_t n;
	struct workload_law law;
	uint32_t workers;
	bool split;
};

static struct latency_fit fit_of(const struct search *s, const gsl_vector *x)
{
	double mean = s->law.law.mean_ns;

	return (struct latency_fit){
		.path_ns = gsl_vector_get(x, 0) * mean,
		.plus_ns = gsl_vector_get(x, 1) * mean,
		.times = 1,
		.wait_times = exp(gsl_vector_get(x, 2)),
		.waits_times = exp(gsl_vector_get(x, 3)),
		.split = s->split,
	};
}

static double quantile_of(const struct search *s,
			  const struct interface_point *p,
			  const struct latency_fit *fit)
{
	return latency_quantile(&s->law.law, &s->law.law, p->rate_rps,
				(int)s->workers, p->q, fit);
}

/* Sum of squares of relative errors over what they may be. */
static double misfit(const gsl_vector *x, void *context)
{
	const struct search *s = context;
	struct latency_fit fit = fit_of(s, x);
	double sum = pow(gsl_vector_get(x, 2) / FACTOR_SPREAD, 2) +
		     pow(gsl_vector_get(x, 3) / FACTOR_SPREAD, 2);

	for (size_t i = 0; i < s->n; i++) {
		const struct interface_point *p = &s->point[i];
		double value = quantile_of(s, p, &fit);
		double error = hypot(ERROR_LEAST, p->error_ns / p->value_ns);

		if (!(value > 0))
			return 1e12;
		sum += pow(log(value / p->value_ns) / error, 2);
	}
	return sum;
}

/* The downhill simplex (Nelder and Mead 1965). */
static int minimise(struct search *s, struct latency_fit *fit)
{
	gsl_multimin_function function = { misfit, CONSTANTS, s };
	gsl_multimin_fminimizer *m = gsl_multimin_fminimizer_alloc(
		gsl_multimin_fminimizer_nmsimplex2, CONSTANTS);
	gsl_vector *x = gsl_vector_calloc(CONSTANTS);
	gsl_vector *step = gsl_vector_alloc(CONSTANTS);
	int rc = m && x && step ? 0 : -ENOMEM;

	if (!rc) {
		gsl_vector_set_all(step, .05);
		gsl_multimin_fminimizer_set(m, &function, x, step);
		for (int i = 0; i < TURNS; i++)
			if (gsl_multimin_fminimizer_iterate(m) ||
			    gsl_multimin_fminimizer_size(m) < 1e-4)
				break;
		*fit = fit_of(s, m->x);
	}
	gsl_multimin_fminimizer_free(m);
	gsl_vector_free(x);
	gsl_vector_free(step);
	return rc;
}

/* --- classes -----------------------------------------------------------------
 */

/* What the path takes of one class: the median over its quantiles. */
static double class_path(const struct search *s, const struct latency_fit *fit,
			 const struct interface_class *of)
{
	struct latency_fit bare = *fit;
	struct class_law class = *of->law;
	struct workload own = { .class = &class, .nclasses = 1 };
	struct workload_law law = law_of(&own);
	double rest[INTERFACE_QUANTILES];

	class.weight = 1;
	bare.path_ns = 0;
	for (size_t i = 0; i < of->n; i++)
		rest[i] = of->point[i].value_ns -
			  latency_quantile(
				  &law.law, &s->law.law, of->point[i].rate_rps,
				  (int)s->workers, of->point[i].q, &bare);
	vector_sort(rest, of->n);
	return of->n ? rest[of->n / 2] : fit->path_ns;
}

static double class_bytes(const struct class_law *law)
{
	double bytes = 0;

	if (law->request_size.ops)
		bytes += dist_mean(&law->request_size);
	if (law->reply_size.ops)
		bytes += dist_mean(&law->reply_size);
	return bytes;
}

/* Classes of other sizes show what a byte costs: least squares, not below 0. */
static void fit_classes(const struct search *s,
			const struct interface_class *class, size_t n,
			struct interface *to)
{
	double x = 0, y = 0, xx = 0, xy = 0;

	to->nclasses = n;
	for (size_t i = 0; i < n; i++) {
		to->path_ns[i] = n > 1 ? class_path(s, &to->fit, &class[i])
				       : to->fit.path_ns;
		to->bytes[i] = class_bytes(class[i].law);
		x += to->bytes[i] / (double)n;
		y += to->path_ns[i] / (double)n;
	}
	for (size_t i = 0; i < n; i++) {
		xx += pow(to->bytes[i] - x, 2);
		xy += (to->bytes[i] - x) * (to->path_ns[i] - y);
	}
	to->byte_ns = xx > 1 ? fmax(0, xy / xx) : 0;
}

/* --- its resolution ------------------------------------------------------- */

static double worst(const struct search *s, const struct latency_fit *fit,
		    const struct interface_point *point, size_t n)
{
	double most = 0;

	for (size_t i = 0; i < n; i++) {
		double value = quantile_of(s, &point[i], fit);

		most = fmax(most, fabs(value / point[i].value_ns - 1));
	}
	return most;
}

/* The largest error for one law at one load, of the queue's own part. */
static double try_law(const struct predict_query *query,
		      const struct latency_fit *fit, struct arena *arena)
{
	struct latency_fit bare = *fit;
	struct workload_law law = law_of(query->workload);
	struct predict_ask ask[TRIED] = { 0 };
	struct predict_query q = *query;
	struct predict_result found;
	uint32_t workers = policy_workers(&q.policy, q.workers);
	struct err err;
	double most = 0;

	bare.path_ns = bare.plus_ns = 0;
	for (size_t i = 0; i < TRIED; i++)
		ask[i] = (struct predict_ask){ .figure = FIGURE_QUANTILE,
					       .q = tried[i] };
	q.ask = ask;
	q.nask = TRIED;
	q.relative = PRECISION;
	q.time_limit_s = SIMULATE_S;
	if (predict(&q, &found, arena, &err))
		return 0;
	for (size_t i = 0; i < TRIED; i++) {
		double exact = found.answer[i].value.value;
		double value =
			latency_quantile(&law.law, &law.law, q.rate * 1e9,
					 (int)workers, tried[i], &bare);

		if (exact > 0 && isfinite(exact))
			most = fmax(most, fabs(value / exact - 1));
	}
	return most;
}

static int try_laws(const struct predict_query *of,
		    const struct interface_point *point, size_t n,
		    struct interface *to, struct err *err)
{
	double mean = workload_moment(of->workload, 1), last = 0;
	struct arena arena;
	int rc = 0;

	to->scv_lo = 0;
	arena_init(&arena);
	for (size_t l = 0; !rc && l < LAWS; l++) {
		struct class_law class = { .name = "all", .weight = 1 };
		struct workload w = { .class = &class, .nclasses = 1 };
		struct predict_query q = *of;
		struct choice choice;

		w.arrival = of->workload->arrival;
		q.workload = &w;
		rc = option_parse_choice(KIND_DIST, OPTION_UNIT_TIME, laws[l],
					 &choice, &arena, err);
		if (!rc)
			rc = dist_init(&class.service, &choice, &arena, err);
		for (size_t i = 0; !rc && i < n; i++) {
			if (point[i].rate_rps == last)
				continue;
			last = point[i].rate_rps;
			q.rate = last * 1e-9 * mean;
			to->other =
				fmax(to->other, try_law(&q, &to->fit, &arena));
		}
		if (!rc)
			to->scv_hi = fmax(to->scv_hi, dist_scv(&class.service));
	}
	arena_fini(&arena);
	return rc;
}

static void range_of(const struct predict_query *query,
		     const struct interface_point *point, size_t n,
		     struct interface *to)
{
	double by = workload_moment(query->workload, 1) * 1e-9 /
		    policy_workers(&query->policy, query->workers);

	for (size_t i = 0; i < n; i++) {
		double load = point[i].rate_rps * by;

		to->load_lo = to->load_lo > 0 ? fmin(to->load_lo, load) : load;
		to->load_hi = fmax(to->load_hi, load);
	}
}

static bool is_split(const struct predict_query *query)
{
	const struct policy_ops *ops = (const void *)query->policy.kind;
	enum policy_shape_kind of =
		ops->shape ? ops->shape(query->policy.options).of
			   : POLICY_OTHER;

	return of == POLICY_RANDOM_SPLIT || of == POLICY_CYCLIC_SPLIT ||
	       of == POLICY_SPLIT || of == POLICY_SPLIT_SHARING;
}

int interface_fit(const struct predict_query *query,
		  const struct interface_point *fitted, size_t nfitted,
		  const struct interface_point *held, size_t nheld,
		  const struct interface_class *class, size_t nclasses,
		  struct interface *found, struct err *err)
{
	struct search s = {
		.point = fitted,
		.n = nfitted,
		.law = law_of(query->workload),
		.workers = policy_workers(&query->policy, query->workers),
		.split = is_split(query),
	};

	*found = (struct interface){ .nfitted = nfitted, .nheld = nheld };
	if (!nfitted && !nheld)
		return err_set(err, -EDOM,
			       "no point is valid; measure again, as each "
			       "point's verdict says");
	if (nfitted < CONSTANTS || !nheld)
		return err_set(err, -EDOM,
			       "%zu quantiles to fit and %zu to validate the "
			       "fit are too few; measure at several loads, "
			       "load: {sweep: ...}",
			       nfitted, nheld);
	if (minimise(&s, &found->fit))
		return err_set(err, -ENOMEM, "no memory to fit");
	fit_classes(&s, class, nclasses, found);
	range_of(query, fitted, nfitted, found);
	range_of(query, held, nheld, found);
	found->held_out = fmax(worst(&s, &found->fit, held, nheld),
			       worst(&s, &found->fit, fitted, nfitted));
	if (try_laws(query, held, nheld, found, err))
		return err->code;
	found->resolution = fmax(RESOLUTION_LEAST,
				 MARGIN * fmax(found->held_out, found->other));
	found->resolution = ceil(100 * found->resolution) / 100;
	return 0;
}
