/* tls_library.c - OpenSSL, loaded when a configuration first asks for TLS */
#include "agents/tls_library.h"

#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <stddef.h>
#include <string.h>

#include "lancet/core/err.h"

struct tls_library tls_library;

struct tls_symbol {
	const char *name;
	size_t at;
};

#define SYMBOL(name) { #name, offsetof(struct tls_library, name) },

static const struct tls_symbol of_ssl[] = { TLS_OF_SSL(SYMBOL){ 0 } };
static const struct tls_symbol of_crypto[] = { TLS_OF_CRYPTO(SYMBOL){ 0 } };

static pthread_once_t once = PTHREAD_ONCE_INIT;
static struct err failure;

static int load(const char *file, const struct tls_symbol *symbol)
{
	void *handle = dlopen(file, RTLD_NOW | RTLD_GLOBAL);

	if (!handle)
		return err_set(&failure, -ENOENT,
			       "tls needs OpenSSL 3, which is not installed: "
			       "%s; install libssl3",
			       dlerror());
	for (; symbol->name; symbol++) {
		void *function = dlsym(handle, symbol->name);

		if (!function)
			return err_set(&failure, -ENOENT,
				       "tls needs OpenSSL 3: %s has no %s",
				       file, symbol->name);
		memcpy((char *)&tls_library + symbol->at, &function,
		       sizeof(function));
	}
	return 0;
}

static void load_both(void)
{
	if (load("libcrypto.so.3", of_crypto) == 0)
		load("libssl.so.3", of_ssl);
}

int tls_library_load(struct err *err)
{
	pthread_once(&once, load_both);
	if (failure.code == 0)
		return 0;
	return err_set(err, failure.code, "%s", failure.text);
}
