/* gate: the task that opens, and those that wait. */
#include "host.h"

#include <assert.h>

#define STEADY_US (10 * MOMENT_SECOND) /* open for so long: the next outage is another one */

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

static void opened(struct host *h)
{
    struct gate *g = &h->gate;
    g->open = true;
    g->opened_us = loop_uptime_us(h->loop);
    g->why = (struct err){0};
    g->health = (struct health){0};
    log_line(&h->log, LOG_LEVEL_INFO, "open", "system", h->session.system, NULL);
    intake_look(h);
    wake_all(g);
    lanes_kick(h);
    refresh_kick(h);
}

/* Before the next try to open. */
static int64_t pause_ms(struct host *h)
{
    struct gate *g = &h->gate;
    int64_t asked_ms = g->after_ms;
    g->after_ms = 0;
    if (asked_ms > 0 || g->attempts == 0)
        return asked_ms;
    return host_backoff_ms(h, g->attempts - 1, g->why.code == ERR_DENIED ? GATE_DENIED_MAX_MS : GATE_LOOK_MAX_MS);
}

/* The same trouble is said once, and then now and then. */
static void failed(struct host *h, struct err *why)
{
    struct gate *g = &h->gate;
    if (strcmp(why->text, g->why.text) != 0 || g->attempts % 32 == 1)
        log_say(&h->log, LOG_LEVEL_WARN, "not-open", "%s", why->text);
    g->why = *why;
}

static void open_task(void *arg)
{
    struct host *h = arg;
    while (host_sleep(h, pause_ms(h))) {
        struct err err = {0};
        int rc = h->session.adapter->open(&h->session, &err);
        h->gate.attempts++;
        if (rc == 0) {
            opened(h);
            return;
        }
        host_reason(&err, rc);
        failed(h, &err);
    }
}

int gate_start(struct host *h, struct err *err)
{
    err_set(&h->gate.why, ERR_UNAVAILABLE, "not opened yet");
    return task_start(h->loop, open_task, h, err);
}

void gate_close(struct host *h, const struct err *why, int64_t after_ms)
{
    struct gate *g = &h->gate;
    struct err err = {0};
    if (after_ms > g->after_ms)
        g->after_ms = after_ms;
    if (!g->open || h->stopping)
        return;
    g->open = false;
    g->why = *why;
    if (loop_uptime_us(h->loop) - g->opened_us >= STEADY_US)
        g->attempts = 0;
    log_say(&h->log, LOG_LEVEL_WARN, "outage", "%s", why->text);
    intake_look(h);
    if (task_start(h->loop, open_task, h, &err) != 0) { /* out of memory: better open than closed for ever */
        log_say(&h->log, LOG_LEVEL_ERROR, "outage", "%s", err.text);
        opened(h);
    }
}

void gate_heard(struct host *h, int rc, const struct http_response *r, const char *words)
{
    struct gate *g = &h->gate;
    struct err why;
    if (!health_heard(&g->health, rc, r) || !g->open)
        return;
    err_set(&why, ERR_UNAVAILABLE, g->health.failures > 1 ? "%s (%u calls failed in a row)" : "%s", words,
            g->health.failures);
    gate_close(h, &why, 0);
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
