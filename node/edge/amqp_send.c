/* amqp_send: frames out. They are encoded with the library's own encoders into one buffer that the caller flushes once
 * for many messages. Over TLS the library sends each at once. */
#include "amqp_library.h"

#define METHOD_MAX 4096 /* encoded: no method or header of ours has more than six short strings and two headers */

static int wire_kept(struct amqp_wire *w, size_t mark, struct err *err)
{
    if (amqp_out_keep(&w->out, mark))
        return 0;
    return err_set(err, ERR_UNAVAILABLE, "broker %s does not read: %zu bytes wait to be sent", w->broker,
                   amqp_out_waiting(&w->out));
}

static int wire_method(struct amqp_wire *w, amqp_method_number_t id, void *method, struct err *err)
{
    unsigned char payload[METHOD_MAX];
    size_t mark = amqp_out_mark(&w->out);
    if (w->tls) {
        int rc = amqp_send_method(w->state, WIRE_CHANNEL, id, method);
        return rc == AMQP_STATUS_OK ? 0 : amqp_wire_library_error(w, rc, "sending", err);
    }
    amqp_put32(payload, id);
    int n = amqp_encode_method(id, method, (amqp_bytes_t){sizeof payload - 4, payload + 4});
    if (n < 0)
        return amqp_wire_library_error(w, n, "encoding", err);
    amqp_out_frame(&w->out, AMQP_FRAME_METHOD, WIRE_CHANNEL, payload, (size_t)n + 4);
    return wire_kept(w, mark, err);
}

int amqp_wire_check(const struct amqp_publication *p, struct err *err)
{
    const char *const texts[] = {p->exchange,     p->routing_key, p->message_id, p->type,
                                 p->content_type, p->app_id,      p->user_id};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        if (texts[i] && strlen(texts[i]) > AMQP_SHORT)
            return err_set(err, ERR_TOO_LARGE, "\"%.40s…\" is over %d bytes, AMQP's limit", texts[i], AMQP_SHORT);
    if (p->traceparent.n > AMQP_SHORT || p->hash_on.n > 2 * AMQP_SHORT)
        return err_set(err, ERR_TOO_LARGE, "a header is over %d bytes", 2 * AMQP_SHORT);
    return 0;
}

static void set_property(amqp_basic_properties_t *p, amqp_flags_t flag, amqp_bytes_t *field, const char *value)
{
    if (!value)
        return;
    p->_flags |= flag;
    *field = bytes_of_string(value);
}

static amqp_basic_properties_t wire_properties(const struct amqp_publication *p, amqp_table_entry_t headers[2])
{
    amqp_basic_properties_t q = {._flags = AMQP_BASIC_DELIVERY_MODE_FLAG | AMQP_BASIC_TIMESTAMP_FLAG};
    q.delivery_mode = AMQP_DELIVERY_PERSISTENT;
    q.timestamp = (uint64_t)(p->time / MOMENT_SECOND);
    set_property(&q, AMQP_BASIC_MESSAGE_ID_FLAG, &q.message_id, p->message_id);
    set_property(&q, AMQP_BASIC_TYPE_FLAG, &q.type, p->type);
    set_property(&q, AMQP_BASIC_CONTENT_TYPE_FLAG, &q.content_type, p->content_type);
    set_property(&q, AMQP_BASIC_APP_ID_FLAG, &q.app_id, p->app_id);
    set_property(&q, AMQP_BASIC_USER_ID_FLAG, &q.user_id, p->user_id);
    q.headers.entries = headers;
    if (p->traceparent.n)
        headers[q.headers.num_entries++] = amqp_wire_entry_text("traceparent", p->traceparent);
    if (p->hash_on.n)
        headers[q.headers.num_entries++] = amqp_wire_entry_text("hash-on", p->hash_on);
    if (q.headers.num_entries)
        q._flags |= AMQP_BASIC_HEADERS_FLAG;
    return q;
}

