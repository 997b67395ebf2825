/* host_fake: an adapter for an API that host_world.c plays, as small as an adapter can be. */
#include <stdlib.h>
#include "base/buf.h"
#include "base/json_text.h"
#include "edge/json.h"
#include "host/adapter.h"

struct fake_settings {
    const char *url, *secret;
};

static const struct setting settings[] = {
    {"url", SETTING_TEXT, NULL, offsetof(struct fake_settings, url), "where the API is"},
    {"secret", SETTING_SECRET, "", offsetof(struct fake_settings, secret), "of pushes"},
    {0},
};

static int call(struct session *s, const char *method, const char *path, const struct value *body, struct arena *a,
                struct http_response *out, struct value *json, struct err *err)
{
    const struct fake_settings *own = s->settings;
    struct buf b;
    buf_init(&b, 65536);
    if (body != NULL)
        json_write(&b, body);
    struct http_request r = {
        .method = method,
        .url = arena_printf(a, "%s%s", own->url, path).p,
        .body = buf_view(&b),
        .timeout_ms = 3000,
    };
    int rc = session_call(s, CALL_CATALOGUE, 1, &r, a, out, err);
    buf_release(&b);
    *json = value_null();
    if (rc == 0 && out->body.n > 0 && out->body.p[0] == '{')
        rc = json_parse(a, out->body, json, err);
    if (rc == 0 && out->status == 420) {
        session_budget_pause(s, 6000);
        rc = err_set(err, ERR_UNAVAILABLE, "the calls of this hour are used up");
    }
    if (rc == 0 && out->status == 503)
        rc = err_set(err, ERR_UNAVAILABLE, "the API is down");
    return rc;
}

static int fake_open(struct session *s, struct err *err)
{
    struct arena a;
    struct http_response r;
    struct value json;
    arena_init(&a, 1u << 20);
    int rc = call(s, "GET", "/open", NULL, &a, &r, &json, err);
    arena_release(&a);
    return rc;
}

static int emit(struct sink *sink, const struct value *object)
{
    struct err ignored;
    int rc = sink_emit(sink, "product", value_text_at(object, "id"), object, &ignored);
    return rc == ERR_INVALID ? 0 : rc;
}

static int fake_poll(struct session *s, const struct feed *feed, struct text cursor, struct sink *sink, struct err *err)
{
    struct arena a;
    struct http_response r;
    struct value json;
    (void)feed;
    arena_init(&a, 16u << 20);
    const char *path = arena_printf(&a, "/objects?since=%.*s", TEXT_ARG(cursor)).p;
    int rc = call(s, "GET", path, NULL, &a, &r, &json, err);
    if (rc == 0 && r.status == 418)
        rc = ERR_IO; /* a careless adapter: no words */
    const struct value *objects = value_get(&json, "objects");
    for (uint32_t i = 0; rc == 0 && objects != NULL && i < objects->count; i++)
        rc = emit(sink, &objects->items[i]);
    if (rc == 0)
        rc = sink_page(sink, value_text_at(&json, "last"), err);
    arena_release(&a);
    return rc;
}

static int fake_refresh(struct session *s, const char *entity, struct text id, struct sink *sink, struct err *err)
{
    struct arena a;
    struct http_response r;
    struct value json;
    arena_init(&a, 1u << 20);
    int rc = call(s, "GET", arena_printf(&a, "/object?id=%.*s", TEXT_ARG(id)).p, NULL, &a, &r, &json, err);
    if (rc == 0 && r.status == 404)
        rc = sink_emit_deleted(sink, entity, id, err);
    else if (rc == 0)
        rc = emit(sink, &json);
    arena_release(&a);
    return rc;
}

static int fake_webhook(struct session *s, const struct http_incoming *r, struct arena *a, struct hint hints[HINTS_MAX],
                        size_t *count, struct err *err)
{
    const struct fake_settings *own = s->settings;
    const char *secret = http_incoming_header(r, "x-secret");
    struct value v;
    if (secret == NULL || !text_eq_constant_time(text_of(secret), text_of(own->secret)))
        return err_set(err, ERR_DENIED, "wrong signature");
    if (json_parse(a, r->body, &v, err) != 0)
        return ERR_INVALID;
    if (value_text_at(&v, "id").n == 0)
        return 0;
    hints[0] = (struct hint){text_of("product"), value_text_at(&v, "id"), value_text_at(&v, "event"), false};
    *count = 1;
    return 0;
}

static enum delivery answer(struct delivery_result *result, const struct http_response *r, const struct value *json)
{
    const char *after = http_response_header(r, "retry-after");
    if (r->status == 429)
        return delivery_retry(result, after ? strtol(after, NULL, 10) * 1000 : 0, false, "too many calls");
    if (r->status == 422)
        return delivery_refused(result, REFUSAL_VALUE, "%.*s", TEXT_ARG(value_text_at(json, "error")));
    if (r->status >= 300)
        return delivery_retry(result, 0, true, "HTTP %d", r->status);
    return delivery_done(result, value_text_at(json, "id"), *json);
}

/* Looks before it creates when it is told to. */
static int find(struct session *s, const struct command *c, struct text *native, struct err *err)
{
    struct http_response r;
    struct value json;
    *native = c->native;
    if (native->n > 0 || !c->may_exist)
        return 0;
    int rc =
        call(s, "GET", arena_printf(c->arena, "/by-key?key=%.*s", TEXT_ARG(c->key)).p, NULL, c->arena, &r, &json, err);
    *native = value_text_at(&json, "id");
    return rc;
}

static enum delivery fake_deliver(struct session *s, const struct command *c, struct delivery_result *result)
{
    struct http_response r;
    struct value json, native;
    struct text id;
    struct err err = {0};
    if (mapping_out(s->mapping, c->entity, c->fields, c->native.n == 0, c->arena, &native, &err) != 0)
        return delivery_refused(result, REFUSAL_VALUE, "%s", err.text);
    if (find(s, c, &id, &err) != 0)
        return delivery_from_err(result, &err);
    value_set(c->arena, &native, text_of("key"), value_text(c->key));
    const char *path = id.n > 0 ? arena_printf(c->arena, "/object?id=%.*s", TEXT_ARG(id)).p : "/object";
    if (call(s, id.n > 0 ? "PATCH" : "POST", path, &native, c->arena, &r, &json, &err) != 0)
        return delivery_from_err(result, &err);
    return answer(result, &r, &json);
}

static const char *const fed[] = {"product", NULL};
static const struct feed feeds[] = {{"products", fed, 100}, {0}};
static const struct adapter_entity entities[] = {{"product", true, true, NULL}, {0}};

static const struct adapter fake = {
    .name = "fake",
    .program = "tidegate-fake",
    .mapping = "fake.cfg",
    .settings_size = sizeof(struct fake_settings),
    .settings = settings,
    .entities = entities,
    .feeds = feeds,
    .open = fake_open,
    .poll = fake_poll,
    .refresh = fake_refresh,
    .webhook = fake_webhook,
    .deliver = fake_deliver,
};

int main(int argc, char **argv)
{
    return host_main(&fake, argc, argv);
}
