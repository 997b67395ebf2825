/* decimal: money and quantities as text ("-12.50"), never a double.
 *
 * Grammar: -?digits(.digits)? with up to 38 digits in all. Values compare by value: "10", "10.0" and "010.00" are
 * one. An exponent (1.2E3, as some JSON writers give) is read by decimal_from_number only. */
#ifndef TIDEGATE_BASE_DECIMAL_H
#define TIDEGATE_BASE_DECIMAL_H

#include "arena.h"

#define DECIMAL_MAX 48 /* bytes that any plain form fits in, NUL included */

bool decimal_valid(struct text t);
int decimal_compare(struct text a, struct text b); /* both must be valid */
/* The one shortest plain form ("10.50" -> "10.5", "-0" -> "0"); writes at most DECIMAL_MAX bytes with a NUL. */
struct text decimal_canonical(struct text t, char out[DECIMAL_MAX]);
bool decimal_is_canonical(struct text t); /* valid and in that form already */
/* From a JSON number literal, exponent allowed. False when it is none or needs more than 38 digits. */
bool decimal_from_number(struct text literal, char out[DECIMAL_MAX]);
/* Exact sum and product of valid decimals, canonical; false on more than 38 digits. */
bool decimal_add(struct text a, struct text b, char out[DECIMAL_MAX]);
bool decimal_mul(struct text a, struct text b, char out[DECIMAL_MAX]);

#endif
