#include "host_world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "base/json_text.h"
#include "edge/json.h"

struct api_object *api_find(struct world *w, const char *id)
{
    for (int i = 0; i < w->object_count; i++)
        if (strcmp(w->objects[i].id, id) == 0)
            return &w->objects[i];
    return NULL;
}

struct api_object *api_find_key(struct world *w, const char *key)
{
    for (int i = 0; i < w->object_count; i++)
        if (strcmp(w->objects[i].key, key) == 0)
            return &w->objects[i];
    return NULL;
}

struct api_object *api_add(struct world *w, const char *id, const char *sku, const char *name)
{
    assert_true(w->object_count < OBJECTS_OF_API);
    struct api_object *o = &w->objects[w->object_count++];
    *o = (struct api_object){.seq = ++w->seq};
    snprintf(o->id, sizeof o->id, "%s", id);
    snprintf(o->sku, sizeof o->sku, "%s", sku);
    snprintf(o->name, sizeof o->name, "%s", name);
    return o;
}

void api_edit(struct world *w, const char *id, const char *name)
{
    struct api_object *o = api_find(w, id);
    assert_non_null(o);
    snprintf(o->name, sizeof o->name, "%s", name);
    o->seq = ++w->seq;
}

static struct value object_value(struct arena *a, const struct api_object *o)
{
    struct value v = value_map(a, 0);
    value_set(a, &v, text_of("id"), value_text(arena_text(a, text_of(o->id))));
    value_set(a, &v, text_of("sku"), value_text(arena_text(a, text_of(o->sku))));
    value_set(a, &v, text_of("name"), value_text(arena_text(a, text_of(o->name))));
    value_set(a, &v, text_of("at"), value_int(o->seq));
    value_set(a, &v, text_of("key"), o->key[0] ? value_text(arena_text(a, text_of(o->key))) : value_null());
    return v;
}

static void reply_json(struct http_reply *reply, int status, const struct value *v)
{
    struct buf b;
    buf_init(&b, 1u << 20);
    json_write(&b, v);
    reply->status = status;
    reply->body = arena_text(reply->arena, buf_view(&b));
    buf_release(&b);
}

static bool is_down(struct world *w, struct http_reply *reply)
{
    bool glitch = w->glitch_every > 0 && ++w->calls % w->glitch_every == 0;
    reply->status = 503;
    w->glitches += glitch;
    return w->down || glitch;
}

static void get_open(void *ctx, const struct http_incoming *r, struct http_reply *reply)
{
    struct world *w = ctx;
    (void)r;
    w->opens++;
    reply->status = w->down ? 503 : 200;
}

static void get_objects(void *ctx, const struct http_incoming *r, struct http_reply *reply)
{
    struct world *w = ctx;
    const char *since = http_incoming_query(r, "since");
    int from = since ? (int)strtol(since, NULL, 10) : 0;
    if (is_down(w, reply))
        return;
    if (w->mute) {
        reply->status = 418;
        return;
    }
    struct value v = value_map(reply->arena, 0), list = value_list(reply->arena, 0);
    for (int i = 0; i < w->object_count; i++)
        if (w->objects[i].seq > from)
            value_append(reply->arena, &list, object_value(reply->arena, &w->objects[i]));
    value_set(reply->arena, &v, text_of("objects"), list);
    value_set(reply->arena, &v, text_of("last"), value_text(arena_printf(reply->arena, "%d", w->seq)));
    w->reads++;
    w->pages += list.count > 0;
    if (list.count > 0 && w->read_delay_ms > 0)
        task_sleep(w->loop, w->read_delay_ms);
    reply_json(reply, 200, &v);
}

static void get_object(void *ctx, const struct http_incoming *r, struct http_reply *reply)
{
    struct world *w = ctx;
    const char *id = http_incoming_query(r, "id"), *key = http_incoming_query(r, "key");
    if (is_down(w, reply))
        return;
    const struct api_object *o = id ? api_find(w, id) : api_find_key(w, key ? key : "");
    w->by_key += key != NULL;
    w->reads++;
    reply->status = 404;
    if (o == NULL)
        return;
    struct value v = object_value(reply->arena, o);
    if (w->read_delay_ms > 0)
        task_sleep(w->loop, w->read_delay_ms);
    reply_json(reply, 200, &v);
}

static struct api_object *write_object(struct world *w, const struct http_incoming *r, const struct value *v)
{
    const char *id = http_incoming_query(r, "id");
    char fresh[32];
    struct api_object *o = id ? api_find(w, id) : NULL;
    if (o == NULL) {
        snprintf(fresh, sizeof fresh, "n%d", w->object_count + 1);
        o = api_add(w, fresh, "", "");
        w->creates++;
    }
    struct text sku = value_text_at(v, "sku"), name = value_text_at(v, "name"), key = value_text_at(v, "key");
    if (sku.n > 0)
        snprintf(o->sku, sizeof o->sku, "%.*s", TEXT_ARG(sku));
    if (name.n > 0)
        snprintf(o->name, sizeof o->name, "%.*s", TEXT_ARG(name));
    snprintf(o->key, sizeof o->key, "%.*s", TEXT_ARG(key));
    size_t used = strlen(o->order);
    snprintf(o->order + used, sizeof o->order - used, "%.*s;", TEXT_ARG(name));
    o->writes++;
    o->seq = ++w->seq;
    return o;
}

static void refuse_words(struct http_reply *reply)
{
    struct value v = value_map(reply->arena, 0);
    value_set(reply->arena, &v, text_of("error"), value_string("that SKU is not liked"));
    reply_json(reply, 422, &v);
}

static void put_object(void *ctx, const struct http_incoming *r, struct http_reply *reply)
{
    struct world *w = ctx;
    struct value v;
    struct err err;
    if (is_down(w, reply))
        return;
    if (w->used_up > 0) {
        w->used_up--;
        reply->status = 420;
        return;
    }
    if (w->throttled > 0) {
        w->throttled--;
        reply->status = 429;
        return;
    }
    assert_int_equal(json_parse(reply->arena, r->body, &v, &err), 0);
    if (w->refuse_sku[0] && text_is(value_text_at(&v, "sku"), w->refuse_sku)) {
        refuse_words(reply);
        return;
    }
    if (w->lock_sku[0] && text_starts(value_text_at(&v, "sku"), w->lock_sku)) {
        reply->status = 423;
        return;
    }
    bool hang = w->hang_sku[0] && text_is(value_text_at(&v, "sku"), w->hang_sku);
    w->writing++;
    w->writing_peak = w->writing > w->writing_peak ? w->writing : w->writing_peak;
    if (w->delay_ms > 0)
        task_sleep(w->loop, w->delay_ms / 2);
    const struct api_object *o = write_object(w, r, &v);
    struct value answer = object_value(reply->arena, o);
    if (hang || w->delay_ms > 0)
        task_sleep(w->loop, hang ? 6000 : w->delay_ms / 2);
    w->writing--;
    reply_json(reply, 200, &answer);
}

void api_open(struct world *w)
{
    struct http_server_settings s = {.address = "127.0.0.1:0"};
    struct err err = {0};
    if (http_server_new(&w->api, w->loop, NULL, &s, &err) != 0)
        fail_msg("%s", err.text);
    http_server_route(w->api, "GET", "/open", get_open, w);
    http_server_route(w->api, "GET", "/objects", get_objects, w);
    http_server_route(w->api, "GET", "/object", get_object, w);
    http_server_route(w->api, "GET", "/by-key", get_object, w);
    http_server_route(w->api, "POST", "/object", put_object, w);
    http_server_route(w->api, "PATCH", "/object", put_object, w);
}
