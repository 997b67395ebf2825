/* amqp_wire: opening and closing a connection, and the calls that wait for the broker's answer.
 *
 * The library connects, logs in, does these calls, and decodes what comes. It would also send: three system calls a
 * message, blocking when the socket is full. So once the connection is up, frames go out by amqp_send.c, and the
 * library's heartbeats are switched off, since it would write one in the middle of our frames (amqp.c has them sent).
 * TLS is the library's alone: there everything goes out through its own calls.
 *
 * Invariant: the library sends nothing while `out` holds bytes; calls that wait flush first. */
#include "amqp_declare.h"
#include "amqp_library.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>

#define DEPTH_CHANNEL 2 /* an unknown queue closes the channel that asks */
#define CONNECT_MS 2000
#define FRAME_MAX 131072
#define SYSTEM_CA "/etc/ssl/certs/ca-certificates.crt" /* 0.11 cannot ask OpenSSL for its default store */

static struct timeval timeval_of_ms(int ms)
{
    return (struct timeval){ms / 1000, ms % 1000 * 1000};
}

/* ---- what went wrong ---- */

int amqp_wire_library_error(const struct amqp_wire *w, int status, const char *what, struct err *err)
{
    int code = status == AMQP_STATUS_TIMEOUT || status == AMQP_STATUS_HEARTBEAT_TIMEOUT ? ERR_TIMEOUT : ERR_UNAVAILABLE;
    return err_set(err, code, "broker %s: %s: %s", w->broker, what, amqp_error_string2(status));
}

/* Reply codes of AMQP 0-9-1, 1.2, as ours. */
static int wire_code(int reply_code)
{
    switch (reply_code) {
    case 311: /* content-too-large */
    case 501: /* frame-error: also what the broker calls a body over its limit */
        return ERR_TOO_LARGE;
    case 403: /* access-refused */
    case 530: /* not-allowed: an unknown virtual host */
        return ERR_DENIED;
    case 404:
        return ERR_NOT_FOUND;
    case 405: /* resource-locked */
    case 406: /* precondition-failed */
        return ERR_CONFLICT;
    default:
        return ERR_UNAVAILABLE;
    }
}

int amqp_wire_closed(const struct amqp_wire *w, const amqp_method_t *m, const char *what, struct err *err)
{
    const amqp_channel_close_t *c = m->decoded; /* connection.close begins with the same two fields */
    return err_set(err, wire_code(c->reply_code), "broker %s: %s: %.*s", w->broker, what,
                   TEXT_ARG(text_from(c->reply_text)));
}

static int wire_reply(const struct amqp_wire *w, amqp_rpc_reply_t r, const char *what, struct err *err)
{
    if (r.reply_type == AMQP_RESPONSE_NORMAL)
        return 0;
    if (r.reply_type == AMQP_RESPONSE_LIBRARY_EXCEPTION)
        return amqp_wire_library_error(w, r.library_error, what, err);
    if (r.reply.id == AMQP_CHANNEL_CLOSE_METHOD || r.reply.id == AMQP_CONNECTION_CLOSE_METHOD)
        return amqp_wire_closed(w, &r.reply, what, err);
    return err_set(err, ERR_UNAVAILABLE, "broker %s: %s: answered what was not asked", w->broker, what);
}

/* ---- opening and closing ---- */

static int wire_parse(struct amqp_wire *w, const char *uri, struct err *err)
{
    w->uri = strdup(uri);
    if (!w->uri)
        return err_set(err, ERR_NOMEM, "no memory for the broker's URI");
    if (amqp_parse_url(w->uri, &w->where) != AMQP_STATUS_OK) /* not repeated here: it holds a password */
        return err_set(err, ERR_INVALID, "the broker's URI is not amqp[s]://user:password@host:port/vhost");
    w->tls = w->where.ssl;
    snprintf(w->broker, sizeof w->broker, "%s:%d", w->where.host, w->where.port);
    return 0;
}

static amqp_socket_t *wire_tls_socket(struct amqp_wire *w, const char *ca_file, struct err *err)
{
    amqp_socket_t *s = amqp_ssl_socket_new(w->state);
    const char *store = ca_file ? ca_file : SYSTEM_CA;
    if (s && amqp_ssl_socket_set_cacert(s, store) != AMQP_STATUS_OK) {
        err_set(err, ERR_INVALID, "broker %s: no certificates of authorities in %s", w->broker, store);
        return NULL;
    }
    if (s) {
        amqp_ssl_socket_set_verify_peer(s, 1);
        amqp_ssl_socket_set_verify_hostname(s, 1);
    }
    return s;
}

