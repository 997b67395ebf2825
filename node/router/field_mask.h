/* field_mask: a set of fields of one entity, by their index. */
#ifndef TIDEGATE_ROUTER_FIELD_MASK_H
#define TIDEGATE_ROUTER_FIELD_MASK_H

#include <stdbool.h>
#include <stdint.h>

struct field_mask {
    uint64_t w[2]; /* SCHEMA_FIELDS_MAX bits */
};

static inline bool field_mask_has(const struct field_mask *m, uint32_t field)
{
    return m->w[field >> 6] >> (field & 63) & 1;
}

static inline void field_mask_add(struct field_mask *m, uint32_t field)
{
    m->w[field >> 6] |= (uint64_t)1 << (field & 63);
}

static inline void field_mask_drop(struct field_mask *m, uint32_t field)
{
    m->w[field >> 6] &= ~((uint64_t)1 << (field & 63));
}

static inline bool field_mask_empty(const struct field_mask *m)
{
    return !(m->w[0] | m->w[1]);
}

static inline struct field_mask field_mask_and(struct field_mask a, struct field_mask b)
{
    return (struct field_mask){{a.w[0] & b.w[0], a.w[1] & b.w[1]}};
}

static inline struct field_mask field_mask_without(struct field_mask a, struct field_mask b)
{
    return (struct field_mask){{a.w[0] & ~b.w[0], a.w[1] & ~b.w[1]}};
}

/* The first field at or after `from`, or -1: for (int f = field_mask_next(&m, 0); f >= 0; f = field_mask_next(&m, f +
 * 1)) */
static inline int field_mask_next(const struct field_mask *m, int from)
{
    for (int word = from >> 6; word < 2; word++) {
        uint64_t rest = m->w[word];
        if (word == from >> 6)
            rest = rest >> (from & 63) << (from & 63);
        if (rest)
            return word * 64 + __builtin_ctzll(rest);
    }
    return -1;
}

#endif
