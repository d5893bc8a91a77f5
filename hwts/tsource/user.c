/* user.c - no stamps but the program's own: what is left where others fail */
#include "hwts/tsource.h"

static int user_open(void *state, const struct tsource_params *params,
		     struct arena *arena, struct err *err)
{
	(void)state, (void)params, (void)arena, (void)err;
	return 0;
}

static void user_close(void *state)
{
	(void)state;
}

const struct tsource_ops tsource_user = {
	.kind = {
		.name = "user",
		.help = "the program's own clock, before and after its calls",
	},
	.flags = TSOURCE_NONE,
	.open = user_open,
	.close = user_close,
};
