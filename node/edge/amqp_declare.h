/* amqp_declare: the calls with which topology.c makes exchanges, queues and bindings, over a wire of its own. All
 * block, and all are idempotent; what exists otherwise than asked is ERR_CONFLICT in the broker's words. */
#ifndef TIDEGATE_EDGE_AMQP_DECLARE_H
#define TIDEGATE_EDGE_AMQP_DECLARE_H

#include "amqp_wire.h"

struct amqp_argument {
    const char *name;
    const char *text; /* NULL: the number */
    int64_t number;
};

int amqp_declare_exchange(struct amqp_wire *w, const char *name, const char *type, struct err *err); /* durable */
int amqp_declare_queue(struct amqp_wire *w, const char *name, const struct amqp_argument *arguments, size_t count,
                       struct err *err); /* durable; at most 8 arguments */
int amqp_declare_binding(struct amqp_wire *w, const char *queue, const char *exchange, const char *key,
                         struct err *err);

#endif
