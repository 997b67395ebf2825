/* router_http: what monitors and the operator's command ask the router. Answers hold no personal data: held items
 * without their messages, records masked by their schema. */
#include "router.h"

#include "base/json_text.h"
#include "why.h"

#define ANSWER_MAX (16u << 20)
#define HELD_DEFAULT 100
#define HELD_MAX 10000

static void answer(struct http_reply *reply, struct buf *body, const char *type)
{
    reply->status = buf_failed(body) ? 500 : 200;
    reply->content_type = type;
    reply->body = arena_text(reply->arena, buf_view(body));
    buf_release(body);
}

static void say(struct http_reply *reply, int status, const char *sentence)
{
    reply->status = status;
    reply->body = arena_printf(reply->arena, "%s\n", sentence);
}

static void healthz(void *ctx, const struct http_incoming *request, struct http_reply *reply)
{
    (void)ctx, (void)request;
    say(reply, 200, "ok");
}

static void readyz(void *ctx, const struct http_incoming *request, struct http_reply *reply)
{
    const struct router *r = ctx;
    (void)request;
    if (!amqp_is_up(r->amqp))
        say(reply, 503, "the broker is not connected");
    else if (r->trouble.code)
        say(reply, 503, r->trouble.text);
    else
        say(reply, 200, "ready");
}

static void metrics(void *ctx, const struct http_incoming *request, struct http_reply *reply)
{
    struct router *r = ctx;
    struct store_counts counts;
    struct err err;
    struct buf out;
    (void)request;
    if (r->store->ops->counts(r->store, &counts, &err)) {
        say(reply, 500, err.text);
        return;
    }
    buf_init(&out, ANSWER_MAX);
    metrics_write(&out, &r->metrics, r->rules, &counts, amqp_is_up(r->amqp));
    answer(reply, &out, "text/plain; version=0.0.4; charset=utf-8");
}

static void status(void *ctx, const struct http_incoming *request, struct http_reply *reply)
{
    struct router *r = ctx;
    struct store_counts counts;
    struct err err;
    struct buf out;
    (void)request;
    if (r->store->ops->counts(r->store, &counts, &err)) {
        say(reply, 500, err.text);
        return;
    }
    buf_init(&out, ANSWER_MAX);
    buf_printf(&out,
               "{\"program\":\"tidegate-router\",\"broker\":\"%s\",\"pending\":%zu,\"records\":%lld,\"links\":%lld,"
               "\"waiting\":%lld,\"held\":{",
               amqp_is_up(r->amqp) ? "up" : "down", r->outcomes.count + r->changes.count, (long long)counts.records,
               (long long)counts.links, (long long)counts.waiting);
    for (int i = 0; i < HELD_REASONS; i++)
        buf_printf(&out, "%s\"%s\":%lld", i ? "," : "", held_word((enum held_reason)i), (long long)counts.held[i]);
    buf_string(&out, "},\"trouble\":");
    if (r->trouble.code)
        json_write_string(&out, text_of(r->trouble.text));
    else
        buf_string(&out, "null");
    buf_string(&out, "}\n");
    answer(reply, &out, "application/json");
}

struct listing {
    struct buf *out;
    bool first;
};

static int list_one(void *ctx, const struct held *h)
{
    struct listing *l = ctx;
    buf_string(l->out, l->first ? "\n" : ",\n");
    l->first = false;
    held_json(l->out, h);
    return buf_failed(l->out);
}

static void held(void *ctx, const struct http_incoming *request, struct http_reply *reply)
{
    struct router *r = ctx;
    const char *limit = http_incoming_query(request, "limit");
    int64_t max = HELD_DEFAULT;
    struct buf out;
    struct err err;
    struct listing l = {&out, true};
    if (limit && (!text_to_i64(text_of(limit), &max) || max < 0 || max > HELD_MAX)) {
        say(reply, 400, "limit: a number from 0 to 10000");
        return;
    }
    buf_init(&out, ANSWER_MAX);
    buf_string(&out, "{\"held\":[");
    if (r->store->ops->each_held(r->store, (size_t)max, list_one, &l, &err)) {
        buf_release(&out);
        say(reply, 500, err.text);
        return;
    }
    buf_string(&out, "]}\n");
    answer(reply, &out, "application/json");
}

/* ---- one record ---- */

static int load_one(struct router *r, const struct entity *e, struct text name, struct record **out, struct err *err)
{
    int64_t places[WHY_FOUND_MAX];
    int count = why_find(r->store, r->rules, e, name, places, err);
    if (count < 0)
        return count;
    if (count == 0)
        return err_set(err, ERR_NOT_FOUND, "no record has this key%s",
                       e ? ", no system this id, and no match field this value" : "; say also which entity");
    if (count > 1)
        return err_set(err, ERR_INVALID, "%d records are meant by this; name the record's key or SYSTEM:ID", count);
    return r->store->ops->load(r->store, places[0], out, err);
}

static int write_record(struct buf *out, struct router *r, const struct http_incoming *request, struct arena *a,
                        struct err *err)
{
    const char *key = http_incoming_query(request, "key"), *name = http_incoming_query(request, "entity");
    const struct entity *e = name ? schema_find(r->schema, text_of(name)) : NULL;
    char hint[NEAREST_HINT_MAX];
    struct record *record;
    if (!key)
        return err_set(err, ERR_INVALID, "key: which record, such as shop:order:1001");
    if (name && !e)
        return err_set(err, ERR_INVALID, "there is no entity \"%s\"%s", name, schema_hint(r->schema, text_of(name), hint));
    int rc = load_one(r, e, text_of(key), &record, err);
    if (rc)
        return rc;
    rc = why_write(out, record, r->rules, r->store, a, err);
    record_free(record);
    return rc;
}

static void one_record(void *ctx, const struct http_incoming *request, struct http_reply *reply)
{
    struct buf out;
    struct err err = {0};
    buf_init(&out, ANSWER_MAX);
    int rc = write_record(&out, ctx, request, reply->arena, &err);
    if (!rc) {
        answer(reply, &out, "application/json");
        return;
    }
    buf_release(&out);
    say(reply, rc == ERR_NOT_FOUND ? 404 : rc == ERR_INVALID ? 400 : 500, err.text);
}

int router_http_start(struct router *r, struct err *err)
{
    static const struct {
        const char *path;
        http_handler_fn *fn;
    } routes[] = {{"/healthz", healthz}, {"/readyz", readyz}, {"/metrics", metrics},
                  {"/status", status},   {"/held", held},     {"/record", one_record}};
    int rc = http_server_new(&r->http, r->loop, r->log,
                             &(struct http_server_settings){.address = r->config->router_http}, err);
    for (size_t i = 0; !rc && i < sizeof routes / sizeof *routes; i++)
        rc = http_server_route(r->http, "GET", routes[i].path, routes[i].fn, r);
    return rc ? rc : node_config_write_port(r->config, "router", http_server_port(r->http), err);
}
