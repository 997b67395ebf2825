#include "rules_parts.h"

#include <stdlib.h>
#include <stdio.h>

void rules_free(struct rules *r)
{
    if (!r)
        return;
    config_free(r->config);
    arena_release(&r->arena);
    free(r);
}

const struct entity_rule *rules_of(const struct rules *r, const struct entity *e)
{
    return &r->entities[e->index];
}

int rules_system(const struct rules *r, struct text name)
{
    for (size_t i = 0; i < r->system_count; i++)
        if (text_is(name, r->systems[i]))
            return (int)i;
    return -1;
}

size_t rules_system_count(const struct rules *r)
{
    return r->system_count;
}

const char *rules_system_name(const struct rules *r, int system)
{
    return r->systems[system];
}

const struct schema *rules_schema(const struct rules *r)
{
    return r->schema;
}

void complain(struct complaints *c, struct rule_place at, const char *format, ...)
{
    char line[sizeof c->first->text];
    va_list args;
    va_start(args, format);
    vsnprintf(line, sizeof line, format, args);
    va_end(args);
    if (c->lines)
        buf_printf(c->lines, "%s:%d: %s\n", at.file, at.line, line);
    if (c->count++ == 0)
        err_set(c->first, ERR_INVALID, "%s:%d: %s", at.file, at.line, line);
}

#define WORD_MAX 64

static size_t least(size_t a, size_t b, size_t c)
{
    size_t m = a < b ? a : b;
    return m < c ? m : c;
}

/* Edits (insert, delete, replace) between two words: Levenshtein 1966, one row at a time. */
static size_t word_distance(struct text a, struct text b)
{
    size_t row[WORD_MAX + 1];
    for (size_t j = 0; j <= b.n; j++)
        row[j] = j;
    for (size_t i = 1; i <= a.n; i++) {
        size_t corner = row[0];
        row[0] = i;
        for (size_t j = 1; j <= b.n; j++) {
            size_t above = row[j];
            row[j] = least(above + 1, row[j - 1] + 1, corner + (a.p[i - 1] != b.p[j - 1]));
            corner = above;
        }
    }
    return row[b.n];
}

const char *nearest_word(struct text word, const char *const *words)
{
    const char *best = NULL;
    size_t best_distance = 1 + (word.n > 3 ? word.n / 3 : 1);
    for (; *words; words++) {
        struct text candidate = text_of(*words);
        if (word.n > WORD_MAX || candidate.n > WORD_MAX)
            continue;
        size_t d = word_distance(word, candidate);
        if (d < best_distance) {
            best = *words;
            best_distance = d;
        }
    }
    return best;
}
