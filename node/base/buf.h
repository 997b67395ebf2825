/* buf: bytes that grow, up to a maximum given when the buffer is made. Past it the buffer is failed and stays as it
 * was: write freely, check buf_failed() once. */
#ifndef TIDEGATE_BASE_BUF_H
#define TIDEGATE_BASE_BUF_H

#include <stdarg.h>
#include "text.h"

struct buf {
    char *p;
    size_t n, cap, max;
    bool failed;
};

void buf_init(struct buf *b, size_t max_bytes);
void buf_release(struct buf *b);
void buf_reset(struct buf *b); /* empty again, keeps its memory, no longer failed */
void buf_add_slow(struct buf *b, const void *p, size_t n); /* for buf_add */

/* Inline, since every byte of every message and record goes this way: room for a NUL behind the end is always kept. */
static inline void buf_add(struct buf *b, const void *p, size_t n)
{
    if (b->failed || n >= b->cap - b->n) {
        buf_add_slow(b, p, n);
        return;
    }
    if (n)
        memcpy(b->p + b->n, p, n);
    b->n += n;
}

static inline void buf_text(struct buf *b, struct text t)
{
    buf_add(b, t.p, t.n);
}

static inline void buf_char(struct buf *b, char c)
{
    buf_add(b, &c, 1);
}

void buf_string(struct buf *b, const char *s);
void buf_printf(struct buf *b, const char *format, ...) __attribute__((format(printf, 2, 3)));
bool buf_failed(const struct buf *b);
struct text buf_view(const struct buf *b);   /* borrows; valid until the next write */
const char *buf_cstr(struct buf *b);         /* NUL-terminated view; "" when failed */

#endif
