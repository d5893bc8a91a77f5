/* tls_context.c - what all TLS connections of one end share, and its words */
#include "agents/tls_context.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "lancet/core/arena.h"
#include "lancet/core/config.h"
#include "lancet/core/err.h"

#define YEAR_S 31536000

static const struct tls_library *const lib = &tls_library;

/* The first of OpenSSL's list of errors; the list is emptied. */
static const char *reason(int *number)
{
	unsigned long code = lib->ERR_peek_error();
	const char *text = code ? lib->ERR_reason_error_string(code) : NULL;

	lib->ERR_clear_error();
	*number = ERR_GET_REASON(code);
	return text ? text : "no reason is given";
}

int tls_context_explain(const SSL *ssl, const char *address, struct err *err)
{
	int number;
	const char *text = reason(&number);

	if (number == SSL_R_CERTIFICATE_VERIFY_FAILED)
		return err_set(err, -EPROTO,
			       "the certificate of %s is refused: %s; give its "
			       "authority, tls: {ca: FILE}, or its name, "
			       "server_name, or write verify: false",
			       address,
			       lib->X509_verify_cert_error_string(
				       lib->SSL_get_verify_result(ssl)));
	if (number == SSL_R_WRONG_VERSION_NUMBER)
		return err_set(err, -EPROTO,
			       "%s does not speak TLS on this port (%s); "
			       "remove tls, or use another port",
			       address, text);
	return err_set(err, -EPROTO, "cannot speak TLS with %s: %s", address,
		       text);
}

static int refuse(struct err *err, const char *key, const char *value)
{
	int number;

	return err_set(err, -EINVAL, "tls.%s: cannot use '%.100s': %s", key,
		       value, reason(&number));
}

/* --- certificates --- */

/* Extensions and names of a certificate for this host. */
static int certificate_names(X509 *x)
{
	X509_NAME *name = lib->X509_get_subject_name(x);
	X509_EXTENSION *also =
		lib->X509V3_EXT_conf_nid(NULL, NULL, NID_subject_alt_name,
					 "DNS:localhost,IP:127.0.0.1,IP:::1");
	int fine = also != NULL;

	fine = fine && lib->X509_add_ext(x, also, -1);
	fine = fine && lib->X509_NAME_add_entry_by_txt(
			       name, "CN", MBSTRING_ASC,
			       (const unsigned char *)"localhost", -1, -1, 0);
	fine = fine && lib->X509_set_issuer_name(x, name);
	lib->X509_EXTENSION_free(also);
	return fine;
}

static int certificate_sign(X509 *x, EVP_PKEY *key)
{
	return lib->X509_set_version(x, 2) && /* of X.509: the third */
	       lib->ASN1_INTEGER_set(lib->X509_get_serialNumber(x), 1) &&
	       lib->X509_gmtime_adj(lib->X509_getm_notBefore(x), -3600) &&
	       lib->X509_gmtime_adj(lib->X509_getm_notAfter(x), YEAR_S) &&
	       lib->X509_set_pubkey(x, key) && certificate_names(x) &&
	       lib->X509_sign(x, key, lib->EVP_sha256());
}

/* Made at each start, in memory: tests and first steps need no files. */
static int certificate_make(SSL_CTX *ctx, struct err *err)
{
	EVP_PKEY *key = lib->EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256");
	X509 *x = lib->X509_new();
	int fine = key && x && certificate_sign(x, key) &&
		   lib->SSL_CTX_use_certificate(ctx, x) == 1 &&
		   lib->SSL_CTX_use_PrivateKey(ctx, key) == 1;

	lib->X509_free(x);
	lib->EVP_PKEY_free(key);
	if (fine)
		return 0;
	return err_set(err, -EIO, "cannot make a certificate: %s",
		       reason(&fine));
}

static int certificate_load(SSL_CTX *ctx, const struct config_tls *o,
			    struct err *err)
{
	const char *key = o->key ? o->key : o->certificate;

	if (lib->SSL_CTX_use_certificate_chain_file(ctx, o->certificate) != 1)
		return refuse(err, "certificate", o->certificate);
	if (lib->SSL_CTX_use_PrivateKey_file(ctx, key, SSL_FILETYPE_PEM) != 1 ||
	    lib->SSL_CTX_check_private_key(ctx) != 1)
		return refuse(err, "key", key);
	return 0;
}

/* --- versions, ciphers, protocols --- */

static int set_versions(SSL_CTX *ctx, const struct config_tls *o,
			struct err *err)
{
	static const long number[] = {
		[TLS_AUTO] = 0,
		[TLS_1_2] = TLS1_2_VERSION,
		[TLS_1_3] = TLS1_3_VERSION,
	};
	long least = o->min_version == TLS_AUTO ? TLS1_2_VERSION
						: number[o->min_version];

	lib->SSL_CTX_ctrl(ctx, SSL_CTRL_SET_MIN_PROTO_VERSION, least, NULL);
	lib->SSL_CTX_ctrl(ctx, SSL_CTRL_SET_MAX_PROTO_VERSION,
			  number[o->max_version], NULL);
	if (o->ciphers && lib->SSL_CTX_set_cipher_list(ctx, o->ciphers) != 1)
		return refuse(err, "ciphers", o->ciphers);
	if (o->ciphersuites &&
	    lib->SSL_CTX_set_ciphersuites(ctx, o->ciphersuites) != 1)
		return refuse(err, "ciphersuites", o->ciphersuites);
	return 0;
}

