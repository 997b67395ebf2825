/* Crypto against the vectors of its RFCs, and RS256 against the openssl command. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <cmocka.h>

#include "edge/crypto.h"

#define ROWS(table) (sizeof(table) / sizeof *(table))

static void assert_hex(const unsigned char *p, const char *hex)
{
    char out[2 * CRYPTO_SHA256 + 1];
    for (int i = 0; i < CRYPTO_SHA256; i++)
        snprintf(out + 2 * i, 3, "%02x", p[i]);
    assert_string_equal(out, hex);
}

static void test_sha256(void **state)
{
    (void)state;
    unsigned char out[CRYPTO_SHA256];
    assert_int_equal(crypto_sha256(text_of("abc"), out), 0); /* FIPS 180-4 */
    assert_hex(out, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    assert_int_equal(crypto_sha256((struct text){NULL, 0}, out), 0);
    assert_hex(out, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

static void test_hmac_sha256(void **state)
{
    (void)state;
    char key[131], filled[50];
    unsigned char out[CRYPTO_SHA256];
    memset(key, 0x0b, 20); /* RFC 4231, cases 1, 2, 3, 6 */
    assert_int_equal(crypto_hmac_sha256((struct text){key, 20}, text_of("Hi There"), out), 0);
    assert_hex(out, "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
    assert_int_equal(crypto_hmac_sha256(text_of("Jefe"), text_of("what do ya want for nothing?"), out), 0);
    assert_hex(out, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    memset(key, 0xaa, sizeof key);
    memset(filled, 0xdd, sizeof filled);
    assert_int_equal(crypto_hmac_sha256((struct text){key, 20}, (struct text){filled, 50}, out), 0);
    assert_hex(out, "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe");
    assert_int_equal(crypto_hmac_sha256((struct text){key, 131},
                                        text_of("Test Using Larger Than Block-Size Key - Hash Key First"), out),
                     0);
    assert_hex(out, "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
    assert_int_equal(crypto_hmac_sha256((struct text){NULL, 0}, (struct text){NULL, 0}, out), 0);
    assert_hex(out, "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad");
}

static void test_base64(void **state)
{
    (void)state;
    static const struct {
        const char *raw;
        size_t n;
        const char *standard, *url;
    } rows[] = {
        {"", 0, "", ""}, /* RFC 4648, 10 */
        {"f", 1, "Zg==", "Zg"},
        {"fo", 2, "Zm8=", "Zm8"},
        {"foo", 3, "Zm9v", "Zm9v"},
        {"foob", 4, "Zm9vYg==", "Zm9vYg"},
        {"fooba", 5, "Zm9vYmE=", "Zm9vYmE"},
        {"foobar", 6, "Zm9vYmFy", "Zm9vYmFy"},
        {"\xfb\xff\xfe", 3, "+//+", "-__-"},
        {"\0\0", 2, "AAA=", "AAA"},
        /* RFC 7515, A.1.1 */
        {"{\"typ\":\"JWT\",\r\n \"alg\":\"HS256\"}", 30, "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9",
         "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9"},
    };
    struct arena a;
    struct text back;
    arena_init(&a, 10000);
    for (size_t i = 0; i < ROWS(rows); i++) {
        struct text raw = {rows[i].raw, rows[i].n};
        assert_true(text_is(crypto_base64(&a, raw), rows[i].standard));
        assert_true(text_is(crypto_base64url(&a, raw), rows[i].url));
        assert_true(crypto_base64_decode(&a, text_of(rows[i].standard), &back));
        assert_true(text_eq(back, raw));
    }
    arena_release(&a);
}

static void test_base64_is_read_strictly(void **state)
{
    (void)state;
    static const char *const bad[] = {"Z",    "Zg",       "Zg=",    "Zg===", "Zh==", "Zm9=",     "=",    "====",
                                      "Z===", "Zg==Zg==", "Zm9v\n", "Zm 9",  "-__-", "Zm9v!AAA", "Z=g=", "Zm9v=AAA"};
    struct arena a;
    struct text raw;
    arena_init(&a, 10000);
    for (size_t i = 0; i < ROWS(bad); i++)
        if (crypto_base64_decode(&a, text_of(bad[i]), &raw))
            fail_msg("\"%s\" was read", bad[i]);
    arena_release(&a);
}

/* ---- RS256 ---- */

static char folder[] = "/tmp/tidegate-crypto-XXXXXX";

static void run(const char *command)
{
    char whole[500];
    snprintf(whole, sizeof whole, "cd %s && (%s) >/dev/null 2>&1", folder, command);
    if (system(whole))
        fail_msg("%s", command);
}

static struct text read_file(struct arena *a, const char *name)
{
    char path[100], *p = arena_alloc(a, 20000);
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *f = fopen(path, "r");
    assert_non_null(f);
    size_t n = fread(p, 1, 20000, f);
    fclose(f);
    return (struct text){p, n};
}

static void write_file(const char *name, struct text t)
{
    char path[100];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    assert_int_equal(fwrite(t.p, 1, t.n, f), t.n);
    fclose(f);
}

static void test_rs256_is_what_openssl_verifies(void **state)
{
    (void)state;
    static const char *const forms[] = {
        "openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out key",                 /* PKCS #8 */
        "openssl genrsa 3072 > key8; openssl rsa -traditional -in key8 -out key || cp key8 key", /* PKCS #1 */
    };
    struct text message = text_of("eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJ4In0"), signature;
    for (size_t i = 0; i < ROWS(forms); i++) {
        struct arena a;
        struct err err;
        arena_init(&a, 100000);
        run(forms[i]);
        if (crypto_rs256(&a, read_file(&a, "key"), message, &signature, &err))
            fail_msg("%s", err.text);
        write_file("message", message);
        write_file("signature", signature);
        run("openssl pkey -in key -pubout -out public");
        run("openssl dgst -sha256 -verify public -signature signature message");
        run("openssl dgst -sha256 -sign key message | cmp - signature"); /* the scheme has no chance in it */
        arena_release(&a);
    }
}

static void test_keys_that_cannot_sign_name_the_remedy(void **state)
{
    (void)state;
    static const struct {
        const char *make, *words;
    } rows[] = {
        {": > key", "is empty"},
        {"echo hello > key", "BEGIN PRIVATE KEY"},
        {"openssl genpkey -algorithm RSA -aes256 -pass pass:x -out key", "without a password"},
        {"openssl genrsa -out k 2048; openssl pkey -in k -pubout -out key", "private key that belongs to it"},
        {"openssl genrsa -out k 2048; openssl req -x509 -new -key k -subj /CN=x -out key",
         "private key that belongs to it"},
        {"openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out key", "needs an RSA key"},
        {"openssl genrsa -out key 1024", "has 1024 bits"},
        {"openssl genrsa -out k 2048; head -5 k > key", "is damaged"},
        {"openssl genrsa -out k 2048; awk '{printf \"%s\\\\n\", $0}' k > key", "@file:PATH"},
        {"echo '-----BEGIN OPENSSH PRIVATE KEY-----' > key", "ssh-keygen"},
    };
    for (size_t i = 0; i < ROWS(rows); i++) {
        struct arena a;
        struct err err = {0};
        struct text signature;
        arena_init(&a, 100000);
        run(rows[i].make);
        int rc = crypto_rs256(&a, read_file(&a, "key"), text_of("m"), &signature, &err);
        if (rc != ERR_INVALID || !strstr(err.text, rows[i].words))
            fail_msg("%s: %d %s", rows[i].make, rc, err.text);
        assert_int_equal(signature.n, 0);
        arena_release(&a);
    }
}

static int make_folder(void **state)
{
    (void)state;
    return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state)
{
    (void)state;
    char command[100];
    snprintf(command, sizeof command, "rm -r %s", folder);
    return system(command);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sha256),
        cmocka_unit_test(test_hmac_sha256),
        cmocka_unit_test(test_base64),
        cmocka_unit_test(test_base64_is_read_strictly),
        cmocka_unit_test(test_rs256_is_what_openssl_verifies),
        cmocka_unit_test(test_keys_that_cannot_sign_name_the_remedy),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
