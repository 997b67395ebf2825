/* amqp_content: the frames of one message in their order.
 *
 *   NONE ──method──▶ METHOD ──header──▶ BODY ──body… until its size──▶ done ──take──▶ NONE
 *
 * Small messages are one body frame, which is handed on where it lies. The frames of a large one are gathered, or, over
 * body_max or of a return, counted and dropped: so what a message costs in memory never depends on its sender. */
#include "amqp_content.h"

#include <assert.h>

#define BODY_KEPT (256 * 1024) /* of the gathering buffer, between messages */

void content_init(struct content *c, size_t body_max)
{
    *c = (struct content){.body_max = body_max};
    buf_init(&c->body, body_max);
}

void content_release(struct content *c)
{
    buf_release(&c->body);
}

bool content_begin(struct content *c, enum amqp_event_kind kind)
{
    if (c->stage != CONTENT_NONE)
        return false;
    if (c->body.cap > BODY_KEPT) {
        buf_release(&c->body);
        buf_init(&c->body, c->body_max);
    }
    buf_reset(&c->body);
    c->stage = CONTENT_METHOD;
    c->received = 0;
    c->event = (struct amqp_event){.kind = kind, .delivery.stream_offset = -1};
    return true;
}

static struct text *content_slot(struct amqp_event *e, enum content_text which)
{
    switch (which) {
    case CONTENT_CONSUMER:
        return &e->consumer;
    case CONTENT_EXCHANGE:
        return &e->delivery.exchange;
    case CONTENT_ROUTING_KEY:
        return &e->delivery.routing_key;
    case CONTENT_REASON:
        return &e->reason;
    case CONTENT_MESSAGE_ID:
        return &e->delivery.message_id;
    case CONTENT_TYPE:
        return &e->delivery.type;
    case CONTENT_APP_ID:
        return &e->delivery.app_id;
    case CONTENT_USER_ID:
        return &e->delivery.user_id;
    default:
        return &e->delivery.content_type;
    }
}

void content_text(struct content *c, enum content_text which, struct text t)
{
    assert(t.n <= AMQP_SHORT);
    if (t.n)
        memcpy(c->texts[which], t.p, t.n);
    *content_slot(&c->event, which) = (struct text){c->texts[which], t.n};
}

bool content_header(struct content *c, uint64_t body_size)
{
    if (c->stage != CONTENT_METHOD)
        return false;
    c->stage = CONTENT_BODY;
    c->event.delivery.body_size = body_size;
    c->event.delivery.too_large = body_size > c->body_max;
    return true;
}

bool content_body(struct content *c, struct text fragment)
{
    struct amqp_delivery *d = &c->event.delivery;
    if (c->stage != CONTENT_BODY || fragment.n > d->body_size - c->received)
        return false;
    bool whole = fragment.n == d->body_size;
    c->received += fragment.n;
    if (d->too_large || c->event.kind == EVENT_RETURNED)
        return true;
    if (!whole)
        buf_text(&c->body, fragment);
    d->body = whole ? fragment : buf_view(&c->body);
    return !buf_failed(&c->body);
}

bool content_done(const struct content *c)
{
    return c->stage == CONTENT_BODY && c->received == c->event.delivery.body_size;
}

void content_take(struct content *c, struct amqp_event *out)
{
    assert(content_done(c));
    *out = c->event;
    c->stage = CONTENT_NONE;
}
