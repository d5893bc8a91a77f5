/* capture_library.c - libpcap, loaded when a capture is first asked for */
#include "hwts/capture_library.h"

#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <stddef.h>
#include <string.h>

#include "lancet/core/err.h"

struct capture_library capture_library;

#define SYMBOL(name) { #name, offsetof(struct capture_library, name) },

static const struct {
	const char *name;
	size_t at;
} symbols[] = { CAPTURE_OF_PCAP(SYMBOL) };

static pthread_once_t once = PTHREAD_ONCE_INIT;
static struct err failure;

static void load(void)
{
	void *handle = dlopen("libpcap.so.0.8", RTLD_NOW);

	if (!handle) {
		err_set(&failure, -ENOENT,
			"captures need libpcap, which is not installed: %s; "
			"install libpcap0.8", dlerror());
		return;
	}
	for (size_t i = 0; i < sizeof(symbols) / sizeof(symbols[0]); i++) {
		void *function = dlsym(handle, symbols[i].name);

		if (!function) {
			err_set(&failure, -ENOENT,
				"captures need libpcap 1.5: this one has no %s",
				symbols[i].name);
			return;
		}
		memcpy((char *)&capture_library + symbols[i].at, &function,
		       sizeof(function));
	}
}

int capture_library_load(struct err *err)
{
	pthread_once(&once, load);
	if (failure.code == 0)
		return 0;
	return err_set(err, failure.code, "%s", failure.text);
}
