/* status_words: what a process says of itself (its /status, parsed), in a few lines for a person. What is zero or empty
 * is not worth a line; what is wrong comes first and in the process's own words. Everything else is in --json. */
#ifndef TIDEGATE_CLI_STATUS_WORDS_H
#define TIDEGATE_CLI_STATUS_WORDS_H

#include "base/buf.h"
#include "base/value.h"

/* The router's; held: its /held, or NULL. */
void status_words_router(struct buf *out, const struct value *v, const struct value *held);
void status_words_adapter(struct buf *out, const struct value *v);

#endif
