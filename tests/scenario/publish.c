/* publish: puts what it reads from standard input into the broker, as it is: for what no adapter of ours would ever
 * send.
 *
 *   publish EXCHANGE ROUTING_KEY <BODY        TIDEGATE_BROKER_URI says where the broker is
 *
 * It ends with 0 when the broker has confirmed the message. */
#include <stdio.h>
#include <stdlib.h>

#include "bench/door.h"

#define BODY_MAX ((size_t)32 << 20)

struct letter {
    const char *exchange, *routing_key;
    char *body;
    size_t size;
    struct door door;
};

static int publish(void *ctx, struct err *err)
{
    struct letter *l = ctx;
    struct amqp_batch batch = {0};
    int rc = amqp_publish(l->door.amqp, &batch,
                          &(struct amqp_publication){.exchange = l->exchange,
                                                     .routing_key = l->routing_key,
                                                     .body = {l->body, l->size},
                                                     .content_type = "application/vnd.tidegate+msgpack"},
                          err);
    return rc ? rc : amqp_batch_wait(l->door.amqp, &batch, err);
}

static int read_body(struct letter *l)
{
    l->body = malloc(BODY_MAX);
    if (!l->body)
        return -1;
    l->size = fread(l->body, 1, BODY_MAX, stdin);
    return ferror(stdin) || l->size == BODY_MAX ? -1 : 0;
}

int main(int argc, char **argv)
{
    struct letter l = {.door = {.work = publish, .ctx = &l}};
    if (argc != 3 || read_body(&l) < 0) {
        fprintf(stderr, "usage: publish EXCHANGE ROUTING_KEY <BODY, of less than %zu bytes\n", BODY_MAX);
        return 2;
    }
    l.exchange = argv[1];
    l.routing_key = argv[2];
    int code = door_run(&l.door, "publish");
    free(l.body);
    return code;
}
