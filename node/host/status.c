#include "status.h"

#include <inttypes.h>
#include <stdio.h>
#include "base/json_text.h"
#include "host.h"

#define PAGE_MAX (1u << 20)
#define REFUSED_SHOWN 100

static bool is_ready(const struct host *h)
{
    return h->gate.open && amqp_is_up(h->amqp) && !h->stopping;
}

static const char *why_not_ready(const struct host *h)
{
    if (h->stopping)
        return "stopping";
    if (!amqp_is_up(h->amqp))
        return "the broker cannot be reached";
    return h->gate.open ? "" : h->gate.why.text;
}

static void reply_with(struct http_reply *reply, int status, const char *type, struct buf *b)
{
    reply->status = buf_failed(b) ? 500 : status;
    reply->content_type = type;
    reply->body = arena_text(reply->arena, buf_view(b));
    buf_release(b);
}

static void healthz(void *ctx, const struct http_incoming *r, struct http_reply *reply)
{
    (void)ctx, (void)r;
    reply->status = 200;
    reply->body = text_of("ok\n");
}

static void readyz(void *ctx, const struct http_incoming *r, struct http_reply *reply)
{
    struct host *h = ctx;
    (void)r;
    reply->status = is_ready(h) ? 200 : 503;
    reply->body = is_ready(h) ? text_of("ready\n") : arena_printf(reply->arena, "%s\n", why_not_ready(h));
}

/* ---- /metrics ---- */

static void gauge(struct buf *b, const struct host *h, const char *name, const char *help, double value)
{
    metrics_head(b, name, "gauge", help);
    buf_printf(b, "%s{system=\"%s\"} %.10g\n", name, h->session.system, value);
}

static double feed_age_s(const struct host *h, const struct feed_state *f)
{
    return f->ok_us != 0 ? (double)(loop_uptime_us(h->loop) - f->ok_us) / 1e6 : -1;
}

static void feed_ages(struct buf *b, const struct host *h)
{
    static const char name[] = "tidegate_feed_age_seconds";
    metrics_head(b, name, "gauge", "Since the feed's last successful poll; -1: none yet.");
    for (size_t i = 0; i < h->feeds.count; i++)
        buf_printf(b, "%s{system=\"%s\",feed=\"%s\"} %.3f\n", name, h->session.system, h->feeds.states[i].feed->name,
                   feed_age_s(h, &h->feeds.states[i]));
}

static void metrics(void *ctx, const struct http_incoming *r, struct http_reply *reply)
{
    struct host *h = ctx;
    struct buf b;
    (void)r;
    buf_init(&b, PAGE_MAX);
    metrics_write(&b, &h->metrics, h->session.system);
    gauge(&b, h, "tidegate_ready", "1 while broker and system can be reached.", is_ready(h));
    gauge(&b, h, "tidegate_lanes_running", "Deliveries under way.", h->lanes.running);
    gauge(&b, h, "tidegate_lanes_parked", "Records whose delivery waits to be tried again.", h->lanes.parked);
    gauge(&b, h, "tidegate_commands_held", "Commands taken from the broker and not yet answered.",
          (double)h->lanes.queued);
    gauge(&b, h, "tidegate_refresh_pending", "Objects to be read again.", (double)h->refresher.count);
    gauge(&b, h, "tidegate_refused_objects", "Objects that cannot be published as they are.",
          (double)memory_refused_count(h->memory));
    gauge(&b, h, "tidegate_api_budget_left", "API calls (or cost units) left; -1: unknown.", budget_left(&h->budget));
    feed_ages(&b, h);
    reply_with(reply, 200, "text/plain; version=0.0.4; charset=utf-8", &b);
}

/* ---- /status ---- */

static void set(struct arena *a, struct value *map, const char *name, struct value v)
{
    value_set(a, map, text_of(name), v);
}

static struct value counted(struct arena *a, uint64_t n)
{
    (void)a;
    return value_int((int64_t)n);
}

static struct value decimal(struct arena *a, double d)
{
    return (struct value){.kind = VALUE_NUMBER, .text = arena_printf(a, "%.3f", d)};
}

static struct value feeds_value(const struct host *h, struct arena *a)
{
    struct value list = value_list(a, 0);
    for (size_t i = 0; i < h->feeds.count; i++) {
        const struct feed_state *f = &h->feeds.states[i];
        struct value v = value_map(a, 0);
        set(a, &v, "name", value_string(f->feed->name));
        set(a, &v, "age_s", f->ok_us != 0 ? decimal(a, feed_age_s(h, f)) : value_null());
        set(a, &v, "polling", value_bool(f->polling));
        set(a, &v, "failures", value_int(f->failures));
        set(a, &v, "error", f->err.code != 0 ? value_string(f->err.text) : value_null());
        value_append(a, &list, v);
    }
    return list;
}

