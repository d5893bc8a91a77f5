/* tls_library.h - OpenSSL, loaded when a configuration first asks for TLS */
#ifndef AGENTS_TLS_LIBRARY_H
#define AGENTS_TLS_LIBRARY_H

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

struct err;

/*
 * The program does not depend on the library: it names what it calls here,
 * with the types of the headers, and looks it up once. The two lists are the
 * functions of libssl and of libcrypto.
 */
#define TLS_OF_SSL(X)                                                                                 \
	X(OPENSSL_init_ssl)                                                                           \
	X(TLS_client_method) X(TLS_server_method) X(SSL_CTX_new) X(SSL_CTX_free) X(                   \
		SSL_CTX_ctrl) X(SSL_CTX_set_options) X(SSL_CTX_set_verify) X(SSL_CTX_set_cipher_list) \
		X(SSL_CTX_set_ciphersuites) X(SSL_CTX_set_alpn_protos) X(                             \
			SSL_CTX_set_alpn_select_cb) X(SSL_CTX_set_default_verify_paths)               \
			X(SSL_CTX_load_verify_locations) X(SSL_CTX_use_certificate) X(                \
				SSL_CTX_use_PrivateKey) X(SSL_CTX_use_certificate_chain_file)         \
				X(SSL_CTX_use_PrivateKey_file) X(                                     \
					SSL_CTX_check_private_key) X(SSL_select_next_proto)           \
					X(SSL_new) X(SSL_free) X(SSL_ctrl) X(                         \
						SSL_set_bio) X(SSL_set_connect_state)                 \
						X(SSL_set_accept_state) X(                            \
							SSL_do_handshake)                             \
							X(SSL_read) X(SSL_write) X(                   \
								SSL_shutdown)                         \
								X(SSL_get_error) X(                   \
									SSL_get_verify_result)        \
									X(SSL_get0_param)

#define TLS_OF_CRYPTO(X)                                                                       \
	X(ERR_peek_error)                                                                      \
	X(ERR_clear_error) X(ERR_reason_error_string) X(BIO_meth_new) X(                       \
		BIO_meth_free) X(BIO_meth_set_read) X(BIO_meth_set_write) X(BIO_meth_set_ctrl) \
		X(BIO_new) X(BIO_set_data) X(BIO_get_data) X(BIO_set_init) X(                  \
			BIO_set_flags) X(BIO_clear_flags) X(X509_verify_cert_error_string)     \
			X(X509_VERIFY_PARAM_set1_host) X(X509_VERIFY_PARAM_set1_ip_asc) X(     \
				EVP_PKEY_Q_keygen) X(EVP_PKEY_free) X(EVP_sha256)              \
				X(X509_new) X(X509_free) X(X509_set_version) X(                \
					X509_get_serialNumber) X(ASN1_INTEGER_set)             \
					X(X509_gmtime_adj) X(X509_getm_notBefore) X(           \
						X509_getm_notAfter) X(X509_set_pubkey)         \
						X(X509_get_subject_name) X(                    \
							X509_NAME_add_entry_by_txt)            \
							X(X509_set_issuer_name) X(             \
								X509V3_EXT_conf_nid)           \
								X(X509_add_ext) X(             \
									X509_EXTENSION_free)   \
									X(X509_sign)

#define TLS_MEMBER(name) __typeof__(&name) name;

struct tls_library {
	TLS_OF_SSL(TLS_MEMBER)
	TLS_OF_CRYPTO(TLS_MEMBER)
};

extern struct tls_library tls_library;

/* Cold, any thread, as often as one likes. -ENOENT: which file is missing. */
int tls_library_load(struct err *err);

#endif
