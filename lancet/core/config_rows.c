/* config_rows.c - the rows of a configuration: keys, units, presets, bounds */
#include "lancet/core/config.h"
#include "lancet/core/wire.h"

#define SECOND 1e9
#define HOUR 3.6e12

/* A kind of some class. */
#define CHOICE(s, field, class_, unit_, preset_, help_) \
	{ .key = #field, .type = OPTION_TYPE_KIND, \
	  .offset = offsetof(s, field), .preset = (preset_), \
	  .class = (class_), .unit = (unit_), .help = (help_) }

/* A section in the structure, or by pointer, then NULL where it is absent. */
#define SECTION(s, field, flag, rows_, help_) \
	{ .key = #field, .type = OPTION_TYPE_SECTION, \
	  .offset = offsetof(s, field), .flags = (flag), .rows = (rows_), \
	  .help = (help_) }
#define POINTER(s, field, item, rows_, help_) \
	{ .key = #field, .type = OPTION_TYPE_SECTION, \
	  .offset = offsetof(s, field), .flags = OPTION_POINTER, \
	  .rows = (rows_), .rows_size = sizeof(item), .help = (help_) }
#define ITEMS(s, field, item, rows_, preset_, help_) \
	{ .key = #field, .type = OPTION_TYPE_LIST, \
	  .offset = offsetof(s, field), .preset = (preset_), \
	  .rows = (rows_), .rows_size = sizeof(item), .help = (help_) }
#define WORDS(s, field, names_, preset_, help_) \
	{ .key = #field, .type = OPTION_TYPE_ENUM, \
	  .offset = offsetof(s, field), .preset = (preset_), \
	  .names = (names_), .help = (help_) }

static const struct option_row builtin_rows[] = {
	CHOICE(struct config_builtin, policy, KIND_POLICY, OPTION_UNIT_TIME,
	       "fcfs", "how the target schedules requests on its workers"),
	OPTION(INT, struct config_builtin, workers, 0, "1", 1, 4096,
	       "how many requests it serves at once"),
	CHOICE(struct config_builtin, backend, KIND_BACKEND, OPTION_UNIT_NONE,
	       "virtual", "what executes the requests"),
	CHOICE(struct config_builtin, service, KIND_DIST, OPTION_UNIT_TIME,
	       NULL, "service time of requests that carry none"),
	OPTION(STRING, struct config_builtin, certificate, OPTION_FILE, NULL,
	       0, 0, "PEM file of its certificate for tls; default: a "
	       "self-signed one, new at each start"),
	OPTION(STRING, struct config_builtin, key, OPTION_FILE, NULL, 0, 0,
	       "PEM file of its private key, if not in the same file"),
	{ 0 },
};

static const struct option_row target_rows[] = {
	POINTER(struct config_target, builtin, struct config_builtin,
		builtin_rows, "lancet's own server, started for the run"),
	OPTION(STRING, struct config_target, address, 0, NULL, 0, 0,
	       "address of a server: HOST:PORT, or /PATH or @NAME of a Unix "
	       "socket; several, separated by commas, get connections in turn"),
	OPTION(INT, struct config_target, workers, 0, NULL, 1, 65536,
	       "how many requests that server serves at once, if known"),
	OPTION(LOAD, struct config_target, capacity, 0, NULL, 0, 0,
	       "the highest rate that it sustains, if known"),
	CHOICE(struct config_target, service, KIND_DIST, OPTION_UNIT_TIME,
	       NULL, "its service time for requests that carry none, if known"),
	OPTION(STRINGS, struct config_target, start, 0, NULL, 0, 0,
	       "command that starts the server for the run"),
	{ 0 },
};

#define LAW(s, field, unit_, help_) \
	CHOICE(s, field, KIND_DIST, unit_, NULL, help_)

static const struct option_row class_rows[] = {
	OPTION(STRING, struct config_class, name, OPTION_REQUIRED, NULL, 0, 0,
	       "name of the class in results"),
	OPTION(REAL, struct config_class, weight, 0, "1", 0, 1e9,
	       "its share of requests, over the sum of weights"),
	LAW(struct config_class, service, OPTION_UNIT_TIME,
	    "service time that a request asks for"),
	LAW(struct config_class, request_size, OPTION_UNIT_BYTES,
	    "bytes of a request"),
	LAW(struct config_class, reply_size, OPTION_UNIT_BYTES,
	    "bytes of a reply"),
	OPTION_AS(DURATION, struct config_class, "timeout", timeout_ns, 0,
		  NULL, 1e3, HOUR, "how long to wait for a reply; default: the "
		  "workload's"),
	{ 0 },
};

