/* tls_session.h - the TLS sessions of a filter, between OpenSSL and its wire */
#ifndef AGENTS_TLS_SESSION_H
#define AGENTS_TLS_SESSION_H

#include <stdbool.h>

#include "agents/tls_context.h"
#include "agents/transport.h"

#define TLS_RECORD 16384u /* the most that one holds (RFC 8446, 5.1) */

enum tls_flag {
	TLS_READY = 1,	  /* the handshake is done */
	TLS_BROKEN = 2,	  /* takes everything, gives nothing */
	TLS_CLOSED = 4,	  /* the user was told */
	TLS_LISTED = 8,	  /* stands in the list of those to look after */
	TLS_LEAVING = 16, /* drop it as soon as it is empty */
};

struct tls_conn {
	SSL *ssl;
	struct tls *owner;
	const unsigned char *from; /* records that came in, and */
	uint32_t left;		   /* how many bytes of them */
	uint32_t number;
	uint32_t have; /* bytes of text, not yet consumed */
	uint32_t held; /* bytes of records still to go out */
	uint32_t flags;
};

struct tls {
	struct transport inner;
	SSL_CTX *context;
	BIO_METHOD *method;
	struct tls_conn *conn;
	uint32_t n, mask; /* places */
	bool server;
	uint32_t *listed; /* places: records held, or broken */
	uint32_t nlisted;
	size_t text_room, held_room;
	unsigned char *text;   /* of all places: what was decrypted */
	unsigned char *held;   /* of all places: records to go out */
	unsigned char *gather; /* text of one burst */
	unsigned char *out;    /* records that OpenSSL made; held_room */
	size_t out_len;
	const struct config_tls *options;
	const char *to;	 /* a client's address, resolved: for messages */
	const char *names; /* the same as it was said; several, by commas */
	struct err *why; /* while it opens: what failed first */
};

static inline unsigned char *tls_text(const struct tls *t,
				      const struct tls_conn *c)
{
	return t->text + (size_t)(c - t->conn) * t->text_room;
}

static inline unsigned char *tls_held(const struct tls *t,
				      const struct tls_conn *c)
{
	return t->held + (size_t)(c - t->conn) * t->held_room;
}

static inline struct tls_conn *tls_find(const struct tls *t, uint32_t number)
{
	struct tls_conn *c = &t->conn[number & t->mask];

	return c->ssl && c->number == number ? c : NULL;
}

/* Cold: how OpenSSL reads and writes here. False without memory. */
bool tls_method(struct tls *t);

/* Cold: a session for a connection that is new; and its end. */
int tls_begin(struct tls *t, uint32_t number, struct err *err);
void tls_forget(struct tls_conn *c);

/* The handshake, as far as it goes with what has come. */
void tls_shake(struct tls *t, struct tls_conn *c);

/* All records that are whole; the session keeps a part of one to itself. */
void tls_decrypt(struct tls *t, struct tls_conn *c);

/*
 * So many bytes, encrypted and handed over, or held: as a packet with these
 * flags, which the inner transport numbers and stamps.
 */
void tls_encrypt(struct tls *t, struct tls_conn *c, const unsigned char *data,
		 size_t len, struct packet *as);

/* What was held before: true when nothing is any more. */
bool tls_flush(struct tls *t, struct tls_conn *c);

/* Say goodbye, where it can be said. */
void tls_leave(struct tls *t, struct tls_conn *c);

#endif
