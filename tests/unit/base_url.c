/* Addresses taken apart, and what is told of those that are written wrong. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/url.h"

#define ROWS(table) (sizeof(table) / sizeof *(table))

static void test_parts(void **state)
{
    (void)state;
    static const struct {
        const char *url, *scheme, *user, *host;
        int port;
        const char *path;
    } rows[] = {
        {"https://shop.example.com", "https", "", "shop.example.com", 0, ""},
        {"http://127.0.0.1:8080/a/b", "http", "", "127.0.0.1", 8080, "/a/b"},
        {"http://[::1]:80/", "http", "", "[::1]", 80, "/"},
        {"https://h?q=1#f", "https", "", "h", 0, "?q=1#f"},
        {"amqp://u:p%40@h:5672/v", "amqp", "u:p%40", "h", 5672, "/v"},
        {"amqp://u:p@@h", "amqp", "u:p@", "h", 0, ""},
        {"x://h:65535", "x", "", "h", 65535, ""},
    };
    for (size_t i = 0; i < ROWS(rows); i++) {
        struct url u;
        const char *fault = url_split(text_of(rows[i].url), &u);
        if (fault)
            fail_msg("%s: %s", rows[i].url, fault);
        if (!text_is(u.scheme, rows[i].scheme) || !text_is(u.user, rows[i].user) || !text_is(u.host, rows[i].host) ||
            u.port != rows[i].port || !text_is(u.path, rows[i].path))
            fail_msg("%s: \"%.*s\" \"%.*s\" \"%.*s\" %d \"%.*s\"", rows[i].url, TEXT_ARG(u.scheme), TEXT_ARG(u.user),
                     TEXT_ARG(u.host), u.port, TEXT_ARG(u.path));
    }
}

static void test_faults(void **state)
{
    (void)state;
    static const struct {
        const char *url, *says;
    } rows[] = {
        {"", "does not begin with a scheme"},
        {"shop.example.com", "does not begin with a scheme"},
        {"://h", "does not begin with a scheme"},
        {"https:/h", "does not begin with a scheme"},
        {"HTTPS://h", "does not begin with a scheme"},
        {"https://", "names no host"},
        {"https:///path", "names no host"},
        {"https://:443", "names no host"},
        {"https://a b", "a space"},
        {"https://a\tb", "a space or a control character"},
        {"https://a,b", "a character in its host"},
        {"https://[::1", "a character in its host"},
        {"https://h:", "no number from 1 to 65535"},
        {"https://h:0", "no number from 1 to 65535"},
        {"https://h:65536", "no number from 1 to 65535"},
        {"https://h:99999999999999999999", "no number from 1 to 65535"},
        {"https://h:+1", "no number from 1 to 65535"},
        {"https://h:80a/", "no number from 1 to 65535"},
    };
    for (size_t i = 0; i < ROWS(rows); i++) {
        struct url u;
        const char *fault = url_split(text_of(rows[i].url), &u);
        if (!fault || !strstr(fault, rows[i].says))
            fail_msg("%s: %s", rows[i].url, fault ? fault : "nothing is wrong");
    }
}

static void test_addresses(void **state)
{
    (void)state;
    static const struct {
        const char *address, *says; /* NULL: it is right */
    } rows[] = {
        {"127.0.0.1:0", NULL},       {":8080", NULL},
        {"[::1]:65535", NULL},       {"a.example:1", NULL},
        {"", "no port"},             {"127.0.0.1", "no port"},
        {"127.0.0.1:", "no number"}, {"127.0.0.1:65536", "no number from 0 to 65535"},
        {"127.0.0.1:x", "no number"}, {"127.0.0.1:-1", "no number"},
        {"127.0.0.1 :1", "character in its host"},
    };
    for (size_t i = 0; i < ROWS(rows); i++) {
        const char *fault = url_address_fault(text_of(rows[i].address));
        if (!fault != !rows[i].says || (fault && !strstr(fault, rows[i].says)))
            fail_msg("\"%s\": %s", rows[i].address, fault ? fault : "nothing is wrong");
    }
}

static void test_loopback(void **state)
{
    (void)state;
    static const char *const near[] = {"127.0.0.1", "127.8.9.10", "localhost", "LocalHost", "[::1]"};
    static const char *const far[] = {"", "128.0.0.1", "127.0.0.1.example.com", "127.example.com", "[::2]", "::1"};
    for (size_t i = 0; i < ROWS(near); i++)
        assert_true(url_host_is_loopback(text_of(near[i])));
    for (size_t i = 0; i < ROWS(far); i++)
        assert_false(url_host_is_loopback(text_of(far[i])));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_parts),
        cmocka_unit_test(test_faults),
        cmocka_unit_test(test_addresses),
        cmocka_unit_test(test_loopback),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
