/* timers: functions to call at a time, as a heap. Used by loop.c; time is whatever clock the caller counts by. */
#ifndef TIDEGATE_EDGE_TIMERS_H
#define TIDEGATE_EDGE_TIMERS_H

#include "loop.h"

struct timer_slot;
struct timers {
    uint32_t *heap; /* slot numbers, the earliest first */
    struct timer_slot *slots;
    uint32_t count, cap; /* in the heap; room in both arrays */
    uint32_t free_slot;  /* head of the list of free slots, counted from 1; 0 is none */
    uint64_t sequence;   /* of the next timer: equal times fire in the order of their making */
};

void timers_release(struct timers *t);
/* Returns an id > 0, or 0 when memory is out. */
uint64_t timers_add(struct timers *t, int64_t at_us, loop_timer_fn *fn, void *ctx);
void timers_cancel(struct timers *t, uint64_t id); /* forgives ids that are gone */
bool timers_next(const struct timers *t, int64_t *at_us);
/* Fires what is due at now_us and was made before this call. */
void timers_fire(struct timers *t, int64_t now_us);

#endif
