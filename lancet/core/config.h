/* config.h - a whole configuration, as the rows of config.c fill it */
#ifndef LANCET_CORE_CONFIG_H
#define LANCET_CORE_CONFIG_H

#include <stdbool.h>
#include <stdint.h>

#include "lancet/core/arena.h"
#include "lancet/core/option.h"

struct err;
struct yaml_node;

struct config_builtin {
	struct choice policy;
	int64_t workers;
	struct choice backend;
	struct choice service;	/* where a request carries no time; optional */
	const char *certificate, *key;	/* of TLS; NULL: made at the start */
};

struct config_target {
	struct config_builtin *builtin;	/* or: */
	const char *address;		/* host:port, or a path for unix */
	int64_t workers;		/* 0: unknown */
	struct load_value capacity;
	struct choice service;		/* where requests carry none; optional */
	struct option_list start;	/* const char *: argv of a server */
};

struct config_class {
	const char *name;
	double weight;
	struct choice service;		/* unit time */
	struct choice request_size;	/* unit bytes; kind NULL: the */
	struct choice reply_size;	/* workload's, else the protocol's */
	int64_t timeout_ns;		/* 0: the workload's */
};

enum config_tls_version { TLS_AUTO, TLS_1_2, TLS_1_3 };

struct config_tls {
	bool verify;
	const char *ca;			/* NULL: the system's */
	const char *server_name;	/* NULL: the address's host */
	struct option_list alpn;	/* const char * */
	int min_version, max_version;	/* enum config_tls_version */
	const char *ciphers, *ciphersuites; /* NULL: OpenSSL's own */
	const char *certificate, *key;	/* files; NULL: none, in it */
};

struct config_workload {
	const char *preset;		/* NULL: none; already applied */
	struct choice protocol;
	struct choice transport;
	struct choice arrival;
	struct choice service;
	struct choice request_size;
	struct choice reply_size;
	struct option_list classes;	/* struct config_class; none: one, "all" */
	int64_t fanout;			/* parts of a request */
	int64_t timeout_ns;
	bool trailer;			/* ask the target for its instants */
	struct config_tls *tls;		/* NULL: in clear */
};

enum config_pick {
	PICK_ROUND_ROBIN,
	PICK_RANDOM,
	PICK_LEAST_LOADED,
	PICK_STICKY,
};

enum config_mode { MODE_AUTO, MODE_POLL, MODE_BLOCK };

enum config_pacer { PACER_LOOP, PACER_LAUNCHTIME };

struct config_agent {
	struct choice launch;
	int64_t count;
	int64_t threads;	/* per agent */
	int64_t connections;	/* per agent, spread over its threads */
	int64_t grow_to;	/* the same, at most; 0: they do not grow */
	int pick;		/* enum config_pick */
	int64_t requests_per_connection; /* 0: as long as it lives */
	int64_t in_flight;	/* per connection; 0: the protocol's bound */
	int64_t pipeline;	/* requests due together on one connection */
	int64_t queue;		/* requests that may wait for a connection */
	int mode;		/* enum config_mode */
	int pacer;		/* enum config_pacer */
	int64_t coalesce_ns;	/* block: the shortest sleep */
	bool force;		/* poll even beyond the CPUs there are */
};

struct config_sweep {
	struct load_value from, to;
	int64_t steps;
	bool adaptive;		/* half of them evenly, the others at bends */
};

struct config_search {
	struct load_value from, to;
	double resolution;	/* of the highest load */
	double confidence;
};

struct config_ramp {
	struct load_value from, to;
	int64_t over_ns;
};

struct config_step {
	struct load_value rate;
	int64_t for_ns;
};

struct config_sine {
	struct load_value mean, amplitude;
	int64_t period_ns;
};

struct config_spikes {
	struct load_value base, peak;
	int64_t every_ns, for_ns;
};

/* All of its loads are rates, or all are shares. */
struct config_pattern {
	struct config_ramp *ramp;	/* exactly one of these is set */
	struct option_list steps;	/* struct config_step */
	struct config_sine *sine;
	struct config_spikes *spikes;
};

struct config_load {
	struct config_sweep *sweep;	/* exactly one of these is set */
	struct load_value rate;
	struct config_search *search;
	struct config_pattern *pattern;
};

struct config_precision {
	double quantile;
	double relative;	/* half-width over value */
	double confidence;
};

/* Delays on purpose: does the instrument find where they are? */
struct config_inject {
	int64_t agent_ns;	/* every request is sent so much late */
	int64_t path_ns;	/* a built-in target's replies take longer, */
	int64_t target_ns;	/* and leave it late */
};

struct config_measure {
	struct config_inject *inject;	/* NULL: none */
	struct config_precision *precision;
	int64_t warmup_ns;	/* or OPTION_AUTO_VALUE */
	int64_t window_ns;
	int64_t time_limit_ns;	/* a point's, warm-up and extensions included */
	int64_t stall_ns;	/* gaps longer than this are stalls */
	int64_t drain_ns;	/* how long to wait for replies after a point */
	double max_left_out;	/* share of windows, beyond which invalid */
	int64_t heartbeat_ns;	/* silence after which a peer is dead */
	int64_t attempts;	/* of a point, at most */
	double samples;		/* share of requests whose records are kept */
	double stamps;		/* share that is stamped; 0: see config_rows */
};

enum config_timestamps {
	STAMPS_AUTO, STAMPS_HARDWARE, STAMPS_XDP, STAMPS_KERNEL, STAMPS_USER,
	STAMPS_PCAP
};

/* model: auto | none | replay | a policy */
enum config_model_mode { MODEL_AUTO, MODEL_NONE, MODEL_REPLAY, MODEL_POLICY };

struct config_model {
	int mode;		/* enum config_model_mode */
	struct choice policy;	/* MODEL_POLICY */
};

struct config {
	const char *name;
	int64_t seed;
	struct config_target target;
	struct config_workload workload;
	struct option_list agents;	/* struct config_agent */
	int timestamps;
	struct config_load load;
	struct config_measure measure;
	const char *slo;		/* NULL: none; parsed by slo.h */
	struct config_model model;
	struct option_list checks;	/* struct choice of KIND_CHECK */
	struct option_list report;	/* struct choice of KIND_WRITER */

	const char *file;		/* where it was read from */
	const char *probe_unused;	/* a probe's file that is of another
					 * target or workload; or NULL */
	struct yaml_node *tree;		/* for the marks of later messages */
};

extern const struct option_row config_rows[];

/*
 * Parse text, apply the `--set` assignments (set[nset]), then the rules
 * between options (each one sentence in config.c). NULL when there are
 * problems. Relative file names in it are taken from the file's folder.
 */
struct config *config_parse(const char *file, const char *text, size_t len,
			    const char *const *set, size_t nset,
			    struct arena *arena,
			    struct option_problems *problems);

/*
 * The same for a file; a missing or unreadable one is a problem too. What a
 * probe found of its target (config_probe.h) fills what it leaves open.
 */
struct config *config_load(const char *file, const char *const *set,
			   size_t nset, struct arena *arena,
			   struct option_problems *problems);

/* The resolved configuration as YAML; reads back to the same values. */
void config_print(const struct config *config, FILE *out);
char *config_text(const struct config *config, struct arena *arena);

/* How long an answer is waited for, of the most patient class. */
int64_t config_timeout_ns(const struct config *config);

/* What a pattern itself takes; 0: it goes on for the time limit. */
int64_t config_pattern_ns(const struct config_pattern *pattern);

/* Where a dotted key stands, for a message of a later stage. */
struct option_mark config_mark(const struct config *config, const char *path);

#endif