static int wire_connect(struct amqp_wire *w, const char *ca_file, struct err *err)
{
    struct timeval timeout = timeval_of_ms(CONNECT_MS);
    int one = 1;
    err_set(err, ERR_NOMEM, "no memory for a socket");
    amqp_socket_t *s = w->tls ? wire_tls_socket(w, ca_file, err) : amqp_tcp_socket_new(w->state);
    if (!s)
        return err ? err->code : ERR_NOMEM;
    int rc = amqp_socket_open_noblock(s, w->where.host, w->where.port, &timeout);
    if (rc != AMQP_STATUS_OK)
        return amqp_wire_library_error(w, rc, "cannot connect", err);
    w->fd = amqp_get_sockfd(w->state);
    setsockopt(w->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    return 0;
}

static amqp_table_entry_t entry_yes(const char *name)
{
    amqp_table_entry_t e = {.key = bytes_of_string(name), .value.kind = AMQP_FIELD_KIND_BOOLEAN};
    e.value.value.boolean = 1;
    return e;
}

amqp_table_entry_t amqp_wire_entry_text(const char *name, struct text value)
{
    amqp_table_entry_t e = {.key = bytes_of_string(name), .value.kind = AMQP_FIELD_KIND_UTF8};
    e.value.value.bytes = bytes_of(value);
    return e;
}

amqp_table_entry_t amqp_wire_entry_number(const char *name, int64_t value)
{
    amqp_table_entry_t e = {.key = bytes_of_string(name), .value.kind = AMQP_FIELD_KIND_I64};
    e.value.value.i64 = value;
    return e;
}

/* What we can do is said at login, else the broker says nothing of alarms and of queues that are deleted
 * (https://www.rabbitmq.com/docs/connections#capabilities). */
static int wire_login(struct amqp_wire *w, const char *name, int heartbeat_s, struct err *err)
{
    amqp_table_entry_t able[] = {entry_yes("connection.blocked"), entry_yes("consumer_cancel_notify"),
                                 entry_yes("basic.nack"), entry_yes("publisher_confirms")};
    amqp_table_entry_t about[] = {amqp_wire_entry_text("connection_name", text_of(name ? name : "tidegate")),
                                  {.key = bytes_of_string("capabilities")}};
    about[1].value.kind = AMQP_FIELD_KIND_TABLE;
    about[1].value.value.table = (amqp_table_t){4, able};
    amqp_table_t properties = {2, about};
    amqp_rpc_reply_t r = amqp_login_with_properties(w->state, w->where.vhost, 0, FRAME_MAX, heartbeat_s, &properties,
                                                    AMQP_SASL_METHOD_PLAIN, w->where.user, w->where.password);
    int rc = wire_reply(w, r, "login", err);
    if (rc)
        return rc;
    w->frame_max = (uint32_t)amqp_get_frame_max(w->state);
    if (!w->tls)
        amqp_tune_connection(w->state, amqp_get_channel_max(w->state), (int)w->frame_max, 0);
    return 0;
}

static int wire_open(struct amqp_wire *w, const struct amqp_settings *s, int rpc_timeout_ms, struct err *err)
{
    struct timeval rpc = timeval_of_ms(rpc_timeout_ms), handshake = timeval_of_ms(CONNECT_MS);
    int rc = wire_parse(w, s->uri, err);
    if (rc)
        return rc;
    w->state = amqp_new_connection();
    if (!w->state)
        return err_set(err, ERR_NOMEM, "no memory for a connection");
    amqp_set_rpc_timeout(w->state, &rpc);
    amqp_set_handshake_timeout(w->state, &handshake);
    if ((rc = wire_connect(w, s->ca_file, err)) || (rc = wire_login(w, s->name, s->heartbeat_s, err)))
        return rc;
    amqp_channel_open(w->state, WIRE_CHANNEL);
    return wire_reply(w, amqp_get_rpc_reply(w->state), "opening a channel", err);
}

int amqp_wire_open(struct amqp_wire **out, const struct amqp_settings *s, int rpc_timeout_ms, struct err *err)
{
    struct amqp_wire *w = calloc(1, sizeof *w);
    if (!w)
        return err_set(err, ERR_NOMEM, "no memory for a connection");
    w->fd = -1;
    amqp_out_init(&w->out);
    content_init(&w->content, s->body_max);
    int rc = wire_open(w, s, rpc_timeout_ms, err);
    if (rc) {
        amqp_wire_close(w, false);
        return rc;
    }
    *out = w;
    return 0;
}

static int wire_flush_all(struct amqp_wire *w, struct err *err) /* blocks, for as long as a connect may */
{
    int rc;
    while ((rc = amqp_wire_flush(w, err)) == 0 && amqp_wire_buffered(w)) {
        struct pollfd p = {.fd = w->fd, .events = POLLOUT};
        if (poll(&p, 1, CONNECT_MS) <= 0)
            return err_set(err, ERR_TIMEOUT, "broker %s does not read", w->broker);
    }
    return rc;
}

void amqp_wire_close(struct amqp_wire *w, bool politely)
{
    struct err ignored;
    if (!w)
        return;
    if (politely && wire_flush_all(w, &ignored) == 0)
        amqp_connection_close(w->state, AMQP_REPLY_SUCCESS);
    if (w->state)
        amqp_destroy_connection(w->state);
    content_release(&w->content);
    amqp_out_release(&w->out);
    free(w->uri);
    free(w);
}

int amqp_wire_fd(const struct amqp_wire *w)
{
    return w->fd;
}

const char *amqp_wire_broker(const struct amqp_wire *w)
{
    return w->broker;
}

/* ---- calls that wait for the broker ---- */

int amqp_wire_confirm_select(struct amqp_wire *w, struct err *err)
{
    amqp_confirm_select(w->state, WIRE_CHANNEL);
    return wire_reply(w, amqp_get_rpc_reply(w->state), "asking for confirms", err);
}

/* "first", "last", "next" and times are texts, offsets numbers (https://www.rabbitmq.com/docs/streams#consuming). */
amqp_table_entry_t amqp_wire_stream_position(const char *from)
{
    int64_t offset;
    if (text_to_i64(text_of(from), &offset))
        return amqp_wire_entry_number("x-stream-offset", offset);
    return amqp_wire_entry_text("x-stream-offset", text_of(from));
}

int amqp_wire_consume_now(struct amqp_wire *w, const char *queue, const char *consumer, int prefetch,
                          const char *stream_from, struct err *err)
{
    amqp_table_entry_t position;
    amqp_table_t arguments = amqp_empty_table;
    if (stream_from) {
        position = amqp_wire_stream_position(stream_from);
        arguments = (amqp_table_t){1, &position};
    }
    if (amqp_basic_qos(w->state, WIRE_CHANNEL, 0, (uint16_t)prefetch, 0))
        amqp_basic_consume(w->state, WIRE_CHANNEL, bytes_of_string(queue), bytes_of_string(consumer), 0, 0, 0,
                           arguments);
    return wire_reply(w, amqp_get_rpc_reply(w->state), queue, err);
}

int amqp_wire_depth(struct amqp_wire *w, const char *queue, uint32_t *messages, uint32_t *consumers, struct err *err)
{
    int rc = wire_flush_all(w, err);
    if (rc == 0) {
        amqp_channel_open(w->state, DEPTH_CHANNEL);
        rc = wire_reply(w, amqp_get_rpc_reply(w->state), "opening a channel", err);
    }
    if (rc)
        return rc;
    amqp_queue_declare_ok_t *ok =
        amqp_queue_declare(w->state, DEPTH_CHANNEL, bytes_of_string(queue), 1, 0, 0, 0, amqp_empty_table);
    if (!ok) {
        rc = wire_reply(w, amqp_get_rpc_reply(w->state), queue, err);
        amqp_channel_close_ok_t closed = {0};
        if (rc == ERR_NOT_FOUND)
            amqp_send_method(w->state, DEPTH_CHANNEL, AMQP_CHANNEL_CLOSE_OK_METHOD, &closed);
        return rc;
    }
    *messages = ok->message_count;
    *consumers = ok->consumer_count;
    return wire_reply(w, amqp_channel_close(w->state, DEPTH_CHANNEL, AMQP_REPLY_SUCCESS), "closing a channel", err);
}

int amqp_declare_exchange(struct amqp_wire *w, const char *name, const char *type, struct err *err)
{
    amqp_exchange_declare(w->state, WIRE_CHANNEL, bytes_of_string(name), bytes_of_string(type), 0, 1, 0, 0,
                          amqp_empty_table);
    return wire_reply(w, amqp_get_rpc_reply(w->state), name, err);
}

int amqp_declare_queue(struct amqp_wire *w, const char *name, const struct amqp_argument *arguments, size_t count,
                       struct err *err)
{
    amqp_table_entry_t entries[8];
    for (size_t i = 0; i < count; i++)
        entries[i] = arguments[i].text ? amqp_wire_entry_text(arguments[i].name, text_of(arguments[i].text))
                                       : amqp_wire_entry_number(arguments[i].name, arguments[i].number);
    amqp_queue_declare(w->state, WIRE_CHANNEL, bytes_of_string(name), 0, 1, 0, 0, (amqp_table_t){(int)count, entries});
    return wire_reply(w, amqp_get_rpc_reply(w->state), name, err);
}

int amqp_declare_binding(struct amqp_wire *w, const char *queue, const char *exchange, const char *key, struct err *err)
{
    amqp_queue_bind(w->state, WIRE_CHANNEL, bytes_of_string(queue), bytes_of_string(exchange), bytes_of_string(key),
                    amqp_empty_table);
    return wire_reply(w, amqp_get_rpc_reply(w->state), queue, err);
}
