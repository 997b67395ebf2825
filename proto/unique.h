/* unique: is a text twice in a list? In n log n at worst, whatever the texts are. The module's own. */
#ifndef TIDEGATE_PROTO_UNIQUE_H
#define TIDEGATE_PROTO_UNIQUE_H

#include "base/arena.h"

/* The i-th text, of whatever it is that the caller counts. */
typedef struct text unique_fn(const void *ctx, uint32_t i);

/* *twice gets a text that is there twice. Takes memory from the arena for long lists only; when that fails the answer
 * is false and arena_failed(a). */
bool unique_broken(struct arena *a, unique_fn *at, const void *ctx, uint32_t count, struct text *twice);

#endif
