/* Held items in the store in memory. */
#include "store_memory.h"

#include <stdlib.h>

int memory_put_held(struct store *s, const struct held *h, bool replace, struct err *err)
{
    struct memory *m = memory_of(s);
    struct kept_held *old = table_get(&m->tables[HELD], h->id);
    if (old && !replace)
        return 0;
    struct kept_held *k = arena_alloc(&m->kept, sizeof *k);
    if (!k)
        return memory_lacks(err);
    *k = (struct kept_held){*h, ++m->held_next};
    struct text *texts[] = {&k->held.id,     &k->held.entity, &k->held.system, &k->held.key,
                            &k->held.native, &k->held.cause,  &k->held.rule,   &k->held.message};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        *texts[i] = arena_text(&m->kept, *texts[i]);
    int rc = memory_change(m, HELD, h->id, k, err);
    return rc ? rc : !old;
}

int memory_drop_held(struct store *s, struct text id, struct err *err)
{
    struct memory *m = memory_of(s);
    if (!table_get(&m->tables[HELD], id))
        return 0;
    int rc = memory_change(m, HELD, id, NULL, err);
    return rc ? rc : 1;
}

int memory_get_held(struct store *s, struct text id, struct arena *a, struct held *out, struct err *err)
{
    const struct kept_held *k = table_get(&memory_of(s)->tables[HELD], id);
    (void)a, (void)err;
    if (k)
        *out = k->held;
    return k != NULL;
}

static int newer_first(const void *a, const void *b)
{
    const struct kept_held *const *x = a, *const *y = b;
    return ((*x)->order < (*y)->order) - ((*x)->order > (*y)->order);
}

int memory_each_held(struct store *s, size_t max, store_held_fn *fn, void *ctx, struct err *err)
{
    struct memory *m = memory_of(s);
    size_t cursor = 0, n = 0;
    struct text key;
    void *value;
    struct kept_held **all = malloc((m->tables[HELD].count + 1) * sizeof(struct kept_held *));
    if (!all)
        return memory_lacks(err);
    while (table_next(&m->tables[HELD], &cursor, &key, &value))
        all[n++] = value;
    qsort(all, n, sizeof(struct kept_held *), newer_first);
    for (size_t i = 0; i < n && i < max; i++)
        if (fn(ctx, &all[i]->held))
            break;
    free(all);
    return 0;
}
