/* desk_hold: held items, as the desk makes them. */
#include "desk_parts.h"

struct text desk_system(const struct desk *d, int system)
{
    return text_of(d->store->systems[system]);
}

void desk_count(struct desk *d, const struct entity *e, enum change_result r)
{
    d->metrics->changes[e->index][r]++;
}

static int put(struct desk *d, const struct held *h, bool replace, struct err *err)
{
    int rc = d->store->ops->put_held(d->store, h, replace, err);
    if (rc <= 0)
        return rc;
    d->metrics->held[h->reason]++;
    if (!d->log)
        return 0;
    const char *id = arena_string(&d->arena, h->id), *entity = arena_string(&d->arena, h->entity);
    const char *system = arena_string(&d->arena, h->system), *key = arena_string(&d->arena, h->key);
    /* the cause of an invalid message may quote what it says */
    const char *cause = h->reason == HELD_INVALID ? "" : arena_string(&d->arena, h->cause);
    /* what waits for another record is the way of every first import */
    enum log_level level = h->reason == HELD_INVALID   ? LOG_LEVEL_WARN
                           : h->reason == HELD_WAITING ? LOG_LEVEL_DEBUG
                                                       : LOG_LEVEL_INFO;
    log_line(d->log, level, "held", "id", id, "reason", held_word(h->reason), "entity", entity, "system", system, "key",
             key, "rule", arena_string(&d->arena, h->rule), "cause", cause, NULL);
    return 0;
}

int desk_hold(struct desk *d, enum held_reason reason, const struct message *m, struct text bytes, struct text other,
              struct text cause, struct text rule, struct err *err)
{
    char id[UUID_TEXT];
    struct held h = {.time = d->now, .reason = reason, .cause = cause, .rule = rule, .message = bytes};
    if (m) {
        h.entity = m->entity;
        h.system = m->source;
        h.key = m->key;
        h.native = m->type == MESSAGE_CHANGE ? m->subject_id : m->native;
    }
    h.id = held_id(reason, m ? m->id : (struct text){NULL, 0}, other, id);
    return put(d, &h, false, err);
}

int desk_hold_target(struct desk *d, enum held_reason reason, const struct record *r, int target, struct text cause,
                     struct text message, struct err *err)
{
    char id[UUID_TEXT];
    struct held h = {.time = d->now,
                     .reason = reason,
                     .entity = r->entity->name,
                     .system = desk_system(d, target),
                     .key = r->key,
                     .native = record_text(r, r->views[target].native),
                     .cause = cause,
                     .message = message};
    h.id = held_id(reason, r->key, h.system, id);
    return put(d, &h, true, err);
}

int desk_drop_target(struct desk *d, enum held_reason reason, const struct record *r, int target, struct err *err)
{
    char id[UUID_TEXT];
    int rc = d->store->ops->drop_held(d->store, held_id(reason, r->key, desk_system(d, target), id), err);
    if (rc > 0)
        d->metrics->released++;
    return rc < 0 ? rc : 0;
}