static const char *const tls_versions[] = { "auto", "1.2", "1.3", NULL };

static const struct option_row tls_rows[] = {
	OPTION(BOOL, struct config_tls, verify, 0, "true", 0, 0,
	       "refuse a server without a valid certificate for its name; the "
	       "built-in target is trusted unless ca is set"),
	OPTION(STRING, struct config_tls, ca, OPTION_FILE, NULL, 0, 0,
	       "PEM file of trusted certificate authorities; default: the "
	       "system's"),
	OPTION(STRING, struct config_tls, server_name, 0, NULL, 0, 0,
	       "name to ask for (SNI) and to verify; default: that of the "
	       "address"),
	OPTION(STRINGS, struct config_tls, alpn, 0, NULL, 0, 0,
	       "protocols to offer (ALPN), the preferred one first: "
	       "[http/1.1]"),
	WORDS(struct config_tls, min_version, tls_versions, "auto",
	      "lowest version allowed; auto: 1.2"),
	WORDS(struct config_tls, max_version, tls_versions, "auto",
	      "highest version allowed"),
	OPTION(STRING, struct config_tls, ciphers, 0, NULL, 0, 0,
	       "cipher list for version 1.2, as in openssl-ciphers(1)"),
	OPTION(STRING, struct config_tls, ciphersuites, 0, NULL, 0, 0,
	       "cipher suites for version 1.3: TLS_AES_128_GCM_SHA256:..."),
	OPTION(STRING, struct config_tls, certificate, OPTION_FILE, NULL, 0, 0,
	       "PEM file of the certificate for servers that ask for one"),
	OPTION(STRING, struct config_tls, key, OPTION_FILE, NULL, 0, 0,
	       "PEM file of its private key, if not in the same file"),
	{ 0 },
};

static const struct option_row workload_rows[] = {
	OPTION(STRING, struct config_workload, preset, 0, NULL, 0, 0,
	       "name of a published workload, used for all that is not "
	       "configured; see `lancet list presets`"),
	{ .key = "protocol", .type = OPTION_TYPE_KIND,
	  .offset = offsetof(struct config_workload, protocol),
	  .class = KIND_PROTO,
	  .help = "format of requests and replies; required without preset" },
	CHOICE(struct config_workload, transport, KIND_TRANSPORT,
	       OPTION_UNIT_NONE, "udp", "what carries requests and replies"),
	{ .key = "tls", .type = OPTION_TYPE_SECTION,
	  .offset = offsetof(struct config_workload, tls),
	  .flags = OPTION_POINTER | OPTION_SWITCH, .rows = tls_rows,
	  .rows_size = sizeof(struct config_tls),
	  .help = "encrypt streams (OpenSSL); true: with the defaults" },
	CHOICE(struct config_workload, arrival, KIND_ARRIVAL,
	       OPTION_UNIT_TIME, "poisson", "when requests are due"),
	LAW(struct config_workload, service, OPTION_UNIT_TIME,
	    "service time that a request asks for"),
	LAW(struct config_workload, request_size, OPTION_UNIT_BYTES,
	    "bytes of a request; default: by the protocol"),
	LAW(struct config_workload, reply_size, OPTION_UNIT_BYTES,
	    "bytes of a reply; default: by the protocol"),
	ITEMS(struct config_workload, classes, struct config_class, class_rows,
	      NULL, "kinds of requests, mixed by weight"),
	OPTION(INT, struct config_workload, fanout, 0, "1", 1, 1000,
	       "parts of a request, each on another connection; it is done "
	       "with the last reply, and fails if a part fails"),
	OPTION_AS(DURATION, struct config_workload, "timeout", timeout_ns, 0,
		  "1s", 1e3, HOUR, "how long to wait for a reply"),
	OPTION(BOOL, struct config_workload, trailer, 0, "false", 0, 0,
	       "ask the built-in target to report its instants of each "
	       "request"),
	{ 0 },
};

static const char *const modes[] = { "auto", "poll", "block", NULL };

static const char *const pacers[] = { "loop", "launchtime", NULL };

