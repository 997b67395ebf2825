/* unique: is a text twice in a list? In n log n at worst, whatever the texts are. The module's own. */
#ifndef TIDEGATE_PROTO_UNIQUE_H
#define TIDEGATE_PROTO_UNIQUE_H

#include "base/arena.h"

/* The texts lie `stride` bytes apart. *twice gets one that is there twice. Takes memory from the arena for long lists
 * only; when that fails the answer is false and arena_failed(a). */
bool unique_broken(struct arena *a, const struct text *first, size_t stride, uint32_t count, struct text *twice);

#endif
