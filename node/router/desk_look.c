/* desk_look: a record's targets: commands out, or what they wait for. */
#include "desk_parts.h"

#include <stdlib.h>

static int out_room(struct desk *d, struct err *err)
{
    if (d->out_count < d->out_cap)
        return 0;
    size_t cap = d->out_cap ? 2 * d->out_cap : 256;
    struct desk_command *out = realloc(d->out, cap * sizeof *out);
    if (!out)
        return err_set(err, ERR_NOMEM, "no memory for a batch");
    d->out = out;
    d->out_cap = cap;
    return 0;
}

static void snip(char *out, size_t size, struct text t)
{
    size_t n = t.n < size ? t.n : size - 1;
    if (n)
        memcpy(out, t.p, n);
    out[n] = 0;
}

static int emit(struct desk *d, const struct record *r, const struct telling *t, struct err *err)
{
    struct message m = {.type = MESSAGE_COMMAND,
                        .source = text_of("router"),
                        .traceparent = d->traceparent,
                        .entity = r->entity->name,
                        .subject_id = r->key,
                        .time = d->message_time,
                        .op = OP_UPSERT,
                        .key = r->key,
                        .fields = t->fields,
                        .target = desk_system(d, t->target),
                        .native = t->native,
                        .revision = r->revision};
    if (out_room(d, err))
        return ERR_NOMEM;
    struct desk_command *c = &d->out[d->out_count];
    m.id = message_command_id(r->key, m.target, r->revision, d->message_time, c->id);
    c->routing_key = d->routing_keys[(size_t)t->target * d->entity_count + r->entity->index];
    c->key = r->key;
    c->time = d->message_time;
    c->body_at = d->bodies.n;
    snip(c->traceparent, sizeof c->traceparent, d->traceparent);
    message_write(&d->bodies, &m);
    c->body_size = d->bodies.n - c->body_at;
    if (buf_failed(&d->bodies) || arena_failed(&d->arena))
        return err_set(err, ERR_TOO_LARGE, "a batch's commands are too large together");
    d->out_count++;
    d->metrics->commands[t->target]++;
    histogram_add(&d->metrics->change_to_command_s, (double)(d->now - d->message_time) / MOMENT_SECOND);
    return 0;
}

static int tell(struct desk *d, struct record *r, const struct telling *t, struct err *err)
{
    struct view *v = &r->views[t->target];
    int rc = emit(d, r, t, err);
    if (rc || t->native.n || v->creating)
        return rc;
    v->creating = true;
    return d->store->ops->put_creating(d->store, t->target, r->entity, r->place, d->now, err);
}

static int wait_for(struct desk *d, const struct record *r, const struct lack *l, struct err *err)
{
    struct waiting w = {.kind = WAITING_RECORD, .subject = r->key, .since = d->now};
    return d->store->ops->put_waiting(d->store, l->wait, &w, err);
}

int desk_wait_for_references(struct desk *d, struct err *err)
{
    int rc = 0;
    for (size_t i = 0; !rc && i < d->decide.lack_count; i++)
        if (d->decide.lacks[i].target < 0)
            rc = wait_for(d, d->decide.record, &d->decide.lacks[i], err);
    return rc;
}

/* Entries for all that the target lacks, and one held item that says so. */
static int wait_target(struct desk *d, struct record *r, int target, struct err *err)
{
    const struct lack *first = NULL;
    size_t others = 0;
    for (size_t i = 0; i < d->decide.lack_count; i++) {
        const struct lack *l = &d->decide.lacks[i];
        if (l->target != target)
            continue;
        int rc = wait_for(d, r, l, err);
        if (rc)
            return rc;
        others += first != NULL;
        first = first ? first : l;
    }
    if (!first && !r->views[target].waits)
        return 0;
    r->views[target].waits = first != NULL;
    r->dirty = true;
    if (!first)
        return desk_drop_target(d, HELD_WAITING, r, target, err);
    struct text cause =
        others ? arena_printf(&d->arena, "%.*s, and %zu more", TEXT_ARG(first->cause), others) : first->cause;
    return desk_hold_target(d, HELD_WAITING, r, target, cause, (struct text){NULL, 0}, err);
}

int desk_look(struct desk *d, system_mask targets, struct err *err)
{
    struct record *r = d->decide.record;
    int rc = decide_targets(&d->decide, targets, err);
    for (size_t i = 0; !rc && i < d->decide.telling_count; i++)
        rc = tell(d, r, &d->decide.tellings[i], err);
    if (!rc)
        rc = desk_drop_agreed(d, r, err);
    system_mask rest = targets & d->decide.rule->targets;
    for (; !rc && rest; rest &= rest - 1)
        rc = wait_target(d, r, __builtin_ctzll(rest), err);
    return rc;
}

void desk_decide(struct desk *d, struct record *r, int system, const struct message *m)
{
    struct decide *c = &d->decide;
    c->rules = d->rules;
    c->rule = rules_of(d->rules, r->entity);
    c->lookup = &d->lookup;
    c->arena = &d->arena;
    c->scratch = &d->scratch;
    c->now = d->now;
    decide_begin(c, r, system, m);
}

int desk_look_work(struct desk *d, const struct desk_work *w, struct err *err)
{
    struct record *r;
    int rc = workset_get(&d->records, w->place, &r, err);
    if (rc)
        return rc;
    desk_decide(d, r, 0, NULL);
    if (w->references && !field_mask_empty(&r->unresolved)) {
        rc = decide_references(&d->decide, err);
        if (!rc)
            rc = desk_wait_for_references(d, err);
    }
    return rc ? rc : desk_look(d, w->targets, err);
}
