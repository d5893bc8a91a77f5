/* presets.h - `lancet list presets`: each with its queue and its promise */
#ifndef LANCET_CMD_PRESETS_H
#define LANCET_CMD_PRESETS_H

#include <stdbool.h>

/* All; with mean, scv, workers and slo where details are wanted. */
void presets_print(bool details);

/* One, with details; false where there is none of this name. */
bool presets_print_one(const char *name);

#endif
