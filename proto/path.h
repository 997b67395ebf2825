/* path: where in a message a reader is ("data.fields.lines[3].quantity"), as a chain of steps on the stack that costs
 * nothing until an error wants it printed. The module's own. */
#ifndef TIDEGATE_PROTO_PATH_H
#define TIDEGATE_PROTO_PATH_H

#include "base/text.h"

struct path {
    const struct path *up;
    struct text name; /* a member; p is NULL for an element */
    uint32_t index;   /* of an element */
};

#define PATH_TEXT 240
#define QUOTE_TEXT 64

/* They write at most the given bytes, NUL included, and return out. A message's own words must not break a line of the
 * log, nor bring a card number there: bytes that are not printable ASCII or whole UTF-8 become '?', what is too long
 * ends in "…", and a text with a card number in it is not quoted at all. */
const char *path_print(char out[PATH_TEXT], const struct path *p);
const char *text_quote(char out[QUOTE_TEXT], struct text t); /* with quotation marks */
const char *text_plain(char out[QUOTE_TEXT], struct text t); /* without */

#endif
