/* survey.c - the server whose simulated bursts are most like measured ones */
#include "models/survey.h"

#include <math.h>
#include <stdlib.h>

#include "lancet/core/arena.h"
#include "lancet/core/stats/order.h"
#include "lancet/core/stats/vector.h"

#define Z95 1.959964		/* of a 95% interval, normal */
/* What the way takes in the mean, over what it takes at least. */
#define WAY_SHARE 1.25
#define WAY_NS 1000.0

/* --- what is tried -------------------------------------------------------- */

size_t survey_unstalled(const struct identify_data *d, double share)
{
	return (size_t)ceil((1 - share) * (double)d->nalone);
}

/* A capacity within its interval, and a share of single requests. */
struct fit {
	double misfit, capacity, stalled;
	double still;		/* share of the time, by those */
};

/* So many workers, and how badly they explain the bursts, in each order. */
struct candidate {
	size_t workers;
	struct fit fit[BURST_ORDERS];
};

#define EACH 16u		/* up to here; beyond, steps of */
#define STEP 1.08
#define CAPACITIES 7		/* that are tried, over its interval */
#define COARSE .1		/* of the bursts, at first */
#define REQUESTS 3e6		/* simulated in a pass, less than a second */
#define CLOSE 40.		/* by which these may be off */

/*
 * Shares of the single requests that a stall made late, the latest of all.
 * That there were any has to be worth as much as one more parameter: with n
 * bursts, some thousand, about ln(n) (Schwarz 1978).
 */
static const double stalled[] = { 0, .005, .01, .02, .03, .04, .06, .08, .12 };
#define STALLS (sizeof(stalled) / sizeof(*stalled))
#define STALL_COST 7.
#define STALL_LEAST 1.5		/* misfit; what is less may be chance, */
#define STALL_SEEN .01		/* unless bursts were left out */
#define STILL_MOST .9		/* of the time */
#define AS_KNOWN .1		/* of the workers: so close is known */

struct tried {
	const struct identify_data *data;
	const struct predict_value *capacity;
	struct candidate *candidate;
	size_t n;
	double coarse;			/* share of the bursts */
	double still[STALLS];		/* of the time */
	double by_stall[STALLS];	/* the least misfit, roughly */
};

/*
 * Requests that a capacity's distance from the median look counts for. One that
 * stands still for a share of the time is full for that much less, or for less
 * than that: it need not stand still as often.
 */
static double away_from(const struct predict_value *c, double still,
			double capacity)
{
	double least = c->value, most = c->value / (1 - still), away, width;

	if (capacity >= least && capacity <= most)
		return 0;
	away = capacity < least ? least - capacity : capacity - most;
	width = capacity < least ? c->value - c->lo : c->hi - c->value;
	return width > 0 ? Z95 * Z95 * away * away / (width * width) : 0;
}

static double alone_of(const struct identify_data *d, double late)
{
	return vector_mean(d->alone, survey_unstalled(d, late));
}

/* No request is faster than the way there and back ever is. */
static double least_workers(const struct identify_data *d, double capacity,
			    double late)
{
	double quickest = order_quantile(d->alone, d->nalone, .001);
	double service = alone_of(d, late) - WAY_SHARE * quickest - WAY_NS;

	return fmax(ceil(service * capacity), 1);
}

/* Beyond that a service takes longer than a latency. */
static double most_workers(const struct identify_data *d,
			   const struct predict_value *capacity, double late)
{
	double at = fmin(capacity->hi, 1.2 * capacity->value);

	return fmin(fmax(1.03 * at * alone_of(d, late), 1), BURST_WORKERS);
}

/* Single requests of which the latest share met a standstill; no workers. */
static struct burst_server alone_at(const struct identify_data *d, double share)
{
	size_t n = survey_unstalled(d, share);

