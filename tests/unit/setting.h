/* setting.h - a queue of one worker or more, for the tests of formulas */
#ifndef TESTS_UNIT_SETTING_H
#define TESTS_UNIT_SETTING_H

#include <math.h>

#include "models/metric.h"
#include "models/predict.h"
#include "tests/unit/models.h"

/* A queue of one class; figures by name, as on the command line. */
struct setting {
	struct arena arena;
	struct workload workload;
	struct predict_query query;
};

static inline void set_up(struct setting *s, const char *arrival,
			  const char *service, const char *policy,
			  uint32_t workers, double load)
{
	arena_init(&s->arena);
	s->workload = test_workload(arrival, service, &s->arena);
	s->query = (struct predict_query){
		.workload = &s->workload,
		.policy = test_choice(KIND_POLICY, policy, &s->arena),
		.workers = workers,
		.rate = load * workers / workload_moment(&s->workload, 1),
		.method = PREDICT_EXACT,
		.seed = test_seed(),
		.relative = 0.05,
		.time_limit_s = 10,
	};
}

/* NAN where there is none. */
static inline double ask(struct setting *s, const char *metric)
{
	struct predict_ask question;
	struct predict_result result;
	struct err err = { 0 };

	if (metric_parse(metric, &s->workload, &question, &err))
		fail_msg("%s: %s", metric, err.text);
	s->query.ask = &question;
	s->query.nask = 1;
	if (predict(&s->query, &result, &s->arena, &err))
		return NAN;
	return result.answer[0].value.value;
}

static inline double figure(const char *arrival, const char *service,
			    const char *policy, uint32_t workers, double load,
			    const char *metric)
{
	struct setting s;
	double value;

	set_up(&s, arrival, service, policy, workers, load);
	value = ask(&s, metric);
	arena_fini(&s.arena);
	return value;
}

static inline double mg1(const char *service, const char *policy, double load,
			 const char *metric)
{
	return figure("M", service, policy, 1, load, metric);
}

static inline void near(double got, double want, double relative)
{
	if (!(fabs(got - want) <= relative * fabs(want)))
		fail_msg("%.12g is not %.12g", got, want);
}

/* Discrete laws go by the lattice, the others by inversion. */
static const char *const laws[] = {
	"det",
	"disc:0.9:0.5,0.1:5.5",
	"disc:0.5:1,0.3:1.7,0.2:90.4",
	"exp",
	"erlang:3",
	"erlang:10",
	"h2:4",
	"h2:200",
	"lognormal:0.5",
	"lognormal:9",
};
static const double loads[] = { 0.1, 0.6, 0.95 };

#define LAWS (sizeof(laws) / sizeof(laws[0]))
#define LOADS (sizeof(loads) / sizeof(loads[0]))

#endif
