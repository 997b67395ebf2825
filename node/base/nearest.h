/* nearest: which of some names a misspelt word was meant to be. The names are looked at one by one; of those that are
 * equally near the first is kept. */
#ifndef TIDEGATE_BASE_NEAREST_H
#define TIDEGATE_BASE_NEAREST_H

#include "text.h"

#define NEAREST_WORD_MAX 64 /* bytes: a longer word or name is near nothing */
#define NEAREST_HINT_MAX (NEAREST_WORD_MAX + 32)

struct nearest { /* the texts are borrowed */
    struct text word;
    struct text name; /* the nearest so far; empty while none is near */
    unsigned edits;   /* a name must be nearer than this */
};

struct nearest nearest_to(struct text word);
void nearest_look(struct nearest *n, struct text name);
void nearest_look_all(struct nearest *n, const char *const *names); /* NULL-ended */
/* "; is it \"NAME\"?" in out, which is empty when no name is near. Returns out. */
const char *nearest_hint(const struct nearest *n, char out[NEAREST_HINT_MAX]);

#endif
