/* pcap_json.c - what a capture holds, for programs */
#include <jansson.h>
#include <math.h>
#include <stdio.h>

#include "lancet/cmd/pcap.h"

static json_t *number(double value)
{
	return isfinite(value) ? json_real(value) : json_null();
}

static json_t *count(uint64_t n)
{
	return json_integer((json_int_t)n);
}

static json_t *counts_json(const struct pcap_found *found)
{
	const struct exchange_counts *c = &found->x.count;
	const struct pcap_counts *n = &found->count;
	const struct {
		const char *key;
		uint64_t n;
	} all[] = {
		{ "requests", (uint64_t)n->requests },
		{ "answered", (uint64_t)n->answered },
		{ "nacked", (uint64_t)n->nacked },
		{ "error", (uint64_t)n->error },
		{ "unanswered", (uint64_t)n->unanswered },
		{ "late", (uint64_t)n->late },
		{ "unfinished", (uint64_t)n->unfinished },
		{ "unknown", (uint64_t)n->unknown },
		{ "unmatched_replies", c->unmatched },
		{ "repeated_requests", c->repeated_requests },
		{ "repeated_replies", c->repeated_replies },
		{ "backwards", c->backwards },
		{ "set_back", c->set_back },
		{ "bad_requests", c->bad_requests },
		{ "bad_replies", c->bad_replies },
		{ "packets", c->packets },
		{ "server_packets", c->ours },
		{ "bytes", c->bytes },
		{ "connections", c->flows },
		{ "midway", c->midway },
		{ "retransmitted", c->retransmitted },
		{ "out_of_order", c->early },
		{ "gaps", c->gaps },
		{ "cut", c->cut },
		{ "unstamped", c->unstamped },
		{ "fragments", c->kind[DISSECT_FRAGMENT] },
		{ "malformed", c->kind[DISSECT_MALFORMED] },
		{ "cut_headers", c->kind[DISSECT_CUT] },
		{ "unknown_link", c->kind[DISSECT_UNKNOWN_LINK] },
	};
	json_t *json = json_object();

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		json_object_set_new(json, all[i].key, count(all[i].n));
	return json;
}

/* As in a result. */
static json_t *metric_json(const struct result_metric *m)
{
	json_t *list = json_array();

	for (size_t i = 0; i < m->nquantiles; i++) {
		const struct result_quantile *q = &m->quantiles[i];
		json_t *json = json_pack("{sf so so so ss}", "q", q->q,
					 "value", number(q->value),
					 "lo", number(q->lo),
					 "hi", number(q->hi),
					 "status", q->status);

		if (q->reason)
			json_object_set_new(json, "reason",
					    json_string(q->reason));
		json_array_append_new(list, json);
	}
	return json_pack("{s{so so so} so}", "mean", "value",
			 number(m->mean.value), "lo", number(m->mean.lo),
			 "hi", number(m->mean.hi), "quantiles", list);
}

static json_t *arrivals_json(const struct pcap_request *request,
			     const struct pcap_arrivals *a)
{
	if (a->reason)
		return json_pack("{ss ss}", "law", request->arrival.kind->name,
				 "reason", a->reason);
	return json_pack(
		"{ss sb so so so so so so so so so so s{so si so so}}",
		"law", request->arrival.kind->name, "follows", a->follows,
		"gaps", count(a->gaps), "rate_rps", number(a->rate_rps),
		"gap_mean_ns", number(a->mean_ns), "gap_scv", number(a->scv),
		"distance", number(a->distance),
		"distance_p", number(a->distance_p),
		"anderson_darling", number(a->anderson),
		"anderson_darling_p", number(a->anderson_p),
		"dispersion", number(a->dispersion),
		"dispersion_block", number(a->dispersion_block),
		"autocorrelation", "lag1", number(a->lag1), "lags", PCAP_LAGS,
		"ljung_box", number(a->ljung_box),
		"p_value", number(a->ljung_box_p));
}

void pcap_print_json(const struct pcap_request *request,
		     const struct pcap_found *found)
{
	const struct exchanges *x = &found->x;
	char server[EXCHANGE_NAME];
	json_t *json = json_pack(
		"{ss ss ss ss ss so so so so so}", "schema", "lancet.pcap/1",
		"file", request->file, "link", found->link, "server",
		exchange_name(&request->server.end, server), "protocol",
		request->protocol_text, "damage",
		found->damage.text[0] ? json_string(found->damage.text)
				      : json_null(),
		"span_ns", json_integer(x->last_ns - x->first_ns), "counts",
		counts_json(found), "wire_ns", metric_json(&found->wire),
		"arrivals", arrivals_json(request, &found->arrivals));

	if (isfinite(found->wire.mean.value)) {
		json_t *wire = json_object_get(json, "wire_ns");

		json_object_set_new(wire, "min", number(found->least_ns));
		json_object_set_new(wire, "max", number(found->most_ns));
	}
	json_dumpf(json, stdout, JSON_INDENT(2) | JSON_REAL_PRECISION(12));
	putchar('\n');
	json_decref(json);
}