static const char *const picks[] = { "round-robin", "random", "least-loaded",
				     "sticky", NULL };

static const struct option_row agent_rows[] = {
	CHOICE(struct config_agent, launch, KIND_LAUNCH, OPTION_UNIT_NONE,
	       "local", "how the agent is started"),
	OPTION(INT, struct config_agent, count, 0, "1", 1, 4096,
	       "how many such agents"),
	OPTION(INT, struct config_agent, threads, 0, "1", 1, 256,
	       "measuring threads of each"),
	OPTION(INT, struct config_agent, connections, 0, "16", 1, 1e6,
	       "connections of each, spread over its threads"),
	OPTION(INT, struct config_agent, grow_to, 0, "0", 0, 1e6,
	       "open one more connection when a request has to wait, up to "
	       "this number; 0: never"),
	WORDS(struct config_agent, pick, picks, "round-robin",
	      "how a request's connection is chosen; least-loaded: fewest "
	      "outstanding replies; sticky: by the request's key"),
	OPTION(INT, struct config_agent, requests_per_connection, 0, "0", 0,
	       1e9, "after so many it is closed and opened again; 0: never"),
	OPTION(INT, struct config_agent, in_flight, 0, "0", 0, 65536,
	       "most outstanding requests on a connection; 0: as many as the "
	       "protocol allows"),
	OPTION(INT, struct config_agent, pipeline, 0, "1", 1, 1024,
	       "up to so many requests that are due together share a "
	       "connection and a packet"),
	OPTION(INT, struct config_agent, queue, 0, "100000", 0, 1e7,
	       "most requests waiting for a connection; beyond it they are "
	       "unsent"),
	WORDS(struct config_agent, mode, modes, "auto",
	      "poll: spin on a CPU; block: sleep; auto: poll if there are "
	      "enough CPUs"),
	WORDS(struct config_agent, pacer, pacers, "loop",
	      "what holds a request until it is due; loop: the agent; "
	      "launchtime: queueing discipline or network card (SO_TXTIME), "
	      "verified at the start"),
	OPTION_AS(DURATION, struct config_agent, "coalesce", coalesce_ns, 0,
		  "0ns", 0, 1e7, "in mode block, shortest sleep: one wake-up "
		  "then serves more requests, and sends are up "
		  "to so much late"),
	OPTION(BOOL, struct config_agent, force, 0, "false", 0, 0,
	       "poll even with too few CPUs"),
	{ 0 },
};

static const struct option_row sweep_rows[] = {
	OPTION(LOAD, struct config_sweep, from, 0, "10%", 0, 0,
	       "the first offered load"),
	OPTION(LOAD, struct config_sweep, to, 0, "80%", 0, 0, "the last"),
	OPTION(INT, struct config_sweep, steps, 0, "8", 1, 1000,
	       "how many points, both ends included"),
	OPTION(BOOL, struct config_sweep, adaptive, 0, "false", 0, 0,
	       "space half of them evenly, place the others where the curve "
	       "bends"),
	{ 0 },
};

static const struct option_row search_rows[] = {
	OPTION(LOAD, struct config_search, from, 0, "10%", 0, 0,
	       "lowest load; should meet the slo"),
	OPTION(LOAD, struct config_search, to, 0, "95%", 0, 0,
	       "highest load; need not meet it"),
	OPTION(PERCENT, struct config_search, resolution, 0, "2%", 1e-4, 0.5,
	       "how precisely the highest load is wanted, relative to it"),
	OPTION(PERCENT, struct config_search, confidence, 0, "95%", 0.5,
	       0.9999, "confidence of the interval that is given for it"),
	{ 0 },
};

static const struct option_row ramp_rows[] = {
	OPTION(LOAD, struct config_ramp, from, OPTION_REQUIRED, NULL, 0, 0,
	       "load at the start"),
	OPTION(LOAD, struct config_ramp, to, OPTION_REQUIRED, NULL, 0, 0,
	       "load at the end"),
	OPTION_AS(DURATION, struct config_ramp, "over", over_ns,
		  OPTION_REQUIRED, NULL, 1e6, 24 * HOUR, "how long it takes"),
	{ 0 },
};

