#include "http_server_bench.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

/* ---- handlers ---- */

static void echo(void *ctx, const struct http_incoming *r, struct http_reply *reply)
{
    const char *event = http_incoming_header(r, "x-EVENT"), *hub = http_incoming_query(r, "hub.mode");
    (void)ctx;
    struct text head =
        arena_printf(reply->arena, "%s %s %s %s ", r->method, r->path, event ? event : "-", hub ? hub : "-");
    char *all = arena_alloc(reply->arena, head.n + r->body.n);
    memcpy(all, head.p, head.n);
    if (r->body.n)
        memcpy(all + head.n, r->body.p, r->body.n);
    *reply = (struct http_reply){200, "application/octet-stream", {all, head.n + r->body.n}, reply->arena};
}

static char hooks[] = "hooks", deep[] = "deep", exact[] = "exact", metrics[] = "metrics", put[] = "put";

static void say_context(void *ctx, const struct http_incoming *r, struct http_reply *reply)
{
    (void)r;
    reply->status = 202;
    reply->body = text_of(ctx);
}

static void say_nothing(void *ctx, const struct http_incoming *r, struct http_reply *reply)
{
    (void)ctx, (void)r, (void)reply;
}

static void wait_a_little(void *ctx, const struct http_incoming *r, struct http_reply *reply)
{
    struct bench *b = ctx;
    b->waiting++;
    if (b->waiting > b->waiting_max)
        b->waiting_max = b->waiting;
    task_sleep(b->loop, 200);
    b->waiting--;
    b->ended++;
    reply->status = 200;
    reply->body = text_of(http_incoming_header(r, "Host") ? "waited" : "gone");
}

/* ---- server and client ---- */

void bench_open(struct bench *b, const struct http_server_settings *s)
{
    struct http_client_settings c = {0};
    *b = (struct bench){0};
    assert_int_equal(loop_new(&b->loop, NULL), 0);
    assert_int_equal(http_server_new(&b->server, b->loop, NULL, s, NULL), 0);
    assert_int_equal(http_client_new(&b->client, b->loop, &c, NULL), 0);
    http_server_route(b->server, NULL, "/echo", echo, NULL);
    http_server_route(b->server, "POST", "/hooks/", say_context, hooks);
    http_server_route(b->server, "POST", "/hooks/deep/", say_context, deep);
    http_server_route(b->server, "POST", "/hooks/exact", say_context, exact);
    http_server_route(b->server, "GET", "/metrics", say_context, metrics);
    http_server_route(b->server, "PUT", "/metrics", say_context, put);
    http_server_route(b->server, "GET", "/nothing", say_nothing, NULL);
    http_server_route(b->server, NULL, "/wait", wait_a_little, b);
}

void bench_close(struct bench *b)
{
    http_client_free(b->client);
    http_server_free(b->server);
    loop_free(b->loop);
}

void bench_run_ms(struct bench *b, int ms)
{
    int64_t end = loop_uptime_us(b->loop) + 1000 * ms;
    while (loop_uptime_us(b->loop) < end)
        loop_run_once(b->loop, 10, NULL);
}

static void call_task(void *arg)
{
    struct call *c = arg;
    char url[200];
    static const struct http_header headers[] = {{"X-Event", "orders"}};
    snprintf(url, sizeof url, "http://127.0.0.1:%d%s", http_server_port(c->bench->server), c->path);
    struct http_request r = {c->method, url, headers, 1, c->body, 5000};
    c->rc = http_send(c->bench->client, &r, &c->arena, &c->answer, &c->err);
    c->done = true;
}

void call_start(struct bench *b, struct call *c, const char *method, const char *path, struct text body)
{
    *c = (struct call){.bench = b, .method = method, .path = path, .body = body};
    arena_init(&c->arena, 8u << 20);
    assert_int_equal(task_start(b->loop, call_task, c, NULL), 0);
}

void call_finish(struct bench *b, struct call *c)
{
    while (!c->done)
        loop_run_once(b->loop, 50, NULL);
}
