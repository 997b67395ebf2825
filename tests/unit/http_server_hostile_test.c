/* The HTTP server and bad clients: what is refused before it costs memory, and that slow clients lose their connection
 * and keep nobody out. A bad client is a thread with a plain socket. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <arpa/inet.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
#include <cmocka.h>

#include "http_server_bench.h"

/* ---- a script in a thread ---- */

struct raw {
    int port, fd;
    void (*script)(struct raw *r);
    char got[4096];
    size_t n;
    bool ended;  /* the server says no more */
    bool closed; /* by the server */
    int took_ms;
    atomic_bool done;
};

static int64_t now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void raw_send(struct raw *r, const char *bytes)
{
    if (send(r->fd, bytes, strlen(bytes), MSG_NOSIGNAL) < 0)
        r->closed = true;
}

/* Reads what comes within so long. The answer ends with the server's side: then a sender goes on until it cannot. */
static void raw_take(struct raw *r, int ms)
{
    struct pollfd one = {.fd = r->fd, .events = POLLIN};
    if (poll(&one, 1, ms) <= 0)
        return;
    ssize_t n = read(r->fd, r->got + r->n, sizeof r->got - 1 - r->n);
    r->ended = n <= 0;
    r->n += n > 0 ? (size_t)n : 0;
    r->got[r->n] = '\0';
}

/* Reads until the server closes, or for so long. */
static void raw_read(struct raw *r, int ms)
{
    for (int64_t end = now_ms() + ms; now_ms() < end && !r->closed;) {
        raw_take(r, 10);
        r->closed = r->closed || r->ended;
    }
}

