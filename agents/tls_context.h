/* tls_context.h - what all TLS connections of one end share, and its words */
#ifndef AGENTS_TLS_CONTEXT_H
#define AGENTS_TLS_CONTEXT_H

#include <stdbool.h>

#include "agents/tls_library.h"

struct arena;
struct config_tls;
struct err;

/*
 * Versions, ciphers, protocols (ALPN) and certificates as configured. A
 * server without a certificate makes itself one, for localhost, which nobody
 * has signed. NULL, with the file or the word that is wrong. The library is
 * loaded; the arena outlives the context.
 */
SSL_CTX *tls_context_create(const struct config_tls *options, bool server,
			    struct arena *arena, struct err *err);

/*
 * A client's end of one connection to `address`: it asks for this name, and
 * accepts a certificate of no other. 0 or -errno.
 */
int tls_context_name(SSL *ssl, const struct config_tls *options,
		     const char *address, struct err *err);

/*
 * Why a session with a server just failed, in one line; its code. OpenSSL's
 * list of errors is emptied.
 */
int tls_context_explain(const SSL *ssl, const char *address, struct err *err);

#endif
