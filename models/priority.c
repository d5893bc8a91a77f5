/* priority.c - M/G/1 with priorities by class: means of each */
#include "models/priority.h"

#include <math.h>

#include "models/queue.h"

static const struct class_law *class_of(const struct priority *p, size_t c)
{
	return &p->queue->workload->class[c];
}

/* Work that the first n classes bring per unit of time (k = 1), or half the
 * rate of its squares: what an arrival finds left in service (k = 2). */
static double load(const struct priority *p, size_t n, int k)
{
	double sum = 0;

	for (size_t i = 0; i < n; i++) {
		const struct class_law *c = class_of(p, i);

		sum += p->queue->rate * c->weight *
		       c->service.ops->moment(c->service.state, k) / k;
	}
	return sum;
}

static double wait(const struct priority *p, size_t c)
{
	size_t n = p->preempt ? c + 1 : p->queue->workload->nclasses;

	return load(p, n, 2) / ((1 - load(p, c, 1)) * (1 - load(p, c + 1, 1)));
}

/* How much better classes stretch its service. */
static double stretch(const struct priority *p, size_t c)
{
	return p->preempt ? 1 / (1 - load(p, c, 1)) : 1;
}

static double class_mean(const struct priority *p,
			 const struct predict_ask *ask, size_t c)
{
	double x = ask->given > 0 ? ask->given
				  : dist_mean(&class_of(p, c)->service);

	switch (ask->of) {
	case METRIC_WAIT:
		return wait(p, c);
	case METRIC_SOJOURN:
		return wait(p, c) + x * stretch(p, c);
	case METRIC_SLOWDOWN:
		return ask->given > 0 ? wait(p, c) / x + stretch(p, c) : NAN;
	case METRIC_IN_SYSTEM:
		return p->queue->rate * class_of(p, c)->weight *
		       (wait(p, c) + x * stretch(p, c));
	default:
		return NAN;
	}
}

static double class_figure(const struct priority *p,
			   const struct predict_ask *ask, size_t c)
{
	switch (ask->figure) {
	case FIGURE_MEAN:
		return class_mean(p, ask, c);
	case FIGURE_P_WAIT:
		return p->preempt ? load(p, c + 1, 1) : p->queue->rho;
	default:
		return NAN;
	}
}

/* Of all classes: which one a job of given service is in is not known, but
 * where there is one only. */
static double all_figure(const struct priority *p,
			 const struct predict_ask *ask)
{
	size_t n = p->queue->workload->nclasses;
	bool total = ask->figure == FIGURE_MEAN && ask->of == METRIC_IN_SYSTEM;
	double sum = 0;

	if (ask->given > 0 && n > 1)
		return NAN;
	for (size_t c = 0; c < n; c++)
		sum += (total ? 1 : class_of(p, c)->weight) *
		       class_figure(p, ask, c);
	return sum;
}

double priority_figure(const struct priority *p, const struct predict_ask *ask)
{
	if (ask->stage || (ask->given > 0 && ask->of == METRIC_IN_SYSTEM))
		return NAN;
	return ask->class ? class_figure(p, ask, ask->class - 1)
			  : all_figure(p, ask);
}
