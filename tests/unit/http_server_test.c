/* The HTTP server and good clients: what handlers get and give, and that the server can go at any moment. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "http_server_bench.h"

/* ---- requests ---- */

static void test_paths_and_methods(void **state)
{
    (void)state;
    static const struct {
        const char *method, *path;
        int status;
        const char *body;
    } rows[] = {
        {"GET", "/echo", 200, "GET /echo orders - "},
        {"GET", "/echo?hub.mode=a%20b&x", 200, "GET /echo orders a b "},
        {"DELETE", "/echo", 200, "DELETE /echo orders - "},
        {"POST", "/hooks/any", 202, "hooks"},
        {"POST", "/hooks/exact", 202, "exact"},
        {"POST", "/hooks/exactly", 202, "hooks"},
        {"POST", "/hooks/deep/er", 202, "deep"},
        {"POST", "/hooks", 404, "not found\n"},
        {"GET", "/metrics", 202, "metrics"},
        {"HEAD", "/metrics", 202, ""},
        {"GET", "/metrics/x", 404, "not found\n"},
        {"GET", "/", 404, "not found\n"},
        {"POST", "/metrics", 405, "method not allowed\n"},
        {"GET", "/hooks/x", 405, "method not allowed\n"},
        {"GET", "/nothing", 500, ""},
    };
    struct bench b;
    struct http_server_settings s = {.address = "127.0.0.1:0"};
    bench_open(&b, &s);
    for (size_t i = 0; i < ROWS(rows); i++) {
        struct call c;
        call_start(&b, &c, rows[i].method, rows[i].path, (struct text){0});
        call_finish(&b, &c);
        if (c.rc || c.answer.status != rows[i].status || !text_is(c.answer.body, rows[i].body))
            fail_msg("%s %s: %d %d %.*s", rows[i].method, rows[i].path, c.rc, c.answer.status, TEXT_ARG(c.answer.body));
        const char *allow = http_response_header(&c.answer, "allow");
        if (c.answer.status == 405)
            assert_string_equal(allow, strcmp(rows[i].path, "/metrics") ? "POST" : "PUT, GET");
        arena_release(&c.arena);
    }
    bench_close(&b);
}

static void test_bodies_are_raw_bytes(void **state)
{
    (void)state;
    enum { n = 300000 };
    char *body = malloc(n);
    struct bench b;
    struct call c;
    struct http_server_settings s = {.address = "localhost:0"};
    for (int i = 0; i < n; i++)
        body[i] = (char)(i * 7);
    bench_open(&b, &s);
    call_start(&b, &c, "POST", "/echo", (struct text){body, n});
    call_finish(&b, &c);
    assert_int_equal(c.rc, 0);
    size_t head = strlen("POST /echo orders - ");
    assert_int_equal(c.answer.body.n, head + n);
    assert_memory_equal(c.answer.body.p + head, body, n);
    assert_string_equal(http_response_header(&c.answer, "content-type"), "application/octet-stream");
    arena_release(&c.arena);
    bench_close(&b);
    free(body);
}

static void test_handlers_wait_side_by_side(void **state)
{
    (void)state;
    struct bench b;
    struct call calls[10];
    struct http_server_settings s = {.address = "127.0.0.1:0"};
    bench_open(&b, &s);
    for (size_t i = 0; i < ROWS(calls); i++)
        call_start(&b, &calls[i], "POST", "/wait", text_of("{}"));
    for (size_t i = 0; i < ROWS(calls); i++) {
        call_finish(&b, &calls[i]);
        assert_int_equal(calls[i].rc, 0);
        assert_true(text_is(calls[i].answer.body, "waited"));
        arena_release(&calls[i].arena);
    }
    assert_int_equal(b.waiting_max, 10);
    bench_close(&b);
}

/* ---- the end ---- */

static void test_the_server_may_go_while_handlers_run(void **state)
{
    (void)state;
    struct bench b;
    struct call calls[3];
    struct http_server_settings s = {.address = "127.0.0.1:0"};
    bench_open(&b, &s);
    for (size_t i = 0; i < ROWS(calls); i++)
        call_start(&b, &calls[i], "POST", "/wait", text_of("{}"));
    while (b.waiting < 3)
        loop_run_once(b.loop, 10, NULL);
    http_server_free(b.server);
    b.server = NULL;
    for (size_t i = 0; i < ROWS(calls); i++) {
        call_finish(&b, &calls[i]);
        assert_int_equal(calls[i].rc, ERR_IO);
        arena_release(&calls[i].arena);
    }
    bench_run_ms(&b, 300);
    assert_int_equal(b.ended, 3); /* the handlers ran to their end, without their server */
    bench_close(&b);
}

static void test_drain_finishes_what_runs(void **state)
{
    (void)state;
    struct bench b;
    struct call running, late;
    struct http_server_settings s = {.address = "127.0.0.1:0"};
    bench_open(&b, &s);
    call_start(&b, &running, "POST", "/wait", text_of("{}"));
    while (b.waiting < 1)
        loop_run_once(b.loop, 10, NULL);
    http_server_drain(b.server);
    http_server_drain(b.server);
    call_start(&b, &late, "GET", "/metrics", (struct text){0});
    call_finish(&b, &late);
    assert_int_equal(late.rc, ERR_UNAVAILABLE);
    call_finish(&b, &running);
    assert_int_equal(running.answer.status, 200);
    assert_string_equal(http_response_header(&running.answer, "connection"), "close");
    arena_release(&running.arena);
    arena_release(&late.arena);
    bench_close(&b);
}

static void test_addresses(void **state)
{
    (void)state;
    static const char *const bad[] = {"",
                                      "127.0.0.1",
                                      "8080",
                                      "127.0.0.1:",
                                      "127.0.0.1:http",
                                      "127.0.0.1:70000",
                                      "127.0.0.1:-1",
                                      "nowhere.invalid:80"};
    struct bench b;
    struct http_server_settings s = {.address = ":0"};
    struct http_server *second;
    struct err err;
    char address[40];
    bench_open(&b, &s);
    snprintf(address, sizeof address, "127.0.0.1:%d", http_server_port(b.server));
    s.address = address;
    assert_int_equal(http_server_new(&second, b.loop, NULL, &s, &err), ERR_UNAVAILABLE);
    assert_non_null(strstr(err.text, address));
    for (size_t i = 0; i < ROWS(bad); i++) {
        s.address = bad[i];
        if (http_server_new(&second, b.loop, NULL, &s, &err) != ERR_INVALID)
            fail_msg("%s: %s", bad[i], err.text);
    }
    bench_close(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_paths_and_methods),
        cmocka_unit_test(test_bodies_are_raw_bytes),
        cmocka_unit_test(test_handlers_wait_side_by_side),
        cmocka_unit_test(test_the_server_may_go_while_handlers_run),
        cmocka_unit_test(test_drain_finishes_what_runs),
        cmocka_unit_test(test_addresses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
