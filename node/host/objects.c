/* objects: a table of those that something happened to lately, in the order of their last event. */
#include "objects.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#define KEY_MAX 512

struct object {
    uint64_t touched;                 /* its last event */
    uint64_t written;                 /* end of the last delivery */
    uint64_t published;               /* last time a change of it was published */
    const struct object_read *reader; /* by whom; compared, never followed */
    uint64_t state;
    bool pending;    /* state holds what was published */
    unsigned writes; /* deliveries under way */
    struct object *older, *newer;
    size_t key_size;
    char key[];
};

struct create {
    struct create *next;
    uint64_t begin;
    int64_t tried_us; /* uptime */
    char entity[64];
    size_t key_size;
    char key[];
};

void objects_init(struct objects *o, struct loop *l)
{
    *o = (struct objects){.loop = l, .epoch = 1};
    table_init(&o->table, OBJECTS_MAX);
}

void objects_release(struct objects *o)
{
    while (o->oldest != NULL) {
        struct object *next = o->oldest->newer;
        free(o->oldest);
        o->oldest = next;
    }
    while (o->creates != NULL) {
        struct create *next = o->creates->next;
        free(o->creates);
        o->creates = next;
    }
    table_release(&o->table);
}

/* ---- the table ---- */

static struct text key_of(const char *entity, struct text native, char out[KEY_MAX])
{
    int n = snprintf(out, KEY_MAX, "%s%c%.*s", entity, '\n', TEXT_ARG(native));
    return (struct text){out, n < KEY_MAX ? (size_t)n : KEY_MAX - 1};
}

static struct object *find(const struct objects *o, const char *entity, struct text native)
{
    char key[KEY_MAX];
    return table_get(&o->table, key_of(entity, native, key));
}

static void unlink_object(struct objects *o, struct object *x)
{
    *(x->older ? &x->older->newer : &o->oldest) = x->newer;
    *(x->newer ? &x->newer->older : &o->newest) = x->older;
}

static void append(struct objects *o, struct object *x)
{
    x->older = o->newest;
    x->newer = NULL;
    *(o->newest ? &o->newest->newer : &o->oldest) = x;
    o->newest = x;
}

/* The object with its event put at the end of the order. NULL: out of memory or over the bound. */
static struct object *touch(struct objects *o, const char *entity, struct text native)
{
    char buffer[KEY_MAX];
    struct text key = key_of(entity, native, buffer);
    struct object *x = table_get(&o->table, key);
    if (x != NULL) {
        unlink_object(o, x);
    } else {
        x = calloc(1, sizeof *x + key.n);
        if (x == NULL)
            return NULL;
        memcpy(x->key, key.p, key.n);
        x->key_size = key.n;
        if (table_put(&o->table, key, x) != 0) {
            free(x);
            return NULL;
        }
    }
    append(o, x);
    x->touched = ++o->epoch;
    return x;
}

/* Forgets what no read under way can have missed. */
static void prune(struct objects *o)
{
    uint64_t oldest_read = UINT64_MAX;
    for (const struct object_read *r = o->reads; r != NULL; r = r->next)
        oldest_read = r->begin < oldest_read ? r->begin : oldest_read;
    struct object *next;
    for (struct object *x = o->oldest; x != NULL && x->touched < oldest_read; x = next) {
        next = x->newer;
        if (x->writes > 0)
            continue;
        unlink_object(o, x);
        table_remove(&o->table, (struct text){x->key, x->key_size});
        free(x);
    }
}

/* ---- reads ---- */

void objects_read_begin(struct objects *o, struct object_read *r)
{
    *r = (struct object_read){.begin = ++o->epoch, .next = o->reads};
    if (o->reads != NULL)
        o->reads->previous = r;
    o->reads = r;
}

void objects_read_renew(struct objects *o, struct object_read *r)
{
    r->begin = ++o->epoch;
    prune(o);
}

void objects_read_end(struct objects *o, struct object_read *r)
{
    *(r->previous ? &r->previous->next : &o->reads) = r->next;
    if (r->next != NULL)
        r->next->previous = r->previous;
    prune(o);
}

