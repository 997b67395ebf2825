/* desk_release: claims, and what they release. */
#include "desk_parts.h"

/* The message of a held item goes to work, and the item vanishes. 1; 0 when it has been released before. */
static int release_held(struct desk *d, struct text id, struct err *err)
{
    struct held h;
    int rc = d->store->ops->get_held(d->store, id, &d->arena, &h, err);
    if (rc <= 0)
        return rc;
    rc = desk_push(d, &(struct desk_work){.bytes = h.message, .since = h.time, .released = true}, err);
    if (!rc)
        rc = d->store->ops->drop_held(d->store, id, err);
    if (rc < 0)
        return rc;
    d->metrics->released++;
    return 1;
}

/* The record is looked at anew; only in the one target when that is what it waited for. */
static int release_record(struct desk *d, struct text waited_for, struct text key, struct err *err)
{
    struct record *r;
    struct text name;
    struct desk_work look = {.look = true, .targets = ~(system_mask)0, .references = true};
    int rc = workset_by_key(&d->records, key, &r, err);
    if (rc <= 0)
        return rc;
    look.place = r->place;
    if (wait_key_is_target(waited_for, &name) && rules_system(d->rules, name) >= 0)
        look.targets = system_bit(rules_system(d->rules, name));
    return desk_push(d, &look, err);
}

static int release_one(struct desk *d, struct text key, const struct waiting *w, struct err *err)
{
    int rc;
    switch (w->kind) {
    case WAITING_RECORD:
        return release_record(d, key, w->subject, err);
    case WAITING_MESSAGE:
        rc = desk_push(d, &(struct desk_work){.bytes = w->message, .since = w->since, .released = true}, err);
        return rc ? rc : 1;
    case WAITING_HELD:
        return release_held(d, w->subject, err);
    case WAITING_KEY:
        return desk_release_key(d, w->subject, err);
    }
    return 0;
}

/* Changes that waited for an outcome are waiting no more. */
static int end_deferral(struct desk *d, struct text key, struct err *err)
{
    struct text name, record_key;
    struct record *r;
    if (!wait_key_is_outcome(key, &name, &record_key))
        return 0;
    int system = rules_system(d->rules, name), rc = workset_by_key(&d->records, record_key, &r, err);
    if (rc > 0 && system >= 0) {
        r->views[system].deferred = false;
        r->dirty = true;
    }
    return rc < 0 ? rc : 0;
}

int desk_release_key(struct desk *d, struct text key, struct err *err)
{
    struct waiting *list;
    size_t count;
    int messages = 0;
    int rc = d->store->ops->take_waiting(d->store, key, &d->arena, &list, &count, err);
    if (!rc && count)
        rc = end_deferral(d, key, err);
    for (size_t i = 0; !rc && i < count; i++) {
        int one = release_one(d, key, &list[i], err);
        if (one < 0)
            return one;
        messages += one;
    }
    return rc < 0 ? rc : messages;
}

int desk_created(struct desk *d, struct record *r, int system, struct err *err)
{
    if (!r->views[system].creating)
        return 0;
    r->views[system].creating = false;
    r->dirty = true;
    int rc = d->store->ops->drop_creating(d->store, system, r->entity, r->place, err);
    if (rc >= 0)
        rc = d->store->ops->any_creating(d->store, system, r->entity, d->now - d->settings.echo_wait_us, err);
    if (rc != 0)
        return rc < 0 ? rc : 0;
    rc = desk_release_key(d, wait_key_creating(&d->arena, desk_system(d, system), r->entity->name), err);
    return rc < 0 ? rc : 0;
}

int desk_claim(struct desk *d, struct record *r, int system, struct text native, struct err *err)
{
    struct text name = desk_system(d, system);
    int rc = d->store->ops->put_link(d->store, system, r->entity, native, r->place, err);
    if (!rc && record_keep(r, &r->views[system].native, native))
        rc = err_set(err, ERR_TOO_LARGE, "record %.*s is too large to keep", TEXT_ARG(r->key));
    if (rc)
        return rc;
    int messages = desk_release_key(d, wait_key_link(&d->arena, name, r->entity->name, native), err);
    if (messages < 0)
        return messages;
    int more = desk_release_key(d, wait_key_target(&d->arena, name, r->key), err);
    if (more < 0)
        return more;
    rc = desk_created(d, r, system, err);
    return rc < 0 ? rc : messages + more;
}
