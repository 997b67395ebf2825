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

struct names *names_new(struct arena *a, name_fn *at, const void *ctx, uint32_t count)
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
