/* timers: a binary heap of slot numbers, ordered by time and then by making, over an array of slots.
 *
 * A slot knows its place in the heap, so that a cancel is O(log n). An id is the slot's number (from 1) below the
 * slot's generation: an id whose timer has fired or was cancelled names an older generation and is forgiven. */
#include "timers.h"

#include <assert.h>
#include <stdlib.h>

#define TIMERS_MAX (1u << 20)

struct timer_slot {
    int64_t at_us;
    uint64_t sequence;
    loop_timer_fn *fn;
    void *ctx;
    uint32_t place; /* in the heap; in a free slot: the next free slot, counted from 1 */
    uint32_t generation;
};

static bool timers_before(const struct timers *t, uint32_t a, uint32_t b)
{
    const struct timer_slot *x = &t->slots[a], *y = &t->slots[b];
    return x->at_us != y->at_us ? x->at_us < y->at_us : x->sequence < y->sequence;
}

static void timers_place(struct timers *t, uint32_t place, uint32_t slot)
{
    t->heap[place] = slot;
    t->slots[slot].place = place;
}

static void timers_up(struct timers *t, uint32_t place)
{
    uint32_t slot = t->heap[place];
    while (place > 0 && timers_before(t, slot, t->heap[(place - 1) / 2])) {
        timers_place(t, place, t->heap[(place - 1) / 2]);
        place = (place - 1) / 2;
    }
    timers_place(t, place, slot);
}

static void timers_down(struct timers *t, uint32_t place)
{
    uint32_t slot = t->heap[place];
    for (;;) {
        uint32_t child = 2 * place + 1;
        if (child >= t->count)
            break;
        if (child + 1 < t->count && timers_before(t, t->heap[child + 1], t->heap[child]))
            child++;
        if (!timers_before(t, t->heap[child], slot))
            break;
        timers_place(t, place, t->heap[child]);
        place = child;
    }
    timers_place(t, place, slot);
}

static bool timers_grow(struct timers *t)
{
    uint32_t cap = t->cap ? t->cap * 2 : 32;
    if (cap > TIMERS_MAX)
        return false;
    uint32_t *heap = realloc(t->heap, cap * sizeof *heap);
    if (!heap)
        return false;
    t->heap = heap;
    struct timer_slot *slots = realloc(t->slots, cap * sizeof *slots);
    if (!slots)
        return false;
    t->slots = slots;
    for (uint32_t i = t->cap; i < cap; i++) {
        slots[i] = (struct timer_slot){.place = t->free_slot};
        t->free_slot = i + 1;
    }
    t->cap = cap;
    return true;
}

void timers_release(struct timers *t)
{
    free(t->heap);
    free(t->slots);
    *t = (struct timers){0};
}

uint64_t timers_add(struct timers *t, int64_t at_us, loop_timer_fn *fn, void *ctx)
{
    assert(fn);
    if (!t->free_slot && !timers_grow(t))
        return 0;
    uint32_t slot = t->free_slot - 1;
    struct timer_slot *s = &t->slots[slot];
    t->free_slot = s->place;
    *s = (struct timer_slot){at_us, t->sequence++, fn, ctx, t->count, s->generation + 1};
    t->heap[t->count++] = slot;
    timers_up(t, t->count - 1);
    return (uint64_t)s->generation << 32 | (slot + 1);
}

static void timers_remove(struct timers *t, uint32_t slot)
{
    uint32_t place = t->slots[slot].place, last = t->heap[--t->count];
    if (last != slot) {
        timers_place(t, place, last);
        timers_up(t, place);
        timers_down(t, t->slots[last].place);
    }
    t->slots[slot].fn = NULL;
    t->slots[slot].place = t->free_slot;
    t->free_slot = slot + 1;
}

void timers_cancel(struct timers *t, uint64_t id)
{
    uint32_t slot = (uint32_t)id - 1;
    if (id == 0 || slot >= t->cap || !t->slots[slot].fn || t->slots[slot].generation != id >> 32)
        return;
    timers_remove(t, slot);
}

bool timers_next(const struct timers *t, int64_t *at_us)
{
    if (t->count == 0)
        return false;
    *at_us = t->slots[t->heap[0]].at_us;
    return true;
}

void timers_fire(struct timers *t, int64_t now_us)
{
    uint64_t made_before = t->sequence;
    while (t->count > 0) {
        struct timer_slot first = t->slots[t->heap[0]];
        if (first.at_us > now_us || first.sequence >= made_before)
            return;
        timers_remove(t, t->heap[0]);
        first.fn(first.ctx);
    }
}
