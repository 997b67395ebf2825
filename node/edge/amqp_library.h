/* amqp_library: librabbitmq, whose headers are included here alone, and a wire as the three files see it that speak to
 * the library: amqp_wire.c (open, close, calls that wait), amqp_send.c (frames out), amqp_read.c (frames in). */
#ifndef TIDEGATE_EDGE_AMQP_LIBRARY_H
#define TIDEGATE_EDGE_AMQP_LIBRARY_H

#include "amqp_content.h"
#include "amqp_out.h"
#include "amqp_wire.h"

#ifdef HAVE_RABBITMQ_C_DIR
#include <rabbitmq-c/amqp.h>
#include <rabbitmq-c/ssl_socket.h>
#include <rabbitmq-c/tcp_socket.h>
#else
#include <amqp.h>
#include <amqp_ssl_socket.h>
#include <amqp_tcp_socket.h>
#endif

#define WIRE_CHANNEL 1

struct amqp_wire {
    amqp_connection_state_t state;
    int fd;
    bool tls, may_read;
    uint32_t frame_max;
    struct amqp_out out;
    struct content content;
    char *uri; /* cut into the parts of `where` */
    struct amqp_connection_info where;
    char broker[300];
};

static inline struct text text_from(amqp_bytes_t b)
{
    return (struct text){b.bytes, b.len};
}

static inline amqp_bytes_t bytes_of(struct text t)
{
    return (amqp_bytes_t){t.n, (void *)(uintptr_t)t.p};
}

static inline amqp_bytes_t bytes_of_string(const char *s)
{
    return bytes_of(text_of(s));
}

/* Entries of a table; they borrow name and value. */
amqp_table_entry_t amqp_wire_entry_text(const char *name, struct text value);
amqp_table_entry_t amqp_wire_entry_number(const char *name, int64_t value);
/* Where a stream consumer starts: the entry for the arguments of basic.consume. */
amqp_table_entry_t amqp_wire_stream_position(const char *from);

/* Sentences for a status of the library, and for a channel.close or connection.close of the broker. */
int amqp_wire_library_error(const struct amqp_wire *w, int status, const char *what, struct err *err);
int amqp_wire_closed(const struct amqp_wire *w, const amqp_method_t *m, const char *what, struct err *err);

#endif
