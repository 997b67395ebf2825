/* amqp_link: keeps one connection to the broker up, and what waits on it honest.
 *
 *   DOWN ──connect──▶ UP ──anything wrong──▶ BROKEN ──next round──▶ DOWN (batches failed, `down` called, back-off)
 *
 * Something may go wrong within a call of ours (a publish into a closed socket), whose caller does not expect a handler
 * to run: so a call only marks the connection as broken, and a timer of no delay does the rest.
 *
 * What is published or acked in one round of the loop goes out together at its end, or when somebody waits for a batch,
 * or when much has gathered. Deliveries, confirms and returns are all read in amqp_drain, and nowhere else.
 *
 * The back-off starts again from its beginning only after a connection that lived for a while: a queue that is not
 * there yet ends the attempt each time, and must not be asked for in a busy loop. */
#include "amqp_link.h"
#include "amqp_retry.h"
#include "base/hash.h"

#define RPC_MS 5000
#define FLUSH_BYTES (64 * 1024)
#define STEADY_US (5 * 1000 * 1000)

/* ---- losing the connection ---- */

static void amqp_connect(void *ctx);

static void amqp_retry(struct amqp *a)
{
    int64_t ms = amqp_retry_ms(a->attempts++, loop_random(a->loop));
    a->connect_timer = loop_after(a->loop, ms, amqp_connect, a);
}

static void amqp_stop_timers(struct amqp *a)
{
    loop_cancel(a->loop, a->connect_timer);
    loop_cancel(a->loop, a->tick_timer);
    loop_cancel(a->loop, a->flush_timer);
    loop_cancel(a->loop, a->lost_timer);
    a->connect_timer = a->tick_timer = a->flush_timer = a->lost_timer = 0;
}

static void amqp_watch(struct amqp *a, int events);

static void amqp_lost(void *ctx)
{
    struct amqp *a = ctx;
    amqp_stop_timers(a);
    amqp_wire_close(a->wire, false);
    a->wire = NULL;
    acks_clear(&a->acks);
    log_say(a->log, LOG_LEVEL_WARN, "broker-lost", "%s", a->why.text);
    confirms_fail(&a->confirms, &a->why);
    if (loop_uptime_us(a->loop) - a->up_us >= STEADY_US)
        a->attempts = 0;
    amqp_retry(a);
    if (a->handler.down)
        a->handler.down(a->handler.ctx, &a->why);
}

void amqp_link_break(struct amqp *a, const struct err *why)
{
    if (a->broken)
        return;
    a->broken = true;
    a->why = *why;
    amqp_watch(a, 0);
    a->lost_timer = loop_after(a->loop, 0, amqp_lost, a);
}

/* ---- sending ---- */

static void amqp_tell_acks(struct amqp *a)
{
    struct err err;
    uint64_t tag;
    bool multiple;
    while (!a->broken && acks_next(&a->acks, &tag, &multiple))
        if (amqp_wire_ack(a->wire, tag, multiple, &err))
            amqp_link_break(a, &err);
}

void amqp_link_flush(struct amqp *a)
{
    struct err err;
    if (!amqp_is_up(a))
        return;
    amqp_tell_acks(a);
    if (amqp_wire_buffered(a->wire))
        a->sent_us = loop_uptime_us(a->loop);
    if (!a->broken && amqp_wire_flush(a->wire, &err))
        amqp_link_break(a, &err);
    if (!a->broken)
        amqp_watch(a, LOOP_READ | (amqp_wire_buffered(a->wire) ? LOOP_WRITE : 0));
}

static void amqp_drain(struct amqp *a);

static void amqp_flush_later(void *ctx)
{
    struct amqp *a = ctx;
    a->flush_timer = 0;
    amqp_link_flush(a);
    amqp_drain(a);
}

/* After adding something to be sent, or a call of librabbitmq's that may have read frames. */
void amqp_link_touch(struct amqp *a)
{
    if (amqp_wire_buffered(a->wire) >= FLUSH_BYTES)
        amqp_link_flush(a);
    if (!a->flush_timer)
        a->flush_timer = loop_after(a->loop, 0, amqp_flush_later, a);
}

/* ---- receiving ---- */