static const struct option_row step_rows[] = {
	OPTION(LOAD, struct config_step, rate, OPTION_REQUIRED, NULL, 0, 0,
	       "the load of this step"),
	OPTION_AS(DURATION, struct config_step, "for", for_ns,
		  OPTION_REQUIRED, NULL, 1e6, 24 * HOUR, "how long it lasts"),
	{ 0 },
};

static const struct option_row sine_rows[] = {
	OPTION(LOAD, struct config_sine, mean, OPTION_REQUIRED, NULL, 0, 0,
	       "mean load; the wave starts there, rising"),
	OPTION(LOAD, struct config_sine, amplitude, OPTION_REQUIRED, NULL, 0,
	       0, "how far the load departs from the mean"),
	OPTION_AS(DURATION, struct config_sine, "period", period_ns,
		  OPTION_REQUIRED, NULL, 1e6, 24 * HOUR, "length of one wave"),
	{ 0 },
};

static const struct option_row spikes_rows[] = {
	OPTION(LOAD, struct config_spikes, base, OPTION_REQUIRED, NULL, 0, 0,
	       "the load between spikes"),
	OPTION(LOAD, struct config_spikes, peak, OPTION_REQUIRED, NULL, 0, 0,
	       "the load of a spike"),
	OPTION_AS(DURATION, struct config_spikes, "every", every_ns,
		  OPTION_REQUIRED, NULL, 1e6, 24 * HOUR,
		  "time from one spike to the next; the first comes after half "
		  "of it"),
	OPTION_AS(DURATION, struct config_spikes, "for", for_ns,
		  OPTION_REQUIRED, NULL, 1e6, 24 * HOUR, "how long one lasts"),
	{ 0 },
};

static const struct option_row pattern_rows[] = {
	POINTER(struct config_pattern, ramp, struct config_ramp, ramp_rows,
		"linear, from one load to another"),
	ITEMS(struct config_pattern, steps, struct config_step, step_rows,
	      NULL, "loads one after the other"),
	POINTER(struct config_pattern, sine, struct config_sine, sine_rows,
		"sine wave around a mean, for the time limit"),
	POINTER(struct config_pattern, spikes, struct config_spikes,
		spikes_rows, "spikes of higher load, for the time limit"),
	{ 0 },
};

static const struct option_row load_rows[] = {
	POINTER(struct config_load, sweep, struct config_sweep, sweep_rows,
		"several loads, from low to high"),
	POINTER(struct config_load, search, struct config_search, search_rows,
		"the highest load that keeps the slo, by bisection"),
	OPTION(LOAD, struct config_load, rate, 0, NULL, 0, 0,
	       "one load: 50krps, or 60% of the target's capacity"),
	{ .key = "pattern", .type = OPTION_TYPE_SECTION,
	  .offset = offsetof(struct config_load, pattern),
	  .flags = OPTION_POINTER | OPTION_EXCLUSIVE, .rows = pattern_rows,
	  .rows_size = sizeof(struct config_pattern),
	  .help = "one load that changes over time" },
	{ 0 },
};

static const struct option_row precision_rows[] = {
	OPTION(QUANTILE, struct config_precision, quantile, 0, "p99", 0, 1,
	       "quantile of response time whose precision counts"),
	OPTION(PERCENT, struct config_precision, relative, 0, "5%", 1e-4, 1,
	       "half-width of its interval, relative to its value"),
	OPTION(PERCENT, struct config_precision, confidence, 0, "95%", 0.5,
	       0.9999, "confidence of its interval"),
	{ 0 },
};

#define MILLISECONDS 1e6
static const struct option_row inject_rows[] = {
	OPTION_AS(DURATION, struct config_inject, "agent", agent_ns, 0, "0ns",
		  0, 100 * MILLISECONDS, "added before each request is sent"),
	OPTION_AS(DURATION, struct config_inject, "path", path_ns, 0, "0ns",
		  0, 100 * MILLISECONDS, "added to each reply's way back, "
		  "unreported (built-in target)"),
	OPTION_AS(DURATION, struct config_inject, "target", target_ns, 0,
		  "0ns", 0, 100 * MILLISECONDS, "added before each reply "
						"leaves, and reported "
						"(built-in target)"),
	{ 0 },
};

