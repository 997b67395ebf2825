/* desk_outcome: one outcome: the link, what the record learns, and what that releases. */
#include "desk_parts.h"

/* The record is not known: the router died between publishing the command and keeping it, and the change will come
 * again. */
static int keep_for_later(struct desk *d, const struct desk_work *w, const struct message *m, struct err *err)
{
    struct waiting entry = {WAITING_MESSAGE, m->id, w->bytes, STORE_FOR_EVER};
    if (m->verdict == VERDICT_RETRY)
        return 0;
    return d->store->ops->put_waiting(d->store, wait_key_record(&d->arena, m->subject_id), &entry, err);
}

static int hold_conflict(struct desk *d, const struct desk_work *w, const struct message *m, struct text cause,
                         struct err *err)
{
    return desk_hold(d, HELD_CONFLICT, m, w->bytes, (struct text){NULL, 0}, cause, (struct text){NULL, 0}, err);
}

/* The object is the record's now, unless another record has it. A second object of one record is told to a person: it
 * was made anew, or it was made while the first was being found. */
static int link_object(struct desk *d, const struct desk_work *w, struct record *r, int system, const struct message *m,
                       struct err *err)
{
    struct record *owner;
    struct text known = arena_text(&d->arena, record_text(r, r->views[system].native));
    if (!m->native.n || text_eq(m->native, known))
        return 0;
    int rc = workset_by_link(&d->records, system, r->entity, m->native, &owner, err);
    if (rc < 0)
        return rc;
    if (rc > 0 && owner != r)
        return hold_conflict(d, w, m,
                             arena_printf(&d->arena,
                                          "%.*s wrote record %.*s to object %.*s, which is record "
                                          "%.*s's",
                                          TEXT_ARG(m->source), TEXT_ARG(r->key), TEXT_ARG(m->native),
                                          TEXT_ARG(owner->key)),
                             err);
    rc = desk_claim(d, r, system, m->native, err);
    if (rc < 0 || !known.n)
        return rc < 0 ? rc : 0;
    return hold_conflict(d, w, m,
                         arena_printf(&d->arena, "record %.*s has two objects in %.*s: %.*s, and now %.*s",
                                      TEXT_ARG(r->key), TEXT_ARG(m->source), TEXT_ARG(known), TEXT_ARG(m->native)),
                         err);
}

static int on_done(struct desk *d, const struct desk_work *w, struct record *r, int system, const struct message *m,
                   struct err *err)
{
    int rc = link_object(d, w, r, system, m, err);
    if (!rc && r->views[system].rejected) {
        r->views[system].rejected = false;
        rc = desk_drop_target(d, HELD_REJECTED, r, system, err);
    }
    return rc ? rc : desk_created(d, r, system, err);
}

static int on_refused(struct desk *d, const struct desk_work *w, struct record *r, int system, const struct message *m,
                      struct err *err)
{
    struct text cause = arena_printf(&d->arena, "%.*s refused it (%s): %.*s", TEXT_ARG(m->source),
                                     refusal_word(m->refusal), TEXT_ARG(m->reason));
    r->views[system].rejected = true;
    int rc = desk_hold_target(d, HELD_REJECTED, r, system, cause, w->bytes, err);
    return rc ? rc : desk_created(d, r, system, err);
}

static int learn(struct desk *d, const struct desk_work *w, struct record *r, int system, const struct message *m,
                 struct err *err)
{
    bool ended;
    int rc = 0;
    if (m->verdict == VERDICT_DONE)
        rc = on_done(d, w, r, system, m, err);
    else if (m->verdict == VERDICT_REFUSED)
        rc = on_refused(d, w, r, system, m, err);
    if (rc)
        return rc;
    desk_decide(d, r, system, m);
    rc = decide_outcome(&d->decide, &ended, err);
    if (!rc)
        rc = desk_drop_agreed(d, r, err);
    if (rc)
        return rc;
    if (ended) {
        rc = desk_release_key(d, wait_key_outcome(&d->arena, m->source, r->key), err);
        if (rc < 0)
            return rc;
    }
    /* after a refusal, only a change of the record tries again */
    if (m->verdict != VERDICT_DONE && m->verdict != VERDICT_STALE)
        return 0;
    return desk_push(d, &(struct desk_work){.look = true, .place = r->place, .targets = system_bit(system)}, err);
}

int desk_outcome(struct desk *d, const struct desk_work *w, const struct message *m, const struct entity *e, int system,
                 struct err *err)
{
    struct record *r;
    d->metrics->outcomes[m->verdict]++;
    int rc = workset_by_key(&d->records, m->subject_id, &r, err);
    if (rc < 0)
        return rc;
    if (rc == 0)
        return keep_for_later(d, w, m, err);
    if (r->entity != e)
        return desk_hold(d, HELD_INVALID, m, w->bytes, (struct text){NULL, 0},
                         arena_printf(&d->arena, "the record %.*s is no %.*s", TEXT_ARG(r->key), TEXT_ARG(e->name)),
                         (struct text){NULL, 0}, err);
    return learn(d, w, r, system, m, err);
}
