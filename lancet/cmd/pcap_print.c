/* pcap_print.c - what a capture holds, for people */
#include "lancet/cmd/pcap.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "lancet/core/unit.h"
#include "reports/words.h"

#define TEXT 48

static void print_head(const struct pcap_request *request,
		       const struct pcap_found *found)
{
	const struct exchanges *x = &found->x;
	char name[EXCHANGE_NAME], span[TEXT], rate[TEXT];

	printf("%s: %" PRIu64 " packets, %s\n", request->file,
	       x->count.packets, found->link);
	printf("server %s%s, protocol %s: %" PRIu64 " packets of %" PRIu64
	       " connections in %s\n",
	       request->server.any_ip ? "any" : "",
	       request->server.any_ip
		       ? strrchr(exchange_name(&request->server.end, name), ':')
		       : exchange_name(&request->server.end, name),
	       request->protocol_text, x->count.ours, x->count.flows,
	       words_time((double)(x->last_ns - x->first_ns), span,
			  sizeof(span)));
	printf("%" PRId64 " requests", found->count.requests);
	if (!found->arrivals.reason)
		printf(", %s offered",
		       unit_print_rate(found->arrivals.rate_rps, rate,
				       sizeof(rate)));
	puts("");
}

/* A count that is worth a line only where there is something to count. */
struct line {
	uint64_t n;
	const char *what;
};

static void print_lines(const struct line *line)
{
	for (; line->what; line++)
		if (line->n)
			printf("%10" PRIu64 "  %s\n", line->n, line->what);
}

static void print_counts(const struct pcap_found *found)
{
	const struct exchange_counts *c = &found->x.count;
	const struct pcap_counts *n = &found->count;
	const struct line lines[] = {
		{ (uint64_t)n->answered, "answered" },
		{ (uint64_t)n->nacked, "refused by the server" },
		{ (uint64_t)n->error, "answered with an error" },
		{ (uint64_t)n->late, "of the answers came after the timeout" },
		{ (uint64_t)n->unanswered, "never answered" },
		{ (uint64_t)n->unfinished, "under way when the capture ends" },
		{ (uint64_t)n->unknown, "next to a gap: their replies are not "
					"known" },
		{ c->unmatched, "replies to no request that was captured" },
		{ c->repeated_requests, "requests sent again" },
		{ c->repeated_replies, "replies to what was answered before" },
		{ c->backwards, "replies stamped before their request" },
		{ c->set_back, "times the clock was set back: times across "
			       "that are wrong" },
		{ c->bad_requests, "times bytes that are no request" },
		{ c->bad_replies, "times bytes that are no reply" },
		{ c->retransmitted, "TCP segments retransmitted" },
		{ c->early, "TCP segments out of order" },
		{ c->gaps, "times bytes of a stream are missing" },
		{ c->midway, "times a stream was joined midway" },
		{ c->cut, "packets captured short: zeroes stand for the rest" },
		{ c->unstamped, "packets without a stamp, passed over" },
		{ c->kind[DISSECT_FRAGMENT], "IP fragments, passed over" },
		{ c->kind[DISSECT_MALFORMED], "malformed packets" },
		{ c->kind[DISSECT_CUT], "packets cut within their headers" },
		{ c->kind[DISSECT_UNKNOWN_LINK], "packets of a link that "
						 "lancet cannot read" },
		{ 0, NULL },
	};

	print_lines(lines);
}

/* A bound that nothing is known of is not printed. */
static void print_quantile(const struct result_quantile *at)
{
	char value[TEXT], lo[TEXT], hi[TEXT], q[TEXT];

	printf("%8s  %8s", unit_print_quantile(at->q, q, sizeof(q)),
	       isfinite(at->value) ? words_time(at->value, value, sizeof(value))
				   : "-");
	if (at->reason)
		printf("  unresolved: %s\n", at->reason);
	else
		printf("  [%s, %s]\n", words_time(at->lo, lo, sizeof(lo)),
		       words_time(at->hi, hi, sizeof(hi)));
}

static void print_latency(const struct pcap_found *found)
{
	const struct result_metric *m = &found->wire;
	char value[TEXT];

	if (!isfinite(m->mean.value))
		return;
	printf("\nwire time, of all requests (95%% interval)\n");
	printf("%8s  %8s\n", "mean",
	       words_time(m->mean.value, value, sizeof(value)));
	for (size_t i = 0; i < m->nquantiles; i++)
		print_quantile(&m->quantiles[i]);
	printf("%8s  %8s\n", "max",
	       words_time(found->most_ns, value, sizeof(value)));
}

static void print_arrivals(const struct pcap_request *request,
			   const struct pcap_arrivals *a)
{
	const char *law = request->arrival.kind->name;

	if (a->reason) {
		printf("\narrivals: %s\n", a->reason);
		return;
	}
	printf("\narrivals, %s asked: %s\n", law,
	       a->follows ? "the gaps follow it" : "the gaps do not follow it");
	printf("  Kolmogorov distance %.3g (p %.2g)", a->distance,
	       a->distance_p);
	if (!isnan(a->anderson))
		printf(", Anderson-Darling %.3g (p %.2g)", a->anderson,
		       a->anderson_p);
	printf("\n  squared coefficient of variation of gaps %.3g\n", a->scv);
	printf("  variance / mean of requests per ms %.3g, median of blocks of "
	       "100 ms %.3g\n", a->dispersion, a->dispersion_block);
	if (isnan(a->lag1)) {
		puts("  no autocorrelation: all gaps are the same");
		return;
	}
	printf("  autocorrelation of neighbouring gaps %.3g, Ljung-Box of %d "
	       "lags %.3g (p %.2g)\n", a->lag1, PCAP_LAGS, a->ljung_box,
	       a->ljung_box_p);
}

void pcap_print(const struct pcap_request *request,
		const struct pcap_found *found)
{
	print_head(request, found);
	print_counts(found);
	print_latency(found);
	print_arrivals(request, &found->arrivals);
}
