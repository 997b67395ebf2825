/* The host's parts that decide about calls of the system: who may call (budget), whether the system is out and when to
 * call again (health), and how far its clock is from ours (skew). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "edge/os.h"
#include "host.h"
#include "peer.h"

/* ---- budget ---- */

struct caller {
    struct loop *loop;
    struct budget *budget;
    enum call_priority p;
    int cost;
    int *order, *count;
    int name;
};

static void call(void *arg)
{
    struct caller *c = arg;
    budget_take(c->budget, c->p, c->cost);
    c->order[(*c->count)++] = c->name;
}

static void turn_ms(struct loop *l, int ms)
{
    int64_t end = loop_uptime_us(l) + ms * 1000LL;
    struct err err;
    while (loop_uptime_us(l) < end)
        loop_run_once(l, 5, &err);
}

static void test_budget(void **state)
{
    struct loop *l;
    struct budget b;
    struct err err;
    int order[8] = {0}, count = 0;
    (void)state;
    assert_int_equal(loop_new(&l, &err), 0);
    budget_init(&b, l);
    struct caller callers[] = {
        {l, &b, CALL_CATALOGUE, 10, order, &count, 1}, {l, &b, CALL_STOCK, 10, order, &count, 2},
        {l, &b, CALL_ORDER, 10, order, &count, 3},     {l, &b, CALL_STOCK, 10, order, &count, 4},
        {l, &b, CALL_ORDER, 500, order, &count, 5}, /* more than there ever is: not for ever */
    };
    assert_true(budget_left(&b) < 0);
    task_start(l, call, &callers[0], &err);
    turn_ms(l, 10);
    assert_int_equal(count, 1); /* unknown: nothing is counted */
    count = 0;
    budget_says(&b, 15, 100, 1); /* a tenth is kept for orders */
    for (int i = 0; i < 4; i++)
        task_start(l, call, &callers[i], &err);
    turn_ms(l, 30);
    assert_int_equal(count, 1);
    assert_int_equal(order[0], 3);
    budget_says(&b, 60, 100, 1);
    turn_ms(l, 30);
    assert_int_equal(count, 4);
    assert_int_equal(order[1], 2); /* stock before catalogue, in order of arrival */
    assert_int_equal(order[2], 4);
    assert_int_equal(order[3], 1);
    assert_true(budget_left(&b) > 29 && budget_left(&b) < 32);
    budget_pause(&b, 80);
    task_start(l, call, &callers[2], &err);
    turn_ms(l, 40);
    assert_int_equal(count, 4);
    turn_ms(l, 80);
    assert_int_equal(count, 5);
    budget_says(&b, 90, 100, 200);
    task_start(l, call, &callers[4], &err);
    turn_ms(l, 150); /* 10 units come back in 50 ms */
    assert_int_equal(count, 6);
    loop_free(l);
}

/* ---- health ---- */

enum { OWN = ERR_NOMEM };

static void test_health(void **state)
{
    static const struct {
        const char *meaning, *after;
        struct {
            int rc, status;
        } calls[HEALTH_FAILURES + 2];
        int out_at; /* the call that shows the system as out, from 1; 0: none */
    } rows[] = {
        {"one bad answer", NULL, {{0, 503}, {0, 200}}, 0},
        {"nothing can be sent", NULL, {{ERR_UNAVAILABLE, 0}}, 1},
        {"a row of torn calls", NULL, {{ERR_IO, 0}, {ERR_IO, 0}, {ERR_IO, 0}, {ERR_IO, 0}, {ERR_IO, 0}}, 5},
        {"a row of several kinds", NULL, {{0, 502}, {ERR_TIMEOUT, 0}, {0, 429}, {0, 500}, {ERR_IO, 0}}, 5},
        {"broken by an answer", NULL, {{0, 503}, {0, 503}, {0, 503}, {0, 503}, {0, 404}, {0, 503}, {0, 503}}, 0},
        {"not broken by our own trouble", NULL, {{0, 503}, {0, 503}, {OWN, 0}, {0, 503}, {0, 503}, {0, 503}}, 6},
        {"the system is busy, and says how long", "2", {{0, 429}, {0, 429}, {0, 429}, {0, 429}, {0, 429}, {0, 429}}, 0},
        {"the system is away, and says how long", "2", {{0, 503}, {0, 503}, {0, 503}, {0, 503}, {0, 503}}, 5},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct health h = {0};
        int out_at = 0;
        struct http_header header = {"retry-after", rows[i].after};
        for (int n = 0; n < HEALTH_FAILURES + 2 && (rows[i].calls[n].rc || rows[i].calls[n].status); n++) {
            struct http_response r = {rows[i].calls[n].status, {0}, &header, rows[i].after != NULL};
            if (health_heard(&h, rows[i].calls[n].rc, &r) && out_at == 0)
                out_at = n + 1;
        }
        if (out_at != rows[i].out_at)
            fail_msg("%s: out at call %d, not %d", rows[i].meaning, out_at, rows[i].out_at);
    }
}