static bool create_counts(const struct objects *o, const struct create *c, const char *entity, uint64_t first_seen)
{
    int64_t idle_us = loop_uptime_us(o->loop) - c->tried_us;
    return c->begin <= first_seen && idle_us < OBJECTS_CREATE_MAX_MS * 1000LL && strcmp(c->entity, entity) == 0;
}

static bool may_be_created(const struct objects *o, const char *entity, uint64_t first_seen)
{
    for (const struct create *c = o->creates; c != NULL; c = c->next)
        if (create_counts(o, c, entity, first_seen))
            return true;
    return false;
}

bool objects_trusted(struct objects *o, const struct object_read *r, const char *entity, struct text native, bool known,
                     uint64_t first_seen)
{
    const struct object *x = find(o, entity, native);
    if (x != NULL && (x->writes > 0 || x->written > r->begin))
        return false;
    if (x != NULL && x->published > r->begin && x->reader != r)
        return false;
    return known || !may_be_created(o, entity, first_seen != 0 ? first_seen : o->epoch);
}

bool objects_ready(struct objects *o, const char *entity, struct text native, bool known, uint64_t first_seen)
{
    const struct object *x = find(o, entity, native);
    return (x == NULL || x->writes == 0) && (known || !may_be_created(o, entity, first_seen));
}

/* ---- publishing ---- */

enum pending objects_pending(const struct objects *o, const struct object_read *r, uint64_t since, const char *entity,
                             struct text native, uint64_t *state)
{
    const struct object *x = find(o, entity, native);
    if (x == NULL || !x->pending)
        return PENDING_NONE;
    *state = x->state;
    return x->reader == r && x->published > since ? PENDING_OURS : PENDING_OTHER;
}

int objects_publish(struct objects *o, const struct object_read *r, const char *entity, struct text native,
                    uint64_t state, uint64_t *at)
{
    struct object *x = touch(o, entity, native);
    if (x == NULL)
        return ERR_NOMEM;
    x->published = *at = o->epoch;
    x->reader = r;
    x->state = state;
    x->pending = true;
    return 0;
}

void objects_kept(struct objects *o, const char *entity, struct text native)
{
    struct object *x = find(o, entity, native);
    if (x != NULL)
        x->pending = false;
}

bool objects_latest(const struct objects *o, const char *entity, struct text native, uint64_t at)
{
    const struct object *x = find(o, entity, native);
    return x != NULL && x->published == at && x->written < at && x->writes == 0;
}

/* ---- deliveries ---- */

int objects_write_begin(struct objects *o, const char *entity, struct text native)
{
    struct object *x = touch(o, entity, native);
    if (x == NULL)
        return ERR_NOMEM;
    x->writes++;
    return 0;
}

void objects_write_end(struct objects *o, const char *entity, struct text native)
{
    struct object *x = touch(o, entity, native);
    assert(x != NULL && x->writes > 0); /* it was there since the begin */
    x->writes--;
    x->written = o->epoch;
    x->pending = false; /* the delivery has kept what the object is now */
    if (o->reads == NULL)
        prune(o);
}

static struct create **find_create(struct objects *o, struct text key)
{
    struct create **c = &o->creates;
    while (*c != NULL && !text_eq((struct text){(*c)->key, (*c)->key_size}, key))
        c = &(*c)->next;
    return c;
}

int objects_create_begin(struct objects *o, const char *entity, struct text key)
{
    struct create *c = *find_create(o, key);
    if (c == NULL) {
        c = calloc(1, sizeof *c + key.n);
        if (c == NULL)
            return ERR_NOMEM;
        snprintf(c->entity, sizeof c->entity, "%s", entity);
        memcpy(c->key, key.p, key.n);
        c->key_size = key.n;
        c->begin = ++o->epoch;
        c->next = o->creates;
        o->creates = c;
    }
    c->tried_us = loop_uptime_us(o->loop);
    return 0;
}

void objects_create_end(struct objects *o, const char *entity, struct text key, struct text native)
{
    struct create **at = find_create(o, key);
    struct create *c = *at;
    if (c == NULL)
        return;
    *at = c->next;
    free(c);
    struct object *x = native.n > 0 ? touch(o, entity, native) : NULL;
    if (x != NULL) {
        x->written = o->epoch;
        x->pending = false;
    }
    if (o->reads == NULL)
        prune(o);
}
