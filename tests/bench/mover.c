/* mover: the baseline of benchmark b. It takes what the router takes from the same queue with the same prefetch, and
 * for each change publishes as many messages of the same sizes to the same queues, waits for the confirms, acks: and
 * does nothing else. What the router is slower than this is the price of its decisions.
 *
 *   mover COUNT [--batch N] [--tasks N] ENTITY=ROUTING_KEY:BYTES …
 *
 * COUNT: it ends after so many changes. --batch, --tasks: so many deliveries are published and then waited for as one,
 * by so many tasks in turn (1 and 2048 is how the router works). */
#include "door.h"

#include <stdio.h>
#include <stdlib.h>

#include "edge/topology.h"
#include "proto/message.h"

#define PREFETCH 4096 /* the router's */
#define MOVES_MAX 64
#define BODY_MAX 65536

struct move { /* what a change of this entity leads to */
    struct text entity, routing_key;
    size_t bytes;
};

struct taken {
    struct taken *next;
    uint64_t tag, epoch;
    char entity[64];
};

struct mover {
    struct door door;
    struct move moves[MOVES_MAX];
    size_t move_count;
    unsigned long wanted, moved;
    size_t batch;
    long tasks, running;
    struct taken *first, **end;
    struct task *idle[64], *main;
    size_t idle_count;
    struct err err;
    char body[BODY_MAX];
};

/* ---- deliveries ---- */

static void wake_one(struct mover *m)
{
    if (m->idle_count)
        task_wake(m->idle[--m->idle_count]);
}

static void on_delivery(void *ctx, const struct amqp_delivery *d)
{
    struct mover *m = ctx;
    struct text entity, rest = d->routing_key; /* <source>.<entity>.<op> */
    struct taken *t = malloc(sizeof *t);
    if (!t)
        abort();
    *t = (struct taken){.tag = d->tag, .epoch = d->epoch};
    text_split(rest, '.', &entity, &rest);
    text_split(rest, '.', &entity, &rest);
    snprintf(t->entity, sizeof t->entity, "%.*s", TEXT_ARG(entity));
    *m->end = t;
    m->end = &t->next;
    wake_one(m);
}

/* ---- one batch ---- */

static int publish(struct mover *m, struct amqp_batch *b, const struct taken *t, struct err *err)
{
    int rc = 0;
    for (size_t i = 0; i < m->move_count && rc == 0; i++) {
        const struct move *v = &m->moves[i];
        if (!text_is(v->entity, t->entity))
            continue;
        rc = amqp_publish(m->door.amqp, b,
                          &(struct amqp_publication){
                              .exchange = TOPOLOGY_COMMANDS,
                              .routing_key = v->routing_key.p,
                              .body = {m->body, v->bytes},
                              .message_id = "0192f0c0-0000-7000-8000-000000000001",
                              .type = message_type_name(MESSAGE_COMMAND),
                              .content_type = MESSAGE_CONTENT_TYPE,
                              .app_id = "tidegate-router",
                              .traceparent = text_of("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"),
                              .hash_on = text_of("salesforce:product:01t000000000001"),
                              .time = 1800000000 * MOMENT_SECOND},
                          err);
    }
    return rc;
}

static struct taken *take(struct mover *m, size_t *count)
{
    struct taken *first = m->first, **end = &first;
    for (*count = 0; *end && *count < m->batch; ++*count)
        end = &(*end)->next;
    m->first = *end;
    if (!m->first)
        m->end = &m->first;
    *end = NULL;
    return first;
}

static int move(struct mover *m, struct err *err)
{
    struct amqp_batch batch = {0};
    struct err why;
    size_t count;
    struct taken *taken = take(m, &count), *next;
    int rc = 0;
    for (const struct taken *t = taken; t && rc == 0; t = t->next)
        rc = publish(m, &batch, t, err);
    int waited = amqp_batch_wait(m->door.amqp, &batch, rc ? &why : err);
    rc = rc ? rc : waited;
    for (; taken; taken = next) {
        next = taken->next;
        if (rc == 0)
            amqp_ack(m->door.amqp, taken->epoch, taken->tag);
        free(taken);
    }
    m->moved += count;
    return rc;
}

static void work(void *arg)
{
    struct mover *m = arg;
    while (m->moved < m->wanted && m->err.code == 0) {
        if (m->first) {
            move(m, &m->err);
            continue;
        }
        m->idle[m->idle_count++] = task_current(m->door.loop);
        task_suspend(m->door.loop);
    }
    m->running--;
    wake_one(m);
    if (!m->running)
        task_wake(m->main);
}

static int run(void *ctx, struct err *err)
{
    struct mover *m = ctx;
    m->main = task_current(m->door.loop);
    int rc = amqp_consume(m->door.amqp, TOPOLOGY_ROUTER_QUEUE, PREFETCH, NULL, err);
    for (long i = 0; i < m->tasks && rc == 0; i++, m->running++)
        rc = task_start(m->door.loop, work, m, err);
    while (rc == 0 && m->running)
        task_suspend(m->door.loop);
    if (rc == 0 && m->err.code != 0)
        *err = m->err;
    return rc ? rc : m->err.code;
}

/* ---- */

static void add_move(struct mover *m, struct text word)
{
    struct text entity, key, bytes;
    int64_t n;
    if (m->move_count == MOVES_MAX || !text_split(word, '=', &entity, &key) || !text_split(key, ':', &key, &bytes) ||
        !text_to_i64(bytes, &n) || n < 0 || n > BODY_MAX)
        return;
    ((char *)key.p)[key.n] = '\0';
    m->moves[m->move_count++] = (struct move){entity, key, (size_t)n};
}

int main(int argc, char **argv)
{
    static struct mover m;
    if (argc < 2) {
        fprintf(stderr, "usage: mover COUNT [--batch N] [--tasks N] ENTITY=ROUTING_KEY:BYTES …\n");
        return 2;
    }
    m.wanted = strtoul(argv[1], NULL, 10);
    m.batch = (size_t)door_number(argc, argv, "--batch", 2048);
    m.tasks = door_number(argc, argv, "--tasks", 1);
    if (m.tasks < 1 || m.tasks > 64 || m.batch < 1)
        return 2;
    for (int i = 2; i < argc; i++)
        add_move(&m, text_of(argv[i]));
    m.end = &m.first;
    memset(m.body, 'x', sizeof m.body);
    m.door.work = run;
    m.door.delivery = on_delivery;
    m.door.ctx = &m;
    return door_run(&m.door, "bench-mover");
}
