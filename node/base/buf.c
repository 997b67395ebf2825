/* Invariants: n <= max; n < cap when there is memory, so that buf_cstr always has room for its NUL. */
#include "buf.h"

#include <stdio.h>
#include <stdlib.h>

enum { first_size = 256 };

void buf_init(struct buf *b, size_t max_bytes)
{
    *b = (struct buf){.max = max_bytes < SIZE_MAX / 4 ? max_bytes : SIZE_MAX / 4};
}

void buf_release(struct buf *b)
{
    free(b->p);
    buf_init(b, b->max);
}

void buf_reset(struct buf *b)
{
    b->n = 0;
    b->failed = false;
}

static bool grow(struct buf *b, size_t n)
{
    if (b->failed || n > b->max - b->n) {
        b->failed = true;
        return false;
    }
    size_t cap = b->cap ? b->cap : first_size;
    while (cap <= b->n + n)
        cap *= 2;
    if (cap > b->max + 1)
        cap = b->max + 1;
    char *p = realloc(b->p, cap);
    if (!p) {
        b->failed = true;
        return false;
    }
    b->p = p;
    b->cap = cap;
    return true;
}

/* Room for n more bytes and a NUL. */
static inline bool room(struct buf *b, size_t n)
{
    if (!b->failed && n < b->cap - b->n)
        return true;
    return grow(b, n);
}

void buf_add_slow(struct buf *b, const void *p, size_t n)
{
    if (n == 0 || !room(b, n))
        return;
    memcpy(b->p + b->n, p, n);
    b->n += n;
}

void buf_string(struct buf *b, const char *s)
{
    buf_add(b, s, strlen(s));
}

void buf_printf(struct buf *b, const char *format, ...)
{
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    size_t free_bytes = b->failed ? 0 : b->cap - b->n;
    int n = vsnprintf(free_bytes ? b->p + b->n : NULL, free_bytes, format, args);
    if (n < 0)
        b->failed = true;
    else if ((size_t)n < free_bytes)
        b->n += (size_t)n;
    else if (room(b, (size_t)n))
        b->n += (size_t)vsnprintf(b->p + b->n, b->cap - b->n, format, again);
    va_end(again);
    va_end(args);
}

bool buf_failed(const struct buf *b)
{
    return b->failed;
}

struct text buf_view(const struct buf *b)
{
    return (struct text){b->p, b->n};
}

const char *buf_cstr(struct buf *b)
{
    if (!room(b, 0))
        return "";
    b->p[b->n] = '\0';
    return b->p;
}
