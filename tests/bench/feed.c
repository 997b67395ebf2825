/* feed: puts a workload into the broker, as adapters would.
 *
 *   feed known N            every record and its objects; for a router that runs meanwhile
 *   feed changes N COUNT ROUND   COUNT changes of N records; prints how many commands they lead to
 *   feed commands SYSTEM COUNT   products that this system is to make, as the router would tell it */
#include "door.h"
#include "workload.h"

#include <stdio.h>
#include <stdlib.h>

#include "edge/topology.h"

#define WINDOW 1000

struct feed {
    struct door door;
    struct workload workload;
    struct buf body;
    unsigned long commands;
};

static const char *const exchanges[] = {
    [MESSAGE_CHANGE] = TOPOLOGY_CHANGES, [MESSAGE_COMMAND] = TOPOLOGY_COMMANDS, [MESSAGE_OUTCOME] = TOPOLOGY_OUTCOMES};

static int send(struct feed *f, struct amqp_batch *b, const struct message *m, struct err *err)
{
    char routing_key[MESSAGE_ROUTING_KEY_MAX], id[UUID_TEXT];
    message_routing_key(routing_key, sizeof routing_key, m);
    snprintf(id, sizeof id, "%.*s", TEXT_ARG(m->id));
    buf_reset(&f->body);
    message_write(&f->body, m);
    if (m->type == MESSAGE_CHANGE)
        f->commands += text_is(m->entity, "inventory") ? 1 : 2;
    return amqp_publish(f->door.amqp, b,
                        &(struct amqp_publication){.exchange = exchanges[m->type],
                                                   .routing_key = routing_key,
                                                   .body = buf_view(&f->body),
                                                   .message_id = id,
                                                   .type = message_type_name(m->type),
                                                   .content_type = MESSAGE_CONTENT_TYPE,
                                                   .app_id = "tidegate-bench",
                                                   .traceparent = m->traceparent,
                                                   .hash_on = m->subject_id,
                                                   .time = m->time},
                        err);
}

static int feed(void *ctx, struct err *err)
{
    struct feed *f = ctx;
    const struct message *m;
    int rc = 0;
    do {
        struct amqp_batch batch = {0};
        struct err why;
        int n = 0;
        while (rc == 0 && n++ < WINDOW && (m = workload_next(&f->workload)))
            rc = send(f, &batch, m, err);
        int waited = amqp_batch_wait(f->door.amqp, &batch, rc ? &why : err);
        rc = rc ? rc : waited;
    } while (rc == 0 && m);
    return rc;
}

static unsigned number(const char *word)
{
    return (unsigned)strtoul(word, NULL, 10);
}

int main(int argc, char **argv)
{
    static struct feed f;
    if (argc == 3 && strcmp(argv[1], "known") == 0) {
        workload_known(&f.workload, number(argv[2]));
    } else if (argc == 5 && strcmp(argv[1], "changes") == 0) {
        workload_changes(&f.workload, number(argv[2]), number(argv[3]), number(argv[4]));
    } else if (argc == 4 && strcmp(argv[1], "commands") == 0) {
        workload_commands(&f.workload, argv[2], number(argv[3]));
    } else {
        fprintf(stderr, "usage: feed known RECORDS | feed changes RECORDS COUNT ROUND | feed commands SYSTEM COUNT\n");
        return 2;
    }
    buf_init(&f.body, 1u << 20);
    f.door.work = feed;
    f.door.ctx = &f;
    int rc = door_run(&f.door, "bench-feed");
    buf_release(&f.body);
    if (rc == 0)
        printf("%lu\n", f.commands);
    return rc;
}
