/* survey.h - the server whose simulated bursts are most like measured ones */
#ifndef MODELS_SURVEY_H
#define MODELS_SURVEY_H

#include "models/identify.h"

/* Single requests but for a share, the latest, that met a standstill. */
size_t survey_unstalled(const struct identify_data *d, double share);

/*
 * Workers, order of service, service and communication, of a server that tells
 * nothing; the capacity is known. How: identify.h.
 */
void survey(const struct identify_data *d, struct identified *found,
	    struct arena *arena);

#endif
