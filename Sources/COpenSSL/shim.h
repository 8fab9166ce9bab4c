#pragma once
#include <openssl/bio.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/pem.h>
#include <openssl/sha.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

// These are macros over SSL_CTX_ctrl and SSL_ctrl, with casts that Swift does not import.
static inline int shim_SSL_CTX_set_min_proto_version(SSL_CTX *context, int version) {
    return (int)SSL_CTX_set_min_proto_version(context, version);
}
static inline void shim_SSL_CTX_set_session_cache_mode(SSL_CTX *context, int mode) {
    (void)SSL_CTX_set_session_cache_mode(context, mode);
}
static inline int shim_SSL_set_tlsext_host_name(SSL *session, const char *name) {
    return (int)SSL_set_tlsext_host_name(session, name);
}

// The options are made by a macro with an argument.
static const uint64_t shim_SSL_OP_NO_COMPRESSION = SSL_OP_NO_COMPRESSION;
static const uint64_t shim_SSL_OP_NO_RENEGOTIATION = SSL_OP_NO_RENEGOTIATION;

#include <stdlib.h>
// Keeps the C library out of the Swift file.
static inline int shim_environment_has(const char *name) { return getenv(name) != NULL; }
