/* Open addressing over a table at least twice as large as the set. The hash looks at the length and at the first and
 * last eight bytes: field names that differ in their middle only share a slot's neighbourhood, and that is all. */
#include "names.h"

struct slot {
    struct text name;
    int32_t place; /* one more than it, so that zero is an empty slot */
};

struct names {
    uint32_t mask;
    struct slot slots[];
};

static uint32_t hash_name(struct text t)
{
    uint64_t head = 0, tail = 0;
    size_t n = t.n < 8 ? t.n : 8;
    if (n) {
        memcpy(&head, t.p, n);
        memcpy(&tail, t.p + t.n - n, n);
    }
    uint64_t mixed = (head ^ t.n) * 0x9E3779B97F4A7C15ULL ^ tail * 0xC2B2AE3D27D4EB4FULL;
    return (uint32_t)(mixed >> 32 ^ mixed >> 51);
}

struct names *names_new(struct arena *a, unique_fn *at, const void *ctx, uint32_t count)
{
    uint32_t size = 4;
    while (size < 2 * count)
        size *= 2;
    struct names *n = arena_alloc(a, sizeof *n + size * sizeof n->slots[0]);
    if (!n)
        return NULL;
    n->mask = size - 1;
    for (uint32_t i = 0; i < count; i++) {
        struct text name = at(ctx, i);
        uint32_t k = hash_name(name) & n->mask;
        while (n->slots[k].place)
            k = (k + 1) & n->mask;
        n->slots[k] = (struct slot){.name = name, .place = (int32_t)i + 1};
    }
    return n;
}

int32_t names_get(const struct names *n, struct text name)
{
    for (uint32_t k = hash_name(name) & n->mask; n->slots[k].place; k = (k + 1) & n->mask)
        if (text_eq(n->slots[k].name, name))
            return n->slots[k].place - 1;
    return -1;
}

enum { compared_max = 64 };

static unsigned least(unsigned a, unsigned b)
{
    return a < b ? a : b;
}

/* Levenshtein's distance, one row at a time. */
static unsigned distance(struct text a, struct text b)
{
    unsigned row[compared_max + 1];
    for (size_t k = 0; k <= b.n; k++)
        row[k] = (unsigned)k;
    for (size_t i = 1; i <= a.n; i++) {
        unsigned diagonal = row[0];
        row[0] = (unsigned)i;
        for (size_t k = 1; k <= b.n; k++) {
            unsigned changed = diagonal + (a.p[i - 1] != b.p[k - 1]);
            diagonal = row[k];
            row[k] = least(changed, 1 + least(row[k], row[k - 1]));
        }
    }
    return row[b.n];
}

int32_t names_nearest(unique_fn *at, const void *ctx, uint32_t count, struct text name)
{
    int32_t nearest = -1;
    unsigned best = least(3, (unsigned)least(compared_max, (unsigned)name.n + 1) / 2) + 1;
    for (uint32_t i = 0; name.n <= compared_max && i < count; i++) {
        struct text known = at(ctx, i);
        unsigned far = known.n <= compared_max ? distance(name, known) : best;
        if (far < best) {
            best = far;
            nearest = (int32_t)i;
        }
    }
    return nearest;
}
