/* model.h - what `lancet model` asks, of which queue, and what came of it */
#ifndef LANCET_CMD_MODEL_H
#define LANCET_CMD_MODEL_H

#include "lancet/core/option.h"
#include "lancet/core/slo.h"
#include "models/maxload.h"
#include "models/predict.h"

#define MODEL_METRICS 32
#define MODEL_LOADS 64
#define MODEL_POLICIES 8

/* In what unit the times of a queue are. */
enum model_unit {
	UNIT_MEAN,    /* nothing was said: mean service times */
	UNIT_WRITTEN, /* numbers without unit: whatever they mean */
	UNIT_NS,
};

/* The command line. */
struct model_request {
	const char *file, *preset, *arrival, *service, *slo, *plot, *needed,
		*export_c;
	const char *policy[MODEL_POLICIES];
	size_t npolicies;
	const char *load[MODEL_LOADS];
	size_t nloads;
	const char *metric[MODEL_METRICS];
	size_t nmetrics;
	uint32_t workers;
	enum predict_method method;
	const char *formula; /* only this one; or NULL */
	uint64_t seed;
	double relative, time_s;
	uint32_t threads; /* 0: one a CPU */
	uint32_t closed;  /* connections of a closed loop; 0: none is asked */
	bool json;
};

struct model_policy {
	const char *name; /* as it was asked for */
	struct choice choice;
	uint32_t connections; /* what a closed loop of them reports; 0: truth */
};

/* The queue: of a configuration, a result or the command line. */
struct model_system {
	struct workload workload;
	struct model_policy policy[2 * MODEL_POLICIES];
	size_t npolicies;
	uint32_t workers;
	enum model_unit unit;
	double mean;
	struct load_value load[MODEL_LOADS];
	bool ratio[MODEL_LOADS]; /* of each: a plain number of --load */
	size_t nloads;
	const char *metric[MODEL_METRICS];
	struct predict_ask ask[MODEL_METRICS];
	size_t nmetrics;
	const char *slo; /* NULL: none */
	struct slo promise;
	const struct result *result; /* to compare with; or NULL */
};

/* One load. */
struct model_row {
	double load, rate;
	struct predict_result result;
	const char *refused; /* why there are no answers */
};

/* One policy. */
struct model_curve {
	struct model_row *row; /* system->nloads */
	struct maxload maxload;
	const char *slo_refused;
	/* With a result: its points beside this queue. */
	struct result_point *point;
	struct result_overhead *overhead;
	const char *overhead_reason;
	struct predict_value efficiency; /* NAN: not known */
};

struct model_answer {
	const struct model_request *request;
	const struct model_system *system;
	struct model_curve *curve; /* system->npolicies */
};

/* 0, or the exit status after its line was printed. */
int model_options(struct model_request *request, int argc, char **argv);
int model_system(struct model_system *system, const struct model_request *r,
		 struct arena *arena);

/* The question as predict() takes it, but for its rate. */
struct predict_query model_query(const struct model_request *request,
				 const struct model_system *system,
				 const struct choice *policy);

/* On a terminal, what is being worked on: a load, or something in words;
 * policy NULL: nothing any more. */
void model_progress(const char *policy, const char *what, double load);

/* How many workers the promise needs; prints. An exit status. */
int model_needed(const struct model_request *request,
		 const struct model_system *system);

void model_print(const struct model_answer *answer);
void model_print_json(const struct model_answer *answer);
int model_plot(const struct model_answer *answer, struct err *err);

/* Nothing without a result. */
void model_compare(struct model_curve *curve, const struct model_request *r,
		   const struct model_system *s,
		   const struct predict_query *query, struct arena *arena);
void model_print_comparison(const struct model_answer *a, size_t policy);
struct json_t *model_comparison_json(const struct model_answer *a,
				     size_t policy);

/* C into request->export_c, Python beside it. */
int model_export(const struct model_answer *a, struct arena *arena,
		 struct err *err);

/* "mean service times", "ns" ... */
const char *model_unit_name(const struct model_system *system);

/* Is this figure a time, and so in the system's unit? */
bool model_is_time(const struct predict_ask *ask);

#endif
