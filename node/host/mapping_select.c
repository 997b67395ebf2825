/* mapping_select: what a `select` asks for, read loosely, so that one reader serves names in a row (Odoo), SOQL's field
 * lists ("Id, Owner.Name, (SELECT Id FROM Items)") and GraphQL's selections ("id alias: name(first: 1) { nodes { id } }
 * ... on Type { id }"). */
#include "mapping_lint.h"

#include <strings.h>

static bool word_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

static struct text rest_of(struct text t, size_t at)
{
    return (struct text){t.p + at, t.n - at};
}

static struct text trimmed(struct text t)
{
    while (t.n && strchr(" \t\r\n,", t.p[0]))
        t = rest_of(t, 1);
    return t;
}

static struct text take_word(struct text *t, const char *also)
{
    size_t n = 0;
    while (n < t->n && (word_char(t->p[n]) || strchr(also, t->p[n])))
        n++;
    struct text word = {t->p, n};
    *t = trimmed(rest_of(*t, n));
    return word;
}

/* What stands between the bracket that begins t and its end; t goes behind it. */
static struct text take_brackets(struct text *t)
{
    char open = t->p[0], close = open == '(' ? ')' : '}';
    size_t n = 1;
    for (int depth = 1; n < t->n; n++) {
        depth += t->p[n] == open ? 1 : t->p[n] == close ? -1 : 0;
        if (depth == 0)
            break;
    }
    struct text inside = {t->p + 1, n - 1};
    *t = trimmed(rest_of(*t, n < t->n ? n + 1 : n));
    return inside;
}

static bool begins_with(struct text t, char c)
{
    return t.n && t.p[0] == c;
}

struct element { /* of a selection */
    struct text name;
    struct text below; /* what is selected within it */
    bool fragment;     /* it has no name: what is below belongs to where it stands */
    bool whole;        /* nothing says what is within it */
};

/* "(SELECT Id FROM Items WHERE …)": what it gives stands in lists. */
static struct element subquery(struct text inside)
{
    struct element e = {.whole = true, .below = inside};
    while (inside.n && !e.name.n) {
        struct text word = take_word(&inside, "");
        if (word.n == 4 && strncasecmp(word.p, "from", 4) == 0)
            e.name = take_word(&inside, "");
        else if (!word.n)
            inside = trimmed(rest_of(inside, 1));
    }
    return e;
}

/* False at the end. */
static bool next(struct text *t, struct element *e)
{
    *e = (struct element){0};
    *t = trimmed(*t);
    while (t->n && !word_char(t->p[0]) && !begins_with(*t, '(') && !begins_with(*t, '{') && !begins_with(*t, '.'))
        *t = trimmed(rest_of(*t, 1));
    if (!t->n)
        return false;
    if (begins_with(*t, '(')) {
        *e = subquery(take_brackets(t));
        return true;
    }
    struct text word = take_word(t, ".");
    e->fragment = !word.n || word.p[0] == '.';
    if (e->fragment) /* "... on Type" */
        while (t->n && (word_char(t->p[0]) || t->p[0] == '@'))
            *t = trimmed(rest_of(*t, 1));
    else if (text_split(word, '.', &e->name, &e->below))
        return true; /* "Owner.Name" */
    else
        e->name = word;
    if (begins_with(*t, ':')) { /* e->name is what the answer calls it */
        *t = trimmed(rest_of(*t, 1));
        take_word(t, "");
    }
    if (begins_with(*t, '(') && !e->fragment)
        take_brackets(t);
    if (begins_with(*t, '{'))
        e->below = take_brackets(t);
    else
        e->whole = true;
    return true;
}

bool selection_has(struct text selection, const struct text *steps, uint32_t count, struct text *below)
{
    struct element e;
    *below = (struct text){0};
    while (next(&selection, &e)) {
        if (e.fragment && selection_has(e.below, steps, count, below))
            return true;
        if (e.fragment || !text_eq(e.name, steps[0]))
            continue;
        if (count == 1 && !e.whole)
            *below = e.below;
        if (count == 1 || e.whole || selection_has(e.below, steps + 1, count - 1, below))
            return true;
    }
    return false;
}

void selection_words(struct text selection, selection_word_fn *fn, void *ctx)
{
    while (selection.n) {
        struct text word = take_word(&selection, "");
        if (word.n)
            fn(ctx, word);
        else
            selection = trimmed(rest_of(selection, 1));
    }
}
