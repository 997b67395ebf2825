/* desk: the batch, the queue of work, and the reading of messages. */
#include "desk_parts.h"
#include "proto/codec.h"

#include <stdlib.h>

#define ARENA_MAX ((size_t)1 << 30)
#define BODIES_MAX ((size_t)1 << 30)
#define BODIES_KEEP ((size_t)4 << 20) /* one huge batch must not hold its memory for ever */
#define WORK_MAX 1000000 /* a message that releases more than this is our own mistake, or somebody's attack */

static int key_of(void *ctx, int system, struct text entity, struct text native, struct text *key, struct err *err)
{
    struct desk *d = ctx;
    struct record *r;
    const struct entity *e = schema_find(rules_schema(d->rules), entity);
    int rc = e ? workset_by_link(&d->records, system, e, native, &r, err) : 0;
    if (rc > 0)
        *key = r->key;
    return rc;
}

static int native_of(void *ctx, struct text key, int system, struct text *native, struct err *err)
{
    struct desk *d = ctx;
    struct record *r;
    int rc = workset_by_key(&d->records, key, &r, err);
    if (rc <= 0)
        return rc;
    *native = record_text(r, r->views[system].native);
    return native->n > 0;
}

static int make_routing_keys(struct desk *d, struct err *err)
{
    const struct schema *schema = rules_schema(d->rules);
    size_t systems = d->store->system_count;
    d->entity_count = schema_count(schema);
    d->routing_keys = arena_alloc(&d->names, systems * d->entity_count * sizeof(const char *));
    for (size_t i = 0; d->routing_keys && i < systems * d->entity_count; i++) {
        char key[256];
        struct message m = {.type = MESSAGE_COMMAND,
                            .target = text_of(d->store->systems[i / d->entity_count]),
                            .entity = schema_at(schema, (uint32_t)(i % d->entity_count))->name};
        message_routing_key(key, sizeof key, &m);
        d->routing_keys[i] = arena_string(&d->names, text_of(key));
    }
    return arena_failed(&d->names) ? err_set(err, ERR_NOMEM, "no memory for the desk") : 0;
}

static int first_read(void *ctx, int system, const struct entity *e, struct err *err)
{
    struct desk *d = ctx;
    return d->settings.first_reads_done ? 1 : d->store->ops->has_snapshot(d->store, system, e, err);
}

int desk_init(struct desk *d, const struct rules *rules, struct store *store, const struct log *log,
              struct metrics *metrics, const struct desk_settings *settings, struct err *err)
{
    *d = (struct desk){.rules = rules, .store = store, .log = log, .metrics = metrics, .settings = *settings};
    if (!d->settings.echo_wait_us)
        d->settings.echo_wait_us = 60 * MOMENT_SECOND;
    workset_init(&d->records, store);
    arena_init(&d->arena, ARENA_MAX);
    buf_init(&d->scratch, MESSAGE_KEY_MAX + (8u << 20));
    buf_init(&d->bodies, BODIES_MAX);
    arena_init(&d->names, 16u << 20);
    d->lookup = (struct decide_lookup){key_of, native_of, first_read, d};
    return make_routing_keys(d, err);
}

static void end_batch(struct desk *d)
{
    d->out_count = d->work_count = d->work_first = 0;
    buf_reset(&d->bodies);
    arena_clear(&d->arena);
    if (d->bodies.cap > BODIES_KEEP) {
        buf_release(&d->bodies);
        buf_init(&d->bodies, BODIES_MAX);
    }
}

void desk_release(struct desk *d)
{
    workset_release(&d->records);
    arena_release(&d->arena);
    arena_release(&d->names);
    buf_release(&d->scratch);
    buf_release(&d->bodies);
    free(d->out);
    free(d->work);
}

int desk_begin(struct desk *d, moment_us now, struct err *err)
{
    d->now = now;
    return d->store->ops->begin(d->store, err);
}

int desk_save(struct desk *d, struct err *err)
{
    return workset_save(&d->records, err);
}

struct text desk_body(const struct desk *d, size_t index)
{
    return (struct text){d->bodies.p + d->out[index].body_at, d->out[index].body_size};
}

int desk_commit(struct desk *d, struct err *err)
{
    int rc = d->store->ops->commit(d->store, err);
    if (!rc)
        end_batch(d);
    return rc;
}

void desk_drop(struct desk *d)
{
    workset_drop(&d->records);
    d->store->ops->rollback(d->store);
    end_batch(d);
}

int desk_push(struct desk *d, const struct desk_work *w, struct err *err)
{
    if (d->work_first == d->work_count)
        d->work_first = d->work_count = 0;
    if (d->work_count == WORK_MAX)
        return err_set(err, ERR_TOO_LARGE, "one message releases too much");
    if (d->work_count == d->work_cap) {
        size_t cap = d->work_cap ? 2 * d->work_cap : 64;
        struct desk_work *work = realloc(d->work, cap * sizeof *work);
        if (!work)
            return err_set(err, ERR_NOMEM, "no memory for a batch");
        d->work = work;
        d->work_cap = cap;
    }
    d->work[d->work_count++] = *w;
    return 0;
}

