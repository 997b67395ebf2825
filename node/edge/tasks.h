/* tasks: the set of a loop's tasks, as the loop sees it. Used by loop.c and task.c alone; others use loop.h. */
#ifndef TIDEGATE_EDGE_TASKS_H
#define TIDEGATE_EDGE_TASKS_H

#include "loop.h"

struct tasks {
    struct task *current;             /* the one that runs; NULL in the loop itself */
    struct task *ready, **ready_tail; /* started or woken, in order */
    struct task *all;                 /* every living task, for the end */
    struct task *pool;                /* finished ones, kept for their stacks */
    size_t count, pooled;
    const void *loop_stack; /* for AddressSanitizer */
    size_t loop_stack_size;
};

void tasks_init(struct tasks *t);
void tasks_release(struct tasks *t); /* drops those that still wait */
bool tasks_any_ready(const struct tasks *t);
void tasks_run(struct tasks *t); /* those ready now; those that they wake run in the next round */

struct tasks *loop_tasks(struct loop *l);

#endif
