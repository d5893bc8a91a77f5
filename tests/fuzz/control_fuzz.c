/* control_fuzz.c - any control data in place of those that bear stamps */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "hwts/control.h"
#include "hwts/tsource.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* No more stamps than there is room for, and none without an instant. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct tsource_stamp stamp[CONTROL_STAMPS];
	/* Of its very size, so that what is read behind it is found. */
	unsigned char *control = malloc(size ? size : 1);
	struct msghdr msg = { .msg_control = control, .msg_controllen = size };
	size_t n;

	if (!control)
		return 0;
	memcpy(control, data, size);
	memset(stamp, 0, sizeof(stamp));
	n = control_sent(&msg, stamp);
	assert(n <= CONTROL_STAMPS);
	for (size_t i = 0; i < n; i++)
		assert(stamp[i].ns > 0 && stamp[i].kind < TSOURCE_KINDS);
	memset(stamp, 0, sizeof(stamp));
	if (control_received(&msg, stamp))
		assert(stamp->ns > 0 && stamp->kind == TSOURCE_RX);
	free(control);
	return 0;
}
