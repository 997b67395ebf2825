/* The HTTP client against a peer that answers well and badly. What matters most: that a failed exchange says whether
 * the other side may have acted, and that nothing is sent twice. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/buf.h"
#include "edge/http_client.h"
#include "http_peers.h"

/* ---- one loop, one client, one task that runs the steps of a test ---- */

struct bench {
    struct loop *loop;
    struct http_client *client;
    struct arena arena;
    struct peer peer;
    void (*steps)(struct bench *b);
    struct http_response answer;
    struct err err;
    int done, started;
};

static void bench_task(void *arg)
{
    struct bench *b = arg;
    b->steps(b);
    loop_stop(b->loop);
}

static void bench_run_with(void (*script)(struct peer *), void (*steps)(struct bench *),
                           const struct http_client_settings *s)
{
    struct bench b = {.steps = steps};
    arena_init(&b.arena, 8u << 20);
    peer_start(&b.peer, script);
    assert_int_equal(loop_new(&b.loop, NULL), 0);
    assert_int_equal(http_client_new(&b.client, b.loop, s, NULL), 0);
    assert_int_equal(task_start(b.loop, bench_task, &b, NULL), 0);
    assert_int_equal(loop_run(b.loop, NULL), 0);
    http_client_free(b.client);
    loop_free(b.loop);
    arena_release(&b.arena);
}

static void bench_run(void (*script)(struct peer *), void (*steps)(struct bench *))
{
    struct http_client_settings s = {.body_max = 1u << 20};
    bench_run_with(script, steps, &s);
}

static int ask(struct bench *b, const char *method, const char *body, int timeout_ms)
{
    char url[80];
    snprintf(url, sizeof url, "http://127.0.0.1:%d/x?secret=1", b->peer.port);
    struct http_request r = {.method = method, .url = url, .body = text_of(body), .timeout_ms = timeout_ms};
    return http_send(b->client, &r, &b->arena, &b->answer, &b->err);
}

/* ---- tests ---- */

static void headers_steps(struct bench *b)
{
    assert_int_equal(ask(b, "POST", "{}", 0), 0);
    peer_stop(&b->peer);
    assert_int_equal(b->answer.status, 429);
    assert_true(text_is(b->answer.body, "later"));
    assert_string_equal(http_response_header(&b->answer, "retry-after"), "7");
    assert_string_equal(http_response_header(&b->answer, "x-empty"), "");
    assert_null(http_response_header(&b->answer, "x-wrong"));
    assert_null(http_response_header(&b->answer, "missing"));
}

static void test_an_answer_is_an_answer(void **state)
{
    (void)state;
    bench_run(answers_with_headers, headers_steps);
}

static void echo_steps(struct bench *b)
{
    const struct http_header headers[] = {{"X-Plain", "one two"}, {"X-Empty", ""}};
    char url[80];
    snprintf(url, sizeof url, "http://localhost:%d/a%%20b?q=1", b->peer.port);
    struct http_request r = {
        .method = "PATCH", .url = url, .headers = headers, .header_count = 2, .body = text_of("{}")};
    assert_int_equal(http_send(b->client, &r, &b->arena, &b->answer, &b->err), 0);
    const char *said = b->answer.body.p;
    assert_non_null(strstr(said, "PATCH /a%20b?q=1 HTTP/1.1\r\n"));
    assert_non_null(strstr(said, "\r\nX-Plain: one two\r\n"));
    assert_non_null(strstr(said, "\r\nX-Empty:\r\n"));
    assert_non_null(strstr(said, "\r\n\r\n{}"));
    assert_null(strcasestr(said, "content-type"));
    assert_null(strcasestr(said, "expect"));
    assert_int_equal(ask(b, "DELETE", "", 0), 0); /* a handle used before must not remember the last request */
    said = b->answer.body.p;
    assert_non_null(strstr(said, "DELETE /x?secret=1 HTTP/1.1\r\n"));
    assert_null(strstr(said, "X-Plain"));
    assert_null(strcasestr(said, "content-length"));
    http_client_free(b->client); /* closes the kept connection, so that the peer ends at once */
    b->client = NULL;
    peer_stop(&b->peer);
    assert_int_equal(b->peer.requests, 2);
}