/* As the extension has them: a byte of length before each. */
struct alpn {
	unsigned len;
	unsigned char wire[256];
};

static int alpn_pack(struct alpn *alpn, const struct option_list *list,
		     struct err *err)
{
	const char *const *name = list->items;

	for (size_t i = 0; i < list->n; i++) {
		size_t len = strlen(name[i]);

		if (len == 0 || alpn->len + len + 1 > sizeof(alpn->wire))
			return err_set(err, -EINVAL,
				       "tls.alpn: '%.100s' is empty, or the "
				       "list is too long; write [http/1.1]",
				       name[i]);
		alpn->wire[alpn->len] = (unsigned char)len;
		memcpy(&alpn->wire[alpn->len + 1], name[i], len);
		alpn->len += (unsigned)len + 1;
	}
	return 0;
}

/* A server's choice: the first of its own that the client offers too. */
static int alpn_choose(SSL *ssl, const unsigned char **out,
		       unsigned char *outlen, const unsigned char *in,
		       unsigned inlen, void *arg)
{
	const struct alpn *ours = arg;
	unsigned char *chosen;

	(void)ssl;
	if (lib->SSL_select_next_proto(&chosen, outlen, ours->wire, ours->len,
				       in, inlen) != OPENSSL_NPN_NEGOTIATED)
		return SSL_TLSEXT_ERR_ALERT_FATAL;
	*out = chosen;
	return SSL_TLSEXT_ERR_OK;
}

static int set_alpn(SSL_CTX *ctx, const struct config_tls *o, bool server,
		    struct arena *arena, struct err *err)
{
	struct alpn *alpn;
	int ret;

	if (o->alpn.n == 0)
		return 0;
	alpn = arena_alloc(arena, sizeof(*alpn));
	ret = alpn_pack(alpn, &o->alpn, err);
	if (ret == 0 && server)
		lib->SSL_CTX_set_alpn_select_cb(ctx, alpn_choose, alpn);
	else if (ret == 0)
		lib->SSL_CTX_set_alpn_protos(ctx, alpn->wire, alpn->len);
	return ret;
}

static int set_trust(SSL_CTX *ctx, const struct config_tls *o, struct err *err)
{
	if (!o->verify)
		return 0;
	lib->SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, NULL);
	if (!o->ca)
		lib->SSL_CTX_set_default_verify_paths(ctx);
	else if (lib->SSL_CTX_load_verify_locations(ctx, o->ca, NULL) != 1)
		return refuse(err, "ca", o->ca);
	return 0;
}

SSL_CTX *tls_context_create(const struct config_tls *o, bool server,
			    struct arena *arena, struct err *err)
{
	SSL_CTX *ctx = lib->SSL_CTX_new(server ? lib->TLS_server_method()
					       : lib->TLS_client_method());
	int ret;

	if (!ctx) {
		err_set(err, -ENOMEM, "no memory for TLS");
		return NULL;
	}
	/* Our peers are programs that measure or are measured: no surprises. */
	lib->SSL_CTX_set_options(ctx, SSL_OP_NO_RENEGOTIATION |
					      SSL_OP_NO_COMPRESSION);
	ret = set_versions(ctx, o, err);
	if (ret == 0)
		ret = set_alpn(ctx, o, server, arena, err);
	if (ret == 0 && !server)
		ret = set_trust(ctx, o, err);
	if (ret == 0 && o->certificate)
		ret = certificate_load(ctx, o, err);
	else if (ret == 0 && server)
		ret = certificate_make(ctx, err);
	if (ret == 0)
		return ctx;
	lib->SSL_CTX_free(ctx);
	return NULL;
}

/* --- names --- */

/* The host of HOST:PORT or [V6]:PORT; empty for a Unix socket. */
static void host_of(const char *address, char *host, size_t size)
{
	const char *colon = strrchr(address, ':');
	int bracket = address[0] == '[';

	host[0] = '\0';
	if (colon && !strchr("/@", address[0]))
		snprintf(host, size, "%.*s",
			 (int)(colon - address) - 2 * bracket,
			 address + bracket);
}

int tls_context_name(SSL *ssl, const struct config_tls *o, const char *address,
		     struct err *err)
{
	X509_VERIFY_PARAM *param = lib->SSL_get0_param(ssl);
	char host[256];

	host_of(address, host, sizeof(host));
	if (o->server_name)
		snprintf(host, sizeof(host), "%s", o->server_name);
	if (!host[0] && o->verify)
		return err_set(err, -EINVAL,
			       "no name to verify in the certificate of %s; "
			       "write tls: {server_name: NAME}",
			       address);
	/* An address is no name that a client may ask for (RFC 6066, 3). */
	if (host[0] && lib->X509_VERIFY_PARAM_set1_ip_asc(param, host) != 1) {
		lib->ERR_clear_error();
		lib->X509_VERIFY_PARAM_set1_host(param, host, 0);
		lib->SSL_ctrl(ssl, SSL_CTRL_SET_TLSEXT_HOSTNAME,
			      TLSEXT_NAMETYPE_host_name, host);
	}
	return 0;
}