static void test_health_pause(void **state)
{
    static const struct {
        int status;
        const char *after;
        int64_t ms;
    } rows[] = {
        {503, "120", 120000}, {429, "2.5", 2500}, {503, NULL, 0},        {503, "", 0},
        {503, "-1", 0},       {503, "soon", 0},   {503, "3 minutes", 0}, {503, "nan", 0},
        {301, "5", 0},        {200, "5", 0},      {503, "1e300", HEALTH_PAUSE_MAX_MS},
        {503, "Fri, 31 Dec 2027 23:59:59 GMT", 0},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct http_header header = {"retry-after", rows[i].after};
        struct http_response r = {rows[i].status, {0}, &header, rows[i].after != NULL};
        assert_int_equal(health_pause_ms(&r), rows[i].ms);
    }
}

static void asks_for_a_pause(struct peer *p)
{
    if (peer_next(p))
        peer_send(p, "HTTP/1.1 503 Away\r\nRetry-After: 1\r\nContent-Length: 0\r\n\r\n");
    if (peer_next(p))
        peer_send(p, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
}

struct two_calls {
    struct host host;
    struct peer peer;
    int status[2];
    int64_t at_us[2];
    bool done;
};

static void call_twice(void *arg)
{
    struct two_calls *t = arg;
    struct session session = {.host = &t->host};
    struct arena a;
    struct http_response r;
    struct err err;
    arena_init(&a, 1u << 20);
    struct http_request request = {.method = "GET"};
    request.url = arena_printf(&a, "http://127.0.0.1:%d/x", t->peer.port).p;
    for (int i = 0; i < 2; i++) {
        t->status[i] = session_call(&session, CALL_ORDER, 1, &request, &a, &r, &err) == 0 ? r.status : -1;
        t->at_us[i] = loop_uptime_us(t->host.loop);
    }
    arena_release(&a);
    t->done = true;
}

static void test_what_the_system_asks_for_is_waited_for(void **state)
{
    static struct two_calls two;
    struct http_client_settings s = {0};
    struct host *h = &two.host;
    struct err err;
    (void)state;
    h->log = os_log("host_calls", LOG_LEVEL_ERROR);
    assert_int_equal(loop_new(&h->loop, &err), 0);
    assert_int_equal(http_client_new(&h->client, h->loop, &s, &err), 0);
    budget_init(&h->budget, h->loop);
    peer_start(&two.peer, asks_for_a_pause);
    assert_int_equal(task_start(h->loop, call_twice, &two, &err), 0);
    while (!two.done)
        loop_run_once(h->loop, 10, &err);
    peer_stop(&two.peer);
    assert_int_equal(two.status[0], 503);
    assert_int_equal(two.status[1], 200);
    assert_true(two.at_us[1] - two.at_us[0] >= MOMENT_SECOND);
    assert_int_equal(h->gate.health.failures, 0);
    http_client_free(h->client);
    loop_free(h->loop);
}

/* ---- skew ---- */

/* Dates are of whole seconds: clocks that may agree are taken to, and each answer narrows what may be. */
static void test_skew(void **state)
{
    static const struct {
        const char *date;
        int64_t sent, received; /* milliseconds of our clock after 2026-11-22 10:00:00 */
        int64_t skew;           /* milliseconds, then */
    } rows[] = {
        {"Sun, 22 Nov 2026 10:00:00 GMT", 100, 300, 0},
        {NULL, 0, 0, 0},
        {"yesterday", 0, 0, 0},
        {"Sun, 22 Nov 2026 10:01:30 GMT", 200, 400, 90200},   /* it was set: 89.6 to 90.8 s before us */
        {"Sun, 22 Nov 2026 10:01:31 GMT", 1500, 1600, 90050}, /* 89.4 to 90.5: together 89.6 to 90.5 */
        {"Sun, 22 Nov 2026 10:00:02 GMT", 2500, 2600, 0},
        {"Sun, 22 Nov 2026 09:59:00 GMT", 3000, 3100, -62550},
    };
    struct skew s = {0};
    moment_us ten;
    (void)state;
    assert_true(moment_parse(text_of("2026-11-22T10:00:00Z"), &ten));
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        skew_hear(&s, rows[i].date, ten + rows[i].sent * 1000, ten + rows[i].received * 1000);
        assert_int_equal(skew_us(&s) / 1000, rows[i].skew);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_skew),
        cmocka_unit_test(test_budget),
        cmocka_unit_test(test_health),
        cmocka_unit_test(test_health_pause),
        cmocka_unit_test(test_what_the_system_asks_for_is_waited_for),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
