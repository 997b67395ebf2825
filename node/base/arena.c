/* Blocks double in size up to a bound; the newest serves, the others wait for the end. Invariant: the free part of
 * the newest block is zero, so that arena_alloc need not clear what it hands out: a new block comes from calloc, and
 * arena_clear wipes in one go what the last message used. */
#include "arena.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

enum {
    block_first = 4096 - 64, /* one page with malloc's own bytes */
    block_double_max = 1 << 20,
    block_keep_max = 64 * 1024, /* one huge message must not hold its memory for ever */
};

struct arena_block {
    _Alignas(ARENA_ALIGN) struct arena_block *older;
    size_t size;
    _Alignas(ARENA_ALIGN) char bytes[];
};

void arena_init(struct arena *a, size_t max_bytes)
{
    *a = (struct arena){.max = max_bytes};
}

void arena_release(struct arena *a)
{
    for (struct arena_block *b = a->blocks, *older; b; b = older) {
        older = b->older;
        free(b);
    }
    arena_init(a, a->max);
}

static void serve(struct arena *a, struct arena_block *b)
{
    size_t allowed = a->max - a->used;
    a->blocks = b;
    a->next = b->bytes;
    a->left = b->size < allowed ? b->size : allowed;
}

void arena_clear(struct arena *a)
{
    struct arena_block *kept = NULL;
    for (struct arena_block *b = a->blocks, *older; b; b = older) {
        older = b->older;
        if (kept || b->size > block_keep_max) {
            free(b);
            continue;
        }
        kept = b;
        memset(b->bytes, 0, b == a->blocks ? (size_t)(a->next - b->bytes) : b->size);
    }
    arena_init(a, a->max);
    if (kept) {
        kept->older = NULL;
        serve(a, kept);
    }
}

bool arena_failed(const struct arena *a)
{
    return a->failed;
}

static size_t block_size(const struct arena *a, size_t room)
{
    size_t size = a->blocks ? 2 * a->blocks->size : block_first;
    if (size > block_double_max)
        size = block_double_max;
    return size > room ? size : room;
}

static void *fail(struct arena *a)
{
    a->failed = true;
    a->left = 0;
    return NULL;
}

void *arena_alloc_slow(struct arena *a, size_t room)
{
    if (a->failed || room > a->max - a->used)
        return fail(a);
    size_t size = block_size(a, room);
    struct arena_block *b = calloc(1, sizeof *b + size);
    if (!b)
        return fail(a);
    b->size = size;
    b->older = a->blocks;
    serve(a, b);
    return arena_alloc(a, room);
}

bool arena_extend(struct arena *a, const void *p, size_t bytes, size_t more)
{
    size_t had = arena_room(bytes), wants = arena_room(more);
    if (a->failed || more < bytes || wants < more || (const char *)p + had != a->next || wants - had > a->left)
        return false;
    a->next += wants - had;
    a->left -= wants - had;
    a->used += wants - had;
    return true;
}

struct text arena_text(struct arena *a, struct text t)
{
    char *p = t.n < SIZE_MAX ? arena_alloc(a, t.n + 1) : fail(a);
    if (!p)
        return (struct text){"", 0};
    if (t.n)
        memcpy(p, t.p, t.n);
    return (struct text){p, t.n};
}

const char *arena_string(struct arena *a, struct text t)
{
    return arena_text(a, t).p;
}

struct text arena_printf(struct arena *a, const char *format, ...)
{
    char brief[256];
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    int n = vsnprintf(brief, sizeof brief, format, args);
    struct text out = {"", 0};
    if (n >= 0 && n < (int)sizeof brief) {
        out = arena_text(a, (struct text){brief, (size_t)n});
    } else {
        char *p = n < 0 ? fail(a) : arena_alloc(a, (size_t)n + 1);
        if (p) {
            vsnprintf(p, (size_t)n + 1, format, again);
            out = (struct text){p, (size_t)n};
        }
    }
    va_end(again);
    va_end(args);
    return out;
}
