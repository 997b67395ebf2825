/* courier: the router's end of the broker, by lines, for a suite that is not written in C.
 *
 *   usage: courier BROKER-URI SYSTEM
 *   stdin:  <routing key> <body in hex>     publishes to tidegate.commands; end of file ends the program
 *   stdout: up                              the topology is there and everything is consumed
 *           <queue> <body in hex>           came for the router: changes, outcomes, and dead letters
 *
 * Bodies are not looked at, so broken ones travel as well. A publish that the broker does not confirm ends it with 1.
 */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/buf.h"
#include "edge/amqp.h"
#include "edge/topology.h"

struct courier {
    struct loop *loop;
    struct amqp *amqp;
    struct amqp_batch batch;
    struct buf input;
    struct err err;
    bool told;
};

static void fail(struct courier *c, const char *what)
{
    fprintf(stderr, "courier: %s: %s\n", what, c->err.text);
    c->err.code = c->err.code ? c->err.code : ERR_IO;
    loop_stop(c->loop);
}

static void on_up(void *ctx)
{
    struct courier *c = ctx;
    if (!c->told)
        puts("up");
    fflush(stdout);
    c->told = true;
}

static void on_down(void *ctx, const struct err *why)
{
    (void)ctx;
    fprintf(stderr, "courier: the broker is gone: %s\n", why->text);
}

static void on_delivery(void *ctx, const struct amqp_delivery *d)
{
    struct courier *c = ctx;
    printf("%s ", d->queue);
    for (size_t i = 0; i < d->body.n; i++)
        printf("%02x", (unsigned char)d->body.p[i]);
    putchar('\n');
    fflush(stdout);
    amqp_ack(c->amqp, d->epoch, d->tag);
}

static bool add_hex(struct buf *out, struct text hex)
{
    for (size_t i = 0; i + 1 < hex.n; i += 2) {
        char pair[3] = {hex.p[i], hex.p[i + 1], '\0'}, *end;
        buf_char(out, (char)strtoul(pair, &end, 16));
        if (*end != '\0')
            return false;
    }
    return hex.n % 2 == 0;
}

static void publish(struct courier *c, struct text line)
{
    struct text name, hex;
    struct buf body;
    char key[256];
    buf_init(&body, 4u << 20);
    text_split(line, ' ', &name, &hex);
    snprintf(key, sizeof key, "%.*s", TEXT_ARG(name));
    struct amqp_publication p = {.exchange = TOPOLOGY_COMMANDS, .routing_key = key};
    if (!add_hex(&body, hex)) {
        fail(c, "that is no hex");
    } else {
        p.body = buf_view(&body);
        if (amqp_publish(c->amqp, &c->batch, &p, &c->err) != 0)
            fail(c, "cannot publish");
    }
    buf_release(&body);
}

static void take_byte(struct courier *c, char byte)
{
    if (byte != '\n') {
        buf_char(&c->input, byte);
        return;
    }
    publish(c, buf_view(&c->input));
    buf_reset(&c->input);
}

static void on_input(void *ctx, int events)
{
    struct courier *c = ctx;
    char bytes[4096];
    ssize_t n = read(STDIN_FILENO, bytes, sizeof bytes);
    (void)events;
    for (ssize_t i = 0; i < n; i++)
        take_byte(c, bytes[i]);
    if (n <= 0)
        loop_stop(c->loop);
}

static int start(struct courier *c, const char *uri, const char *system, struct err *err)
{
    static const char *const queues[] = {TOPOLOGY_ROUTER_QUEUE, TOPOLOGY_OUTCOME_QUEUE, TOPOLOGY_DEAD};
    struct amqp_settings s = {.uri = uri, .name = "conformance"};
    struct topology_settings t = {&system, 1, 1000, 100 << 20, 7};
    struct amqp_handler h = {on_up, on_down, on_delivery, c};
    int rc = topology_declare(&s, &t, err);
    if (rc == 0)
        rc = loop_new(&c->loop, err);
    if (rc == 0)
        rc = amqp_new(&c->amqp, c->loop, NULL, &s, &h, err);
    for (int i = 0; rc == 0 && i < 3; i++)
        rc = amqp_consume(c->amqp, queues[i], 0, NULL, err);
    if (rc == 0)
        rc = loop_watch(c->loop, STDIN_FILENO, LOOP_READ, on_input, c);
    return rc;
}

int main(int argc, char **argv)
{
    struct courier c = {0};
    if (argc != 3)
        return 2;
    buf_init(&c.input, 8u << 20);
    int rc = start(&c, argv[1], argv[2], &c.err);
    if (rc == 0)
        rc = loop_run(c.loop, &c.err);
    if (rc != 0)
        fprintf(stderr, "courier: %s\n", c.err.text);
    if (c.batch.failed != 0)
        fprintf(stderr, "courier: not published: %s\n", c.batch.first.text);
    amqp_free(c.amqp);
    loop_free(c.loop);
    buf_release(&c.input);
    return rc != 0 || c.err.code != 0 || c.batch.failed != 0;
}
