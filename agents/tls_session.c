/* tls_session.c - TLS sessions, between OpenSSL and the inner transport */
#include "agents/tls_session.h"

#include <errno.h>
#include <string.h>

#include "lancet/core/err.h"
#include "lancet/core/text.h"

static const struct tls_library *const lib = &tls_library;

/* --- what OpenSSL reads and writes --- */

static int tls_bio_read(BIO *bio, char *to, int size)
{
	struct tls_conn *c = lib->BIO_get_data(bio);
	uint32_t n = (uint32_t)size < c->left ? (uint32_t)size : c->left;

	lib->BIO_clear_flags(bio, BIO_FLAGS_RWS | BIO_FLAGS_SHOULD_RETRY);
	if (n == 0) {
		lib->BIO_set_flags(bio,
				   BIO_FLAGS_READ | BIO_FLAGS_SHOULD_RETRY);
		return -1;
	}
	memcpy(to, c->from, n);
	c->from += n;
	c->left -= n;
	return (int)n;
}

static int tls_bio_write(BIO *bio, const char *from, int size)
{
	struct tls *t = ((struct tls_conn *)lib->BIO_get_data(bio))->owner;

	if ((size_t)size > t->held_room - t->out_len)
		return -1;
	memcpy(t->out + t->out_len, from, (size_t)size);
	t->out_len += (size_t)size;
	return size;
}

static long tls_bio_ctrl(BIO *bio, int what, long n, void *to)
{
	(void)bio, (void)n, (void)to;
	return what == BIO_CTRL_FLUSH;
}

bool tls_method(struct tls *t)
{
	t->method = lib->BIO_meth_new(BIO_TYPE_SOURCE_SINK, "lancet");
	return t->method && lib->BIO_meth_set_read(t->method, tls_bio_read) &&
	       lib->BIO_meth_set_write(t->method, tls_bio_write) &&
	       lib->BIO_meth_set_ctrl(t->method, tls_bio_ctrl);
}

/* --- out --- */

/* To be looked after at the next recv(). */
static void tls_list(struct tls *t, struct tls_conn *c)
{
	if (c->flags & TLS_LISTED)
		return;
	c->flags |= TLS_LISTED;
	t->listed[t->nlisted++] = (uint32_t)(c - t->conn);
}

static void tls_break(struct tls *t, struct tls_conn *c)
{
	if (t->why && !t->why->code)
		tls_context_explain(c->ssl, t->to, t->why);
	lib->ERR_clear_error();
	c->flags |= TLS_BROKEN;
	c->held = 0;
	tls_list(t, c);
}

/* Hand records over; false when the inner transport has no room. */
static bool tls_offer(struct tls *t, const struct tls_conn *c,
		      unsigned char *data, size_t len, struct packet *as)
{
	as->data = data;
	as->len = (uint32_t)len;
	as->conn = c->number;
	return t->inner.ops->send(t->inner.state, as, 1) == 1;
}

/*
 * What OpenSSL made goes out, behind what was refused before; when, and by
 * which key, stands in the packet. What is held has none.
 */
static void tls_push(struct tls *t, struct tls_conn *c, struct packet *as)
{
	size_t len = t->out_len;

	t->out_len = 0;
	if (len == 0 || c->flags & TLS_BROKEN)
		return;
	if (c->held == 0 && tls_offer(t, c, t->out, len, as))
		return;
	as->flags &= ~(uint32_t)TRANSPORT_STAMP;
	if (len > t->held_room - c->held) {
		tls_break(t, c);
		return;
	}
	memcpy(tls_held(t, c) + c->held, t->out, len);
	c->held += (uint32_t)len;
	tls_list(t, c);
}

bool tls_flush(struct tls *t, struct tls_conn *c)
{
	struct packet as = { 0 };

	if (c->held > 0 && tls_offer(t, c, tls_held(t, c), c->held, &as))
		c->held = 0;
	return c->held == 0;
}

void tls_encrypt(struct tls *t, struct tls_conn *c, const unsigned char *data,
		 size_t len, struct packet *as)
{
	if (lib->SSL_write(c->ssl, data, (int)len) <= 0)
		tls_break(t, c);
	tls_push(t, c, as);
}

/* --- sessions --- */

void tls_forget(struct tls_conn *c)
{
	uint32_t listed = c->flags & TLS_LISTED;

	lib->SSL_free(c->ssl);
	*c = (struct tls_conn){ .owner = c->owner, .flags = listed };
}

int tls_begin(struct tls *t, uint32_t number, struct err *err)
{
	struct tls_conn *c = &t->conn[number & t->mask];
	char name[300];
	BIO *bio;

	tls_forget(c);
	c->number = number;
	c->ssl = lib->SSL_new(t->context);
	bio = lib->BIO_new(t->method);
	if (!c->ssl || !bio)
		return err_set(err, -ENOMEM, "no memory for TLS");
	lib->BIO_set_data(bio, c);
	lib->BIO_set_init(bio, 1);
	lib->SSL_set_bio(c->ssl, bio, bio); /* one reference, for both */
	if (t->server) {
		lib->SSL_set_accept_state(c->ssl);
		return 0;
	}
	lib->SSL_set_connect_state(c->ssl);
	text_item(t->names, number % text_items(t->names), name, sizeof(name));
	return tls_context_name(c->ssl, t->options, name, err);
}

void tls_shake(struct tls *t, struct tls_conn *c)
{
	int ret = lib->SSL_do_handshake(c->ssl);
	struct packet as = { 0 };

	tls_push(t, c, &as);
	if (ret == 1)
		c->flags |= TLS_READY;
	else if (lib->SSL_get_error(c->ssl, ret) != SSL_ERROR_WANT_READ)
		tls_break(t, c);
}

void tls_decrypt(struct tls *t, struct tls_conn *c)
{
	struct packet as = { 0 };
	int error = SSL_ERROR_NONE;

	while (c->left > 0 && error == SSL_ERROR_NONE) {
		size_t room = t->text_room - c->have;
		int n = 0;

		if (room >= TLS_RECORD) /* else a message without an end */
			n = lib->SSL_read(c->ssl, tls_text(t, c) + c->have,
					  (int)room);
		if (n > 0)
			c->have += (uint32_t)n;
		else
			error = room < TLS_RECORD
					? SSL_ERROR_SSL
					: lib->SSL_get_error(c->ssl, n);
	}
	/* Alerts, and answers to updates of keys. */
	tls_push(t, c, &as);
	if (error == SSL_ERROR_ZERO_RETURN)
		c->flags |= TLS_CLOSED;
	else if (error != SSL_ERROR_NONE && error != SSL_ERROR_WANT_READ)
		tls_break(t, c);
}

void tls_leave(struct tls *t, struct tls_conn *c)
{
	struct packet as = { 0 };

	if (!c->ssl || !(c->flags & TLS_READY) || c->flags & TLS_BROKEN)
		return;
	lib->SSL_shutdown(c->ssl);
	lib->ERR_clear_error();
	tls_push(t, c, &as);
}