	return (struct burst_server){
		.alone = d->alone,
		.nalone = n,
		.late = d->alone + n,
		.nlate = d->nalone - n,
		.usual = vector_mean(d->alone, n),
		.every = d->every,
	};
}

/* Share of the time that these say the server stands still. */
static double still_of(const struct identify_data *d, double share)
{
	struct burst_server server = alone_at(d, share);
	double sum = 0;

	for (size_t i = 0; i < server.nlate; i++) {
		struct burst_still still = burst_still(&server, server.late[i]);

		sum += still.length * still.rate;
	}
	return fmin(sum, STILL_MOST);
}

static double capacity_most(const struct tried *s, double still)
{
	return s->capacity->hi / (1 - still);
}

/* The misfit of one server; `fit` is replaced where that is less. */
static double try_server(const struct tried *s, const struct fit *at,
			 double share, size_t workers, enum burst_order order,
			 struct fit *fit)
{
	const struct identify_data *d = s->data;
	struct burst_server server = alone_at(d, at->stalled);
	double service = (double)workers / at->capacity;
	double misfit;

	server.communication = fmax(server.usual - service, 0);
	server.workers = workers;
	server.order = order;
	misfit = burst_misfit(&server, d->burst, d->nbursts, share, d->seed) +
		 away_from(s->capacity, at->still, at->capacity) +
		 (at->stalled > 0 ? STALL_COST : 0);
	if (misfit < fit->misfit) {
		*fit = *at;
		fit->misfit = misfit;
	}
	return misfit;
}

/* Over its interval, so that it takes its place among the others. */
static void try_capacities(struct tried *s, size_t stall, struct candidate *c)
{
	double least = s->capacity->lo;
	double step = (capacity_most(s, s->still[stall]) - least) /
		      (CAPACITIES - 1);

	for (int i = 0; i < CAPACITIES; i++) {
		struct fit at = {
			.stalled = stalled[stall], .still = s->still[stall],
			.capacity = least + i * step,
		};

		for (size_t o = 0; at.capacity > 0 && o < BURST_ORDERS; o++)
			s->by_stall[stall] = fmin(s->by_stall[stall],
				try_server(s, &at, s->coarse, c->workers,
					   (enum burst_order)o, &c->fit[o]));
	}
}

static size_t candidates_of(size_t least, size_t most, struct candidate *c)
{
	size_t n = 0;

	for (size_t k = least; k <= most; n++) {
		c[n].workers = k;
		k = k < EACH ? k + 1 : (size_t)ceil((double)k * STEP);
	}
	return n;
}

static const struct fit *fit_of(const struct candidate *c)
{
	const struct fit *best = c->fit;

	for (size_t o = 1; o < BURST_ORDERS; o++)
		best = c->fit[o].misfit < best->misfit ? &c->fit[o] : best;
	return best;
}

static size_t best_of(const struct tried *s)
{
	const struct candidate *c = s->candidate;
	size_t best = 0;

	for (size_t i = 1; i < s->n; i++)
		if (fit_of(&c[i])->misfit < fit_of(&c[best])->misfit)
			best = i;
	return best;
}

static double least_misfit(const struct tried *s)
{
	return fit_of(&s->candidate[best_of(s)])->misfit;
}

static void tell(const struct identify_data *d, size_t done, size_t of)
{
	if (d->progress)
		d->progress(d->context, (double)done / (double)of);
}

/* A mean and a last of each size, less an offset and a cost of each. */
static double freedom_of(const struct identify_data *d)
{
	return fmax(2. * (double)d->nbursts - 2, 1);
}

static void look_roughly(struct tried *s, size_t stalls, struct candidate *c)
{
	double last = (double)s->candidate[s->n - 1].workers;
	double k = (double)c->workers;

	for (size_t o = 0; o < BURST_ORDERS; o++)
		c->fit[o].misfit = (double)INFINITY;
	for (size_t j = 0; j < stalls; j++) {
		double least = least_workers(s->data, s->capacity->value,
					     stalled[j]);
		double most = most_workers(s->data, s->capacity, stalled[j]) /
			      (1 - s->still[j]);

		if (k >= fmin(least, last) && k <= fmax(most, least))
			try_capacities(s, j, c);
	}
}

