/* amqp_content: a delivery or a return, put together from its method, header and body frames, with a bound. */
#ifndef TIDEGATE_EDGE_AMQP_CONTENT_H
#define TIDEGATE_EDGE_AMQP_CONTENT_H

#include "amqp_wire.h"
#include "base/buf.h"

#define AMQP_SHORT 255 /* bytes in a short string (AMQP 0-9-1, 4.2.5.3): every text but the body is one */

enum content_text {
    CONTENT_CONSUMER,
    CONTENT_EXCHANGE,
    CONTENT_ROUTING_KEY,
    CONTENT_REASON,
    CONTENT_MESSAGE_ID,
    CONTENT_TYPE,
    CONTENT_APP_ID,
    CONTENT_USER_ID,
    CONTENT_CONTENT_TYPE,
    CONTENT_TEXTS
};

struct content {
    enum { CONTENT_NONE, CONTENT_METHOD, CONTENT_BODY } stage; /* what came last */
    struct amqp_event event;
    uint64_t received; /* bytes of the body so far */
    size_t body_max;
    struct buf body; /* of a message of several frames */
    char texts[CONTENT_TEXTS][AMQP_SHORT];
};

void content_init(struct content *c, size_t body_max);
void content_release(struct content *c);
/* A basic.deliver or basic.return came. False: not now, the broker breaks the protocol. */
bool content_begin(struct content *c, enum amqp_event_kind kind);
/* Copies a short string into the message; wherever it was, it may go. */
void content_text(struct content *c, enum content_text which, struct text t);
/* The header came, after its texts were set. content_done tells whether the message is whole (an empty body). */
bool content_header(struct content *c, uint64_t body_size);
bool content_body(struct content *c, struct text fragment); /* borrows it until the message is taken */
bool content_done(const struct content *c);
void content_take(struct content *c, struct amqp_event *out); /* borrowed until the next content_begin */

#endif
