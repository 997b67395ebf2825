/* batch: decide → publish → confirm → commit → ack.
 *
 * All that has arrived is one batch, up to a bound; outcomes first, since what they tell makes an echo known. The
 * commands of each message are sent when it is decided, so that the broker works while the next one is decided and
 * while the records are written. When all is confirmed the store commits, then the broker is told. A crash or a failure
 * anywhere before the commit leaves everything as it was, and the same deliveries are decided again: after a pause, or,
 * when the connection is lost, when the broker gives them again. A message that cannot be decided whatever happens is
 * set aside, so that it does not hold up the others. What is overdue is a batch of its own. */
#include "router.h"

#include "edge/topology.h"

#include <stdlib.h>

void delivery_list_init(struct delivery_list *l)
{
    *l = (struct delivery_list){.end = &l->first};
}

static void append(struct delivery_list *l, struct delivery *d)
{
    d->next = NULL;
    *l->end = d;
    l->end = &d->next;
    l->count++;
}

static struct delivery *take_first(struct delivery_list *l)
{
    struct delivery *d = l->first;
    l->first = d->next;
    if (!l->first)
        l->end = &l->first;
    l->count--;
    return d;
}

bool delivery_list_add(struct delivery_list *l, const struct amqp_delivery *d)
{
    struct delivery *copy = malloc(sizeof *copy + d->body.n + d->user_id.n);
    if (!copy)
        return false;
    char *bytes = (char *)(copy + 1);
    *copy = (struct delivery){.tag = d->tag,
                              .epoch = d->epoch,
                              .too_large = d->too_large ? d->body_size + (d->body_size == 0) : 0,
                              .body = {bytes, d->body.n},
                              .user = {bytes + d->body.n, d->user_id.n}};
    if (d->body.n)
        memcpy(bytes, d->body.p, d->body.n);
    if (d->user_id.n)
        memcpy(bytes + d->body.n, d->user_id.p, d->user_id.n);
    append(l, copy);
    return true;
}

void delivery_list_clear(struct delivery_list *l)
{
    while (l->first)
        free(take_first(l));
}

void router_wake(struct router *r)
{
    if (r->idle)
        task_wake(r->idle);
}

/* ---- one batch ---- */

static void gather(struct router *r, struct delivery_list *batch)
{
    struct delivery_list *from[] = {&r->outcomes, &r->changes};
    size_t bytes = 0;
    for (int i = 0; i < 2; i++)
        while (from[i]->first && batch->count < ROUTER_BATCH_MAX && bytes < ROUTER_BATCH_BYTES) {
            bytes += from[i]->first->body.n;
            append(batch, take_first(from[i]));
        }
}

/* Sends what the message decided last leads to. */
static int publish(struct router *r, size_t *sent, struct amqp_batch *confirms, struct err *err)
{
    int rc = 0;
    for (; !rc && *sent < r->desk.out_count; ++*sent) {
        const struct desk_command *c = &r->desk.out[*sent];
        rc = amqp_publish(r->amqp, confirms,
                          &(struct amqp_publication){.exchange = TOPOLOGY_COMMANDS,
                                                     .routing_key = c->routing_key,
                                                     .body = desk_body(&r->desk, *sent),
                                                     .message_id = c->id,
                                                     .type = message_type_name(MESSAGE_COMMAND),
                                                     .content_type = MESSAGE_CONTENT_TYPE,
                                                     .app_id = "tidegate-router",
                                                     .traceparent = text_of(c->traceparent),
                                                     .hash_on = c->key,
                                                     .time = c->time},
                          err);
    }
    return rc;
}

/* Trying again does not help: the message, or what it touches, is too large or damaged. */
static bool at_fault(int rc)
{
    return rc == ERR_INVALID || rc == ERR_TOO_LARGE || rc == ERR_NOT_FOUND || rc == ERR_CONFLICT;
}

/* *faulty: the delivery that could not be decided by its own fault. */
static int decide(struct router *r, struct delivery_list *batch, struct amqp_batch *confirms, struct delivery **faulty,
                  struct err *err)
{
    int64_t began = loop_uptime_us(r->loop);
    size_t sent = 0;
    int rc = desk_begin(&r->desk, loop_now(r->loop), err);
    for (struct delivery *d = batch->first; !rc && d; d = d->next) {
        rc = desk_take(&r->desk, &(struct desk_message){d->body, d->user, d->too_large}, err);
        *faulty = at_fault(rc) ? d : NULL;
        rc = rc ? rc : publish(r, &sent, confirms, err);
    }
    if (batch->count) {
        histogram_add(&r->metrics.batch_size, (double)batch->count);
        histogram_add(&r->metrics.decide_us, (double)(loop_uptime_us(r->loop) - began) / (double)batch->count);
        return rc;
    }
    if (!rc)
        rc = desk_overdue(&r->desk, err);
    return rc < 0 ? rc : publish(r, &sent, confirms, err);
}

