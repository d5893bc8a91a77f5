/* model.h - what `lancet model` asks, of which queue, and what came of it */
#ifndef LANCET_CMD_MODEL_H
#define LANCET_CMD_MODEL_H

#include "lancet/core/option.h"
#include "models/maxload.h"
#include "models/predict.h"

#define MODEL_METRICS 24
#define MODEL_LOADS 64

/* In what unit the times of a queue are. */
enum model_unit {
	UNIT_MEAN,    /* nothing was said: mean service times */
	UNIT_WRITTEN, /* numbers without unit: whatever they mean */
	UNIT_NS,
};

struct model_metric {
	char name[32]; /* as it was asked for */
	struct predict_ask ask;
};

/* The command line. */
struct model_request {
	const char *file, *arrival, *service, *policy, *slo, *plot;
	const char *load[MODEL_LOADS];
	size_t nloads;
	uint32_t workers;
	struct model_metric metric[MODEL_METRICS];
	size_t nmetrics;
	enum predict_method method;
	uint64_t seed;
	double relative;
	bool json;
};

/* The queue: of a configuration, a result or the command line. */
struct model_system {
	struct workload workload;
	struct choice policy;
	uint32_t workers;
	enum model_unit unit;
	double mean;
	struct load_value load[MODEL_LOADS];
	size_t nloads;
	const char *slo;
};

/* One load. */
struct model_row {
	double load, rate;
	struct predict_result result;
	const char *refused; /* why there are no values */
};

struct model_answer {
	const struct model_request *request;
	const struct model_system *system;
	struct model_row *row;
	size_t nrows;
	struct maxload maxload;
	const char *slo_refused;
};

/* 0, or the exit status after its line was printed. */
int model_system(struct model_system *system, const struct model_request *r,
		 struct arena *arena);

void model_print(const struct model_answer *answer);
void model_print_json(const struct model_answer *answer);
int model_plot(const struct model_answer *answer, struct err *err);

/* "mean service times", "ns" ... */
const char *model_unit_name(const struct model_system *system);

#endif
