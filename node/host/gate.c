/* gate: the task that opens, and those that wait. */
#include "host.h"

#include <assert.h>

#define GATE_BACKOFF_MAX_MS 60000

static void wake_all(struct gate *g)
{
    size_t n = g->waiting;
    g->waiting = 0;
    for (size_t i = 0; i < n; i++)
        task_wake(g->waiters[i]);
}

static void stop_waiting(struct gate *g, const struct task *t)
{
    for (size_t i = 0; i < g->waiting; i++)
        if (g->waiters[i] == t)
            g->waiters[i--] = g->waiters[--g->waiting];
}

/* Pauses or resumes the consumer. The first time it begins. */
static void consume(struct host *h, bool on)
{
    struct err err = {0};
    int rc = 0;
    if (on && !h->consuming) {
        rc = amqp_consume(h->amqp, h->queue, (int)h->settings.prefetch, NULL, &err);
        h->consuming = rc == 0;
    } else if (h->consuming) {
        rc = amqp_pause(h->amqp, h->queue, !on, &err);
    }
    if (rc != 0)
        log_say(&h->log, LOG_LEVEL_ERROR, "consume", "%s", err.text);
}

static void opened(struct host *h)
{
    struct gate *g = &h->gate;
    g->open = true;
    g->opening = false;
    g->since = loop_now(h->loop);
    g->why = (struct err){0};
    log_line(&h->log, LOG_LEVEL_INFO, "open", "system", h->session.system, NULL);
    consume(h, true);
    wake_all(g);
    lanes_kick(h);
    refresh_kick(h);
}

static void open_task(void *arg)
{
    struct host *h = arg;
    struct gate *g = &h->gate;
    for (unsigned attempt = 0; !h->stopping; attempt++) {
        int64_t ms = g->after_ms;
        g->after_ms = 0;
        if (ms > 0 && !host_sleep(h, ms))
            break;
        struct err err = {0};
        if (h->session.adapter->open(&h->session, &err) == 0) {
            opened(h);
            return;
        }
        g->why = err;
        ms = host_backoff_ms(h, attempt, GATE_BACKOFF_MAX_MS);
        log_say(&h->log, LOG_LEVEL_WARN, "not-open", "%s (again in %d s)", err.text, (int)((ms + 500) / 1000));
        host_sleep(h, ms);
    }
    g->opening = false;
}

int gate_start(struct host *h, struct err *err)
{
    h->gate.opening = true;
    h->gate.since = loop_now(h->loop);
    err_set(&h->gate.why, ERR_UNAVAILABLE, "not opened yet");
    return task_start(h->loop, open_task, h, err);
}

void gate_close(struct host *h, const struct err *why, int64_t after_ms)
{
    struct gate *g = &h->gate;
    struct err err = {0};
    g->why = *why;
    if (after_ms > g->after_ms)
        g->after_ms = after_ms;
    if (!g->open || h->stopping)
        return;
    g->open = false;
    g->since = loop_now(h->loop);
    log_say(&h->log, LOG_LEVEL_WARN, "outage", "%s", why->text);
    consume(h, false);
    g->opening = true;
    if (task_start(h->loop, open_task, h, &err) != 0) { /* out of memory: better open than closed for ever */
        log_say(&h->log, LOG_LEVEL_ERROR, "outage", "%s", err.text);
        opened(h);
    }
}

int gate_wait(struct host *h)
{
    struct gate *g = &h->gate;
    while (!g->open && !h->stopping) {
        assert(g->waiting < GATE_WAITERS_MAX);
        g->waiters[g->waiting++] = task_current(h->loop);
        task_suspend(h->loop); /* may return early */
        stop_waiting(g, task_current(h->loop));
    }
    return h->stopping ? ERR_STOPPING : 0;
}

void gate_stop(struct host *h)
{
    wake_all(&h->gate);
}
