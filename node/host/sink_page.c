/* sink_page: decide, publish, confirm, keep. See sink.h. */
#include "sink_item.h"

#define RETRY_MAX_MS 2000

/* ---- decide ---- */

static bool is_news(struct sink *s, struct sink_item *i, struct text kept, uint64_t since)
{
    uint64_t pending = 0;
    switch (objects_pending(&s->h->objects, &s->read, since, i->entity->name.p, i->native, &pending)) {
    case PENDING_OURS:
        return pending != hash64(i->state);
    case PENDING_OTHER: /* may have been lost */
        return true;
    case PENDING_NONE:
        break;
    }
    return !text_eq(kept, i->state);
}

/* since: the epoch at which this try of the page began. */
static int decide(struct sink *s, struct sink_item *i, uint64_t since, struct err *err)
{
    struct host *h = s->h;
    const char *entity = i->entity->name.p;
    struct text kept = {0};
    int rc = memory_published(h->memory, entity, i->native, &s->arena, &kept, err);
    if (rc < 0)
        return rc;
    i->known = rc == 1;
    uint64_t first_seen = refresh_first_seen(h, entity, i->object_id);
    if (!objects_trusted(&h->objects, &s->read, entity, i->native, i->known, first_seen))
        i->fate = ITEM_DEFERRED;
    else
        i->fate = is_news(s, i, kept, since) ? ITEM_PUBLISHED : ITEM_DUPLICATE;
    if (i->fate == ITEM_PUBLISHED && (rc = memory_written(h->memory, entity, i->native, &i->revision, err)) < 0)
        return rc;
    if (i->fate == ITEM_PUBLISHED &&
        objects_publish(&h->objects, &s->read, entity, i->native, hash64(i->state), &i->at) != 0)
        return err_set(err, ERR_NOMEM, "too many objects at once");
    return 0;
}

/* ---- publish ---- */

static int publish(struct sink *s, struct sink_item *i, struct amqp_batch *b, struct err *err)
{
    struct err why = {0};
    struct message m = {
        .entity = i->entity->name,
        .subject_id = i->native,
        .op = i->deleted ? OP_DELETE : OP_UPSERT,
        .key = i->key,
        .version = i->version,
        .revision = i->revision,
        .stamped = true,
        .fields = i->fields,
    };
    int rc = publisher_change(s->h, b, &m, &why);
    if (rc == ERR_TOO_LARGE || rc == ERR_INVALID) { /* it would never pass, and must not stop the rest */
        i->fate = ITEM_REFUSED;
        return sink_refuse(s, i->entity, i->object_id, &why, err) == ERR_INVALID ? 0 : ERR_TOO_LARGE;
    }
    return rc != 0 ? err_set(err, rc, "%s", why.text) : 0;
}

/* What is published is in doubt until it is confirmed: whatever the object is like when it is read after a crash is
 * news then, even if it is what was kept before. */
static int doubt(struct sink *s, const struct sink_item *i, struct err *err)
{
    if (i->fate != ITEM_PUBLISHED || !i->known)
        return 0;
    return memory_keep_published(s->h->memory, i->entity->name.p, i->native, state_in_doubt(), err);
}

static int doubt_all(struct sink *s, struct err *err)
{
    int rc = memory_begin(s->h->memory, err);
    if (rc != 0)
        return rc;
    for (const struct sink_item *i = s->items; i != NULL && rc == 0; i = i->next)
        rc = doubt(s, i, err);
    if (rc == 0)
        rc = memory_commit(s->h->memory, err);
    if (rc != 0)
        memory_rollback(s->h->memory);
    return rc;
}

static int decide_all(struct sink *s, struct err *err)
{
    uint64_t since = s->h->objects.epoch;
    int rc = 0;
    for (struct sink_item *i = s->items; i != NULL && rc == 0; i = i->next)
        if (i->fate != ITEM_DEFERRED && i->fate != ITEM_REFUSED)
            rc = decide(s, i, since, err);
    return rc;
}

/* One try at the whole page: nothing waits between the decisions and the last publish. */
static int send_page(struct sink *s, struct amqp_batch *b, struct err *err)
{
    int rc = decide_all(s, err);
    if (rc == 0)
        rc = doubt_all(s, err);
    for (struct sink_item *i = s->items; i != NULL && rc == 0; i = i->next)
        if (i->fate == ITEM_PUBLISHED)
            rc = publish(s, i, b, err);
    return rc;
}

static int try_page(struct sink *s, struct err *err)
{
    struct amqp_batch b = {0};
    struct err unconfirmed = {0};
    int rc = send_page(s, &b, err);
    int waited = amqp_batch_wait(s->h->amqp, &b, &unconfirmed); /* also after a failure: the batch is on our stack */
    if (rc == 0 && waited != 0)
        rc = err_set(err, waited, "%s", unconfirmed.text);
    return rc;
}

