/* sample.c - how a request can end, and what a record of one may say */
#include "lancet/core/sample.h"

const char *const outcome_name[OUTCOMES] = {
	[OUTCOME_RECEIVED] = "received",
	[OUTCOME_NACKED] = "nacked",
	[OUTCOME_ERROR] = "error",
	[OUTCOME_TIMEOUT] = "timeout",
	[OUTCOME_LOST] = "lost",
	[OUTCOME_UNSENT] = "unsent",
};

bool sample_fine(const struct sample *s)
{
	return s->outcome < OUTCOMES && s->intended_ns >= 0 &&
	       s->intended_ns <= SAMPLE_TIME_MAX &&
	       s->sent_ns <= SAMPLE_TIME_MAX &&
	       s->received_ns <= SAMPLE_TIME_MAX &&
	       (s->outcome == OUTCOME_UNSENT ?
			s->sent_ns == 0 : s->sent_ns >= s->intended_ns) &&
	       (s->received_ns == 0 || s->received_ns >= s->sent_ns);
}

void sample_join(struct sample *whole, const struct sample *part)
{
	if (part->received_ns >= whole->received_ns) {
		whole->received_ns = part->received_ns;
		whole->wire_in_ns = part->wire_in_ns;
		whole->release_ns = part->release_ns;
		whole->conn = part->conn;
	}
	if (part->sent_ns >= whole->sent_ns) {
		whole->sent_ns = part->sent_ns;
		whole->wire_out_ns = part->wire_out_ns;
	}
	if (part->service_ns > whole->service_ns)
		whole->service_ns = part->service_ns;
	if (part->served_ns > whole->served_ns)
		whole->served_ns = part->served_ns;
	/* They stand in order: a part that was not even sent is the worst. */
	if (part->outcome > whole->outcome)
		whole->outcome = part->outcome;
}
