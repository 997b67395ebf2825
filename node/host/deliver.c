/* deliver: from a command to its outcome.
 *
 *   outcome kept? ─yes─▶ publish it again ─────────────────────────────┐
 *   older revision? ─yes─▶ stale ──────────────────────────────────────┤
 *   not ours to apply? ─yes─▶ refused ─────────────────────────────────┤
 *   intent kept ─▶ adapter's deliver ─▶ keep outcome and state ─▶ publish, confirm ─▶ keep revision ─▶ (ack)
 *
 * Reads that overlap all this are not trusted: from before the adapter is called until the outcome is confirmed. A
 * create stays "under way" over retries, until it is known what was made. */
#include "deliver.h"

#include <assert.h>
#include <stdio.h>
#include "host.h"
#include "state.h"

#define TRY_BYTES_MAX (64u << 20)

struct delivering {
    struct host *h;
    struct job *j;
    const struct message *m;
    const struct entity *entity; /* NULL: the schema lacks it */
    const char *name;            /* of the entity */
    struct arena *a;
    struct applied applied; /* what was applied before; revision -1: nothing */
    struct text native;     /* known before; may be empty */
    bool creating;          /* native is empty */
};

/* ---- outcomes ---- */

static struct message outcome_of(const struct delivering *d, enum verdict v)
{
    const struct message *m = d->m;
    return (struct message){
        .type = MESSAGE_OUTCOME,
        .entity = m->entity,
        .subject_id = m->key,
        .op = m->op,
        .key = m->key,
        .command = m->id,
        .revision = m->revision,
        .traceparent = m->traceparent,
        .verdict = v,
        .fields = value_map(d->a, 0),
    };
}

static enum deliver_verdict publish(struct delivering *d, const struct message *o, struct text body)
{
    struct err err = {0};
    return publisher_outcome(d->h, o, body, &err) == 0 ? DELIVER_ENDED : DELIVER_STOPPING;
}

static enum deliver_verdict trouble(struct delivering *d, const struct err *err, char words[512])
{
    log_say(&d->h->log, LOG_LEVEL_ERROR, "delivery", "%.*s: %s", TEXT_ARG(d->m->key), err->text);
    snprintf(words, 512, "%s", err->text);
    return DELIVER_RETRY;
}

/* Outcomes that need no memory: a redelivered command comes to the same again. */
static enum deliver_verdict answer(struct delivering *d, struct message *o, char words[512])
{
    struct err err = {0};
    struct text body;
    if (publisher_encode_outcome(d->h, o, d->a, &body, &err) != 0)
        return trouble(d, &err, words);
    return publish(d, o, body);
}

/* The system's words, cut where they stop being UTF-8 (they may have been cut within a character). */
static struct text words_of(struct arena *a, const char *words)
{
    struct text t = text_of(words);
    ptrdiff_t fault = text_utf8_fault(t);
    if (fault >= 0)
        t.n = (size_t)fault;
    return arena_text(a, t);
}

static enum deliver_verdict refuse(struct delivering *d, enum refusal why, const char *words, char out[512])
{
    struct message o = outcome_of(d, VERDICT_REFUSED);
    o.refusal = why;
    o.reason = words_of(d->a, words);
    d->h->metrics.deliveries[COUNT_REFUSED]++;
    log_say(&d->h->log, LOG_LEVEL_WARN, "delivery-refused", "%.*s: %s: %s", TEXT_ARG(d->m->key), refusal_word(why),
            words);
    return answer(d, &o, out);
}

static enum deliver_verdict stale(struct delivering *d, char words[512])
{
    struct message o = outcome_of(d, VERDICT_STALE);
    o.revision = d->applied.revision;
    d->h->metrics.deliveries[COUNT_STALE]++;
    return answer(d, &o, words);
}

/* ---- before ---- */