/* Header frame (AMQP 0-9-1, 4.2.6.1): class, weight, body size, flags and properties; then the body in pieces. */
static int wire_content(struct amqp_wire *w, amqp_basic_properties_t *properties, struct text body, struct err *err)
{
    unsigned char payload[METHOD_MAX];
    amqp_put32(payload, (uint32_t)AMQP_BASIC_CLASS << 16);
    amqp_put32(payload + 4, (uint32_t)((uint64_t)body.n >> 32));
    amqp_put32(payload + 8, (uint32_t)body.n);
    int n = amqp_encode_properties(AMQP_BASIC_CLASS, properties, (amqp_bytes_t){sizeof payload - 12, payload + 12});
    if (n < 0)
        return amqp_wire_library_error(w, n, "encoding", err);
    amqp_out_frame(&w->out, AMQP_FRAME_HEADER, WIRE_CHANNEL, payload, (size_t)n + 12);
    for (size_t at = 0, piece; at < body.n; at += piece) {
        piece = body.n - at < w->frame_max - 8 ? body.n - at : w->frame_max - 8;
        amqp_out_frame(&w->out, AMQP_FRAME_BODY, WIRE_CHANNEL, body.p + at, piece);
    }
    return 0;
}

int amqp_wire_publish(struct amqp_wire *w, const struct amqp_publication *p, struct err *err)
{
    amqp_table_entry_t headers[2];
    amqp_basic_properties_t properties = wire_properties(p, headers);
    amqp_basic_publish_t m = {.mandatory = 1};
    size_t mark = amqp_out_mark(&w->out);
    m.exchange = bytes_of_string(p->exchange);
    m.routing_key = bytes_of_string(p->routing_key);
    if (w->tls) {
        int rc =
            amqp_basic_publish(w->state, WIRE_CHANNEL, m.exchange, m.routing_key, 1, 0, &properties, bytes_of(p->body));
        return rc == AMQP_STATUS_OK ? 0 : amqp_wire_library_error(w, rc, "publishing", err);
    }
    int rc = wire_method(w, AMQP_BASIC_PUBLISH_METHOD, &m, err);
    if (rc == 0)
        rc = wire_content(w, &properties, p->body, err);
    return rc ? rc : wire_kept(w, mark, err);
}

int amqp_wire_ack(struct amqp_wire *w, uint64_t tag, bool multiple, struct err *err)
{
    amqp_basic_ack_t m = {.delivery_tag = tag, .multiple = multiple};
    return wire_method(w, AMQP_BASIC_ACK_METHOD, &m, err);
}

int amqp_wire_reject(struct amqp_wire *w, uint64_t tag, bool requeue, struct err *err)
{
    amqp_basic_reject_t m = {.delivery_tag = tag, .requeue = requeue};
    return wire_method(w, AMQP_BASIC_REJECT_METHOD, &m, err);
}

size_t amqp_wire_buffered(const struct amqp_wire *w)
{
    return amqp_out_waiting(&w->out);
}

int amqp_wire_flush(struct amqp_wire *w, struct err *err)
{
    int trouble = amqp_out_flush(&w->out, w->fd);
    if (trouble)
        return err_set(err, ERR_UNAVAILABLE, "broker %s: sending: %s", w->broker, strerror(trouble));
    return 0;
}

/* ---- consumers and heartbeats ---- */

int amqp_wire_cancel(struct amqp_wire *w, const char *consumer, struct err *err)
{
    amqp_basic_cancel_t m = {.consumer_tag = bytes_of_string(consumer)};
    return wire_method(w, AMQP_BASIC_CANCEL_METHOD, &m, err);
}

int amqp_wire_consume(struct amqp_wire *w, const char *queue, const char *consumer, int prefetch,
                      const char *stream_from, struct err *err)
{
    amqp_basic_qos_t qos = {.prefetch_count = (uint16_t)prefetch};
    amqp_basic_consume_t m = {.queue = bytes_of_string(queue), .consumer_tag = bytes_of_string(consumer)};
    amqp_table_entry_t position;
    if (stream_from) {
        position = amqp_wire_stream_position(stream_from);
        m.arguments = (amqp_table_t){1, &position};
    }
    int rc = wire_method(w, AMQP_BASIC_QOS_METHOD, &qos, err);
    return rc ? rc : wire_method(w, AMQP_BASIC_CONSUME_METHOD, &m, err);
}

int amqp_wire_heartbeat(struct amqp_wire *w, struct err *err)
{
    size_t mark = amqp_out_mark(&w->out);
    if (w->tls) { /* the library sends it when it is asked for frames */
        w->may_read = true;
        return 0;
    }
    amqp_out_frame(&w->out, AMQP_FRAME_HEARTBEAT, 0, NULL, 0);
    return wire_kept(w, mark, err);
}
