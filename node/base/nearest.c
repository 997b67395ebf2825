#include "nearest.h"

#include <stdio.h>

static unsigned least(unsigned a, unsigned b)
{
    return a < b ? a : b;
}

/* How many letters must be put in, left out, changed or swapped with their neighbour to make a of b. */
static unsigned distance(struct text a, struct text b)
{
    unsigned rows[3][NEAREST_WORD_MAX + 1];
    unsigned *before = rows[0], *last = rows[1], *now = rows[2];
    for (unsigned k = 0; k <= b.n; k++)
        last[k] = before[k] = k;
    for (unsigned i = 1; i <= a.n; i++) {
        now[0] = i;
        for (unsigned k = 1; k <= b.n; k++) {
            now[k] = least(least(last[k], now[k - 1]) + 1, last[k - 1] + (a.p[i - 1] != b.p[k - 1]));
            if (i > 1 && k > 1 && a.p[i - 1] == b.p[k - 2] && a.p[i - 2] == b.p[k - 1])
                now[k] = least(now[k], before[k - 2] + 1);
        }
        unsigned *spare = before;
        before = last;
        last = now;
        now = spare;
    }
    return last[b.n];
}

struct nearest nearest_to(struct text word)
{
    size_t n = word.n;
    return (struct nearest){.word = word, .edits = n < 2 ? 1 : n < 4 ? 2 : n < 8 ? 3 : 4};
}

void nearest_look(struct nearest *n, struct text name)
{
    unsigned edits = n->edits;
    if (n->word.n <= NEAREST_WORD_MAX && name.n <= NEAREST_WORD_MAX)
        edits = distance(n->word, name);
    if (edits >= n->edits)
        return;
    n->edits = edits;
    n->name = name;
}

void nearest_look_all(struct nearest *n, const char *const *names)
{
    for (; *names; names++)
        nearest_look(n, text_of(*names));
}

const char *nearest_hint(const struct nearest *n, char out[NEAREST_HINT_MAX])
{
    out[0] = '\0';
    if (n->name.n)
        snprintf(out, NEAREST_HINT_MAX, "; is it \"%.*s\"?", TEXT_ARG(n->name));
    return out;
}
