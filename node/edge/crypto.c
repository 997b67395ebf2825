/* crypto: OpenSSL 3 through its EVP interface alone, so that nothing here is deprecated, and base64 by hand, since
 * OpenSSL's decoder accepts what RFC 4648 does not. Key material lives no longer than the call that needs it. */
#include "crypto.h"

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#define RSA_BITS_MIN 2048 /* RFC 7518, 3.3 */

/* ---- digests ---- */

static const unsigned char *bytes(struct text t)
{
    return (const unsigned char *)(t.n ? t.p : "");
}

int crypto_sha256(struct text message, unsigned char out[CRYPTO_SHA256])
{
    return EVP_Digest(bytes(message), message.n, out, NULL, EVP_sha256(), NULL) == 1 ? 0 : ERR_NOMEM;
}

int crypto_hmac_sha256(struct text key, struct text message, unsigned char out[CRYPTO_SHA256])
{
    size_t n = 0;
    const unsigned char *done = EVP_Q_mac(NULL, "HMAC", NULL, "SHA256", NULL, bytes(key), key.n, bytes(message),
                                          message.n, out, CRYPTO_SHA256, &n);
    return done && n == CRYPTO_SHA256 ? 0 : ERR_NOMEM;
}

/* ---- RS256 ---- */

/* Instead of asking for it on the terminal. */
static int no_password(char *buf, int size, int writing, void *ctx)
{
    (void)buf, (void)size, (void)writing;
    *(bool *)ctx = true; /* one was asked for */
    return -1;
}

static bool holds(struct text pem, const char *what)
{
    return memmem(pem.p, pem.n, what, strlen(what)) != NULL;
}

/* Why the text is no key that we can use, and what to do. The text itself is secret, and not shown. */
static int complain(struct text pem, bool encrypted, struct err *err)
{
    const char *why = "is no private key in PEM: it should begin with -----BEGIN PRIVATE KEY-----";
    if (pem.n == 0)
        why = "is empty";
    else if (encrypted)
        why =
            "is encrypted: store it without a password (openssl pkey -in KEY -out PLAIN), readable by this user alone";
    else if (holds(pem, "BEGIN PUBLIC KEY") || holds(pem, "BEGIN CERTIFICATE-") || holds(pem, "BEGIN RSA PUBLIC KEY"))
        why = "is the public half: the private key that belongs to it is needed";
    else if (holds(pem, "BEGIN OPENSSH"))
        why = "is in OpenSSH's own format: convert it with ssh-keygen -p -m PEM -f KEY";
    else if (holds(pem, "\\n"))
        why = "has \\n written out where lines end: put it into a file, and name that as \"@file:PATH\"";
    else if (holds(pem, "PRIVATE KEY"))
        why = "is damaged: compare it with its origin, line by line";
    return err_set(err, ERR_INVALID, "the signing key %s", why);
}

static int check(EVP_PKEY *key, struct err *err)
{
    if (!EVP_PKEY_is_a(key, "RSA"))
        return err_set(err, ERR_INVALID,
                       "the signing key is of type %s, and RS256 needs an RSA key: make one with "
                       "openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048",
                       EVP_PKEY_get0_type_name(key));
    if (EVP_PKEY_get_bits(key) < RSA_BITS_MIN)
        return err_set(err, ERR_INVALID,
                       "the signing key has %d bits, and RS256 needs %d: make a new one and "
                       "upload its certificate",
                       EVP_PKEY_get_bits(key), RSA_BITS_MIN);
    return 0;
}

static int key_read(struct text pem, EVP_PKEY **out, struct err *err)
{
    bool asked = false;
    BIO *bio = pem.n <= 65536 ? BIO_new_mem_buf(bytes(pem), (int)pem.n) : NULL;
    *out = bio ? PEM_read_bio_PrivateKey(bio, NULL, no_password, &asked) : NULL;
    BIO_free(bio);
    return *out ? check(*out, err) : complain(pem, asked, err);
}

static int sign(struct arena *a, EVP_PKEY *key, struct text message, struct text *signature, struct err *err)
{
    size_t n = (size_t)EVP_PKEY_get_size(key);
    unsigned char *out = arena_alloc(a, n);
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    bool ok = out && ctx &&
              EVP_DigestSignInit(ctx, NULL, EVP_sha256(), NULL, key) == 1 && /* PKCS #1 v1.5 unless told */
              EVP_DigestSign(ctx, out, &n, bytes(message), message.n) == 1;
    EVP_MD_CTX_free(ctx);
    *signature = ok ? (struct text){(const char *)out, n} : (struct text){"", 0};
    return ok ? 0 : err_set(err, ERR_NOMEM, "signing failed: %s", ERR_reason_error_string(ERR_peek_error()));
}

int crypto_rs256(struct arena *a, struct text pem, struct text message, struct text *signature, struct err *err)
{
    EVP_PKEY *key = NULL;
    *signature = (struct text){"", 0};
    int rc = key_read(pem, &key, err);
    if (!rc)
        rc = sign(a, key, message, signature, err);
    EVP_PKEY_free(key);
    ERR_clear_error();
    return rc;
}

/* ---- base64 (RFC 4648) ---- */

static const char standard[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
static const char url_safe[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

static struct text encode(struct arena *a, struct text raw, const char *alphabet, bool padded)
{
    const unsigned char *p = bytes(raw);
    char *out = arena_alloc(a, raw.n / 3 * 4 + 5);
    size_t n = 0;
    if (!out)
        return (struct text){"", 0};
    for (size_t i = 0; i < raw.n; i += 3) {
        size_t left = raw.n - i;
        unsigned group = p[i] << 16 | (left > 1 ? p[i + 1] : 0) << 8 | (left > 2 ? p[i + 2] : 0);
        for (size_t k = 0; k < 4; k++) {
            if (k <= left)
                out[n++] = alphabet[group >> (18 - 6 * k) & 63];
            else if (padded)
                out[n++] = '=';
        }
    }
    return (struct text){out, n};
}

struct text crypto_base64(struct arena *a, struct text raw)
{
    return encode(a, raw, standard, true);
}

struct text crypto_base64url(struct arena *a, struct text raw)
{
    return encode(a, raw, url_safe, false);
}

static int digit_of(char c)
{
    const char *at = c ? strchr(standard, c) : NULL;
    return at ? (int)(at - standard) : -1;
}

/* One group of 4 characters, `digits` of which are no padding; the bits that are left over must be 0. */
static bool decode_group(const char *p, size_t digits, char out[3])
{
    unsigned group = 0;
    for (size_t i = 0; i < 4; i++) {
        int digit = i < digits ? digit_of(p[i]) : 0;
        if (digit < 0)
            return false;
        group = group << 6 | (unsigned)digit;
    }
    out[0] = (char)(group >> 16);
    out[1] = (char)(group >> 8);
    out[2] = (char)group;
    return digits == 4 || (group & (digits == 3 ? 0xff : 0xffff)) == 0;
}

bool crypto_base64_decode(struct arena *a, struct text b64, struct text *raw)
{
    *raw = (struct text){"", 0};
    if (b64.n % 4)
        return false;
    size_t padding = b64.n && b64.p[b64.n - 1] == '=' ? 1 + (b64.p[b64.n - 2] == '=') : 0;
    char *out = arena_alloc(a, b64.n / 4 * 3 + 1);
    if (!out)
        return false;
    for (size_t i = 0; i < b64.n; i += 4)
        if (!decode_group(b64.p + i, i + 4 == b64.n ? 4 - padding : 4, out + i / 4 * 3))
            return false;
    *raw = (struct text){out, b64.n / 4 * 3 - padding};
    return true;
}