static int publish_page(struct sink *s, struct err *err)
{
    struct host *h = s->h;
    for (unsigned attempt = 0;; attempt++) {
        struct err why = {0};
        int rc = try_page(s, &why);
        if (rc == 0)
            return 0;
        if (!s->patient || rc == ERR_TOO_LARGE)
            return err_set(err, rc, "%s", why.text);
        if (attempt == 0)
            log_say(&h->log, LOG_LEVEL_WARN, "changes-unconfirmed", "%s", why.text);
        if (!host_sleep(h, host_backoff_ms(h, attempt, RETRY_MAX_MS)))
            return err_set(err, ERR_STOPPING, "stopping before changes were confirmed: %s", why.text);
    }
}

/* ---- keep ---- */

static int keep_item(struct sink *s, const struct sink_item *i, struct err *err)
{
    struct host *h = s->h;
    const char *entity = i->entity->name.p;
    int rc = 0;
    if (i->fate == ITEM_DEFERRED)
        rc = memory_keep_refresh(h->memory, entity, i->object_id, i->native, err);
    else if (i->fate == ITEM_PUBLISHED && objects_latest(&h->objects, entity, i->native, i->at))
        rc = memory_keep_published(h->memory, entity, i->native, i->state, err);
    if (rc == 0 && i->fate != ITEM_DEFERRED && i->fate != ITEM_REFUSED)
        rc = memory_drop_refused(h->memory, entity, i->object_id, err);
    return rc;
}

static int keep_refusal(struct sink *s, const struct sink_refusal *r, struct err *err)
{
    struct refused row = {r->entity->name, r->object_id, r->reason, r->denied, loop_now(s->h->loop)};
    return memory_keep_refused(s->h->memory, &row, err);
}

static int keep_all(struct sink *s, struct text cursor, struct err *err)
{
    int rc = 0;
    for (const struct sink_item *i = s->items; i != NULL && rc == 0; i = i->next)
        rc = keep_item(s, i, err);
    for (const struct sink_refusal *r = s->refusals; r != NULL && rc == 0; r = r->next)
        rc = keep_refusal(s, r, err);
    if (rc == 0 && s->feed != NULL)
        rc = memory_keep_cursor(s->h->memory, s->feed->name, cursor, err);
    return rc;
}

static int keep_page(struct sink *s, struct text cursor, struct err *err)
{
    struct memory *m = s->h->memory;
    int rc = memory_begin(m, err);
    if (rc != 0)
        return rc;
    rc = keep_all(s, cursor, err);
    if (rc == 0)
        rc = memory_commit(m, err);
    if (rc != 0)
        memory_rollback(m);
    return rc;
}

/* ---- afterwards ---- */

static void count(struct sink *s)
{
    struct metrics *m = &s->h->metrics;
    for (const struct sink_item *i = s->items; i != NULL; i = i->next) {
        m->published += i->fate == ITEM_PUBLISHED;
        m->duplicates += i->fate == ITEM_DUPLICATE;
        m->deferred += i->fate == ITEM_DEFERRED;
        s->published += i->fate == ITEM_PUBLISHED;
        s->deferred += i->fate == ITEM_DEFERRED;
    }
    for (const struct sink_refusal *r = s->refusals; r != NULL; r = r->next) {
        *(r->denied ? &m->denied : &m->refused) += 1;
        log_line(&s->h->log, LOG_LEVEL_WARN, r->denied ? "change-denied" : "change-refused", "entity",
                 r->entity->name.p, "object", r->object_id.p, "reason", r->reason.p, NULL);
    }
}

static void forget(struct sink *s)
{
    for (const struct sink_item *i = s->items; i != NULL; i = i->next) {
        if (i->fate == ITEM_PUBLISHED && objects_latest(&s->h->objects, i->entity->name.p, i->native, i->at))
            objects_kept(&s->h->objects, i->entity->name.p, i->native);
        if (i->fate == ITEM_DEFERRED)
            refresh_add(s->h, i->entity->name.p, i->object_id, i->native);
    }
    s->items = NULL;
    s->items_end = &s->items;
    s->refusals = NULL;
    s->item_count = 0;
    arena_clear(&s->arena);
}

int sink_page(struct sink *s, struct text cursor, struct err *err)
{
    char kept[1024]; /* the cursor may be of the adapter's arena, or of an object that was emitted */
    if (cursor.n > sizeof kept)
        return err_set(err, ERR_TOO_LARGE, "a cursor has at most %zu bytes", sizeof kept);
    if (cursor.n > 0)
        memcpy(kept, cursor.p, cursor.n);
    if (s->failed.code != 0)
        return err_set(err, s->failed.code, "%s", s->failed.text);
    int rc = publish_page(s, err);
    if (rc == 0)
        rc = keep_page(s, (struct text){kept, cursor.n}, err);
    if (rc != 0)
        return rc;
    count(s);
    forget(s);
    objects_read_renew(&s->h->objects, &s->read);
    return 0;
}
