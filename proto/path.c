#include "path.h"

#include <stdio.h>

/* Copies as much of t as fits into `room` bytes, cut at a character. Returns the bytes written, without a NUL. */
static size_t copy_printable(char *out, size_t room, struct text t)
{
    if (t.n >= 13 && text_has_card_number(t))
        t = text_of("‹card number›");
    size_t n = t.n;
    bool cut = n > room;
    if (cut) {
        n = room > 3 ? room - 3 : 0;
        while (n > 0 && ((unsigned char)t.p[n] & 0xC0) == 0x80)
            n--;
    }
    bool plain_only = text_utf8_fault((struct text){t.p, n}) >= 0;
    for (size_t i = 0; i < n; i++) {
        unsigned char c = (unsigned char)t.p[i];
        out[i] = c < 0x20 || c == 0x7F || (plain_only && c > 0x7F) ? '?' : t.p[i];
    }
    if (cut && room >= 3) {
        memcpy(out + n, "…", 3);
        n += 3;
    }
    return n;
}

const char *text_plain(char out[QUOTE_TEXT], struct text t)
{
    out[copy_printable(out, QUOTE_TEXT - 1, t)] = '\0';
    return out;
}

const char *text_quote(char out[QUOTE_TEXT], struct text t)
{
    out[0] = '"';
    size_t n = 1 + copy_printable(out + 1, QUOTE_TEXT - 3, t);
    out[n] = '"';
    out[n + 1] = '\0';
    return out;
}

static size_t print_step(char *out, size_t room, const struct path *p, bool first)
{
    if (!p->name.p) {
        int n = snprintf(out, room, "[%u]", p->index);
        return (size_t)n < room ? (size_t)n : room - 1;
    }
    size_t n = 0;
    if (!first && room > 1)
        out[n++] = '.';
    return n + copy_printable(out + n, room - n - 1, p->name);
}

static size_t print_chain(char *out, size_t room, const struct path *p)
{
    size_t n = p->up ? print_chain(out, room, p->up) : 0;
    return n + print_step(out + n, room - n, p, n == 0);
}

const char *path_print(char out[PATH_TEXT], const struct path *p)
{
    size_t n = p ? print_chain(out, PATH_TEXT, p) : 0;
    out[n] = '\0';
    return out;
}
