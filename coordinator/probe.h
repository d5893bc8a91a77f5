/* probe.h - a server tried out: alone, without work, in bursts, and full */
#ifndef COORDINATOR_PROBE_H
#define COORDINATOR_PROBE_H

#include <stddef.h>
#include <stdint.h>

#include "coordinator/saturate.h"
#include "models/identify.h"

struct arena;
struct err;
struct option_problems;
struct plan;

/* One class's latencies of single requests. */
struct probe_class {
	const char *name;
	size_t n;
	double p50_ns, p99_ns;
	struct predict_value service_ns;	/* mean */
};

struct probe {
	struct identify_data data;
	struct identified found;
	struct saturation full;
	uint32_t tries;		/* of single requests and bursts */
	bool shared;	/* one machine has both server and client */
	struct probe_class *class;
	size_t nclasses;
};

/*
 * Measure the target of a plan's configuration with its workload's requests:
 *	alone	one request at a time, so that no other is in its way
 *	bare	the same without work, where requests carry theirs
 *	full	as many at once as it takes (saturate.h)
 *	bursts	1, 2, 3, 4, 6, ... requests at once to an idle server, where
 *		requests carry no work; these and the single ones up to three
 *		times, where no queue does what the server did
 * each a session of its own, 15 to 40 s in all, and up to two minutes for
 * servers of milliseconds; slower ones than some 100 ms are refused. What the
 * configuration says of the target's workers, capacity and service is not
 * looked at. The caller's thread; everything lives in the arena. Negative with
 * one line, or with problems, where the target cannot be measured.
 */
int probe_run(const struct plan *plan, stage_progress *progress,
	      void *context, struct probe *probe, struct arena *arena,
	      struct option_problems *problems, struct err *err);

#endif