static int look_up(struct delivering *d, struct err *err)
{
    d->applied.revision = -1;
    int rc = memory_applied(d->h->memory, d->m->key, d->a, &d->applied, err);
    if (rc < 0)
        return rc;
    d->native = d->m->native.n > 0 ? d->m->native : d->applied.native;
    d->creating = d->native.n == 0;
    return 0;
}

static int begin(struct delivering *d, bool *may_exist, struct err *err)
{
    struct host *h = d->h;
    int rc = memory_has_intent(h->memory, d->m->key, err);
    if (rc < 0)
        return rc;
    *may_exist = rc == 1 || d->j->redelivered;
    if (d->creating && rc == 0)
        rc = memory_keep_intent(h->memory, d->m->key, d->name, loop_now(h->loop), err);
    else
        rc = 0;
    if (rc == 0)
        rc = d->creating ? objects_create_begin(&h->objects, d->name, d->m->key)
                         : objects_write_begin(&h->objects, d->name, d->native);
    return rc == ERR_NOMEM ? err_set(err, rc, "too many objects at once") : rc;
}

/* The delivery is over: native is what was made or written; empty, when it is known that nothing was made. */
static void end(struct delivering *d, struct text native)
{
    struct objects *o = &d->h->objects;
    if (d->creating)
        objects_create_end(o, d->name, d->m->key, native);
    else
        objects_write_end(o, d->name, d->native);
    refresh_kick(d->h);
}

/* ---- done ---- */

/* What the object holds now of the fields that the command carried: as stored where the mapping reads it, else as sent.
 * Other fields are left out: an edit in them is for a change to tell. */
static struct value stored_fields(const struct delivering *d, const struct mapped *stored)
{
    struct value fields = value_copy(d->a, &d->m->fields);
    for (uint32_t i = 0; i < fields.count; i++) {
        const struct value *v = value_get_text(&stored->fields, fields.members[i].name);
        if (v != NULL)
            fields.members[i].value = *v;
    }
    return fields;
}

static void read_stored(struct delivering *d, const struct delivery_result *r, struct mapped *stored)
{
    struct err err = {0};
    *stored = (struct mapped){.fields = value_map(d->a, 0)};
    if (r->stored.kind == VALUE_NULL)
        return;
    if (mapping_in(d->h->session.mapping, d->name, &r->stored, d->a, stored, &err) != 0 || stored->skipped) {
        if (err.code != 0)
            log_say(&d->h->log, LOG_LEVEL_WARN, "stored-unreadable", "%s", err.text);
        *stored = (struct mapped){.fields = value_map(d->a, 0)};
    }
}

static int keep_state(struct delivering *d, const struct message *o, const struct mapped *stored, struct err *err)
{
    struct memory *memory = d->h->memory;
    struct text old = {0};
    int rc = memory_published(memory, d->name, o->native, d->a, &old, err);
    if (rc < 0)
        return rc;
    struct text state =
        o->op == OP_DELETE ? state_deleted() : state_merge(d->a, old, d->entity, stored->key, &o->fields);
    return memory_keep_published(memory, d->name, o->native, state, err);
}

static int keep_done(struct delivering *d, const struct message *o, const struct mapped *stored, struct text body,
                     struct err *err)
{
    struct memory *memory = d->h->memory;
    int rc = memory_begin(memory, err);
    if (rc != 0)
        return rc;
    rc = keep_state(d, o, stored, err);
    if (rc == 0)
        rc = memory_keep_written(memory, d->name, o->native, d->m->revision, err);
    if (rc == 0)
        rc = memory_keep_outcome(memory, d->m->id, body, err);
    if (rc == 0)
        rc = memory_commit(memory, err);
    if (rc != 0)
        memory_rollback(memory);
    return rc;
}

static int keep_applied(struct delivering *d, struct text native, struct err *err)
{
    struct memory *memory = d->h->memory;
    int rc = memory_begin(memory, err);
    if (rc != 0)
        return rc;
    rc = memory_keep_applied(memory, d->m->key, d->m->revision, native, err);
    if (rc == 0)
        rc = memory_drop_intent(memory, d->m->key, err);
    if (rc == 0)
        rc = memory_commit(memory, err);
    if (rc != 0)
        memory_rollback(memory);
    return rc;
}