/* Also after a failure, every publish that was sent is waited for: the batch must not outlive its confirms. */
static int decide_and_save(struct router *r, struct delivery_list *batch, struct delivery **faulty, struct err *err)
{
    struct amqp_batch confirms = {0};
    struct err other;
    int rc = decide(r, batch, &confirms, faulty, err);
    if (!rc)
        rc = desk_save(&r->desk, err);
    int confirmed = amqp_batch_wait(r->amqp, &confirms, rc ? &other : err);
    return rc ? rc : confirmed;
}

static void acknowledge(struct router *r, struct delivery_list *batch)
{
    while (batch->first) {
        struct delivery *d = take_first(batch);
        if (d->too_large)
            amqp_reject(r->amqp, d->epoch, d->tag, false); /* whole, in tidegate.dead */
        else
            amqp_ack(r->amqp, d->epoch, d->tag);
        free(d);
    }
}

/* Back to the head of the line, in order; or dropped when their connection is gone. */
static void give_back(struct router *r, struct delivery_list *batch, uint64_t generation)
{
    if (generation != r->generation) {
        delivery_list_clear(batch);
        return;
    }
    if (!batch->first)
        return;
    *batch->end = r->outcomes.first; /* a batch holds both kinds in order; decided as one again */
    if (!r->outcomes.first)
        r->outcomes.end = batch->end;
    r->outcomes.first = batch->first;
    r->outcomes.count += batch->count;
    delivery_list_init(batch);
}

static void take_out(struct delivery_list *l, struct delivery *d)
{
    struct delivery_list rest;
    delivery_list_init(&rest);
    while (l->first) {
        struct delivery *one = take_first(l);
        if (one != d)
            append(&rest, one);
    }
    delivery_list_init(l);
    while (rest.first)
        append(l, take_first(&rest));
}

/* Held with the reason why, and acked; when that fails too, it stays where it is. */
static void set_aside(struct router *r, struct delivery_list *batch, struct delivery *d, const struct err *why)
{
    struct err err;
    int rc = desk_begin(&r->desk, loop_now(r->loop), &err);
    if (!rc)
        rc = desk_set_aside(&r->desk, &(struct desk_message){d->body, d->user, d->too_large}, why, &err);
    if (!rc)
        rc = desk_commit(&r->desk, &err);
    if (rc) {
        desk_drop(&r->desk);
        return;
    }
    take_out(batch, d);
    amqp_ack(r->amqp, d->epoch, d->tag);
    free(d);
}

static int run_batch(struct router *r, struct err *err)
{
    struct delivery_list batch;
    struct delivery *faulty = NULL;
    uint64_t generation = r->generation;
    delivery_list_init(&batch);
    if (!r->overdue)
        gather(r, &batch);
    r->overdue = false;
    int rc = decide_and_save(r, &batch, &faulty, err);
    if (!rc)
        rc = desk_commit(&r->desk, err);
    if (rc) {
        desk_drop(&r->desk);
        if (faulty)
            set_aside(r, &batch, faulty, err);
        give_back(r, &batch, generation);
        r->metrics.batches_failed++;
        return rc;
    }
    r->metrics.batches += batch.count > 0;
    acknowledge(r, &batch);
    return 0;
}

static void wait_for_work(struct router *r)
{
    r->idle = task_current(r->loop);
    task_suspend(r->loop);
    r->idle = NULL;
}

void router_batches(void *arg)
{
    struct router *r = arg;
    while (!r->stopping) {
        struct err err = {0};
        if (!r->outcomes.first && !r->changes.first && !r->overdue) {
            wait_for_work(r);
        } else if (run_batch(r, &err)) {
            log_line(r->log, LOG_LEVEL_WARN, "batch-failed", "cause", err.text, NULL);
            r->trouble = err;
            task_sleep(r->loop, ROUTER_PAUSE_MS);
        } else {
            r->trouble.code = 0;
        }
    }
    loop_stop(r->loop);
}
