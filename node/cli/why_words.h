/* why_words: what the router says of one record (its /record, parsed), for a person. */
#ifndef TIDEGATE_CLI_WHY_WORDS_H
#define TIDEGATE_CLI_WHY_WORDS_H

#include "base/buf.h"
#include "base/value.h"

/* field: this one alone; NULL: all. Returns whether there was such a field. */
bool why_words(struct buf *out, const struct value *record, const char *field);

#endif