static enum deliver_verdict done(struct delivering *d, const struct delivery_result *r, char words[512])
{
    struct mapped stored;
    struct err err = {0};
    struct text body;
    struct message o = outcome_of(d, VERDICT_DONE);
    o.native = r->native.n > 0 ? r->native : d->native;
    assert(o.native.n > 0 && o.native.n <= MESSAGE_NATIVE_ID_MAX); /* the adapter's part */
    read_stored(d, r, &stored);
    o.version = stored.version;
    o.fields = stored_fields(d, &stored);
    int rc = publisher_encode_outcome(d->h, &o, d->a, &body, &err);
    if (rc == 0)
        rc = keep_done(d, &o, &stored, body, &err);
    if (rc != 0) {
        end(d, o.native);
        return trouble(d, &err, words);
    }
    enum deliver_verdict v = publish(d, &o, body);
    end(d, o.native);
    if (v == DELIVER_ENDED && keep_applied(d, o.native, &err) != 0)
        return trouble(d, &err, words);
    d->h->metrics.deliveries[COUNT_DONE]++;
    metrics_latency(&d->h->metrics, loop_now(d->h->loop) - d->m->time);
    return v;
}

/* ---- not done ---- */

/* Something may have been written: what is read next is news, whatever it is. */
static void doubt_state(struct delivering *d)
{
    struct err err = {0};
    if (d->native.n > 0 && memory_keep_published(d->h->memory, d->name, d->native, state_in_doubt(), &err) != 0)
        log_say(&d->h->log, LOG_LEVEL_ERROR, "memory", "%s", err.text);
}

static enum deliver_verdict refused(struct delivering *d, const struct delivery_result *r, char words[512])
{
    struct err err = {0};
    doubt_state(d);
    enum deliver_verdict v = refuse(d, r->refusal, r->words, words);
    if (d->creating && memory_drop_intent(d->h->memory, d->m->key, &err) != 0)
        log_say(&d->h->log, LOG_LEVEL_ERROR, "memory", "%s", err.text);
    end(d, (struct text){0});
    return v;
}

static enum deliver_verdict not_now(struct delivering *d, const struct delivery_result *r, char words[512])
{
    struct host *h = d->h;
    bool outage = r->kind == DELIVERY_OUTAGE;
    doubt_state(d);
    if (!d->creating)
        end(d, d->native);
    h->metrics.deliveries[outage ? COUNT_OUTAGE : COUNT_RETRY]++;
    snprintf(words, 512, "%s", r->words);
    if (!outage)
        return DELIVER_RETRY;
    struct err why;
    err_set(&why, ERR_DENIED, "%s", r->words);
    gate_close(h, &why, r->retry_after_ms);
    return DELIVER_OUTAGE;
}

/* The words of the system may quote what it was told, and go to logs and held items. */
static void hide_personal(const struct delivering *d, struct delivery_result *r)
{
    struct buf words;
    buf_init(&words, 16u << 10);
    schema_hide_personal(&words, d->entity, &d->m->fields, text_of(r->words));
    snprintf(r->words, sizeof r->words, "%s", buf_cstr(&words));
    buf_release(&words);
}

static enum deliver_verdict apply(struct delivering *d, int64_t *after_ms, char words[512])
{
    struct err err = {0};
    struct delivery_result r = {0};
    bool may_exist;
    if (begin(d, &may_exist, &err) != 0)
        return trouble(d, &err, words);
    struct command c = {
        .message = d->m,
        .entity = d->name,
        .key = d->m->key,
        .native = d->native,
        .fields = &d->m->fields,
        .may_exist = may_exist,
        .arena = d->a,
    };
    enum delivery kind = d->h->session.adapter->deliver(&d->h->session, &c, &r);
    assert(kind == r.kind);
    *after_ms = r.retry_after_ms;
    if (kind != DELIVERY_DONE)
        hide_personal(d, &r);
    switch (kind) {
    case DELIVERY_DONE:
        return done(d, &r, words);
    case DELIVERY_REFUSED:
        return refused(d, &r, words);
    default:
        return not_now(d, &r, words);
    }
}

