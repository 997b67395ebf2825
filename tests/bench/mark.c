#include "mark.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

#define WORD "way-"
#define WORD_BYTES 4
#define DIGITS 8

/* Where the digits of the next mark begin, or NULL. */
static const char *next_mark(struct text t)
{
    const char *end = t.p + t.n;
    while (t.n >= WORD_BYTES + DIGITS) {
        const char *at = memmem(t.p, t.n, WORD, WORD_BYTES);
        if (!at || end - at < WORD_BYTES + DIGITS)
            return NULL;
        int digits = 0;
        while (digits < DIGITS && isdigit((unsigned char)at[WORD_BYTES + digits]))
            digits++;
        if (digits == DIGITS)
            return at + WORD_BYTES;
        t = (struct text){at + WORD_BYTES, (size_t)(end - at) - WORD_BYTES};
    }
    return NULL;
}

uint32_t mark_find(struct text t)
{
    char number[DIGITS + 1] = "";
    const char *at = next_mark(t);
    if (!at)
        return MARK_NONE;
    memcpy(number, at, DIGITS);
    return (uint32_t)strtoul(number, NULL, 10);
}

void mark_set_all(struct buf *out, struct text t, uint32_t mark)
{
    const char *at;
    while ((at = next_mark(t))) {
        size_t before = (size_t)(at - t.p);
        buf_add(out, t.p, before);
        buf_printf(out, "%0*u", DIGITS, mark);
        t = (struct text){at + DIGITS, t.n - before - DIGITS};
    }
    buf_text(out, t);
}
