/* jq_value: value ↔ jv, the form in which libjq keeps data. For jq.c alone. What happens to numbers is said in json.h.
 */
#ifndef TIDEGATE_EDGE_JQ_VALUE_H
#define TIDEGATE_EDGE_JQ_VALUE_H

#include <jv.h>

#include "json.h"

/* Integers of up to 15 digits are handed to jq as numbers, longer ones and fractions as text. */
#define JQ_INT_MAX 999999999999999LL
/* The byte with which as_number marks a text as a number, and the byte put before a text of the world's that happens to
 * begin with one of the two. */
#define JQ_MARK_NUMBER '\x01'
#define JQ_MARK_TEXT '\x02'

/* Gives *out to the caller (jv_free) when 0 is returned. */
int jq_from_value(const struct value *v, jv *out, struct err *err);
/* Consumes j. */
int jq_to_value(jv j, struct arena *a, struct value *out, struct err *err);

#endif