struct listing {
    struct arena *a;
    const struct host *h;
    struct value list;
};

static void add_parked(void *ctx, struct text key, const char *words, unsigned attempts, int64_t until_us)
{
    struct listing *l = ctx;
    struct value v = value_map(l->a, 0);
    if (l->list.count >= REFUSED_SHOWN)
        return;
    set(l->a, &v, "key", value_text(key));
    set(l->a, &v, "reason", value_string(words));
    set(l->a, &v, "attempts", value_int(attempts));
    set(l->a, &v, "again_in_s", decimal(l->a, (double)(until_us - loop_uptime_us(l->h->loop)) / 1e6));
    value_append(l->a, &l->list, v);
}

static void add_refused(void *ctx, const struct refused *r)
{
    struct listing *l = ctx;
    char at[MOMENT_TEXT_MAX];
    struct value v = value_map(l->a, 0);
    set(l->a, &v, "entity", value_text(arena_text(l->a, r->entity)));
    set(l->a, &v, "object", value_text(arena_text(l->a, r->object_id)));
    set(l->a, &v, "reason", value_text(arena_text(l->a, r->reason)));
    set(l->a, &v, "card_number", value_bool(r->denied));
    set(l->a, &v, "at", value_text(arena_text(l->a, moment_format(r->at, at))));
    value_append(l->a, &l->list, v);
}

static struct value counts_value(const struct host *h, struct arena *a)
{
    const struct metrics *m = &h->metrics;
    struct value v = value_map(a, 0);
    set(a, &v, "published", counted(a, m->published));
    set(a, &v, "duplicates", counted(a, m->duplicates));
    set(a, &v, "deferred", counted(a, m->deferred));
    set(a, &v, "refused", counted(a, m->refused));
    set(a, &v, "denied", counted(a, m->denied));
    set(a, &v, "done", counted(a, m->deliveries[COUNT_DONE]));
    set(a, &v, "retried", counted(a, m->deliveries[COUNT_RETRY]));
    set(a, &v, "rejected", counted(a, m->deliveries[COUNT_REFUSED]));
    set(a, &v, "stale", counted(a, m->deliveries[COUNT_STALE]));
    set(a, &v, "webhooks", counted(a, m->webhooks[WEBHOOK_ACCEPTED]));
    return v;
}

static struct value status_value(struct host *h, struct arena *a)
{
    struct listing parked = {a, h, value_list(a, 0)}, refused = {a, h, value_list(a, 0)};
    struct value v = value_map(a, 0);
    struct err err;
    double left = budget_left(&h->budget);
    lanes_each_parked(&h->lanes, add_parked, &parked);
    memory_each_refused(h->memory, REFUSED_SHOWN, add_refused, &refused, &err);
    set(a, &v, "system", value_string(h->session.system));
    set(a, &v, "adapter", value_string(h->session.adapter->name));
    set(a, &v, "version", value_string(TIDEGATE_VERSION));
    set(a, &v, "ready", value_bool(is_ready(h)));
    set(a, &v, "reason", is_ready(h) ? value_null() : value_string(why_not_ready(h)));
    set(a, &v, "broker", value_bool(amqp_is_up(h->amqp)));
    set(a, &v, "open", value_bool(h->gate.open));
    set(a, &v, "feeds", feeds_value(h, a));
    set(a, &v, "commands_held", counted(a, h->lanes.queued));
    set(a, &v, "lanes_running", value_int(h->lanes.running));
    set(a, &v, "parked", parked.list);
    set(a, &v, "budget_left", left >= 0 ? decimal(a, left) : value_null());
    set(a, &v, "refresh_pending", counted(a, h->refresher.count));
    set(a, &v, "counts", counts_value(h, a));
    set(a, &v, "refused_objects", value_int(memory_refused_count(h->memory)));
    set(a, &v, "refused", refused.list);
    return v;
}

static void status(void *ctx, const struct http_incoming *r, struct http_reply *reply)
{
    struct buf b;
    (void)r;
    struct value v = status_value(ctx, reply->arena);
    buf_init(&b, PAGE_MAX);
    json_write(&b, &v);
    buf_char(&b, '\n');
    reply_with(reply, 200, "application/json", &b);
}

int status_routes(struct host *h)
{
    int rc = http_server_route(h->server, "GET", "/healthz", healthz, h);
    if (rc == 0)
        rc = http_server_route(h->server, "GET", "/readyz", readyz, h);
    if (rc == 0)
        rc = http_server_route(h->server, "GET", "/metrics", metrics, h);
    return rc != 0 ? rc : http_server_route(h->server, "GET", "/status", status, h);
}
