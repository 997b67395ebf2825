/* crypto: HMAC-SHA256, RS256, base64 (OpenSSL; crypto.c alone includes its headers). A text that could not be made is
 * empty, and the arena has failed. The digests fail with ERR_NOMEM only. */
#ifndef TIDEGATE_EDGE_CRYPTO_H
#define TIDEGATE_EDGE_CRYPTO_H

#include "base/arena.h"
#include "base/err.h"

#define CRYPTO_SHA256 32
int crypto_hmac_sha256(struct text key, struct text message, unsigned char out[CRYPTO_SHA256]);
int crypto_sha256(struct text message, unsigned char out[CRYPTO_SHA256]);
/* RSASSA-PKCS1-v1_5 with SHA-256 (RFC 7518 RS256). pem: a private key in PEM. The signature is in the arena. */
int crypto_rs256(struct arena *a, struct text pem, struct text message, struct text *signature, struct err *err);
struct text crypto_base64(struct arena *a, struct text raw);
struct text crypto_base64url(struct arena *a, struct text raw); /* without padding (RFC 7515) */
/* Strict: the standard alphabet, padded, without white space or left-over bits. False for anything else. */
bool crypto_base64_decode(struct arena *a, struct text b64, struct text *raw);

#endif
