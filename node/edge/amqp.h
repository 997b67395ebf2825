/* amqp: the door to RabbitMQ (AMQP 0-9-1 through librabbitmq; amqp_library.h alone includes its header).
 *
 * One connection, one channel in confirm mode, served by the process's loop. The connection is kept up for ever:
 * lost, it is made again with back-off and jitter, the consumers are started again, and `up` is called. Messages are
 * persistent and mandatory; an unroutable or nacked one is a failed publish. Delivery tags die with the connection:
 * an ack of an older connection's tag is ignored, since the broker delivers that message again. */
#ifndef TIDEGATE_EDGE_AMQP_H
#define TIDEGATE_EDGE_AMQP_H

#include "base/log.h"
#include "base/table.h"
#include "loop.h"

struct amqp;

struct amqp_settings {
    const char *uri;        /* amqp://user:password@host:port/vhost or amqps://…; borrowed for the amqp's life */
    const char *ca_file;    /* for amqps; NULL is the system's store */
    const char *name;       /* connection name shown by the broker: "tidegate-router" */
    int heartbeat_s;        /* 0 is 10 */
    int confirm_timeout_ms; /* 0 is 30,000: then the connection is taken as dead */
    int prefetch;           /* unacked deliveries a consumer, 0 is 256 */
    size_t body_max;        /* larger deliveries are handed on with too_large set and no body; 0 is 4 MiB */
};

struct amqp_publication {
    const char *exchange, *routing_key;
    struct text body;
    const char *message_id, *type, *content_type, *app_id, *user_id; /* each may be NULL */
    struct text traceparent;                                         /* header "traceparent"; may be empty */
    struct text hash_on; /* header "hash-on": the record's key, for a consistent-hash exchange; may be empty */
    moment_us time;
};

struct amqp_delivery { /* borrowed for the time of the call; copy what you keep */
    const char *queue;
    struct text body, exchange, routing_key, message_id, type, app_id, user_id, content_type;
    uint64_t tag;   /* for amqp_ack and amqp_reject */
    uint64_t epoch; /* the connection it came on */
    bool redelivered;
    bool too_large; /* over body_max: body is empty, body_size says how large it was */
    uint64_t body_size;
    int64_t stream_offset; /* -1 unless the queue is a stream */
};

struct amqp_handler {
    void (*up)(void *ctx); /* after each (re)connect, before any delivery; may publish; may not wait */
    void (*down)(void *ctx, const struct err *why);             /* batches have been failed before this call */
    void (*delivery)(void *ctx, const struct amqp_delivery *d); /* may not wait; start a task */
    void *ctx;
};

int amqp_new(struct amqp **out, struct loop *l, const struct log *log, const struct amqp_settings *s,
             const struct amqp_handler *h, struct err *err); /* connects in the background */
void amqp_free(struct amqp *a);
bool amqp_is_up(const struct amqp *a);

/* Consumes from a queue from now on and after every reconnect. stream_from: NULL for other queues, else "first",
 * "last", "next", or a decimal offset. prefetch 0 is the settings'. */
int amqp_consume(struct amqp *a, const char *queue, int prefetch, const char *stream_from, struct err *err);
/* Stops (cancels) and starts again a consumer; unacked deliveries stay with us. For outages of the target system. */
int amqp_pause(struct amqp *a, const char *queue, bool paused, struct err *err);
void amqp_ack(struct amqp *a, uint64_t epoch, uint64_t tag);
void amqp_reject(struct amqp *a, uint64_t epoch, uint64_t tag, bool requeue); /* requeue=false: to the dead letters */

/* A group of publishes that is waited for as one. Zero it, publish into it, wait. It must live until amqp_batch_wait
 * has returned. */
struct amqp_batch {
    unsigned waiting, failed;
    struct task *task;
    struct err first; /* why the first failed one failed: nack, returned as unroutable, time-out, connection lost */
};
/* Sends now (never queues while down: ERR_UNAVAILABLE). The body is not kept. */
int amqp_publish(struct amqp *a, struct amqp_batch *b, const struct amqp_publication *p, struct err *err);
/* Waits until every publish of the batch is confirmed or failed. 0 only when all are confirmed. */
int amqp_batch_wait(struct amqp *a, struct amqp_batch *b, struct err *err);

/* Queue depth by passive declare, waits for the broker (blocking, short): for `tidegate status`. */
int amqp_depth(struct amqp *a, const char *queue, uint32_t *messages, uint32_t *consumers, struct err *err);

#endif