/* Each order where it was best. */
static void look_closely(const struct tried *s, double share,
			 struct candidate *c)
{
	for (size_t o = 0; o < BURST_ORDERS; o++) {
		struct fit at = c->fit[o];

		c->fit[o].misfit = (double)INFINITY;
		if (isfinite(at.misfit))
			try_server(s, &at, share, c->workers,
				   (enum burst_order)o, &c->fit[o]);
	}
}

/* Of the bursts: as many as so many servers leave time for. */
static double share_of(const struct tried *s, double most, size_t servers)
{
	const struct identify_data *d = s->data;

	return fmin(most, REQUESTS / (double)servers / BURST_ORDERS /
				  burst_requests(d->burst, d->nbursts));
}

/* All of them roughly, then those exactly that are not far behind. */
static void try_all(struct tried *s, size_t stalls)
{
	struct candidate *c = s->candidate;
	double near, share;
	size_t n = 0;

	s->coarse = share_of(s, COARSE, s->n * stalls * CAPACITIES);
	for (size_t j = 0; j < STALLS; j++)
		s->by_stall[j] = (double)INFINITY;
	for (size_t i = 0; i < s->n; i++) {
		look_roughly(s, stalls, &c[i]);
		tell(s->data, i + 1, 2 * s->n);
	}
	near = 2 * least_misfit(s) + CLOSE;
	for (size_t i = 0; i < s->n; i++)
		n += fit_of(&c[i])->misfit <= near;
	share = share_of(s, 1, n);
	for (size_t i = 0; i < s->n; i++) {
		if (fit_of(&c[i])->misfit <= near)
			look_closely(s, share, &c[i]);
		tell(s->data, s->n + i + 1, 2 * s->n);
	}
}

/* With stalls where some were seen, or no queue is like the server without. */
static void judge(struct tried *s)
{
	const struct identify_data *d = s->data;

	try_all(s, 1);
	if (burst_left_out(d->burst, d->nbursts) > STALL_SEEN ||
	    least_misfit(s) > STALL_LEAST * freedom_of(d))
		try_all(s, STALLS);
}

/*
 * How far behind the best may be what is as likely. A chi square over its
 * degrees of freedom is 1; what is beyond is no chance, and may be as much for
 * another.
 */
static double as_likely(const struct identify_data *d, double best,
			double *birge)
{
	double freedom = freedom_of(d);

	*birge = fmax(1, best / freedom);
	return best + Z95 * Z95 * *birge + (*birge - 1) * freedom;
}

/* The plainest that is as likely as the best, and the others that are. */
static void order_of(const struct tried *s, double allowed,
		     struct identified *found, struct arena *arena)
{
	found->orders = "";
	for (size_t order = 0; order < BURST_ORDERS; order++) {
		bool likely = false;

		for (size_t i = 0; i < s->n; i++)
			likely |= s->candidate[i].fit[order].misfit <= allowed;
		if (likely && !found->order)
			found->order = burst_order_name[order];
		else if (likely)
			found->orders = arena_printf(arena, "%s%s%s",
				found->orders, *found->orders ? ", " : "",
				burst_order_name[order]);
	}
}

/* What a single request takes, by every share of stalls that is as likely. */
static struct predict_value alone_between(const struct tried *s, double share)
{
	const struct identify_data *d = s->data;
	double best = (double)INFINITY, allowed, birge;
	struct predict_value alone;

