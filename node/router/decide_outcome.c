/* decide_outcome: what a target's answer teaches (docs/architecture.md, "The router"). */
#include "decide.h"

/* The fields that commands up to this revision told, and that are not answered yet. Answers come in the order of the
 * commands, and a host may answer several at once by the last. */
static struct field_mask told_until(const struct decide *d, int64_t last)
{
    struct field_mask m = {{0}};
    for (uint32_t f = 0; f < d->record->entity->field_count; f++) {
        int64_t revision = record_stance(d->record, d->system, f)->told_revision;
        if (revision && revision <= last)
            field_mask_add(&m, f);
    }
    return m;
}

/* The target has not got them: the next look tells them again. */
static void take_back(struct decide *d, struct view *v, struct field_mask fields)
{
    for (int f = field_mask_next(&fields, 0); f >= 0; f = field_mask_next(&fields, f + 1)) {
        record_stance(d->record, d->system, (uint32_t)f)->told_revision = 0;
        field_mask_drop(&v->has_told, (uint32_t)f);
        field_mask_drop(&v->settled, (uint32_t)f);
    }
}

/* The target has got them. Where it stored another form than it was told, that is its way to write it, and no edit.
 * What else the object shows is a change of its own, which capture publishes: it is not taken from here. */
static void take_as_done(struct decide *d, struct view *v, struct field_mask fields)
{
    for (int f = field_mask_next(&fields, 0); f >= 0; f = field_mask_next(&fields, f + 1)) {
        struct stance *s = record_stance(d->record, d->system, (uint32_t)f);
        s->told_revision = 0;
        s->seen = s->told;
        field_mask_add(&v->has_seen, (uint32_t)f);
        field_mask_add(&v->by_us, (uint32_t)f);
    }
    for (uint32_t i = 0; i < d->message->fields.count; i++) {
        struct stance *s = d->fields[i] ? record_stance(d->record, d->system, d->fields[i]->index) : NULL;
        if (!s || !(s->told_revision || field_mask_has(&fields, d->fields[i]->index)))
            continue;
        s->seen = d->hashes[i]; /* also while a later command about the field is under way */
        field_mask_add(&v->has_seen, d->fields[i]->index);
        field_mask_add(&v->by_us, d->fields[i]->index);
    }
}

static int done(struct decide *d, struct view *v, struct err *err)
{
    take_as_done(d, v, told_until(d, d->message->revision));
    if (d->message->revision > v->done)
        v->done = d->message->revision;
    if (text_compare(d->message->version, record_text(d->record, v->written)) > 0 &&
        record_keep(d->record, &v->written, d->message->version))
        return err_set(err, ERR_TOO_LARGE, "record %.*s is too large to keep", TEXT_ARG(d->record->key));
    return 0;
}

/* Another command than ours was applied under a higher revision: what we told below it may be missing. */
static void stale(struct decide *d, struct view *v)
{
    take_back(d, v, told_until(d, d->message->revision - 1));
    if (d->record->revision < d->message->revision)
        d->record->revision = d->message->revision;
}

int decide_outcome(struct decide *d, bool *flight_ended, struct err *err)
{
    struct view *v = &d->record->views[d->system];
    int64_t last = d->message->revision; /* that is answered by this */
    int rc = 0;
    *flight_ended = false;
    d->record->dirty = true;
    switch (d->message->verdict) {
    case VERDICT_RETRY:
        return 0;
    case VERDICT_DONE:
        rc = done(d, v, err);
        break;
    case VERDICT_REFUSED:
        take_back(d, v, told_until(d, last));
        break;
    case VERDICT_STALE:
        stale(d, v);
        last--;
        break;
    }
    if (v->flight && v->flight <= last) {
        v->flight = 0;
        *flight_ended = true;
    }
    return rc;
}
