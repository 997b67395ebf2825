#include "door.h"

#include <stdio.h>
#include <stdlib.h>

#include "edge/os.h"

static void work(void *ctx)
{
    struct door *d = ctx;
    d->rc = d->work(d->ctx, &d->err);
    loop_stop(d->loop);
}

static void on_up(void *ctx)
{
    struct door *d = ctx;
    if (!d->started)
        d->rc = task_start(d->loop, work, d, &d->err);
    d->started = true;
}

static void on_down(void *ctx, const struct err *why)
{
    struct door *d = ctx;
    d->err = *why;
    d->rc = why->code;
    loop_stop(d->loop);
}

static void on_delivery(void *ctx, const struct amqp_delivery *delivery)
{
    struct door *d = ctx;
    d->delivery(d->ctx, delivery);
}

int door_run(struct door *d, const char *program)
{
    struct amqp_handler handler = {on_up, on_down, on_delivery, d};
    d->uri = getenv("TIDEGATE_BROKER_URI");
    d->log = os_log(program, LOG_LEVEL_WARN);
    if (!d->uri) {
        fprintf(stderr, "%s: TIDEGATE_BROKER_URI is not set\n", program);
        return 2;
    }
    struct amqp_settings settings = {.uri = d->uri, .name = program, .prefetch = d->prefetch};
    int rc = loop_new(&d->loop, &d->err);
    if (rc == 0)
        rc = amqp_new(&d->amqp, d->loop, &d->log, &settings, &handler, &d->err);
    if (rc == 0)
        rc = loop_run(d->loop, &d->err);
    if (rc == 0)
        rc = d->rc;
    amqp_free(d->amqp);
    if (d->loop)
        loop_free(d->loop);
    if (rc != 0)
        fprintf(stderr, "%s: %s\n", program, d->err.text);
    return rc != 0;
}

const char *door_word(int argc, char **argv, const char *name, const char *fallback)
{
    for (int i = 1; i + 1 < argc; i++)
        if (strcmp(argv[i], name) == 0)
            return argv[i + 1];
    return fallback;
}

long door_number(int argc, char **argv, const char *name, long fallback)
{
    const char *word = door_word(argc, argv, name, NULL);
    return word ? strtol(word, NULL, 10) : fallback;
}
