/* Short lists, which nearly all are, compare each text with those before it, unless a filter of 64 bits over length,
 * first and last byte has not seen its like. Long lists are sorted. */
#include "unique.h"

#include <stdlib.h>

enum { short_max = 32 };

static uint64_t filter_bit(struct text t)
{
    unsigned first = t.n ? (unsigned char)t.p[0] : 0, last = t.n ? (unsigned char)t.p[t.n - 1] : 0;
    return 1ULL << ((t.n * 29 + first * 7 + last) & 63);
}

static struct text at(const struct text *first, size_t stride, uint32_t i)
{
    return *(const struct text *)((const char *)first + i * stride);
}

static bool short_broken(const struct text *first, size_t stride, uint32_t count, struct text *twice)
{
    uint64_t seen = 0;
    for (uint32_t i = 0; i < count; i++) {
        struct text t = at(first, stride, i);
        uint64_t bit = filter_bit(t);
        for (uint32_t k = 0; seen & bit && k < i; k++)
            if (text_eq(at(first, stride, k), t)) {
                *twice = t;
                return true;
            }
        seen |= bit;
    }
    return false;
}

static int order(const void *a, const void *b)
{
    return text_compare(*(const struct text *)a, *(const struct text *)b);
}

bool unique_broken(struct arena *a, const struct text *first, size_t stride, uint32_t count, struct text *twice)
{
    if (count <= short_max)
        return short_broken(first, stride, count, twice);
    struct text *all = arena_alloc(a, count * sizeof *all);
    if (!all)
        return false;
    for (uint32_t i = 0; i < count; i++)
        all[i] = at(first, stride, i);
    qsort(all, count, sizeof *all, order);
    for (uint32_t i = 1; i < count; i++)
        if (text_eq(all[i - 1], all[i])) {
            *twice = all[i];
            return true;
        }
    return false;
}
