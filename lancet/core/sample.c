/* sample.c - names of how a request can end */
#include "lancet/core/sample.h"

const char *const outcome_name[OUTCOMES] = {
	[OUTCOME_RECEIVED] = "received",
	[OUTCOME_NACKED] = "nacked",
	[OUTCOME_ERROR] = "error",
	[OUTCOME_TIMEOUT] = "timeout",
	[OUTCOME_LOST] = "lost",
	[OUTCOME_UNSENT] = "unsent",
};
