/* held_words: held items (the router's /held, parsed), grouped by reason and cause, for a person. */
#ifndef TIDEGATE_CLI_HELD_WORDS_H
#define TIDEGATE_CLI_HELD_WORDS_H

#include "base/buf.h"
#include "base/value.h"

struct held_filter { /* NULL: any */
    const char *reason, *entity, *system;
};

/* Groups in the order of their newest item, each with its count and up to `shown` of its items, newest first. Returns how
 * many items there are. */
size_t held_words(struct buf *out, const struct value *held, const struct held_filter *f, size_t shown);

#endif
