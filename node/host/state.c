/* state: 64-bit hashes side by side: the key's, then each field's by its place in the entity. 0 is "absent". An entity
 * file that changes moves places, then states differ and objects are published once more: harmless. */
#include "state.h"

#include "base/hash.h"

static uint64_t nonzero(uint64_t h)
{
    return h != 0 ? h : 1;
}

static struct text view(const uint64_t *hashes, size_t n)
{
    return (struct text){(const char *)hashes, n * sizeof *hashes};
}

static void put_fields(uint64_t *hashes, const struct entity *e, const struct value *fields)
{
    for (uint32_t i = 0; i < e->field_count; i++) {
        const struct value *v = value_get_text(fields, e->fields[i].name);
        if (v != NULL)
            hashes[1 + i] = nonzero(field_hash(&e->fields[i], v));
    }
}

struct text state_of(struct arena *a, const struct entity *e, struct text key, const struct value *fields)
{
    return state_merge(a, (struct text){0}, e, key, fields);
}

struct text state_deleted(void)
{
    return text_of("deleted");
}

struct text state_in_doubt(void)
{
    return text_of("?");
}

struct text state_merge(struct arena *a, struct text old, const struct entity *e, struct text key,
                        const struct value *fields)
{
    size_t n = 1 + (size_t)e->field_count;
    uint64_t *hashes = arena_alloc(a, n * sizeof *hashes);
    if (hashes == NULL)
        return (struct text){0};
    if (old.n == n * sizeof *hashes)
        memcpy(hashes, old.p, old.n);
    if (key.n > 0)
        hashes[0] = nonzero(hash64(key));
    put_fields(hashes, e, fields);
    return view(hashes, n);
}