static void amqp_deliver(struct amqp *a, struct amqp_event *e)
{
    struct consumer *c = consumers_of_tag(&a->consumers, e->consumer);
    struct err err;
    if (!c || !acks_delivered(&a->acks, e->delivery.tag)) {
        err_set(&err, ERR_UNAVAILABLE, "a delivery for %.*s that cannot be taken", TEXT_ARG(e->consumer));
        amqp_link_break(a, &err);
        return;
    }
    if (c->stream)
        c->last_offset = e->delivery.stream_offset;
    e->delivery.queue = c->queue;
    e->delivery.epoch = a->epoch;
    a->handler.delivery(a->handler.ctx, &e->delivery);
}

uint64_t amqp_link_fingerprint(struct text exchange, struct text routing_key, struct text message_id, uint64_t size)
{
    struct hash h;
    hash_init(&h, false);
    hash_text(&h, exchange);
    hash_text(&h, routing_key);
    hash_text(&h, message_id);
    hash_add(&h, &size, sizeof size);
    return hash_end64(&h);
}

static void amqp_returned(struct amqp *a, const struct amqp_event *e)
{
    const struct amqp_delivery *d = &e->delivery;
    struct err why;
    err_set(&why, ERR_NOT_FOUND, "no queue takes %.*s from exchange %.*s (%.*s)", TEXT_ARG(d->routing_key),
            TEXT_ARG(d->exchange), TEXT_ARG(e->reason));
    confirms_returned(&a->confirms, amqp_link_fingerprint(d->exchange, d->routing_key, d->message_id, d->body_size),
                      &why);
}

static void amqp_confirmed(struct amqp *a, const struct amqp_event *e)
{
    struct err refused = {0};
    if (e->refused)
        err_set(&refused, ERR_UNAVAILABLE, "the broker %s refused the message (basic.nack)", amqp_wire_broker(a->wire));
    confirms_answer(&a->confirms, e->tag, e->multiple, e->refused ? &refused : NULL);
}

static void amqp_set_blocked(struct amqp *a, bool blocked, struct text reason)
{
    a->blocked = blocked;
    if (blocked)
        log_say(a->log, LOG_LEVEL_WARN, "broker-blocked", "it takes no messages: %.*s", TEXT_ARG(reason));
    else
        log_line(a->log, LOG_LEVEL_INFO, "broker-unblocked", NULL);
}

static void amqp_on_event(struct amqp *a, struct amqp_event *e)
{
    switch (e->kind) {
    case EVENT_CONFIRMED:
        amqp_confirmed(a, e);
        break;
    case EVENT_DELIVERED:
        amqp_deliver(a, e);
        break;
    case EVENT_RETURNED:
        amqp_returned(a, e);
        break;
    case EVENT_BLOCKED:
    case EVENT_UNBLOCKED:
        amqp_set_blocked(a, e->kind == EVENT_BLOCKED, e->reason);
        break;
    }
}

static void amqp_drain(struct amqp *a)
{
    struct amqp_event event;
    struct err err;
    int rc = 0;
    while (amqp_is_up(a) && (rc = amqp_wire_next(a->wire, &event, &err)) == 1)
        amqp_on_event(a, &event);
    if (rc < 0)
        amqp_link_break(a, &err);
}

static void amqp_on_socket(void *ctx, int events)
{
    struct amqp *a = ctx;
    if (events & LOOP_WRITE)
        amqp_link_flush(a);
    if (!(events & LOOP_READ) || !amqp_is_up(a))
        return;
    a->received_us = loop_uptime_us(a->loop);
    amqp_wire_readable(a->wire);
    amqp_drain(a);
}

static void amqp_watch(struct amqp *a, int events)
{
    if (events == a->watched)
        return;
    a->watched = events;
    loop_watch(a->loop, a->fd, events, amqp_on_socket, a);
}

/* ---- the clock of a connection ---- */

static int64_t amqp_tick_ms(const struct amqp *a)
{
    int64_t ms = a->settings.heartbeat_s * 250;
    if (ms > a->settings.confirm_timeout_ms / 4)
        ms = a->settings.confirm_timeout_ms / 4;
    return ms < 20 ? 20 : ms > 1000 ? 1000 : ms;
}

