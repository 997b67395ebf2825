#include "host.h"

#include <assert.h>
#include "sink.h"
#include "snapshot.h"

#define RETRY_MAX_MS (5 * 60 * 1000)

static int read_cursor(struct feed_state *f, char out[FEED_CURSOR_MAX], struct text *cursor, struct err *err)
{
    struct arena a;
    arena_init(&a, 8192);
    int rc = memory_cursor(f->h->memory, f->feed->name, &a, cursor, err);
    if (rc == 0 && cursor->n > FEED_CURSOR_MAX)
        rc = err_set(err, ERR_TOO_LARGE, "the kept cursor of %s is too long", f->feed->name);
    if (rc == 0 && cursor->n > 0)
        memcpy(out, cursor->p, cursor->n);
    cursor->p = out;
    arena_release(&a);
    return rc;
}

static int poll_once(struct feed_state *f, struct err *err)
{
    struct host *h = f->h;
    struct sink s;
    char kept[FEED_CURSOR_MAX];
    struct text cursor;
    int rc = read_cursor(f, kept, &cursor, err);
    if (rc != 0)
        return rc;
    sink_begin(&s, h, f->feed, true);
    rc = h->session.adapter->poll(&h->session, f->feed, cursor, &s, err);
    if (rc == 0 && !sink_is_empty(&s)) { /* the last page, whose cursor the adapter did not give */
        rc = read_cursor(f, kept, &cursor, err);
        if (rc == 0)
            rc = sink_page(&s, cursor, err);
    }
    sink_end(&s);
    return rc;
}

static int64_t interval_ms(const struct feed_state *f)
{
    int64_t own = f->h->settings.poll_interval_ms;
    return own > 0 ? own : f->feed->interval_ms;
}

/* How long to wait before the next poll: not at all when the gate has closed, for that is waited for. */
static int64_t failed(struct feed_state *f, struct err *err, int rc)
{
    struct host *h = f->h;
    int64_t ms = host_backoff_ms(h, f->failures++, RETRY_MAX_MS);
    host_reason(err, rc);
    f->err = *err;
    log_line(&h->log, LOG_LEVEL_WARN, "poll-failed", "feed", f->feed->name, "reason", err->text, NULL);
    return h->gate.open ? ms : 0;
}

/* How long to wait before the next poll. */
static int64_t poll_and_note(struct feed_state *f)
{
    struct err err = {0};
    f->polling = true;
    int rc = poll_once(f, &err);
    f->polling = false;
    if (rc == 0)
        rc = snapshot_feed_read(f, &err);
    if (rc == ERR_STOPPING)
        return 0;
    if (rc != 0)
        return failed(f, &err, rc);
    f->err = (struct err){0};
    f->failures = 0;
    f->ok_us = loop_uptime_us(f->h->loop);
    return interval_ms(f);
}

static void feed_task(void *arg)
{
    struct feed_state *f = arg;
    struct host *h = f->h;
    while (gate_wait(h) == 0)
        if (!host_sleep(h, poll_and_note(f)))
            return;
}

int feeds_start(struct host *h, struct err *err)
{
    int rc = task_start(h->loop, snapshot_unread, h, err);
    for (const struct feed *f = h->session.adapter->feeds; f != NULL && f->name != NULL && rc == 0; f++) {
        assert(h->feeds.count < FEEDS_MAX);
        struct feed_state *state = &h->feeds.states[h->feeds.count++];
        *state = (struct feed_state){.h = h, .feed = f};
        rc = task_start(h->loop, feed_task, state, err);
    }
    return rc;
}
