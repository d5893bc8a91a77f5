/* pcap_arrivals.c - do a capture's requests come as an arrival law says? */
#include "lancet/cmd/pcap.h"

#include <math.h>

#include "coordinator/gof.h"
#include "lancet/core/sort.h"
#include "lancet/core/stats/fit.h"
#include "lancet/core/stats/order.h"
#include "lancet/core/stats/serial.h"
#include "lancet/core/stats/vector.h"
#include "workloads/arrival.h"

#define GAPS_LEAST 100
#define LEVEL .001		/* of both tests together; with DISTANCE, what */
#define DISTANCE .03		/* a run's own check of arrivals allows */
#define ATOM_SHIFT_NS 2000	/* fixed gaps: what a send takes */
#define MONTE_CARLO 2000
#define BLOCK_MS 100

static double dispersion(const double *count, size_t n)
{
	double sum = 0, square = 0;

	for (size_t i = 0; i < n; i++) {
		sum += count[i];
		square += count[i] * count[i];
	}
	if (n < 2 || sum <= 0)
		return (double)NAN;
	return (square - sum * sum / (double)n) / (double)(n - 1) /
	       (sum / (double)n);
}

/* Whole milliseconds from the first request on. */
static void judge_counts(struct pcap_arrivals *a,
			 const struct exchange *const *e, size_t n,
			 struct arena *arena)
{
	size_t ms =
		(size_t)((e[n - 1]->request_ns - e[0]->request_ns) / 1000000);
	size_t blocks = ms / BLOCK_MS;
	double *count, *block;

	a->dispersion = a->dispersion_block = (double)NAN;
	/* More of them empty than not says nothing, and would be long. */
	if (ms < 2 || ms > 1000 * n)
		return;
	count = arena_array(arena, ms, sizeof(*count));
	block = arena_array(arena, blocks + 1, sizeof(*block));
	for (size_t i = 0; i < n; i++) {
		size_t at = (size_t)((e[i]->request_ns - e[0]->request_ns) /
				     1000000);

		if (at < ms)
			count[at]++;
	}
	a->dispersion = dispersion(count, ms);
	for (size_t i = 0; i < blocks; i++)
		block[i] = dispersion(count + i * BLOCK_MS, BLOCK_MS);
	vector_sort(block, blocks);
	if (blocks)
		a->dispersion_block = order_quantile(block, blocks, .5);
}

static void judge_serial(struct pcap_arrivals *a, const double *gap)
{
	struct ljung_box box = { NAN, NAN };
	struct err err;
	double rho = (double)NAN;

	/* Equal gaps have no correlation to speak of, which is refused. */
	if (serial_acf(gap, a->gaps, 1, &rho, &err) < 0)
		rho = (double)NAN;
	if (serial_ljung_box(gap, a->gaps, PCAP_LAGS, &box, &err) < 0)
		box = (struct ljung_box){ NAN, NAN };
	a->lag1 = rho;
	a->ljung_box = box.q;
	a->ljung_box_p = box.p;
}

/* The rate is the data's own, so p of a known law would be too good. */
static void judge_law(struct pcap_arrivals *a, const struct arrival_ops *ops,
		      const void *state, const double *gap,
		      struct arena *arena)
{
	struct gof gof = { .n = a->gaps, .atom_shift = ATOM_SHIFT_NS };
	int32_t *sorted = arena_array(arena, a->gaps, sizeof(*sorted));

	for (size_t i = 0; i < a->gaps; i++)
		sorted[i] = gap[i] < INT32_MAX ? (int32_t)gap[i] : INT32_MAX;
	sort_i32(sorted, a->gaps);
	gof_run(&gof, sorted, ops->cdf, state);
	a->distance = gof.ks;
	a->distance_p = gof.ks_p;
	a->anderson = gof.ad;
	a->anderson_p = isnan(gof.ad) ? (double)NAN : gof.ad_p;
	if (ops->flags & ARRIVAL_POISSON)
		a->anderson_p = fit_anderson_p_estimated(gof.ad, a->gaps,
							 MONTE_CARLO, 1);
	a->follows = 2 * fmin(isnan(a->anderson_p) ? 1 : a->anderson_p,
			      a->distance_p) >= LEVEL ||
		     a->distance <= DISTANCE;
}

static double *judge_gaps(struct pcap_arrivals *a,
			  const struct exchange *const *e, size_t n,
			  struct arena *arena)
{
	double *gap = arena_array(arena, n, sizeof(*gap)), square = 0;

	a->gaps = n - 1;
	a->mean_ns = (double)(e[n - 1]->request_ns - e[0]->request_ns) /
		     (double)a->gaps;
	a->rate_rps = 1e9 / a->mean_ns;
	for (size_t i = 0; i < a->gaps; i++) {
		gap[i] = (double)(e[i + 1]->request_ns - e[i]->request_ns);
		square += (gap[i] - a->mean_ns) * (gap[i] - a->mean_ns);
	}
	a->scv = square / (double)(a->gaps - 1) / (a->mean_ns * a->mean_ns);
	return gap;
}

void pcap_arrivals(const struct pcap_request *request,
		   struct pcap_found *found, struct arena *arena)
{
	const struct arrival_ops *ops = (const void *)request->arrival.kind;
	struct pcap_arrivals *a = &found->arrivals;
	size_t n = found->x.n;
	const struct exchange *const *e = pcap_by_time(&found->x, arena);
	struct arrival_share share = { .of = 1 };
	struct err err;
	double *gap;
	void *state;

	a->reason = "too few requests";
	if (n < GAPS_LEAST + 1 || e[n - 1]->request_ns <= e[0]->request_ns)
		return;
	a->reason = NULL;
	gap = judge_gaps(a, e, n, arena);
	judge_counts(a, e, n, arena);
	judge_serial(a, gap);
	share.rate_rps = a->rate_rps;
	state = arena_alloc(arena, ops->state_size);
	a->distance = (double)NAN;
	if (ops->init(state, request->arrival.options, &share, arena, &err) < 0)
		a->reason = arena_strdup(arena, err.text);
	else
		judge_law(a, ops, state, gap, arena);
}
