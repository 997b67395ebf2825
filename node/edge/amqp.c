/* amqp: what others call. It only adds to what is to be sent and to what is waited for; see amqp_link.c for how the
 * connection is kept, and why no handler ever runs from within these calls. */
#include "amqp_link.h"

#include <assert.h>
#include <stdlib.h>

#define WAITING_MAX (32 * 1024 * 1024) /* bytes unsent before a publish is refused */

int amqp_new(struct amqp **out, struct loop *l, const struct log *log, const struct amqp_settings *s,
             const struct amqp_handler *h, struct err *err)
{
    struct amqp *a = calloc(1, sizeof *a);
    if (!a)
        return err_set(err, ERR_NOMEM, "no memory for the broker's connection");
    assert(s->uri && h);
    a->loop = l;
    a->log = log;
    a->settings = *s;
    a->handler = *h;
    if (!s->heartbeat_s)
        a->settings.heartbeat_s = 10;
    if (!s->confirm_timeout_ms)
        a->settings.confirm_timeout_ms = 30000;
    if (!s->prefetch)
        a->settings.prefetch = 256;
    if (!s->body_max)
        a->settings.body_max = 4 * 1024 * 1024;
    confirms_init(&a->confirms);
    acks_init(&a->acks);
    amqp_link_start(a);
    *out = a;
    return 0;
}

void amqp_free(struct amqp *a)
{
    struct err stopping;
    if (!a)
        return;
    amqp_link_stop(a);
    err_set(&stopping, ERR_STOPPING, "the broker's connection was closed before it confirmed");
    confirms_fail(&a->confirms, &stopping);
    confirms_release(&a->confirms);
    acks_release(&a->acks);
    consumers_release(&a->consumers);
    free(a);
}

bool amqp_is_up(const struct amqp *a)
{
    return a->wire && !a->broken;
}

/* ---- consuming ---- */

int amqp_consume(struct amqp *a, const char *queue, int prefetch, const char *stream_from, struct err *err)
{
    struct consumer *c;
    int rc = consumers_add(&a->consumers, &c, queue, prefetch ? prefetch : a->settings.prefetch, stream_from, err);
    if (rc == 0 && amqp_is_up(a))
        amqp_link_consume(a, c);
    return rc;
}

int amqp_pause(struct amqp *a, const char *queue, bool paused, struct err *err)
{
    struct consumer *c = consumers_of_queue(&a->consumers, queue);
    struct err trouble;
    if (!c)
        return err_set(err, ERR_NOT_FOUND, "queue %s is not consumed", queue);
    if (c->paused == paused)
        return 0;
    c->paused = paused;
    if (!amqp_is_up(a))
        return 0;
    if (!paused)
        amqp_link_consume(a, c);
    else if (amqp_wire_cancel(a->wire, c->tag, &trouble))
        amqp_link_break(a, &trouble);
    else
        amqp_link_touch(a);
    return 0;
}

void amqp_ack(struct amqp *a, uint64_t epoch, uint64_t tag)
{
    if (epoch != a->epoch || !amqp_is_up(a))
        return;
    bool known = acks_acked(&a->acks, tag);
    assert(known && "a delivery is answered once");
    (void)known;
    amqp_link_touch(a);
}

void amqp_reject(struct amqp *a, uint64_t epoch, uint64_t tag, bool requeue)
{
    struct err err;
    if (epoch != a->epoch || !amqp_is_up(a))
        return;
    bool known = acks_rejected(&a->acks, tag);
    assert(known && "a delivery is answered once");
    if (known && amqp_wire_reject(a->wire, tag, requeue, &err))
        amqp_link_break(a, &err);
    else
        amqp_link_touch(a);
}

/* ---- publishing ---- */

static int amqp_may_publish(const struct amqp *a, const struct amqp_publication *p, struct err *err)
{
    if (!amqp_is_up(a))
        return err_set(err, ERR_UNAVAILABLE, "no connection to the broker");
    if (a->blocked)
        return err_set(err, ERR_UNAVAILABLE, "the broker takes no messages: it is short of memory or disk");
    if (amqp_wire_buffered(a->wire) + p->body.n > WAITING_MAX)
        return err_set(err, ERR_UNAVAILABLE, "the broker reads too slowly: %zu bytes wait to be sent",
                       amqp_wire_buffered(a->wire));
    if (p->body.n > AMQP_BODY_MAX)
        return err_set(err, ERR_TOO_LARGE, "a message of %zu bytes: the broker takes at most %d", p->body.n,
                       AMQP_BODY_MAX);
    return amqp_wire_check(p, err);
}

int amqp_publish(struct amqp *a, struct amqp_batch *b, const struct amqp_publication *p, struct err *err)
{
    struct err trouble;
    int rc = amqp_may_publish(a, p, err);
    if (rc)
        return rc;
    uint64_t fingerprint =
        amqp_link_fingerprint(text_of(p->exchange), text_of(p->routing_key), text_of(p->message_id), p->body.n);
    if (!confirms_add(&a->confirms, b, fingerprint, loop_uptime_us(a->loop)))
        return err_set(err, ERR_UNAVAILABLE, "%zu messages wait for the broker's confirm",
                       confirms_waiting(&a->confirms));
    if (amqp_wire_publish(a->wire, p, &trouble))
        amqp_link_break(a, &trouble); /* which fails the batch: the caller hears of it by waiting */
    else
        amqp_link_touch(a);
    return 0;
}

int amqp_batch_wait(struct amqp *a, struct amqp_batch *b, struct err *err)
{
    amqp_link_flush(a);
    b->task = task_current(a->loop);
    assert(b->task && "only a task may wait");
    while (b->waiting)
        task_suspend(a->loop);
    b->task = NULL;
    if (!b->failed)
        return 0;
    if (err)
        *err = b->first;
    return b->first.code;
}

int amqp_depth(struct amqp *a, const char *queue, uint32_t *messages, uint32_t *consumers, struct err *err)
{
    struct err why = {0};
    if (!amqp_is_up(a))
        return err_set(err, ERR_UNAVAILABLE, "no connection to the broker");
    int rc = amqp_wire_depth(a->wire, queue, messages, consumers, &why);
    if (rc && rc != ERR_NOT_FOUND)
        amqp_link_break(a, &why);
    else
        amqp_link_touch(a);
    if (rc && err)
        *err = why;
    return rc;
}
