#include "amqp_client.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
/* last, as its header wants the ones above */
#include <cmocka.h>

static void on_up(void *ctx)
{
    struct client *c = ctx;
    assert_true(amqp_is_up(c->amqp));
    c->ups++;
}

static void on_down(void *ctx, const struct err *why)
{
    struct client *c = ctx;
    assert_false(amqp_is_up(c->amqp));
    c->downs++;
    c->why = *why;
}

unsigned sum_of(struct text t)
{
    unsigned sum = 0;
    for (size_t i = 0; i < t.n; i++)
        sum = sum * 31 + (unsigned char)t.p[i];
    return sum;
}

static void on_delivery(void *ctx, const struct amqp_delivery *d)
{
    struct client *c = ctx;
    assert_true(c->count < SEEN_MAX);
    struct seen *s = &c->seen[c->count++];
    *s = (struct seen){.tag = d->tag, .epoch = d->epoch, .redelivered = d->redelivered, .too_large = d->too_large};
    snprintf(s->id, sizeof s->id, "%.*s", TEXT_ARG(d->message_id));
    snprintf(s->queue, sizeof s->queue, "%s", d->queue);
    s->body_n = d->body.n;
    s->body_size = d->body_size;
    s->sum = sum_of(d->body);
    s->offset = d->stream_offset;
    if (c->ack_at_once)
        amqp_ack(c->amqp, d->epoch, d->tag);
}

struct client *client_new(const struct broker *b, struct amqp_settings s)
{
    struct client *c = calloc(1, sizeof *c);
    struct err err;
    assert_non_null(c);
    c->broker = b;
    assert_int_equal(loop_new(&c->loop, &err), 0);
    struct amqp_handler h = {on_up, on_down, on_delivery, c};
    s.uri = s.uri ? s.uri : b->uri;
    s.name = "amqp_test";
    assert_int_equal(amqp_new(&c->amqp, c->loop, NULL, &s, &h, &err), 0);
    return c;
}

void client_free(struct client *c)
{
    amqp_free(c->amqp);
    loop_free(c->loop);
    free(c);
}

void client_turn(struct client *c)
{
    struct err err;
    assert_int_equal(loop_run_once(c->loop, 20, &err), 0);
}

void client_idle(struct client *c, int64_t ms)
{
    int64_t end = loop_uptime_us(c->loop) + ms * 1000;
    while (loop_uptime_us(c->loop) < end)
        client_turn(c);
}

void declare_system(const struct broker *b, const char *system)
{
    const char *systems[] = {system};
    struct topology_settings t = {systems, 1, LIMIT, 50000000, 7};
    struct err err;
    if (topology_declare(&(struct amqp_settings){.uri = b->uri}, &t, &err) != 0)
        fail_msg("%s", err.text);
}

uint32_t client_depth(struct client *c, const char *queue)
{
    uint32_t messages = 0, consumers = 0;
    struct err err;
    if (amqp_depth(c->amqp, queue, &messages, &consumers, &err) != 0)
        fail_msg("%s", err.text);
    return messages;
}

/* ---- publishing from a task ---- */

static void fill(char *body, size_t n) /* each place its own, so that a piece in a wrong place shows */
{
    for (size_t i = 0; i < n; i++)
        body[i] = (char)(i ^ (i >> 8) ^ (i >> 16));
}

unsigned sum_of_filled(size_t n)
{
    char *body = malloc(n + 1);
    assert_non_null(body);
    fill(body, n);
    unsigned sum = sum_of((struct text){body, n});
    free(body);
    return sum;
}

static void send_all(void *arg)
{
    struct sending *s = arg;
    char *body = malloc(s->size + 32);
    assert_non_null(body);
    for (int i = 0; i < s->count; i++) {
        char id[32];
        snprintf(id, sizeof id, "m%d", s->first + i);
        struct amqp_publication p = {.exchange = TOPOLOGY_COMMANDS,
                                     .routing_key = s->key,
                                     .message_id = id,
                                     .type = "tidegate.command.v1",
                                     .content_type = "application/vnd.tidegate+msgpack",
                                     .app_id = "amqp_test",
                                     .user_id = "tidegate",
                                     .traceparent = text_of("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"),
                                     .hash_on = text_of("shop:order:1001"),
                                     .time = loop_now(s->client->loop)};
        fill(body, s->size);
        p.body = s->size ? (struct text){body, s->size} : text_of(id);
        s->refused += amqp_publish(s->client->amqp, &s->batch, &p, &s->err) != 0;
    }
    free(body);
    s->rc = amqp_batch_wait(s->client->amqp, &s->batch, &s->err);
    s->over = true;
}

void sending_start(struct sending *s)
{
    assert_int_equal(task_start(s->client->loop, send_all, s, NULL), 0);
}

void client_send(struct client *c, const char *key, int first, int count, size_t size)
{
    struct sending s = {.client = c, .key = key, .first = first, .count = count, .size = size};
    sending_start(&s);
    UNTIL(c, s.over);
    if (s.rc || s.refused)
        fail_msg("%d refused, %u failed: %s", s.refused, s.batch.failed, s.err.text);
}