static void amqp_check_silence(struct amqp *a, int64_t now)
{
    struct err err;
    int64_t heartbeat_us = a->settings.heartbeat_s * MOMENT_SECOND, oldest;
    if (now - a->received_us > 2 * heartbeat_us) {
        err_set(&err, ERR_TIMEOUT, "broker %s: silent for %d s", amqp_wire_broker(a->wire),
                2 * a->settings.heartbeat_s);
        amqp_link_break(a, &err);
    } else if (confirms_oldest(&a->confirms, &oldest) && now - oldest > a->settings.confirm_timeout_ms * 1000LL) {
        err_set(&err, ERR_TIMEOUT, "broker %s: no confirm within %d ms%s", amqp_wire_broker(a->wire),
                a->settings.confirm_timeout_ms, a->blocked ? "; it has blocked publishers" : "");
        amqp_link_break(a, &err);
    }
}

static void amqp_tick(void *ctx)
{
    struct amqp *a = ctx;
    struct err err;
    int64_t now = loop_uptime_us(a->loop);
    a->tick_timer = loop_after(a->loop, amqp_tick_ms(a), amqp_tick, a);
    amqp_check_silence(a, now);
    if (!a->broken && now - a->sent_us >= a->settings.heartbeat_s * MOMENT_SECOND / 2) {
        if (amqp_wire_heartbeat(a->wire, &err))
            amqp_link_break(a, &err);
        a->sent_us = now;
    }
    amqp_link_flush(a);
    amqp_drain(a);
}

/* ---- connecting ---- */

static int amqp_open(struct amqp *a, struct err *err)
{
    int rc = amqp_wire_open(&a->wire, &a->settings, RPC_MS, err);
    if (rc == 0)
        rc = amqp_wire_confirm_select(a->wire, err);
    for (struct consumer *c = a->consumers.first; c && rc == 0; c = c->next) {
        if (c->paused)
            continue;
        consumer_rename(c);
        rc = amqp_wire_consume_now(a->wire, c->queue, c->tag, c->prefetch, consumer_from(c), err);
    }
    return rc;
}

/* The same trouble is said once, and then every minute or so. */
static void amqp_refused(struct amqp *a, const struct err *err)
{
    amqp_wire_close(a->wire, false);
    a->wire = NULL;
    if (strcmp(err->text, a->last_refusal.text) != 0 || a->attempts % 16 == 15)
        log_say(a->log, LOG_LEVEL_WARN, "broker-unreachable", "%s; trying again", err->text);
    a->last_refusal = *err;
    amqp_retry(a);
}

static void amqp_connect(void *ctx)
{
    struct amqp *a = ctx;
    struct err err = {0};
    a->connect_timer = 0;
    if (amqp_open(a, &err)) {
        amqp_refused(a, &err);
        return;
    }
    a->last_refusal = (struct err){0};
    a->broken = a->blocked = false;
    a->epoch++;
    a->fd = amqp_wire_fd(a->wire);
    a->watched = 0;
    a->up_us = a->received_us = a->sent_us = loop_uptime_us(a->loop);
    amqp_watch(a, LOOP_READ);
    a->tick_timer = loop_after(a->loop, amqp_tick_ms(a), amqp_tick, a);
    log_line(a->log, LOG_LEVEL_INFO, "broker-connected", "broker", amqp_wire_broker(a->wire), NULL);
    if (a->handler.up)
        a->handler.up(a->handler.ctx);
    amqp_drain(a);
}

void amqp_link_start(struct amqp *a)
{
    a->connect_timer = loop_after(a->loop, 0, amqp_connect, a);
}

void amqp_link_stop(struct amqp *a)
{
    if (a->wire) {
        amqp_link_flush(a);
        amqp_watch(a, 0);
        amqp_wire_close(a->wire, !a->broken);
        a->wire = NULL;
    }
    amqp_stop_timers(a);
}

void amqp_link_consume(struct amqp *a, struct consumer *c)
{
    struct err err;
    consumer_rename(c);
    if (amqp_wire_consume(a->wire, c->queue, c->tag, c->prefetch, consumer_from(c), &err))
        amqp_link_break(a, &err);
    else
        amqp_link_touch(a);
}
