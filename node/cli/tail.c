/* tail: the messages as they travel, from now on, a readable line each or JSON. Listens with a queue of its own, which
 * the broker removes when tail ends: nobody else's messages are taken. Personal data is masked. */
#include "commands.h"

#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/json_text.h"
#include "edge/amqp.h"
#include "edge/loop.h"
#include "edge/node_config.h"
#include "edge/os.h"
#include "edge/topology.h"
#include "proto/message.h"

#define MESSAGE_ARENA (16u << 20)
#define LINE_BYTES (1u << 20)

struct tail {
    const char *config_path, *entity, *data;
    bool json;
    struct node_config config;
    struct schema *schema;
    struct loop *loop;
    struct amqp *amqp;
    struct log log;
    struct arena arena;
};

static void print_message(struct tail *t, const struct message *m)
{
    struct buf line;
    buf_init(&line, LINE_BYTES);
    if (t->json) {
        message_json(&line, t->schema, m, &t->arena);
        buf_char(&line, '\n');
    } else {
        message_line(&line, t->schema, m);
    }
    fputs(buf_cstr(&line), stdout);
    if (line.n && line.p[line.n - 1] != '\n')
        putchar('\n');
    fflush(stdout);
    buf_release(&line);
}

static void on_delivery(void *ctx, const struct amqp_delivery *d)
{
    struct tail *t = ctx;
    struct message m;
    struct err err = {0};
    if (message_read(t->schema, d->body, &t->arena, &m, NULL, &err) < 0)
        printf("%.*s  not readable: %s\n", TEXT_ARG(d->routing_key), err.text);
    else if (!t->entity || text_is(m.entity, t->entity))
        print_message(t, &m);
    arena_clear(&t->arena);
    amqp_ack(t->amqp, d->epoch, d->tag);
}

static void on_up(void *ctx)
{
    (void)ctx;
}

static void on_down(void *ctx, const struct err *why)
{
    (void)ctx;
    fprintf(stderr, "tidegate tail: %s; trying again\n", why->text);
}

static void on_signal(void *ctx, int signal_number)
{
    struct tail *t = ctx;
    if (signal_number == SIGINT || signal_number == SIGTERM)
        loop_stop(t->loop);
}

static int listen_and_print(struct tail *t, struct err *err)
{
    const struct amqp_handler handler = {on_up, on_down, on_delivery, t};
    const char *uri;
    int rc = node_config_load(&t->config, t->config_path, err);
    if (rc == 0)
        rc = schema_load(&t->schema, t->config.entity_folders, t->config.entity_folder_count, err);
    char hint[NEAREST_HINT_MAX];
    if (rc == 0 && t->entity && !schema_find(t->schema, text_of(t->entity)))
        rc = err_set(err, ERR_INVALID, "there is no entity \"%s\"%s", t->entity,
                     schema_hint(t->schema, text_of(t->entity), hint));
    if (rc == 0)
        rc = command_broker(&t->config, &uri, err);
    if (rc == 0)
        rc = loop_new(&t->loop, err);
    if (rc < 0)
        return rc;
    struct amqp_settings settings = {.uri = uri, .ca_file = t->config.broker_ca, .name = "tidegate-tail"};
    const char *queue = arena_printf(&t->config.arena, TOPOLOGY_TAP "%d", getpid()).p;
    rc = topology_tap(&settings, queue, err);
    if (rc < 0)
        return rc;
    rc = amqp_new(&t->amqp, t->loop, &t->log, &settings, &handler, err);
    if (rc == 0)
        rc = amqp_consume(t->amqp, queue, 0, NULL, err);
    if (rc == 0)
        rc = loop_signals(t->loop, on_signal, t, err);
    return rc < 0 ? rc : loop_run(t->loop, err);
}

static const char *const tail_help =
    "usage: tidegate tail [--config FILE] [--entity ENTITY] [--json]\n"
    "\n"
    "Prints changes, commands and outcomes as they travel, until Ctrl-C: a readable line each, or with --json a\n"
    "CloudEvent each. Personal data is masked.\n";

int command_tail(int argc, char **argv)
{
    struct tail t = {.config_path = COMMAND_CONFIG, .log = os_log("tidegate-tail", LOG_LEVEL_ERROR)};
    const struct command_option options[] = {
        {"--config", &t.config_path, NULL}, {"--entity", &t.entity, NULL}, {"--json", NULL, &t.json}, {0}};
    struct err err = {0};
    int rc = command_options(argc, argv, options, tail_help, &err);
    if (rc != 0)
        return command_end(rc, "tail", &err);
    arena_init(&t.arena, MESSAGE_ARENA);
    rc = listen_and_print(&t, &err);
    if (t.amqp)
        amqp_free(t.amqp);
    if (t.loop)
        loop_free(t.loop);
    schema_free(t.schema);
    node_config_release(&t.config);
    arena_release(&t.arena);
    return command_end(rc, "tail", &err);
}
