/* gauge: looks at the queues of the targets from outside, the same way whoever fills them.
 *
 *   gauge speed COUNT     waits until COUNT commands lie there; prints the commands a second between the first tenth
 *                         and the end, so that starting up does not count
 *   gauge quiet SECONDS   waits until the router's queues are empty (it has the last ones in hand: `router` asks it)
 *   gauge drain           takes everything out; prints "<routing key> <messages> <mean bytes>" a line */
#include "door.h"

#include <stdio.h>
#include <stdlib.h>

#include "edge/topology.h"

#define LOOK_MS 5
#define PATIENCE_US (300 * MOMENT_SECOND)
#define SILENCE_MS 300
#define KINDS_MAX 64

static const char *const targets[] = {"tidegate.to.salesforce", "tidegate.to.shop", "tidegate.to.erp"};
#define TARGETS (sizeof targets / sizeof *targets)

struct kind {
    char routing_key[160];
    unsigned long messages, bytes;
};

struct gauge {
    struct door door;
    unsigned long wanted, drained, kind_count;
    struct kind kinds[KINDS_MAX];
};

static int depth(struct gauge *g, const char *const *queues, size_t count, unsigned long *total, struct err *err)
{
    int rc = 0;
    *total = 0;
    for (size_t i = 0; i < count && rc == 0; i++) {
        uint32_t messages = 0, consumers;
        rc = amqp_depth(g->door.amqp, queues[i], &messages, &consumers, err);
        *total += messages;
    }
    return rc;
}

/* ---- speed ---- */

static int speed(void *ctx, struct err *err)
{
    struct gauge *g = ctx;
    unsigned long now = 0, first = 0;
    int64_t first_us = 0, until = loop_uptime_us(g->door.loop) + PATIENCE_US;
    while (now < g->wanted) {
        task_sleep(g->door.loop, LOOK_MS);
        int rc = depth(g, targets, TARGETS, &now, err);
        if (rc != 0)
            return rc;
        if (!first_us && now >= g->wanted / 10) {
            first = now;
            first_us = loop_uptime_us(g->door.loop);
        }
        if (loop_uptime_us(g->door.loop) > until)
            return err_set(err, ERR_TIMEOUT, "%lu of %lu commands after %lld s", now, g->wanted,
                           PATIENCE_US / MOMENT_SECOND);
    }
    int64_t took_us = loop_uptime_us(g->door.loop) - first_us;
    printf("%.0f\n", (double)(now - first) * 1e6 / (double)(took_us > 0 ? took_us : 1));
    return 0;
}

/* ---- quiet ---- */

static int quiet(void *ctx, struct err *err)
{
    static const char *const queues[] = {TOPOLOGY_ROUTER_QUEUE, TOPOLOGY_OUTCOME_QUEUE};
    struct gauge *g = ctx;
    unsigned long now = 1;
    int rc = 0;
    int64_t until = loop_uptime_us(g->door.loop) + (int64_t)g->wanted * MOMENT_SECOND;
    while (rc == 0 && now) {
        rc = depth(g, queues, 2, &now, err);
        if (rc == 0 && loop_uptime_us(g->door.loop) > until)
            return err_set(err, ERR_TIMEOUT, "%lu messages still wait for the router", now);
        task_sleep(g->door.loop, 20);
    }
    return rc;
}

/* ---- drain ---- */

static struct kind *kind_of(struct gauge *g, struct text routing_key)
{
    for (size_t i = 0; i < g->kind_count; i++)
        if (text_is(routing_key, g->kinds[i].routing_key))
            return &g->kinds[i];
    if (g->kind_count == KINDS_MAX)
        return NULL;
    struct kind *k = &g->kinds[g->kind_count++];
    snprintf(k->routing_key, sizeof k->routing_key, "%.*s", TEXT_ARG(routing_key));
    return k;
}

static void on_delivery(void *ctx, const struct amqp_delivery *d)
{
    struct gauge *g = ctx;
    struct kind *k = kind_of(g, d->routing_key);
    g->drained++;
    amqp_ack(g->door.amqp, d->epoch, d->tag);
    if (!k)
        return;
    k->messages++;
    k->bytes += d->body.n;
}

static int drain(void *ctx, struct err *err)
{
    struct gauge *g = ctx;
    int rc = 0;
    for (size_t i = 0; i < TARGETS && rc == 0; i++)
        rc = amqp_consume(g->door.amqp, targets[i], 2000, NULL, err);
    for (unsigned long before = 1; rc == 0 && before != g->drained;) {
        before = g->drained;
        task_sleep(g->door.loop, SILENCE_MS);
    }
    for (size_t i = 0; i < g->kind_count && rc == 0; i++)
        printf("%s %lu %lu\n", g->kinds[i].routing_key, g->kinds[i].messages, g->kinds[i].bytes / g->kinds[i].messages);
    return rc;
}

/* ---- */

int main(int argc, char **argv)
{
    static struct gauge g;
    g.door.ctx = &g;
    g.wanted = argc == 3 ? strtoul(argv[2], NULL, 10) : 0;
    if (argc == 3 && strcmp(argv[1], "speed") == 0) {
        g.door.work = speed;
    } else if (argc == 3 && strcmp(argv[1], "quiet") == 0) {
        g.door.work = quiet;
    } else if (argc == 2 && strcmp(argv[1], "drain") == 0) {
        g.door.work = drain;
        g.door.delivery = on_delivery;
    } else {
        fprintf(stderr, "usage: gauge speed COUNT | gauge quiet SECONDS | gauge drain\n");
        return 2;
    }
    return door_run(&g.door, "bench-gauge");
}
