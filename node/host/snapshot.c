#include "snapshot.h"

#include <stdio.h>
#include "host.h"

#define MARK_MAX 160
#define RETRY_MAX_MS 10000
#define SUBJECT "snapshot" /* a change names an object; this one is about all */

/* Marks are kept beside the cursors. */
static int has_mark(struct host *h, const char *kind, const char *name, struct err *err)
{
    char mark[MARK_MAX];
    struct arena a;
    struct text found = {0};
    snprintf(mark, sizeof mark, "%s %s", kind, name);
    arena_init(&a, 4096);
    int rc = memory_cursor(h->memory, mark, &a, &found, err);
    arena_release(&a);
    return rc < 0 ? rc : found.n > 0;
}

static int keep_mark(struct host *h, const char *kind, const char *name, struct err *err)
{
    char mark[MARK_MAX];
    snprintf(mark, sizeof mark, "%s %s", kind, name);
    return memory_keep_cursor(h->memory, mark, text_of("read"), err);
}

static bool shows(const struct feed *f, const char *entity)
{
    for (const char *const *e = f->entities; *e != NULL; e++)
        if (strcmp(*e, entity) == 0)
            return true;
    return false;
}

static bool all_read(const struct host *h, const char *entity)
{
    for (size_t i = 0; i < h->feeds.count; i++)
        if (shows(h->feeds.states[i].feed, entity) && !h->feeds.states[i].read)
            return false;
    return true;
}

static int publish(struct host *h, const struct entity *e, struct err *err)
{
    struct amqp_batch b = {0};
    struct message m = {.entity = e->name, .subject_id = text_of(SUBJECT), .op = OP_SNAPSHOT};
    m.fields = (struct value){.kind = VALUE_MAP};
    int rc = publisher_change(h, &b, &m, err);
    struct err unconfirmed = {0};
    int waited = amqp_batch_wait(h->amqp, &b, &unconfirmed);
    return rc == 0 && waited != 0 ? err_set(err, waited, "%s", unconfirmed.text) : rc;
}

/* The router waits for it, so it is tried until the broker has it. */
static int tell(struct host *h, const char *entity, struct err *err)
{
    const struct entity *e = schema_find(h->schema, text_of(entity));
    int rc = e == NULL ? 1 : has_mark(h, "snapshot", entity, err);
    if (rc != 0)
        return rc < 0 ? rc : 0;
    for (unsigned attempt = 0; publish(h, e, err) != 0; attempt++)
        if (!host_sleep(h, host_backoff_ms(h, attempt, RETRY_MAX_MS)))
            return err_set(err, ERR_STOPPING, "stopping before a snapshot was confirmed");
    log_line(&h->log, LOG_LEVEL_INFO, "first-read", "entity", entity, NULL);
    return keep_mark(h, "snapshot", entity, err);
}

int snapshot_feed_read(struct feed_state *f, struct err *err)
{
    struct host *h = f->h;
    int rc = 0;
    if (f->read)
        return 0;
    f->read = true;
    for (const char *const *e = f->feed->entities; *e != NULL && rc == 0; e++)
        if (all_read(h, *e))
            rc = tell(h, *e, err);
    if (rc != 0)
        f->read = false;
    return rc;
}

static bool shown_by_any(const struct host *h, const char *entity)
{
    for (size_t i = 0; i < h->feeds.count; i++)
        if (shows(h->feeds.states[i].feed, entity))
            return true;
    return false;
}

void snapshot_unread(void *arg)
{
    struct host *h = arg;
    struct err err = {0};
    for (const struct adapter_entity *e = h->session.adapter->entities; e->name != NULL; e++)
        if (!shown_by_any(h, e->name) && tell(h, e->name, &err) != 0 && err.code != ERR_STOPPING)
            log_line(&h->log, LOG_LEVEL_ERROR, "first-read", "entity", e->name, "reason", err.text, NULL);
}
