/* sink: from what an adapter emits to items of a page. What becomes of a page is sink_page.c's. */
#include "sink_item.h"

#include <assert.h>

#define PAGE_BYTES_MAX (64u << 20)

void sink_begin(struct sink *s, struct host *h, const struct feed *feed, bool patient)
{
    *s = (struct sink){.h = h, .feed = feed, .patient = patient};
    s->items_end = &s->items;
    arena_init(&s->arena, PAGE_BYTES_MAX);
    arena_init(&s->scratch, PAGE_BYTES_MAX);
    objects_read_begin(&h->objects, &s->read);
}

void sink_end(struct sink *s)
{
    objects_read_end(&s->h->objects, &s->read);
    arena_release(&s->arena);
    arena_release(&s->scratch);
}

bool sink_is_empty(const struct sink *s)
{
    return s->items == NULL && s->refusals == NULL;
}

static bool feed_names(const struct feed *f, const char *entity)
{
    for (const char *const *e = f->entities; *e != NULL; e++)
        if (strcmp(*e, entity) == 0)
            return true;
    return false;
}

/* The entity's name as the schema spells it, which lives as long as the process. */
static const struct entity *find_entity(const struct sink *s, const char *name)
{
    const struct entity *e = schema_find(s->h->schema, text_of(name));
    assert(e != NULL && (s->feed == NULL || feed_names(s->feed, name)));
    return e;
}

static int too_large(struct sink *s, struct err *err)
{
    err_set(&s->failed, ERR_TOO_LARGE, "a page of over %u MiB: sink_page has to be called more often",
            PAGE_BYTES_MAX >> 20);
    return err_set(err, ERR_TOO_LARGE, "%s", s->failed.text);
}

int sink_refuse(struct sink *s, const struct entity *e, struct text object_id, const struct err *why, struct err *err)
{
    struct sink_refusal *r = arena_alloc(&s->arena, sizeof *r);
    if (r == NULL)
        return too_large(s, err);
    *r = (struct sink_refusal){.next = s->refusals, .entity = e, .denied = why->code == ERR_DENIED};
    r->object_id = arena_text(&s->arena, object_id);
    r->reason = arena_text(&s->arena, text_of(why->text));
    s->refusals = r;
    s->refusal = *why;
    s->refused++;
    s->denied += r->denied;
    return err_set(err, ERR_INVALID, "%s", why->text);
}

static struct sink_item *add_item(struct sink *s, const struct entity *e, struct text object_id, struct err *err)
{
    struct sink_item *item = arena_alloc(&s->arena, sizeof *item);
    if (item == NULL) {
        too_large(s, err);
        return NULL;
    }
    item->entity = e;
    item->object_id = arena_text(&s->arena, object_id);
    *s->items_end = item;
    s->items_end = &item->next;
    s->item_count++;
    return item;
}

static int check_bounds(const struct mapped *m, struct err *err)
{
    if (m->native.n > MESSAGE_NATIVE_ID_MAX)
        return err_set(err, ERR_INVALID, "the native id has %zu bytes, at most %d", m->native.n, MESSAGE_NATIVE_ID_MAX);
    if (m->key.n > MESSAGE_KEY_MAX)
        return err_set(err, ERR_INVALID, "the key has %zu bytes, at most %d", m->key.n, MESSAGE_KEY_MAX);
    return 0;
}

int sink_emit(struct sink *s, const char *entity, struct text object_id, const struct value *native, struct err *err)
{
    const struct entity *e = find_entity(s, entity);
    struct mapped m;
    struct err why = {0};
    if (!mapping_has(s->h->session.mapping, entity))
        return 0;             /* what is not mapped is of no interest here */
    arena_clear(&s->scratch); /* mapping takes ten times what comes of it */
    int rc = mapping_in(s->h->session.mapping, entity, native, &s->scratch, &m, &why);
    if (rc == 0)
        rc = check_bounds(&m, &why);
    if (rc == ERR_INVALID || rc == ERR_DENIED || rc == ERR_TOO_LARGE) /* this one object's fault */
        return sink_refuse(s, e, object_id, &why, err);
    if (rc != 0)
        return too_large(s, err);
    if (m.skipped)
        return 0;
    struct sink_item *item = add_item(s, e, object_id, err);
    if (item == NULL)
        return ERR_TOO_LARGE;
    item->native = arena_text(&s->arena, m.native);
    item->key = arena_text(&s->arena, m.key);
    item->version = arena_text(&s->arena, m.version);
    item->fields = value_copy(&s->arena, &m.fields);
    item->state = state_of(&s->arena, e, item->key, &item->fields);
    return arena_failed(&s->arena) ? too_large(s, err) : 0;
}

int sink_emit_deleted(struct sink *s, const char *entity, struct text native_id, struct err *err)
{
    struct sink_item *item = add_item(s, find_entity(s, entity), native_id, err);
    if (item == NULL)
        return ERR_TOO_LARGE;
    item->native = item->object_id;
    item->deleted = true;
    item->fields = value_map(&s->arena, 0);
    item->state = state_deleted();
    return 0;
}
