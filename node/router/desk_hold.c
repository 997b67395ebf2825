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
    if (m && m->type == MESSAGE_CHANGE && (reason == HELD_CONFLICT || reason == HELD_DELETE)) { /* one an object */
        struct text object = arena_printf(&d->arena, "%.*s:%.*s:%.*s", TEXT_ARG(h.system), TEXT_ARG(h.entity), TEXT_ARG(h.native));
        h.id = held_id(reason, object, other, id);
        return put(d, &h, true, err);
    }
    h.id = held_id(reason, m ? m->id : (struct text){NULL, 0}, other, id);
    return put(d, &h, false, err);
}

static struct held of_record(const struct desk *d, enum held_reason reason, const struct record *r, int system,
                             struct text cause, struct text message)
{
    return (struct held){.time = d->now,
                         .reason = reason,
                         .entity = r->entity->name,
                         .system = desk_system(d, system),
                         .key = r->key,
                         .native = record_text(r, r->views[system].native),
                         .cause = cause,
                         .message = message};
}

int desk_hold_target(struct desk *d, enum held_reason reason, const struct record *r, int target, struct text cause,
                     struct text message, struct err *err)
{
    char id[UUID_TEXT];
    struct held h = of_record(d, reason, r, target, cause, message);
    h.id = held_id(reason, r->key, h.system, id);
    return put(d, &h, true, err);
}

static int drop(struct desk *d, struct text id, struct err *err)
{
    int rc = d->store->ops->drop_held(d->store, id, err);
    if (rc > 0)
        d->metrics->released++;
    return rc < 0 ? rc : 0;
}

int desk_drop_target(struct desk *d, enum held_reason reason, const struct record *r, int target, struct err *err)
{
    char id[UUID_TEXT];
    return drop(d, held_id(reason, r->key, desk_system(d, target), id), err);
}

static struct text field_id(struct desk *d, enum held_reason reason, const struct record *r, int system, uint32_t field,
                            char out[UUID_TEXT])
{
    struct text name = desk_system(d, system), f = r->entity->fields[field].name;
    return held_id(reason, r->key, arena_printf(&d->arena, "%.*s.%.*s", TEXT_ARG(name), TEXT_ARG(f)), out);
}

int desk_hold_field(struct desk *d, enum held_reason reason, const struct record *r, int system, uint32_t field,
                    struct text cause, struct text rule, struct text message, struct err *err)
{
    char id[UUID_TEXT];
    struct held h = of_record(d, reason, r, system, cause, message);
    h.id = field_id(d, reason, r, system, field, id);
    h.rule = rule;
    return put(d, &h, true, err);
}

/* What came from our own write, or is settled with nothing under way. */
static bool agreed(const struct record *r, int system, uint32_t field)
{
    const struct view *v = &r->views[system];
    return !record_stance(r, system, field)->told_revision &&
           (field_mask_has(&v->by_us, field) || field_mask_has(&v->settled, field));
}

int desk_drop_agreed(struct desk *d, struct record *r, struct err *err)
{
    char id[UUID_TEXT];
    int rc = 0;
    for (uint32_t s = 0; s < r->system_count; s++) {
        struct field_mask refused = r->views[s].refused;
        for (int f = field_mask_next(&refused, 0); !rc && f >= 0; f = field_mask_next(&refused, f + 1)) {
            if (!agreed(r, (int)s, (uint32_t)f))
                continue;
            field_mask_drop(&r->views[s].refused, (uint32_t)f);
            r->dirty = true;
            rc = drop(d, field_id(d, HELD_REFUSED, r, (int)s, (uint32_t)f, id), err);
        }
    }
    return rc;
}
