/* json: reads JSON and runs jq programs, without losing digits (jq.c and jq_value.c alone include libjq's headers).
 *
 * jq's numbers are doubles: the 18-digit id of an order comes back changed. So what jq sees of a value is: an integer of
 * at most 15 digits as a number; a longer one, and every VALUE_NUMBER (97.1, 1e400), as text with just those digits. What
 * comes back: a whole double below 2^53 becomes VALUE_INT (from there, an error: its digits cannot be trusted); another
 * double VALUE_NUMBER with the fewest digits that mean it; and a text marked by `as_number`, which jq programs find
 * defined (it puts "\u0001" before the digits, and leaves null alone), the number with those digits: VALUE_INT where
 * they fit, else VALUE_NUMBER, and an error when they are no JSON number. */
#ifndef TIDEGATE_EDGE_JSON_H
#define TIDEGATE_EDGE_JSON_H

#include "base/err.h"
#include "base/value.h"

/* Integers become VALUE_INT where they fit an int64, every other number VALUE_NUMBER. ERR_INVALID names the byte offset;
 * invalid UTF-8 is refused. Of equal names in an object the last counts. ERR_TOO_LARGE: over VALUE_DEPTH_MAX deep, or
 * over what the arena has left. Strings are copied into the arena. */
int json_parse(struct arena *a, struct text json, struct value *out, struct err *err);

/* Several jq functions compiled as one program (compiling 60 of them apart takes a second). */
struct jq;
struct jq_function {
    const char *name;   /* for complaints; functions cannot call one another, they share the prelude */
    const char *source; /* jq filter, perhaps of several lines */
    const char *origin; /* "config/systems/shopify.cfg:31", for complaints */
};
/* prelude: definitions (`def f: …;`) that all may use; may be "". ERR_INVALID names the origin of what does not compile.
 * The strings are not kept. Use it on the thread that made it. Programs see no environment, file, or further input. */
int jq_new(struct jq **out, const char *prelude, const struct jq_function *functions, size_t count, struct err *err);
void jq_free(struct jq *j);
/* Runs functions[index] on input; exactly one output is expected. ERR_INVALID carries jq's own error words, or says that
 * there was none or more than one, or that it was stopped after 500 ms or 64 MiB. Does not wait. */
int jq_run(struct jq *j, size_t index, const struct value *input, struct arena *a, struct value *out, struct err *err);

#endif
