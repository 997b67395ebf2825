#include "host.h"

#include <stdio.h>
#include <stdlib.h>
#include "sink.h"

#define RETRY_MAX_MS 60000
#define KEY_MAX 512
#define AGAIN_MS 20    /* a read that could not be trusted either */
#define CREATES_MS 200 /* between looks whether all creates of an earlier time have ended */
#define LOOK_MS 250

struct refresh_item {
    struct refresh_item *next;
    struct host *h;
    const char *entity; /* the schema's */
    uint64_t first_seen;
    int64_t not_before_us; /* uptime */
    unsigned attempts;
    bool running, again;
    char native[MESSAGE_NATIVE_ID_MAX];
    size_t native_size;
    struct text object_id; /* behind the struct */
};

static struct text key_of(const char *entity, struct text object_id, char out[KEY_MAX])
{
    int n = snprintf(out, KEY_MAX, "%s\n%.*s", entity, TEXT_ARG(object_id));
    return (struct text){out, n < KEY_MAX ? (size_t)n : KEY_MAX - 1};
}

static struct refresh_item *find(const struct refresher *r, const char *entity, struct text object_id)
{
    char key[KEY_MAX];
    return table_get(&r->table, key_of(entity, object_id, key));
}

uint64_t refresh_first_seen(struct host *h, const char *entity, struct text object_id)
{
    const struct refresh_item *i = find(&h->refresher, entity, object_id);
    return i != NULL ? i->first_seen : 0;
}

/* ---- the list ---- */

static struct text native_of(const struct refresh_item *i)
{
    return (struct text){i->native, i->native_size};
}

/* Of several objects that one id stands for, the one that was seen last is waited for. */
static void set_native(struct refresh_item *i, struct text native)
{
    i->native_size = native.n < sizeof i->native ? native.n : sizeof i->native;
    memcpy(i->native, native.n > 0 ? native.p : "", i->native_size);
}

static struct refresh_item *item_new(struct host *h, const char *entity, struct text object_id, struct text native)
{
    struct refresh_item *i = calloc(1, sizeof *i + object_id.n);
    if (i == NULL)
        return NULL;
    char *room = (char *)(i + 1);
    memcpy(room, object_id.n > 0 ? object_id.p : "", object_id.n);
    i->h = h;
    i->entity = entity;
    i->first_seen = h->objects.epoch;
    i->object_id = (struct text){room, object_id.n};
    set_native(i, native);
    return i;
}

void refresh_add(struct host *h, const char *entity, struct text object_id, struct text native)
{
    struct refresher *r = &h->refresher;
    const struct entity *e = schema_find(h->schema, text_of(entity));
    char key[KEY_MAX];
    struct refresh_item *i = find(r, entity, object_id);
    if (i != NULL) {
        i->again = true;
        set_native(i, native);
    } else if (e != NULL && (i = item_new(h, e->name.p, object_id, native)) != NULL) {
        if (table_put(&r->table, key_of(entity, object_id, key), i) != 0) {
            free(i); /* over the bound: it is kept in memory.h's list and comes back at the next start */
            return;
        }
        *r->last = i;
        r->last = &i->next;
        r->count++;
    }
    refresh_kick(h);
}

static void remove_item(struct refresher *r, struct refresh_item *i)
{
    char key[KEY_MAX];
    struct refresh_item **at = &r->first;
    while (*at != i)
        at = &(*at)->next;
    *at = i->next;
    if (r->last == &i->next)
        r->last = at;
    table_remove(&r->table, key_of(i->entity, i->object_id, key));
    r->count--;
    free(i);
}

void refresh_release(struct refresher *r)
{
    while (r->first != NULL) {
        struct refresh_item *next = r->first->next;
        free(r->first);
        r->first = next;
    }
    table_release(&r->table);
}

/* ---- reading one again ---- */

static int read_again(struct host *h, struct refresh_item *i, struct err *err)
{
    struct sink s;
    sink_begin(&s, h, NULL, true);
    int rc = h->session.adapter->refresh(&h->session, i->entity, i->object_id, &s, err);
    if (rc == 0 || (rc == ERR_INVALID && s.refused > 0)) /* the adapter handed on what sink_emit said, which is noted */
        rc = sink_page(&s, (struct text){0}, err);
    sink_end(&s);
    return rc;
}

static void kick_later(void *ctx)
{
    refresh_kick(ctx);
}

