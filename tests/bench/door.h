/* door: what the programs that work against the broker share: a loop, a connection, one task that does the work, and
 * an exit code. TIDEGATE_BROKER_URI says where the broker is. */
#ifndef TIDEGATE_BENCH_DOOR_H
#define TIDEGATE_BENCH_DOOR_H

#include "edge/amqp.h"

struct door {
    struct loop *loop;
    struct amqp *amqp;
    struct log log;
    const char *uri;
    int (*work)(void *ctx, struct err *err);                    /* runs as a task once the connection is up; may wait */
    void (*delivery)(void *ctx, const struct amqp_delivery *d); /* may be NULL */
    void *ctx;
    int prefetch;
    bool started;
    int rc;
    struct err err;
};

/* Fills in the rest, runs, and returns main's exit code: 0, or 1 with the sentence on stderr. */
int door_run(struct door *d, const char *program);
/* The number behind `name` among the arguments, else fallback. */
long door_number(int argc, char **argv, const char *name, long fallback);
const char *door_word(int argc, char **argv, const char *name, const char *fallback);

#endif
