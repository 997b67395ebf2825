/* mark: how benchmark c finds one push among all the others: a number of fixed width in the order's note, which every
 * message and request about that order carries along. "way-00000042" */
#ifndef TIDEGATE_BENCH_MARK_H
#define TIDEGATE_BENCH_MARK_H

#include "base/buf.h"

#define MARK_NONE UINT32_MAX

/* The first mark in a text, or MARK_NONE. */
uint32_t mark_find(struct text t);
/* A copy of t with every mark set to `mark`; sticky. */
void mark_set_all(struct buf *out, struct text t, uint32_t mark);

#endif