static void failed(struct host *h, struct refresh_item *i, struct err *err, int rc)
{
    host_reason(err, rc);
    int64_t ms = host_backoff_ms(h, i->attempts++, RETRY_MAX_MS);
    i->not_before_us = loop_uptime_us(h->loop) + ms * 1000;
    loop_after(h->loop, ms + 1, kick_later, h);
    log_line(&h->log, LOG_LEVEL_WARN, "refresh-failed", "entity", i->entity, "reason", err->text, NULL);
    if (rc == ERR_DENIED)
        gate_close(h, err, 0);
}

static void refresh_task(void *arg)
{
    struct refresh_item *i = arg;
    struct host *h = i->h;
    struct err err = {0};
    int rc = read_again(h, i, &err);
    h->refresher.running--;
    i->running = false;
    if (rc != 0) {
        failed(h, i, &err, rc);
    } else if (i->again) {
        i->not_before_us = loop_uptime_us(h->loop) + AGAIN_MS * 1000;
        loop_after(h->loop, AGAIN_MS + 1, kick_later, h);
    } else {
        if (memory_drop_refresh(h->memory, i->entity, i->object_id, &err) != 0)
            log_say(&h->log, LOG_LEVEL_ERROR, "memory", "%s", err.text);
        remove_item(&h->refresher, i);
    }
    refresh_kick(h);
}

/* ---- whose turn it is ---- */

static bool is_known(struct host *h, const struct refresh_item *i)
{
    struct arena a;
    struct text state;
    arena_init(&a, 65536);
    bool known = memory_published(h->memory, i->entity, native_of(i), &a, &state, NULL) == 1;
    arena_release(&a);
    return known;
}

/* Asks the memory last: while an import creates thousands, as many objects may wait here. */
static bool is_due(struct host *h, struct refresh_item *i)
{
    if (i->running || loop_uptime_us(h->loop) < i->not_before_us)
        return false;
    if (!objects_ready(&h->objects, i->entity, native_of(i), true, i->first_seen))
        return false; /* its delivery's end will kick us */
    if (objects_ready(&h->objects, i->entity, native_of(i), false, i->first_seen) || is_known(h, i))
        return true;
    i->not_before_us = loop_uptime_us(h->loop) + CREATES_MS * 1000;
    return false;
}

static void begin(struct host *h, struct refresh_item *i)
{
    struct err err = {0};
    int rc = task_start(h->loop, refresh_task, i, &err);
    if (rc != 0) {
        failed(h, i, &err, rc);
        return;
    }
    i->running = true;
    i->again = false;
    h->refresher.running++;
}

static void round_of(void *ctx)
{
    struct host *h = ctx;
    struct refresher *r = &h->refresher;
    r->kicked = false;
    if (!h->gate.open || h->stopping)
        return;
    for (struct refresh_item *i = r->first; i != NULL && r->running < REFRESH_AT_ONCE; i = i->next)
        if (is_due(h, i))
            begin(h, i);
}

void refresh_kick(struct host *h)
{
    struct refresher *r = &h->refresher;
    if (r->kicked || r->count == 0 || h->stopping)
        return;
    r->kicked = true;
    loop_after(h->loop, 0, round_of, h);
}

/* ---- after a start ---- */

static void add_kept(void *ctx, struct text entity, struct text object_id, struct text native)
{
    char name[65];
    snprintf(name, sizeof name, "%.*s", TEXT_ARG(entity));
    refresh_add(ctx, name, object_id, native);
}

static void add_intent(void *ctx, struct text entity, struct text key, struct text unused)
{
    struct host *h = ctx;
    char name[65];
    (void)unused;
    snprintf(name, sizeof name, "%.*s", TEXT_ARG(entity));
    objects_create_begin(&h->objects, name, key);
}

static void add_refused(void *ctx, const struct refused *r)
{
    add_kept(ctx, r->entity, r->object_id, r->object_id); /* the mapping may have been mended */
}

static void look(void *ctx)
{
    struct host *h = ctx;
    refresh_kick(h);
    loop_after(h->loop, LOOK_MS, look, h);
}

int refresh_load(struct host *h, struct err *err)
{
    table_init(&h->refresher.table, REFRESH_MAX);
    h->refresher.last = &h->refresher.first;
    look(h);
    int rc = memory_each_intent(h->memory, add_intent, h, err);
    if (rc == 0)
        rc = memory_each_refresh(h->memory, add_kept, h, err);
    return rc != 0 ? rc : memory_each_refused(h->memory, REFRESH_MAX, add_refused, h, err);
}
