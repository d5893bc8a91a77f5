/* tls.h - TLS, a filter between a protocol and a transport of streams */
#ifndef AGENTS_TLS_H
#define AGENTS_TLS_H

#include "agents/transport.h"

/*
 * A transport around another one, whose choice is given to open() in place
 * of options. The connections are those of the inner one, by the same
 * numbers; each is a TLS session. A client's open() returns when all
 * handshakes are done, or tells why one failed.
 *
 * The packets of one connection in one burst go out in one record. Instants
 * are the inner transport's: encryption comes before `sent` and decryption
 * after `received`, so that neither is taken for the target's time.
 */
extern const struct transport_ops tls_filter;

#endif