static void test_the_request_goes_out_as_told(void **state)
{
    (void)state;
    bench_run(echoes_the_request, echo_steps);
}

/* Each row: what the peer does, and what the caller of a POST must be told. */
static const struct fault {
    const char *meaning;
    void (*script)(struct peer *p);
    int code;
    const char *words;
} faults[] = {
    {"torn within the body: may have been done", tears_in_body, ERR_IO, "not known"},
    {"closed after the request: may have been done", closes_without_answer, ERR_IO, "not known"},
    {"no answer in time: may have been done", never_answers, ERR_TIMEOUT, "not known"},
    {"a body that drips is cut at the time-out", drips_its_body, ERR_TIMEOUT, "not known"},
    {"no HTTP at all", sends_garbage, ERR_IO, "not known"},
    {"header over its bound", sends_a_huge_header, ERR_TOO_LARGE, "over"},
    {"body over its bound", sends_a_huge_body, ERR_TOO_LARGE, "1048576"},
};

static int fault_at;

static void fault_steps(struct bench *b)
{
    const struct fault *f = &faults[fault_at];
    int rc = ask(b, "POST", "{}", 400);
    peer_stop(&b->peer);
    if (rc != f->code || !strstr(b->err.text, f->words))
        fail_msg("%s: %d %s", f->meaning, rc, b->err.text);
    assert_null(strstr(b->err.text, "secret")); /* the query is not for the log */
    assert_int_equal(b->peer.requests, 1);
}

static void test_faults_say_what_is_known(void **state)
{
    (void)state;
    for (fault_at = 0; fault_at < (int)(sizeof faults / sizeof *faults); fault_at++)
        bench_run(faults[fault_at].script, fault_steps);
}

static void unreachable_steps(struct bench *b)
{
    peer_stop(&b->peer); /* its port is closed now */
    assert_int_equal(ask(b, "POST", "{}", 0), ERR_UNAVAILABLE);
    struct http_request r = {.method = "POST", .url = "https://no-such-host.invalid/", .timeout_ms = 1500};
    assert_int_equal(http_send(b->client, &r, &b->arena, &b->answer, &b->err), ERR_UNAVAILABLE);
    assert_non_null(strstr(b->err.text, "no-such-host.invalid"));
}

static void test_no_connection_means_nothing_was_sent(void **state)
{
    (void)state;
    bench_run(nobody, unreachable_steps);
}

static void post_twice_steps(struct bench *b)
{
    assert_int_equal(ask(b, "POST", "{\"n\":1}", 0), 0);
    assert_int_equal(ask(b, "POST", "{\"n\":2}", 0), ERR_IO);
    assert_non_null(strstr(b->err.text, "not known"));
    peer_stop(&b->peer);
    assert_int_equal(b->peer.requests, 2); /* the second one once */
}

static void delete_steps(struct bench *b)
{
    assert_int_equal(ask(b, "POST", "{}", 0), 0);
    assert_int_equal(ask(b, "DELETE", "", 0), ERR_IO); /* no body that curl would have to rewind */
    peer_stop(&b->peer);
    assert_int_equal(b->peer.requests, 2);
}

static void get_steps(struct bench *b)
{
    assert_int_equal(ask(b, "GET", "", 0), 0);
    assert_int_equal(ask(b, "GET", "", 0), 0);
    peer_stop(&b->peer);
    assert_int_equal(b->peer.requests, 3);
}

static void test_only_a_safe_request_is_sent_again(void **state)
{
    (void)state;
    bench_run(dies_on_the_second, post_twice_steps);
    bench_run(dies_on_the_second, delete_steps);
    bench_run(dies_on_the_second, get_steps);
}

static void idle_steps(struct bench *b)
{
    assert_int_equal(ask(b, "POST", "{\"n\":1}", 0), 0);
    task_sleep(b->loop, 100);
    assert_int_equal(ask(b, "POST", "{\"n\":2}", 0), 0);
    peer_stop(&b->peer);
    assert_int_equal(b->peer.requests, 2);
    assert_int_equal(b->peer.connections, 2);
}

