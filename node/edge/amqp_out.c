/* amqp_out: a buffer with a read end. What was sent is cut off when it is the larger half, so a byte moves at most
 * once on average; memory that a large batch needed is given back when all of it is sent. */
#include "amqp_out.h"

#include <errno.h>
#include <sys/socket.h>
#include <sys/types.h>

#define OUT_MAX (64 * 1024 * 1024)
#define OUT_KEPT (1024 * 1024)
#define FRAME_END 0xCE

void amqp_out_init(struct amqp_out *o)
{
    *o = (struct amqp_out){0};
    buf_init(&o->bytes, OUT_MAX);
}

void amqp_out_release(struct amqp_out *o)
{
    buf_release(&o->bytes);
    o->sent = 0;
}

size_t amqp_out_waiting(const struct amqp_out *o)
{
    return o->bytes.n - o->sent;
}

void amqp_put16(unsigned char *p, unsigned v)
{
    p[0] = (unsigned char)(v >> 8);
    p[1] = (unsigned char)v;
}

void amqp_put32(unsigned char *p, uint32_t v)
{
    amqp_put16(p, v >> 16);
    amqp_put16(p + 2, v & 0xffff);
}

void amqp_out_frame(struct amqp_out *o, int type, int channel, const void *payload, size_t n)
{
    unsigned char head[7] = {(unsigned char)type};
    amqp_put16(head + 1, (unsigned)channel);
    amqp_put32(head + 3, (uint32_t)n);
    buf_add(&o->bytes, head, sizeof head);
    buf_add(&o->bytes, payload, n);
    buf_char(&o->bytes, (char)FRAME_END);
}

size_t amqp_out_mark(const struct amqp_out *o)
{
    return o->bytes.n;
}

bool amqp_out_keep(struct amqp_out *o, size_t mark)
{
    if (!buf_failed(&o->bytes))
        return true;
    o->bytes.n = mark;
    o->bytes.failed = false;
    return false;
}

static void out_sent(struct amqp_out *o, size_t n)
{
    struct buf *b = &o->bytes;
    o->sent += n;
    if (o->sent == b->n) {
        o->sent = 0;
        buf_reset(b);
        if (b->cap > OUT_KEPT)
            buf_release(b);
    } else if (o->sent > b->n / 2) {
        memmove(b->p, b->p + o->sent, b->n - o->sent);
        b->n -= o->sent;
        o->sent = 0;
    }
}

int amqp_out_flush(struct amqp_out *o, int fd)
{
    while (amqp_out_waiting(o)) {
        ssize_t n = send(fd, o->bytes.p + o->sent, amqp_out_waiting(o), MSG_NOSIGNAL | MSG_DONTWAIT);
        if (n >= 0)
            out_sent(o, (size_t)n);
        else if (errno == EAGAIN || errno == EWOULDBLOCK)
            return 0;
        else if (errno != EINTR)
            return errno;
    }
    return 0;
}