static int work_off(struct desk *d, struct err *err)
{
    int rc = 0;
    while (!rc && d->work_first < d->work_count) {
        struct desk_work w = d->work[d->work_first++];
        rc = w.look ? desk_look_work(d, &w, err) : desk_message_work(d, &w, err);
    }
    if (!rc && arena_failed(&d->arena))
        rc = err_set(err, ERR_TOO_LARGE, "a message leads to more than can be kept in memory");
    arena_clear(&d->arena);
    return rc;
}

/* ---- messages ---- */

static int hold_invalid(struct desk *d, const struct message *m, struct text bytes, struct text cause, struct err *err)
{
    char name[UUID_TEXT];
    struct text body_id = held_id(HELD_INVALID, bytes, (struct text){NULL, 0}, name);
    d->metrics->invalid++;
    return desk_hold(d, HELD_INVALID, m, bytes, body_id, cause, (struct text){NULL, 0}, err);
}

static int read_failed(struct desk *d, const struct message *m, struct text bytes, const struct err *why,
                       struct err *err)
{
    struct text cause = arena_text(&d->arena, text_of(why->text));
    if (why->code == ERR_DENIED) /* a card number is kept nowhere */
        return hold_invalid(d, m, (struct text){NULL, 0}, cause, err);
    return hold_invalid(d, m, bytes, cause, err);
}

int desk_message_work(struct desk *d, const struct desk_work *w, struct err *err)
{
    const struct schema *schema = rules_schema(d->rules);
    const struct entity *e = NULL;
    struct err why = {0};
    struct message *m = arena_alloc(&d->arena, sizeof *m);
    if (!m)
        return err_set(err, ERR_NOMEM, "no memory for a message");
    if (message_read(schema, w->bytes, &d->arena, m, &e, &why))
        return read_failed(d, m, w->bytes, &why, err);
    int system = rules_system(d->rules, m->source);
    d->traceparent = m->traceparent;
    d->message_time = m->time;
    if (system < 0)
        return hold_invalid(d, m, w->bytes,
                            arena_printf(&d->arena, "source: system \"%.*s\" is in no config", TEXT_ARG(m->source)), err);
    if (m->type == MESSAGE_COMMAND)
        return hold_invalid(d, m, w->bytes, text_of("type: a command; the router takes changes and outcomes"), err);
    return m->type == MESSAGE_CHANGE ? desk_change(d, w, m, e, system, err) : desk_outcome(d, w, m, e, system, err);
}

/* The broker says who sent it; who that may speak for is checked before anything is believed. */
static int check_sender(struct desk *d, const struct desk_message *in, bool *ok, struct err *err)
{
    struct message m;
    struct err why;
    *ok = true;
    if (!in->user.n && !d->settings.users_are_systems)
        return 0;
    if (text_eq(in->user, d->settings.shared_user) && !d->settings.users_are_systems)
        return 0;
    if (message_read(NULL, in->body, &d->arena, &m, NULL, &why))
        return 0; /* what is broken is told better when it is read */
    *ok = identity_sender_ok(in->user, d->settings.shared_user, m.source, d->settings.users_are_systems);
    if (*ok)
        return 0;
    return hold_invalid(d, &m, in->body,
                        arena_printf(&d->arena, "source: \"%.*s\" was sent by the broker user \"%.*s\", who may not speak "
                                                "for it", TEXT_ARG(m.source), TEXT_ARG(in->user)), err);
}

static int hold_too_large(struct desk *d, const struct desk_message *in, struct err *err)
{
    struct text cause = arena_printf(&d->arena, "a message of %llu bytes; at most %u are read. It lies in the queue "
                                                "tidegate.dead", (unsigned long long)in->too_large, CODEC_BYTES_MAX);
    return hold_invalid(d, NULL, (struct text){NULL, 0}, cause, err);
}

int desk_take(struct desk *d, const struct desk_message *in, struct err *err)
{
    bool ok;
    if (in->too_large)
        return hold_too_large(d, in, err);
    int rc = check_sender(d, in, &ok, err);
    if (rc || !ok)
        return rc;
    rc = desk_push(d, &(struct desk_work){.bytes = in->body, .since = d->now}, err);
    return rc ? rc : work_off(d, err);
}

int desk_set_aside(struct desk *d, const struct desk_message *m, const struct err *why, struct err *err)
{
    return hold_invalid(d, NULL, m->body, arena_text(&d->arena, text_of(why->text)), err);
}

#define OVERDUE_MAX 64

int desk_overdue(struct desk *d, struct err *err)
{
    struct text keys[OVERDUE_MAX];
    int count = d->store->ops->find_overdue(d->store, d->now - d->settings.echo_wait_us, OVERDUE_MAX, &d->arena, keys,
                                            err);
    int rc = count < 0 ? count : 0;
    for (int i = 0; rc >= 0 && i < count; i++)
        rc = desk_release_key(d, keys[i], err);
    if (rc >= 0)
        rc = work_off(d, err);
    return rc < 0 ? rc : count;
}