static void test_a_connection_closed_while_idle_is_replaced(void **state)
{
    (void)state;
    bench_run(closes_while_idle, idle_steps);
}

static void refusal_steps(struct bench *b)
{
    static const struct {
        const char *url, *words;
    } rows[] = {
        {"http://example.com/", "https://"},
        {"http://127.0.0.1@example.com/", "https://"},
        {"http://127.example.com/", "https://"},
        {"http://[::2]/", "https://"},
        {"http://localhost.example.com/", "https://"},
        {"file:///etc/passwd", "https://"},
        {"gopher://127.0.0.1/", "https://"},
        {"https://", "is not a web address"},
        {"", "is not a web address"},
    };
    peer_stop(&b->peer);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct http_request r = {.method = "GET", .url = rows[i].url};
        assert_int_equal(http_send(b->client, &r, &b->arena, &b->answer, &b->err), ERR_INVALID);
        if (!strstr(b->err.text, rows[i].words))
            fail_msg("%s: %s", rows[i].url, b->err.text);
    }
    const struct http_header bad[] = {{"X-A", "1\r\nX-B: 2"}, {"X A", "1"}, {"X:A", "1"}, {"", "1"}, {"X\n", "1"}};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct http_request r = {.method = "GET", .url = "https://localhost/", .headers = &bad[i], .header_count = 1};
        assert_int_equal(http_send(b->client, &r, &b->arena, &b->answer, &b->err), ERR_INVALID);
    }
}

static void test_unsafe_addresses_and_headers_are_refused(void **state)
{
    (void)state;
    bench_run(nobody, refusal_steps);
}

static void many_task(void *arg)
{
    struct bench *b = arg;
    struct arena a;
    struct http_response answer;
    char url[80];
    arena_init(&a, 1u << 20);
    snprintf(url, sizeof url, "http://127.0.0.1:%d/many", b->peer.port);
    struct http_request r = {.method = "POST", .url = url, .body = text_of("{}")};
    assert_int_equal(http_send(b->client, &r, &a, &answer, &b->err), 0);
    arena_release(&a);
    b->done++;
}

static void many_steps(struct bench *b)
{
    for (int i = 0; i < 50; i++)
        assert_int_equal(task_start(b->loop, many_task, b, NULL), 0);
    while (b->done < 50)
        task_sleep(b->loop, 5);
    http_client_free(b->client);
    b->client = NULL;
    peer_stop(&b->peer);
    assert_int_equal(b->peer.requests, 50);
    assert_int_equal(b->peer.connections, 1);
}

static void test_many_wait_for_one_connection(void **state)
{
    (void)state;
    struct http_client_settings s = {.connections_max = 1};
    bench_run_with(echoes_the_request, many_steps, &s);
}

static void stopped_task(void *arg)
{
    struct bench *b = arg;
    b->started = 1;
    assert_int_equal(ask(b, "POST", "{}", 0), ERR_STOPPING);
    b->done = 1;
}

static void stopped_steps(struct bench *b)
{
    assert_int_equal(task_start(b->loop, stopped_task, b, NULL), 0);
    task_sleep(b->loop, 50);
    assert_int_equal(b->started, 1);
    http_client_free(b->client);
    b->client = NULL;
    while (!b->done)
        task_sleep(b->loop, 5);
    peer_stop(&b->peer);
}

static void test_freeing_the_client_wakes_who_waits(void **state)
{
    (void)state;
    bench_run(never_answers, stopped_steps);
}

/* ---- TLS, against openssl's own server ---- */

static char tls_folder[] = "/tmp/tidegate-http-XXXXXX";
static int tls_port;

