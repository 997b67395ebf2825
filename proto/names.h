/* names: from a text to its place among a fixed set of names, in a look or two. Built once, when a schema is loaded.
 * The module's own. */
#ifndef TIDEGATE_PROTO_NAMES_H
#define TIDEGATE_PROTO_NAMES_H

#include "base/arena.h"

/* The i-th name, of whatever it is that the caller counts. */
typedef struct text name_fn(const void *ctx, uint32_t i);

struct names;
/* The names are borrowed and must live as long. NULL when the arena failed. */
struct names *names_new(struct arena *a, name_fn *at, const void *ctx, uint32_t count);
int32_t names_get(const struct names *n, struct text name); /* its place, or -1 */

#endif