	alone.value = alone.lo = alone.hi = alone_of(d, share);
	for (size_t j = 0; j < STALLS; j++)
		best = fmin(best, s->by_stall[j]);
	allowed = as_likely(d, best, &birge);
	for (size_t j = 0; j < STALLS; j++) {
		if (s->by_stall[j] > allowed)
			continue;
		alone.lo = fmin(alone.lo, alone_of(d, stalled[j]));
		alone.hi = fmax(alone.hi, alone_of(d, stalled[j]));
	}
	return alone;
}

/* Between two that were tried, whoever is beside one that is likely. */
static struct predict_value workers_between(const struct tried *s,
					    double allowed, bool unlike)
{
	const struct candidate *c = s->candidate;
	size_t best = best_of(s), first = best, last = best;

	for (size_t i = 0; i < s->n; i++) {
		if (fit_of(&c[i])->misfit > allowed)
			continue;
		first = i < first ? i : first;
		last = i > last ? i : last;
	}
	if (unlike) {
		first = 0;
		last = s->n - 1;
	}
	return (struct predict_value){
		(double)c[best].workers,
		first ? (double)c[first - 1].workers + 1
		: unlike ? 1 : (double)c[0].workers,
		last + 1 < s->n ? (double)c[last + 1].workers - 1
				: (double)c[last].workers,
	};
}

static void times_of(const struct tried *s, const struct fit *fit,
		     struct identified *found)
{
	double most = capacity_most(s, fit->still);
	double least = fmax(s->capacity->lo, 1e-12);
	const struct predict_value alone = alone_between(s, fit->stalled);

	found->service = (struct predict_value){
		fmin(found->workers.value / fit->capacity, alone.value),
		fmin(found->workers.lo / most, alone.lo),
		fmin(found->workers.hi / least, alone.hi),
	};
	found->communication = (struct predict_value){
		alone.value - found->service.value,
		fmax(alone.lo - found->service.hi, 0),
		fmax(alone.hi - found->service.lo, 0),
	};
}

/* No more requests at once than there are workers wait for nobody. */
static bool shown(const struct identify_data *d,
		  const struct predict_value *workers)
{
	double most = d->nbursts ? d->burst[d->nbursts - 1].size : 0;

	return workers->value < most ||
	       workers->hi <= (1 + AS_KNOWN) * workers->lo;
}

/* The intervals stay. */
static void forget(struct identified *found, const char *why)
{
	found->whole = 0;
	found->workers.value = (double)NAN;
	found->service.value = (double)NAN;
	found->communication.value = (double)NAN;
	found->order = found->orders = NULL;
	found->count = why;
}

void survey(const struct identify_data *d, struct identified *found,
	    struct arena *arena)
{
	const struct predict_value *capacity = &found->capacity;
	double most = most_workers(d, capacity, 0);
	double least = fmin(least_workers(d, capacity->value,
					  stalled[STALLS - 1]), most);
	struct tried s = {
		.data = d,
		.capacity = capacity,
		.candidate = arena_array(arena, BURST_WORKERS,
					 sizeof(*s.candidate)),
	};
	const struct fit *fit;
	double allowed;

	s.n = candidates_of((size_t)least, (size_t)most, s.candidate);
	for (size_t j = 0; j < STALLS; j++)
		s.still[j] = still_of(d, stalled[j]);
	judge(&s);
	fit = fit_of(&s.candidate[best_of(&s)]);
	allowed = as_likely(d, fit->misfit, &found->misfit);
	found->stalled = fit->stalled;
	found->workers = workers_between(&s, allowed,
					 found->misfit > IDENTIFY_UNLIKE);
	found->whole = (uint32_t)found->workers.value;
	order_of(&s, allowed, found, arena);
	times_of(&s, fit, found);
	found->count = "the number whose simulated bursts are like the "
		       "measured ones";
	if (found->misfit > IDENTIFY_UNLIKE)
		forget(found, "not known: no queue's bursts are like the "
			      "measured ones");
	else if (!shown(d, &found->workers))
		forget(found, "not known: no burst was larger than that, so "
			      "none had to wait");
}
