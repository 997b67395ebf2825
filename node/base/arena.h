/* arena: memory that is given back all at once. One a message, recycled after its ack.
 *
 * An arena has a maximum, given when it is made; past it, arena_alloc returns NULL and arena_failed() stays true, so
 * that a builder may check once at its end. Zeroed memory, aligned for any type. */
#ifndef TIDEGATE_BASE_ARENA_H
#define TIDEGATE_BASE_ARENA_H

#include "text.h"

struct arena_block;
struct arena {
    struct arena_block *blocks; /* newest first */
    char *next;                 /* free memory of the newest block, all zero, ... */
    size_t left;                /* ... and how many bytes of it may be taken */
    size_t used, max;           /* bytes taken, rounded up to alignment */
    bool failed;
};

void arena_init(struct arena *a, size_t max_bytes);
void arena_release(struct arena *a);
void arena_clear(struct arena *a); /* forgets everything, keeps one block for the next message */
bool arena_failed(const struct arena *a);

#define ARENA_ALIGN 16
void *arena_alloc_slow(struct arena *a, size_t room); /* for arena_alloc */

static inline size_t arena_room(size_t bytes)
{
    return (bytes + !bytes + (ARENA_ALIGN - 1)) & ~(size_t)(ARENA_ALIGN - 1);
}

/* Zeroed memory; NULL when the arena failed. Inline, since every node of every message comes from here. */
static inline void *arena_alloc(struct arena *a, size_t bytes)
{
    size_t room = arena_room(bytes);
    if (room > a->left || bytes > room)
        return arena_alloc_slow(a, bytes > room ? SIZE_MAX : room);
    void *p = a->next;
    a->next += room;
    a->left -= room;
    a->used += room;
    return p;
}

/* Makes what was allocated last (at p, of `bytes`) longer in its place; false: it was not the last, or there is no room. */
bool arena_extend(struct arena *a, const void *p, size_t bytes, size_t more);

struct text arena_text(struct arena *a, struct text t);   /* a copy, NUL-terminated behind its end */
const char *arena_string(struct arena *a, struct text t); /* the same as a C string; "" when the arena failed */
struct text arena_printf(struct arena *a, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
