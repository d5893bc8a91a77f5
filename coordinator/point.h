/* point.h - one point's data: what agents and target reported, in windows */
#ifndef COORDINATOR_POINT_H
#define COORDINATOR_POINT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "coordinator/interval.h"
#include "coordinator/mix.h"
#include "lancet/core/hist.h"
#include "lancet/core/result.h"
#include "lancet/core/wire.h"

struct arena;
struct plan;
struct plan_point;
struct recording;

/* Why a window is not looked at; a window may have several reasons. */
enum window_out {
	WINDOW_WARMUP = 1,	/* never in any figure */
	WINDOW_AGENT = 2,	/* an agent's stall: not in the headline */
	WINDOW_TARGET = 4,	/* a target's: not in the comparison */
};

/* Left out of the headline, and of the comparison with a model. */
#define WINDOW_HEADLINE (WINDOW_WARMUP | WINDOW_AGENT)
#define WINDOW_COMPARED (WINDOW_WARMUP | WINDOW_AGENT | WINDOW_TARGET)

/* One agent's histogram of one window, class and outcome. */
struct point_part {
	struct wire_window window;
	uint32_t agent;
};

struct point_window {
	uint32_t index;		/* schedule time / window */
	unsigned out;		/* enum window_out */
	const char *reason;	/* of the last that set out; or NULL */
	uint64_t count[OUTCOMES];
	struct point_part *part;	/* in order of class, outcome */
	size_t nparts;
	struct point_part *wire;	/* the same of wire times, and */
	size_t nwire;			/* outcome WIRE_UNSTAMPED */
};

/* Schedule time from_ns was due at at_ns of CLOCK_MONOTONIC. */
struct point_segment {
	int64_t at_ns, from_ns, until_ns;
	struct point_window *window;	/* every one, also without requests */
	size_t nwindows;
};

struct point_stall {
	const char *who;
	bool target;
	uint32_t segment;
	int64_t start_ns;	/* schedule time; beyond until_ns: the drain */
	int64_t length_ns;
	enum stall_cause cause;
};

/* The last send gaps of one thread in one segment. */
struct point_gaps {
	uint32_t agent, thread, segment;
	uint32_t n;
	const int32_t *gap_ns, *intended_gap_ns;
};

/* Records of all requests of one agent in one segment. */
struct point_samples {
	uint32_t agent, segment;
	const struct sample *sample;
	size_t n;
};

/* Where stamped requests of one agent in one segment spent their time. */
struct point_ways {
	uint32_t segment;
	const struct wire_way *way;
	size_t n;
};

/* What an agent's requests cost it, of whole segments, warm-up and all. */
struct point_cost {
	double cpu_s;
	int64_t sent;
};

/* All that checks, intervals and comparison read. Lives in one arena. */
struct point_data {
	const struct plan *plan;
	const struct plan_point *point;
	struct arena *arena;
	struct recording *recording;	/* of raw records; or NULL */
	uint32_t round;			/* wire_round() of what is in it */
	int64_t warmup_ns;		/* of each segment */
	double confidence;		/* of intervals */

	struct point_segment *segment;
	size_t nsegments, segment_room;
	struct point_stall *stall;
	size_t nstalls, stall_room;
	struct point_gaps *gaps;
	size_t ngaps, gaps_room;
	struct point_samples *samples;
	size_t nsamples, samples_room;
	/* Of a file with several agents: all, in order of sending. */
	struct point_samples together;

	struct result_counts counts;	/* after the warm-up */
	struct point_cost *agent_cost;
	struct result_counts *agent_counts;
	struct result_connections *agent_connections; /* whole segments */
	struct hist *lateness;		/* whole segments */
	struct hist *connect;
	struct point_mix mix;
	double send_cost_ns;		/* of the slowest agent */
	uint64_t records_dropped;
	uint64_t stalls_dropped;	/* on either side */
	uint64_t bad_replies, unasked;
	uint64_t waited;		/* for a connection; whole segments; */
	uint64_t cut_off;		/* of those: connections broke */
	uint64_t parts;			/* intended, of fanned out ones each */
	double steal;			/* share of all CPU time; NAN */
	struct wire_stamps stamps;	/* whole segments */
	struct point_ways *ways;	/* of each agent in each segment */
	size_t nways, ways_room;
	/* Rows of somebody's file, which tell less than agents do: */
	bool rows;			/* nothing of stalls or the CPU */
	bool sent_only;			/* intended instants are the sent */
	bool any_arrival;		/* no arrival law was asked for */
	bool any_rate;			/* no rate was */
	int64_t sent_unit_ns, reply_unit_ns;	/* they are multiples of */
	const char *const *only;	/* checks to run; NULL: all */
	struct result_target *target;	/* built-in; or NULL */
	uint64_t target_served;

	/* Filled by point_close(). */
	double duration_s;		/* after the warm-up */
	double left_out, left_out_compared;	/* shares of windows */
	struct result_metric response;
	struct result_metric wire;	/* without quantiles: not stamped */
};

void point_init(struct point_data *data, const struct plan *plan,
		const struct plan_point *point, struct arena *arena);

/*
 * Take in one segment: a report of every agent, the target's account or
 * NULL. Figures that make no sense (a window outside the segment) are
 * dropped: they are a peer's word. Windows of the warm-up and of stalls are
 * marked as DESIGN's rules say.
 */
void point_add(struct point_data *data, const struct wire_start *start,
	       const struct wire_report *const *report,
	       const struct wire_target *target);

/* The warm-up takes until this schedule time of each segment, after all. */
void point_cut(struct point_data *data, int64_t warmup_ns);

/*
 * Counts, shares and quantiles over what has been taken in so far; they live
 * in `arena`, which may outlive the data.
 */
void point_close(struct point_data *data, struct arena *arena);

/* Response times of all requests, and of the classes. */
void point_response(const struct point_data *data, double confidence,
		    struct result_metric *metric, struct arena *arena);

/* The same of all windows but the warm-up; no classes. */
void point_with_excluded(const struct point_data *data, double confidence,
			 struct result_metric *metric, struct arena *arena);

/*
 * Times from wire to wire, of the requests that were stamped; those that lost
 * a stamp count in the upper bounds.
 */
void point_wire(const struct point_data *data, double confidence,
		struct result_metric *metric, struct arena *arena);

/* So many requests that ended so. */
void point_count_part(struct result_counts *counts, unsigned outcome,
		      int64_t n);

/*
 * Response times of all windows that have none of the `out` reasons, in
 * order; of one class, or of all where it is -1.
 */
void point_series(const struct point_data *data, int class, unsigned out,
		  struct series *series, struct arena *arena);

/*
 * p99 of sent - intended. The histogram holds whole segments; stalls that
 * were left out, at most the share s of the requests and the latest of them,
 * are taken off its top: the p99 of the rest is the whole's .99 (1 - s).
 */
double point_lateness(const struct point_data *data);

/* Connections that the target closed or did not take; whole segments. */
int64_t point_broken(const struct point_data *data);

/* The rate that was asked for in a window; in all after the warm-up. */
double point_window_rps(const struct point_data *data, int64_t start_ns);
double point_offered_rps(const struct point_data *data);

/* Requests answered per second, by the instant of the answer. */
double point_achieved_rps(const struct point_data *data);

#endif