static const struct option_row measure_rows[] = {
	POINTER(struct config_measure, inject, struct config_inject,
		inject_rows, "delays added on purpose, to test that they are "
			     "found"),
	POINTER(struct config_measure, precision, struct config_precision,
		precision_rows, "end a point before its time limit once this "
				"precision is reached"),
	OPTION_AS(DURATION, struct config_measure, "warmup", warmup_ns,
		  OPTION_AUTO, "auto", 0, HOUR,
		  "warm-up, left out at the start of a point"),
	OPTION_AS(DURATION, struct config_measure, "window", window_ns, 0,
		  "10ms", 1e5, 10 * SECOND,
		  "time slice, by intended send time, that is kept or left out "
		  "as a whole"),
	OPTION_AS(DURATION, struct config_measure, "time_limit",
		  time_limit_ns, 0, "5s", 1e6, 24 * HOUR,
		  "longest total time of a point"),
	OPTION_AS(DURATION, struct config_measure, "stall", stall_ns, 0,
		  "100us", 2e4, SECOND, "a longer gap in a measuring loop is a "
					"stall"),
	OPTION_AS(DURATION, struct config_measure, "drain", drain_ns, 0, "1s",
		  0, HOUR, "how long to wait for replies at the end of a "
			   "point"),
	OPTION(PERCENT, struct config_measure, max_left_out, 0, "20%", 0, 1,
	       "a point is invalid if more of its windows are left out"),
	OPTION_AS(DURATION, struct config_measure, "heartbeat", heartbeat_ns,
		  0, "5s", 1e7, HOUR, "a peer that is silent for longer is "
				      "dead"),
	OPTION(INT, struct config_measure, attempts, 0, "3", 1, WIRE_ATTEMPTS,
	       "how often a point may be attempted, if the client spoils it, "
	       "within the time limit"),
	OPTION(SHARE, struct config_measure, samples, 0, "none", 0, 1,
	       "share of requests whose raw records are kept in samples/: all, "
	       "1/16, 5%, none"),
	OPTION(SHARE, struct config_measure, stamps, 0, NULL, 1e-6, 1,
	       "share of requests that are stamped; default: all, but 1/16 "
	       "with timestamps: auto"),
	{ 0 },
};

static const char *const stamps[] = { "auto", "hardware", "xdp",  "kernel",
				      "user", "pcap",	  NULL };
static const char *const models[] = { "auto", "none", "replay", NULL };

const struct option_row config_rows[] = {
	OPTION(STRING, struct config, name, 0, NULL, 0, 0,
	       "name of the run; default: that of the file"),
	OPTION(INT, struct config, seed, 0, "42", 0, INFINITY,
	       "seed of all random numbers: the same seed intends the same "
	       "requests"),
	SECTION(struct config, target, OPTION_REQUIRED, target_rows,
		"what is measured: builtin, or the address of a server"),
	SECTION(struct config, workload, OPTION_REQUIRED, workload_rows,
		"which requests it gets, and when"),
	ITEMS(struct config, agents, struct config_agent, agent_rows, "[{}]",
	      "the processes that send the requests"),
	WORDS(struct config, timestamps, stamps, "auto",
	      "where packets are timestamped; auto: the best source that "
	      "works"),
	SECTION(struct config, load, OPTION_REQUIRED | OPTION_EXCLUSIVE,
		load_rows, "the offered load"),
	SECTION(struct config, measure, 0, measure_rows,
		"how long to measure, and what counts as disturbed"),
	OPTION(STRING, struct config, slo, 0, NULL, 0, 0,
	       "latency objective that the result is compared with: p99 <= "
	       "10x"),
	{ .key = "model", .type = OPTION_TYPE_KIND,
	  .offset = offsetof(struct config, model.policy), .preset = "auto",
	  .names = models, .word = offsetof(struct config, model.mode),
	  .class = KIND_POLICY, .unit = OPTION_UNIT_TIME,
	  .help = "model that the result is compared with: auto, none, replay, "
		  "or a policy" },
	{ .key = "checks", .type = OPTION_TYPE_KINDS,
	  .offset = offsetof(struct config, checks), .class = KIND_CHECK,
	  .help = "levels and limits of checks other than the defaults: "
		  "{arrivals: {distance: 5%}}; see `lancet list checks`" },
	{ .key = "report", .type = OPTION_TYPE_KINDS,
	  .offset = offsetof(struct config, report),
	  .preset = "[text, json, html, svg]", .class = KIND_WRITER,
	  .help = "formats in which the result is written" },
	{ 0 },
};
