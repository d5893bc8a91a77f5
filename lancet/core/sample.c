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