/* A create that an earlier life of this process began is over. */
static void end_create(struct delivering *d, struct text native)
{
    objects_create_end(&d->h->objects, d->name, d->m->key, native);
    refresh_kick(d->h);
}

/* The outcome of this very command is kept: say it again. */
static int repeat(struct delivering *d, enum deliver_verdict *v, char words[512])
{
    struct err err = {0};
    struct text body;
    struct message o;
    int rc = memory_outcome(d->h->memory, d->m->id, d->a, &body, &err);
    if (rc == 1 && message_read(NULL, body, d->a, &o, NULL, &err) != 0)
        return 0; /* of an earlier version of this program: apply again */
    if (rc != 1) {
        *v = rc < 0 ? trouble(d, &err, words) : *v;
        return rc;
    }
    d->h->metrics.deliveries[COUNT_REPEATED]++;
    *v = DELIVER_ENDED;
    if (d->m->revision < d->applied.revision)
        return 1; /* a later one was begun, so this outcome was confirmed: the broker had not heard our ack */
    *v = publish(d, &o, body);
    if (*v == DELIVER_ENDED && keep_applied(d, o.native, &err) != 0)
        *v = trouble(d, &err, words);
    end_create(d, o.native);
    return 1;
}

/* Refused before the adapter is asked. An earlier try may have asked it, when the schema or the mapping was another. */
static enum deliver_verdict refuse_early(struct delivering *d, enum refusal why, const char *words, char out[512])
{
    struct err err = {0};
    char name[65];
    enum deliver_verdict v = refuse(d, why, words, out);
    if (memory_drop_intent(d->h->memory, d->m->key, &err) != 0)
        return trouble(d, &err, out);
    snprintf(name, sizeof name, "%.*s", TEXT_ARG(d->m->entity));
    objects_create_end(&d->h->objects, name, d->m->key, (struct text){0});
    refresh_kick(d->h);
    return v;
}

static enum deliver_verdict decide(struct delivering *d, int64_t *after_ms, char words[512])
{
    struct host *h = d->h;
    struct err err = {0};
    enum deliver_verdict v = DELIVER_RETRY;
    const struct adapter_entity *ours = host_entity(h, d->m->entity);
    if (look_up(d, &err) != 0)
        return trouble(d, &err, words);
    if (d->j->fault.code != 0) /* ERR_NOT_FOUND: an entity that no file here defines */
        return refuse_early(d, d->j->fault.code == ERR_NOT_FOUND ? REFUSAL_UNSUPPORTED : REFUSAL_VALUE,
                            d->j->fault.text, words);
    if (ours == NULL || !ours->delivered || d->entity == NULL || !mapping_has(h->session.mapping, ours->name))
        return refuse_early(d, REFUSAL_UNSUPPORTED, "this system does not take this entity", words);
    d->name = d->entity->name.p;
    if (repeat(d, &v, words) != 0)
        return v;
    if (d->m->revision < d->applied.revision) {
        if (memory_drop_intent(h->memory, d->m->key, &err) != 0)
            return trouble(d, &err, words);
        end_create(d, d->applied.native);
        return stale(d, words);
    }
    return apply(d, after_ms, words);
}

enum deliver_verdict deliver(struct host *h, struct job *j, int64_t *after_ms, char words[512])
{
    struct arena a; /* of this try: a command that is tried for days must not grow */
    struct delivering d = {.h = h, .j = j, .m = &j->message, .a = &a};
    arena_init(&a, TRY_BYTES_MAX);
    d.entity = schema_find(h->schema, d.m->entity);
    enum deliver_verdict v = decide(&d, after_ms, words);
    arena_release(&a);
    return v;
}
