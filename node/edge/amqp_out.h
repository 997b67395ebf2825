/* amqp_out: AMQP frames that wait to be sent, in large pieces, on a socket that may not take them now. */
#ifndef TIDEGATE_EDGE_AMQP_OUT_H
#define TIDEGATE_EDGE_AMQP_OUT_H

#include "base/buf.h"

struct amqp_out {
    struct buf bytes;
    size_t sent; /* of bytes */
};

void amqp_out_init(struct amqp_out *o);
void amqp_out_release(struct amqp_out *o);
size_t amqp_out_waiting(const struct amqp_out *o);
/* One frame (AMQP 0-9-1, 4.2.3). Write freely, then ask amqp_out_keep. */
void amqp_out_frame(struct amqp_out *o, int type, int channel, const void *payload, size_t n);
/* Before a message: the mark to fall back to. After it: true when all of it fitted, else it is gone as a whole. */
size_t amqp_out_mark(const struct amqp_out *o);
bool amqp_out_keep(struct amqp_out *o, size_t mark);
/* Sends what the socket takes without waiting. 0, or the errno that says the socket is lost. */
int amqp_out_flush(struct amqp_out *o, int fd);

/* Integers in network order. */
void amqp_put16(unsigned char *p, unsigned v);
void amqp_put32(unsigned char *p, uint32_t v);

#endif
