#include "host.h"

static void turn(struct host *h, bool on)
{
    struct intake *i = &h->intake;
    struct err err = {0};
    int rc = 0;
    if (i->begun)
        rc = amqp_pause(h->amqp, h->queue, !on, &err);
    else if (on)
        rc = amqp_consume(h->amqp, h->queue, (int)h->settings.prefetch, NULL, &err);
    if (rc != 0) {
        log_say(&h->log, LOG_LEVEL_ERROR, "consume", "%s", err.text);
        return;
    }
    i->begun = i->begun || on;
    i->on = on;
}

/* Most of what we hold is parked, or we hold little. */
static bool has_room(const struct host *h)
{
    uint64_t prefetch = (uint64_t)h->settings.prefetch, held = h->lanes.queued;
    return (held - h->lanes.parked_jobs) * 2 <= prefetch && held + prefetch <= INTAKE_WINDOWS * prefetch;
}

void intake_look(struct host *h)
{
    struct intake *i = &h->intake;
    bool wanted = h->gate.open && !h->stopping;
    bool full = i->unanswered >= (uint64_t)h->settings.prefetch;
    if (i->on && (!wanted || (full && has_room(h))))
        turn(h, false);
    if (!wanted || i->on || !has_room(h))
        return;
    i->window++;
    i->unanswered = 0;
    turn(h, true);
}

uint64_t intake_taken(struct host *h)
{
    h->intake.unanswered++;
    return h->intake.window;
}

void intake_answered(struct host *h, uint64_t window)
{
    if (window == h->intake.window)
        h->intake.unanswered--;
}

/* amqp starts the consumer again by itself, unless it is paused. */
void intake_connection_lost(struct host *h)
{
    h->intake.window++;
    h->intake.unanswered = 0;
    intake_look(h);
}
