/* pcap.h - what `lancet pcap` asks, and what it finds in a capture */
#ifndef LANCET_CMD_PCAP_H
#define LANCET_CMD_PCAP_H

#include <stdbool.h>
#include <stdint.h>

#include "agents/exchange.h"
#include "lancet/core/arena.h"
#include "lancet/core/err.h"
#include "lancet/core/result.h"

struct pcap_request {
	const char *file;
	struct choice protocol;		/* kind NULL: to be guessed */
	const char *protocol_text;
	struct choice arrival;
	struct exchange_server server;
	bool server_given, arrivals, requests, json;
	int64_t timeout_ns;
};

/* What became of the requests, but for those under way at the end. */
struct pcap_counts {
	int64_t requests, answered, nacked, error, unanswered;
	int64_t late;		/* of the answered: after the timeout */
	int64_t unfinished;	/* sent within the timeout before the end */
	int64_t unknown;	/* beside a gap of the capture */
};

/* Do the requests come as the law says? NAN: not known. */
struct pcap_arrivals {
	size_t gaps;
	double rate_rps;
	double mean_ns, scv;	/* of a gap; variance / mean^2 */
	double distance, distance_p; /* Kolmogorov's, from the law */
	double anderson, anderson_p;
	double dispersion;	/* of counts per ms: variance / mean */
	double dispersion_block; /* the median of blocks of 100 ms */
	double lag1;		/* autocorrelation of neighbouring gaps */
	double ljung_box, ljung_box_p;
	bool follows;		/* within a level of .001, or 3% of the law */
	const char *reason;	/* why nothing is known; else NULL */
};

#define PCAP_LAGS 10		/* of Ljung and Box */

struct pcap_found {
	struct exchanges x;
	const char *link;
	struct pcap_counts count;
	struct result_metric wire; /* over requests: open ones are later */
	double least_ns, most_ns;
	struct pcap_arrivals arrivals;
	struct err damage;	/* text "": the file is whole */
};

/* pcap_read.c: the packets become exchanges. Exit status. */
int pcap_read(struct pcap_request *request, struct pcap_found *found,
	      struct arena *arena);

/* pcap_latency.c */
void pcap_count(const struct pcap_request *request, struct pcap_found *found);
void pcap_latency(const struct pcap_request *request,
		  struct pcap_found *found, struct arena *arena);

/* All requests in rising order of their instants, in the arena. */
const struct exchange *const *pcap_by_time(const struct exchanges *x,
					   struct arena *arena);

/* pcap_arrivals.c */
void pcap_arrivals(const struct pcap_request *request,
		   struct pcap_found *found, struct arena *arena);

/* pcap_print.c */
void pcap_print(const struct pcap_request *request,
		const struct pcap_found *found);

/* pcap_json.c */
void pcap_print_json(const struct pcap_request *request,
		     const struct pcap_found *found);

#endif