static pid_t tls_server(void)
{
    char command[600];
    snprintf(command, sizeof command,
             "cd %s && openssl req -x509 -newkey rsa:2048 -nodes -keyout key -out cert -days 2 -subj /CN=localhost "
             "-addext subjectAltName=DNS:localhost 2>/dev/null",
             tls_folder);
    assert_int_equal(system(command), 0);
    pid_t child = fork();
    if (child == 0) {
        snprintf(command, sizeof command, "%d", tls_port);
        if (chdir(tls_folder) == 0 && freopen("/dev/null", "w", stdout))
            execlp("openssl", "openssl", "s_server", "-quiet", "-accept", command, "-cert", "cert", "-key", "key",
                   "-www", (char *)NULL);
        _exit(127);
    }
    return child;
}

static int tls_ask(struct bench *b, const char *host)
{
    char url[100];
    snprintf(url, sizeof url, "https://%s:%d/", host, tls_port);
    struct http_request r = {.method = "GET", .url = url, .timeout_ms = 5000};
    return http_send(b->client, &r, &b->arena, &b->answer, &b->err);
}

static void untrusted_steps(struct bench *b)
{
    while (tls_ask(b, "localhost") && strstr(b->err.text, "onnect to"))
        task_sleep(b->loop, 50); /* not listening yet */
    assert_int_equal(b->err.code, ERR_UNAVAILABLE);
    assert_non_null(strstr(b->err.text, "certificate"));
    assert_int_equal(ask(b, "GET", "", 0), 0); /* the peer speaks no TLS, and is asked for none */
    peer_stop(&b->peer);
}

static void trusted_steps(struct bench *b)
{
    peer_stop(&b->peer);
    assert_int_equal(tls_ask(b, "localhost"), 0);
    assert_int_equal(b->answer.status, 200);
    assert_int_equal(tls_ask(b, "127.0.0.1"), ERR_UNAVAILABLE); /* another name than the certificate's */
    assert_non_null(strstr(b->err.text, "name"));
}

static void plain_steps(struct bench *b)
{
    char url[80];
    snprintf(url, sizeof url, "https://localhost:%d/", b->peer.port);
    struct http_request r = {.method = "POST", .url = url, .timeout_ms = 300};
    assert_int_equal(http_send(b->client, &r, &b->arena, &b->answer, &b->err), ERR_UNAVAILABLE);
    peer_stop(&b->peer);
}

static void test_certificates_are_verified(void **state)
{
    (void)state;
    char ca[80];
    struct peer free_port;
    peer_start(&free_port, nobody);
    peer_stop(&free_port);
    tls_port = free_port.port;
    assert_non_null(mkdtemp(tls_folder));
    snprintf(ca, sizeof ca, "%s/cert", tls_folder);
    pid_t child = tls_server();
    bench_run(closes_while_idle, untrusted_steps);
    struct http_client_settings s = {.ca_file = ca};
    bench_run_with(nobody, trusted_steps, &s);
    bench_run(sends_garbage, plain_steps);
    kill(child, SIGTERM);
    waitpid(child, NULL, 0);
    char command[100];
    snprintf(command, sizeof command, "rm -r %s", tls_folder);
    assert_int_equal(system(command), 0);
}

static void test_escape(void **state)
{
    (void)state;
    struct arena a;
    arena_init(&a, 1000);
    assert_true(text_is(http_escape(&a, text_of("a b&c=\xc3\xa9~-._")), "a%20b%26c%3D%C3%A9~-._"));
    assert_int_equal(http_escape(&a, text_of("")).n, 0);
    arena_release(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_an_answer_is_an_answer),
        cmocka_unit_test(test_the_request_goes_out_as_told),
        cmocka_unit_test(test_faults_say_what_is_known),
        cmocka_unit_test(test_no_connection_means_nothing_was_sent),
        cmocka_unit_test(test_only_a_safe_request_is_sent_again),
        cmocka_unit_test(test_a_connection_closed_while_idle_is_replaced),
        cmocka_unit_test(test_unsafe_addresses_and_headers_are_refused),
        cmocka_unit_test(test_many_wait_for_one_connection),
        cmocka_unit_test(test_freeing_the_client_wakes_who_waits),
        cmocka_unit_test(test_certificates_are_verified),
        cmocka_unit_test(test_escape),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
