/* text: a slice of bytes that somebody else owns. Not NUL-terminated. Borrowed everywhere unless a header says so. */
#ifndef TIDEGATE_BASE_TEXT_H
#define TIDEGATE_BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct text {
    const char *p; /* may be NULL when n is 0 */
    size_t n;
};

/* For printf("%.*s", TEXT_ARG(t)). */
#define TEXT_ARG(t) (int)(t).n, (t).p ? (t).p : ""

static inline struct text text_of(const char *s)
{
    return (struct text){s, s ? strlen(s) : 0};
}

/* Nothing is compared as often as names of members: those of 4 to 16 bytes by their first and their last four or eight,
 * which takes no call. */
static inline bool text_eq(struct text a, struct text b)
{
    if (a.n != b.n)
        return false;
    if (a.n >= 8 && a.n <= 16)
        return memcmp(a.p, b.p, 8) == 0 && memcmp(a.p + a.n - 8, b.p + a.n - 8, 8) == 0;
    if (a.n >= 4 && a.n < 8)
        return memcmp(a.p, b.p, 4) == 0 && memcmp(a.p + a.n - 4, b.p + a.n - 4, 4) == 0;
    return a.n == 0 || memcmp(a.p, b.p, a.n) == 0;
}

static inline bool text_is(struct text a, const char *s)
{
    return text_eq(a, text_of(s));
}

int text_compare(struct text a, struct text b); /* as memcmp, shorter first: <0, 0, >0 */
bool text_starts(struct text a, const char *prefix);
/* Splits at the first c: true and *head, *tail when c is there. head and tail may be the address of a. */
bool text_split(struct text a, char c, struct text *head, struct text *tail);
/* Offset of the first byte that is not valid UTF-8 (RFC 3629: no surrogates, nothing over U+10FFFF), or -1. */
ptrdiff_t text_utf8_fault(struct text a);
size_t text_characters(struct text a); /* of valid UTF-8: its code points */
bool text_has_control(struct text a); /* a byte under 0x20, or 0x7F */
/* True when some run of 13 to 19 digits (single spaces and hyphens between digits allowed), not touching another
 * digit or letter, passes the Luhn check and begins as an issued card number of its length does (ISO/IEC 7812: 2 to 6).
 * Not for ids and bar codes: a number of a dozen digits may pass by chance. */
bool text_has_card_number(struct text a);
/* Whole text as a decimal integer. False when it is empty, has another byte or overflows. */
bool text_to_i64(struct text a, int64_t *out);
/* Same result and time whatever the first differing byte is. For secrets. */
bool text_eq_constant_time(struct text a, struct text b);

#endif