static void *raw_thread(void *arg)
{
    struct raw *r = arg;
    struct sockaddr_in to = {
        .sin_family = AF_INET, .sin_port = htons((uint16_t)r->port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int64_t start = now_ms();
    r->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (connect(r->fd, (struct sockaddr *)&to, sizeof to) == 0)
        r->script(r);
    else
        r->closed = true;
    close(r->fd);
    r->took_ms = (int)(now_ms() - start);
    r->done = true;
    return NULL;
}

static void raw_run(struct bench *b, struct raw *r, void (*script)(struct raw *r))
{
    pthread_t thread;
    memset(r, 0, sizeof *r);
    r->port = http_server_port(b->server);
    r->script = script;
    assert_int_equal(pthread_create(&thread, NULL, raw_thread, r), 0);
    while (!r->done)
        loop_run_once(b->loop, 10, NULL);
    pthread_join(thread, NULL);
    loop_run_once(b->loop, 10, NULL);
}

static void announces_too_much(struct raw *r)
{
    raw_send(r, "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 1001\r\n\r\n");
    raw_read(r, 3000);
}

static void announces_beyond_reason(struct raw *r)
{
    raw_send(r, "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 18446744073709551615\r\n\r\n");
    raw_read(r, 3000);
}

static void send_chunk(struct raw *r)
{
    char chunk[1100];
    memset(chunk, 'x', sizeof chunk);
    memcpy(chunk, "400\r\n", 5);
    memcpy(chunk + 5 + 1024, "\r\n", 3);
    raw_send(r, chunk);
}

static void send_chunks(struct raw *r, int count)
{
    raw_send(r, "POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n");
    for (int i = 0; i < count && !r->closed; i++)
        send_chunk(r);
}

static void sends_chunks_over(struct raw *r)
{
    send_chunks(r, 5);
    raw_send(r, "0\r\n\r\n");
    raw_read(r, 500);
}

/* Reads what is there while it sends, as a client does that wants to hear of a refusal. */
static void sends_chunks_without_end(struct raw *r)
{
    send_chunks(r, 5);
    while (!r->closed) {
        send_chunk(r);
        raw_take(r, 0);
    }
}

static void sends_a_huge_header(struct raw *r)
{
    raw_send(r, "GET /echo HTTP/1.1\r\nHost: x\r\n");
    for (int i = 0; i < 2000 && !r->closed; i++)
        raw_send(r, "X-Header: 01234567890123456789012345678901234567890123456789\r\n");
    raw_send(r, "\r\n");
    raw_read(r, 3000);
}

static void sends_garbage(struct raw *r)
{
    raw_send(r, "\x16\x03\x01 garbage\r\n\r\n");
    raw_read(r, 3000);
}

static void drips_the_head(struct raw *r)
{
    raw_send(r, "GET /echo HTTP/1.1\r\n");
    for (int i = 0; i < 40 && !r->closed; i++) {
        raw_send(r, "X: 1\r\n");
        raw_read(r, 100);
    }
}

static void drips_the_head_on(struct raw *r)
{
    raw_send(r, "GET /echo HTTP/1.1\r\n");
    for (int64_t end = now_ms() + 20000; now_ms() < end && !r->closed;) {
        raw_send(r, "X: 1\r\n");
        raw_read(r, 100);
    }
}

static void drips_the_body(struct raw *r)
{
    raw_send(r, "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 500\r\n\r\n");
    for (int i = 0; i < 40 && !r->closed; i++) {
        raw_send(r, "x");
        raw_read(r, 100);
    }
}

static void stays_for_nothing(struct raw *r)
{
    raw_send(r, "GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n");
    raw_read(r, 4000);
}

static void tears_the_body(struct raw *r)
{
    raw_send(r, "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 500\r\n\r\nhalf");
}

static void leaves_before_the_answer(struct raw *r)
{
    raw_send(r, "POST /wait HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}");
    raw_read(r, 50);
}

static void asks_twice_at_once(struct raw *r)
{
    raw_send(r,
             "POST /wait HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n");
    raw_read(r, 600);
}

static void test_bad_clients(void **state)
{
    (void)state;
    static const struct {
        const char *meaning;
        void (*script)(struct raw *r);
        const char
            *answer; /* its beginning; "" when there is none, NULL: none, or a refusal that may be lost in the close */
        bool closed; /* must the server have closed? */
    } rows[] = {
        {"announced over the bound", announces_too_much, "HTTP/1.1 413 ", true},
        {"announced beyond reason", announces_beyond_reason, "HTTP/1.1 4", true},
        {"chunked over the bound", sends_chunks_over, "HTTP/1.1 413 ", false},
        {"chunked without end", sends_chunks_without_end, "HTTP/1.1 413 ", true},
        {"header over the bound", sends_a_huge_header, NULL, true},
        {"no HTTP", sends_garbage, NULL, true},
        {"a head that drips", drips_the_head, "", true},
        {"a body that drips", drips_the_body, "", true},
        {"kept alive for nothing", stays_for_nothing, "HTTP/1.1 202 ", true},
        {"a torn body", tears_the_body, "", false},
        {"gone before the answer", leaves_before_the_answer, "", false},
        {"the next request in the same packet", asks_twice_at_once, "HTTP/1.1 200 ", false},
    };
    struct bench b;
    struct http_server_settings s = {.address = "127.0.0.1:0", .body_max = 1000, .timeout_s = 1};
    bench_open(&b, &s);
    for (size_t i = 0; i < ROWS(rows); i++) {
        struct raw r;
        raw_run(&b, &r, rows[i].script);
        const char *wanted = rows[i].answer;
        bool same =
            !wanted ? !strstr(r.got, " 200 ") : (*wanted ? strncmp(r.got, wanted, strlen(wanted)) == 0 : r.n == 0);
        if (!same || (rows[i].closed && !r.closed) || r.took_ms > 3500)
            fail_msg("%s: \"%s\", %s, %d ms", rows[i].meaning, r.got, r.closed ? "closed" : "open", r.took_ms);
        if (rows[i].script == asks_twice_at_once)
            assert_non_null(strstr(r.got, "metrics"));
    }
    bench_run_ms(&b, 300);
    assert_int_equal(b.waiting, 0);
    bench_close(&b);
}

static void test_a_head_has_half_the_time(void **state)
{
    (void)state;
    struct bench b;
    struct raw r;
    struct http_server_settings s = {.address = "127.0.0.1:0", .timeout_s = 6};
    bench_open(&b, &s);
    raw_run(&b, &r, drips_the_head_on);
    assert_true(r.closed);
    assert_in_range(r.took_ms, 2900, 5900);
    bench_close(&b);
}

/* ---- a flood: more slow clients than the server takes connections, and more come at once for those it drops ---- */

enum { FLOOD = 300 };

static int flood_one(const struct bench *b)
{
    static const char part[] = "POST /hooks/any HTTP/1.1\r\nHost: x\r\nContent-Length: 500\r\n\r\n{";
    struct sockaddr_in to = {.sin_family = AF_INET,
                             .sin_port = htons((uint16_t)http_server_port(b->server)),
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(fd >= 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&to, sizeof to), 0);
    assert_int_equal(send(fd, part, sizeof part - 1, MSG_NOSIGNAL), sizeof part - 1);
    return fd;
}

/* A byte from each; how many had been dropped. */
static int flood_drip(const struct bench *b, int fds[FLOOD])
{
    int dropped = 0;
    for (int i = 0; i < FLOOD; i++) {
        char byte;
        bool gone = recv(fds[i], &byte, 1, MSG_DONTWAIT) == 0 || send(fds[i], " ", 1, MSG_NOSIGNAL) != 1;
        if (!gone)
            continue;
        close(fds[i]);
        fds[i] = flood_one(b);
        dropped++;
    }
    return dropped;
}

static void test_a_flood_of_slow_clients_keeps_nobody_out(void **state)
{
    (void)state;
    struct bench b;
    int fds[FLOOD], dropped = 0;
    struct http_server_settings s = {.address = "127.0.0.1:0", .timeout_s = 600};
    bench_open(&b, &s);
    for (int i = 0; i < FLOOD; i++)
        fds[i] = flood_one(&b);
    for (int i = 0; i < 20; i++) {
        struct call c;
        bench_run_ms(&b, 20);
        dropped += flood_drip(&b, fds);
        call_start(&b, &c, "POST", i % 2 ? "/wait" : "/hooks/any", text_of("{\"id\":1}")); /* gives up after 5 s */
        call_finish(&b, &c);
        if (c.rc || c.answer.status / 100 != 2)
            fail_msg("real request %d: %d %d %s", i, c.rc, c.answer.status, c.err.text);
        arena_release(&c.arena);
    }
    assert_true(dropped >= FLOOD - 256);
    for (int i = 0; i < FLOOD; i++)
        close(fds[i]);
    bench_close(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bad_clients),
        cmocka_unit_test(test_a_head_has_half_the_time),
        cmocka_unit_test(test_a_flood_of_slow_clients_keeps_nobody_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
