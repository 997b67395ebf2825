/* amqp_wire: one connection to RabbitMQ with one channel, in our own words (librabbitmq stays behind amqp_library.h).
 * Internal to edge: amqp.c keeps a wire up, topology.c declares over one.
 *
 * Open, log in and the calls marked "blocks" wait for the broker, each for seconds at most. Everything else only adds
 * to a buffer that amqp_wire_flush sends as far as the socket takes it, so that a broker that stops reading cannot stop
 * the loop. (Over TLS librabbitmq owns the encryption, so there each call sends at once and may block while the broker
 * does not read, until the heartbeat's time is over.)
 *
 * A negative return means that the connection is of no use any more: close it. */
#ifndef TIDEGATE_EDGE_AMQP_WIRE_H
#define TIDEGATE_EDGE_AMQP_WIRE_H

#include "amqp.h"

struct amqp_wire;

/* Larger publishes are refused: RabbitMQ 4's own limit (max_message_size), past which it would close the channel. */
#define AMQP_BODY_MAX (16 * 1024 * 1024)

enum amqp_event_kind {
    EVENT_CONFIRMED, /* publishes up to tag, or tag alone */
    EVENT_DELIVERED,
    EVENT_RETURNED, /* a publish that no queue takes; its confirm follows */
    EVENT_BLOCKED,  /* the broker has stopped reading: memory or disk alarm */
    EVENT_UNBLOCKED,
};

struct amqp_event { /* borrowed until the next amqp_wire_next */
    enum amqp_event_kind kind;
    uint64_t tag;
    bool multiple, refused;        /* of a confirm */
    struct amqp_delivery delivery; /* queue, epoch are for the caller to fill; of a return without its body */
    struct text consumer;          /* the consumer tag of a delivery */
    struct text reason;            /* the broker's words, of EVENT_RETURNED and EVENT_BLOCKED */
};

/* Blocks: connects, logs in, opens the channel. rpc_timeout_ms bounds each later call that blocks.
 * ERR_INVALID (the URI), ERR_DENIED, ERR_UNAVAILABLE, ERR_TIMEOUT. */
int amqp_wire_open(struct amqp_wire **out, const struct amqp_settings *s, int rpc_timeout_ms, struct err *err);
/* Politely: what is buffered is sent and the broker's close-ok awaited (blocks). NULL is fine. */
void amqp_wire_close(struct amqp_wire *w, bool politely);
int amqp_wire_fd(const struct amqp_wire *w);
const char *amqp_wire_broker(const struct amqp_wire *w); /* "host:port", for logs */

int amqp_wire_confirm_select(struct amqp_wire *w, struct err *err); /* blocks */
/* consumer is the tag to know the deliveries by. _now blocks until the broker has agreed; without it a refusal comes
 * as the loss of the connection. */
int amqp_wire_consume_now(struct amqp_wire *w, const char *queue, const char *consumer, int prefetch,
                          const char *stream_from, struct err *err);
int amqp_wire_consume(struct amqp_wire *w, const char *queue, const char *consumer, int prefetch,
                      const char *stream_from, struct err *err);
int amqp_wire_cancel(struct amqp_wire *w, const char *consumer, struct err *err);
/* Blocks. ERR_NOT_FOUND leaves the connection usable. */
int amqp_wire_depth(struct amqp_wire *w, const char *queue, uint32_t *messages, uint32_t *consumers, struct err *err);

/* Checks what amqp_wire_publish would refuse without harm to the connection: lengths. */
int amqp_wire_check(const struct amqp_publication *p, struct err *err);
int amqp_wire_publish(struct amqp_wire *w, const struct amqp_publication *p, struct err *err);
int amqp_wire_ack(struct amqp_wire *w, uint64_t tag, bool multiple, struct err *err);
int amqp_wire_reject(struct amqp_wire *w, uint64_t tag, bool requeue, struct err *err);
int amqp_wire_heartbeat(struct amqp_wire *w, struct err *err);
size_t amqp_wire_buffered(const struct amqp_wire *w); /* bytes that wait to be sent */
int amqp_wire_flush(struct amqp_wire *w, struct err *err);

void amqp_wire_readable(struct amqp_wire *w); /* the next amqp_wire_next may read the socket, once */
/* 1: *e is filled; 0: nothing more for now; negative: the connection is lost, and why. Call it until 0 after any other
 * call: librabbitmq may hold frames that the socket will not announce again. */
int amqp_wire_next(struct amqp_wire *w, struct amqp_event *e, struct err *err);

#endif
