/* amqp_read: frames in, as events. What a method or header says is copied into the content that is being put together,
 * so the library's memory of a frame is given back before the next one is read: a message of 40 MB costs one frame. */
#include "amqp_library.h"

#include <sys/time.h>

void amqp_wire_readable(struct amqp_wire *w)
{
    w->may_read = true;
}

static int wire_broken(const struct amqp_wire *w, struct err *err)
{
    return err_set(err, ERR_UNAVAILABLE, "broker %s breaks the protocol: frames of a message out of order", w->broker);
}

static int wire_begin(struct amqp_wire *w, const amqp_method_t *m, struct err *err)
{
    bool deliver = m->id == AMQP_BASIC_DELIVER_METHOD;
    if (!content_begin(&w->content, deliver ? EVENT_DELIVERED : EVENT_RETURNED))
        return wire_broken(w, err);
    if (deliver) {
        const amqp_basic_deliver_t *d = m->decoded;
        w->content.event.delivery.tag = d->delivery_tag;
        w->content.event.delivery.redelivered = d->redelivered;
        content_text(&w->content, CONTENT_CONSUMER, text_from(d->consumer_tag));
        content_text(&w->content, CONTENT_EXCHANGE, text_from(d->exchange));
        content_text(&w->content, CONTENT_ROUTING_KEY, text_from(d->routing_key));
    } else {
        const amqp_basic_return_t *r = m->decoded;
        content_text(&w->content, CONTENT_REASON, text_from(r->reply_text));
        content_text(&w->content, CONTENT_EXCHANGE, text_from(r->exchange));
        content_text(&w->content, CONTENT_ROUTING_KEY, text_from(r->routing_key));
    }
    return 0;
}

static int64_t wire_stream_offset(const amqp_basic_properties_t *p)
{
    if (!(p->_flags & AMQP_BASIC_HEADERS_FLAG))
        return -1;
    for (int i = 0; i < p->headers.num_entries; i++) {
        const amqp_table_entry_t *e = &p->headers.entries[i];
        if (e->value.kind == AMQP_FIELD_KIND_I64 && text_is(text_from(e->key), "x-stream-offset"))
            return e->value.value.i64;
    }
    return -1;
}

static int wire_header(struct amqp_wire *w, const amqp_frame_t *f, struct err *err)
{
    const amqp_basic_properties_t *p = f->payload.properties.decoded;
    const struct {
        amqp_flags_t flag;
        enum content_text which;
        amqp_bytes_t value;
    } texts[] = {
        {AMQP_BASIC_MESSAGE_ID_FLAG, CONTENT_MESSAGE_ID, p->message_id},
        {AMQP_BASIC_TYPE_FLAG, CONTENT_TYPE, p->type},
        {AMQP_BASIC_APP_ID_FLAG, CONTENT_APP_ID, p->app_id},
        {AMQP_BASIC_USER_ID_FLAG, CONTENT_USER_ID, p->user_id},
        {AMQP_BASIC_CONTENT_TYPE_FLAG, CONTENT_CONTENT_TYPE, p->content_type},
    };
    if (!content_header(&w->content, f->payload.properties.body_size))
        return wire_broken(w, err);
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        if (p->_flags & texts[i].flag)
            content_text(&w->content, texts[i].which, text_from(texts[i].value));
    w->content.event.delivery.stream_offset = wire_stream_offset(p);
    return 0;
}

static int wire_confirm(struct amqp_event *e, uint64_t tag, bool multiple, bool refused)
{
    *e = (struct amqp_event){.kind = EVENT_CONFIRMED, .tag = tag, .multiple = multiple, .refused = refused};
    return 1;
}

static int wire_blocked(struct amqp_event *e, const amqp_connection_blocked_t *b)
{
    *e = (struct amqp_event){.kind = EVENT_BLOCKED, .reason = text_from(b->reason)};
    return 1;
}

static int wire_on_method(struct amqp_wire *w, const amqp_method_t *m, struct amqp_event *e, struct err *err)
{
    switch (m->id) {
    case AMQP_BASIC_DELIVER_METHOD:
    case AMQP_BASIC_RETURN_METHOD:
        return wire_begin(w, m, err);
    case AMQP_BASIC_ACK_METHOD: {
        const amqp_basic_ack_t *a = m->decoded;
        return wire_confirm(e, a->delivery_tag, a->multiple, false);
    }
    case AMQP_BASIC_NACK_METHOD: {
        const amqp_basic_nack_t *n = m->decoded;
        return wire_confirm(e, n->delivery_tag, n->multiple, true);
    }
    case AMQP_CONNECTION_BLOCKED_METHOD:
        return wire_blocked(e, m->decoded);
    case AMQP_CONNECTION_UNBLOCKED_METHOD:
        *e = (struct amqp_event){.kind = EVENT_UNBLOCKED};
        return 1;
    case AMQP_CHANNEL_CLOSE_METHOD:
        return amqp_wire_closed(w, m, "closed the channel", err);
    case AMQP_CONNECTION_CLOSE_METHOD:
        return amqp_wire_closed(w, m, "closed the connection", err);
    case AMQP_BASIC_CANCEL_METHOD: { /* the queue was deleted, or its leader is gone */
        const amqp_basic_cancel_t *c = m->decoded;
        return err_set(err, ERR_UNAVAILABLE, "broker %s: ended the consumer %.*s: is its queue still there?", w->broker,
                       TEXT_ARG(text_from(c->consumer_tag)));
    }
    default: /* consume-ok, cancel-ok, qos-ok of calls that did not wait */
        return 0;
    }
}

static int wire_on_frame(struct amqp_wire *w, const amqp_frame_t *f, struct amqp_event *e, struct err *err)
{
    int rc = 0;
    switch (f->frame_type) {
    case AMQP_FRAME_METHOD:
        return wire_on_method(w, &f->payload.method, e, err);
    case AMQP_FRAME_HEADER:
        rc = wire_header(w, f, err);
        break;
    case AMQP_FRAME_BODY:
        if (!content_body(&w->content, text_from(f->payload.body_fragment)))
            rc = wire_broken(w, err);
        break;
    default:
        return 0;
    }
    if (rc || !content_done(&w->content))
        return rc;
    content_take(&w->content, e);
    return 1;
}

int amqp_wire_next(struct amqp_wire *w, struct amqp_event *e, struct err *err)
{
    for (;;) {
        amqp_frame_t frame;
        struct timeval at_once = {0};
        amqp_maybe_release_buffers(w->state); /* the frame before; a message keeps its own texts */
        if (!w->may_read && !amqp_frames_enqueued(w->state) && !amqp_data_in_buffer(w->state))
            return 0;
        w->may_read = w->may_read && w->tls; /* TLS: until it says that there is no more */
        int status = amqp_simple_wait_frame_noblock(w->state, &frame, &at_once);
        if (status == AMQP_STATUS_TIMEOUT) {
            w->may_read = false;
            return 0;
        }
        if (status != AMQP_STATUS_OK)
            return amqp_wire_library_error(w, status, "lost", err);
        int rc = wire_on_frame(w, &frame, e, err);
        if (rc)
            return rc;
    }
}
