/* mapping_lint: what its files share, and nobody else. */
#ifndef TIDEGATE_HOST_MAPPING_LINT_H
#define TIDEGATE_HOST_MAPPING_LINT_H

#include "mapping_entry.h"

/* ---- mapping_select.c ---- */
/* Whether a selection asks for what stands at the steps. *below gets what it asks for within that; empty when it does not
 * say. */
bool selection_has(struct text selection, const struct text *steps, uint32_t count, struct text *below);
typedef void selection_word_fn(void *ctx, struct text word);
void selection_words(struct text selection, selection_word_fn *fn, void *ctx); /* every word, at all depths */

/* ---- mapping_words.c ---- */
/* Every word of a jq expression, in its order; also those within texts, which are none of what follows. */
struct jq_word {
    struct text name;
    bool read;  /* from the input or a variable: ".name" */
    bool key;   /* of a member that is made: "name: …" */
    bool given; /* a whole text, where a result stands: behind then, else, // or ":", or first of all; and last there */
    int depth;  /* of a key: 1 in an object that is in no other */
};
typedef void jq_word_fn(void *ctx, const struct jq_word *w);
void jq_words(const char *expression, jq_word_fn *fn, void *ctx);

#endif
