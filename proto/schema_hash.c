/* Equality by meaning, as a hash of a canonical form. schema_check has made texts, decimals and moments canonical;
 * what is left are the orders that carry no meaning: a map is hashed in the schema's order (so new fields are best
 * added behind the others: then what was hashed before keeps its hash), and the elements of a keyed list are hashed
 * one by one and summed up. Every value begins with its kind, so null, "" and [] differ; a member that is absent
 * leaves no trace. */
#include "base/hash.h"
#include "schema_parts.h"

static void add_value(struct hash *h, const struct field *f, enum field_type type, const struct value *v);

static const struct member *member_of(const struct value *map, struct text name, uint32_t *next)
{
    for (uint32_t tried = 0, i = *next; tried < map->count; tried++, i++) {
        if (i >= map->count)
            i = 0;
        if (text_eq(map->members[i].name, name)) {
            *next = i + 1;
            return &map->members[i];
        }
    }
    return NULL;
}

static void add_members(struct hash *h, const struct field *f, const struct value *map)
{
    uint32_t next = 0, seen = 0;
    for (uint32_t i = 0; i < f->field_count && seen < map->count; i++) {
        const struct field *below = &f->fields[i];
        const struct member *m = member_of(map, below->name, &next);
        if (!m)
            continue;
        seen++;
        hash_text(h, below->name);
        add_value(h, below, below->type, &m->value);
    }
}

static void add_elements(struct hash *h, const struct field *f, const struct value *list)
{
    hash_number(h, list->count);
    for (uint32_t i = 0; i < list->count; i++)
        add_value(h, f, f->of, &list->items[i]);
}

static void add_keyed(struct hash *h, const struct field *f, const struct value *list)
{
    uint64_t sum = 0;
    for (uint32_t i = 0; i < list->count; i++) {
        struct hash one;
        hash_init(&one, false);
        add_value(&one, f, f->of, &list->items[i]);
        sum += hash_end64(&one);
    }
    hash_number(h, list->count);
    hash_number(h, sum);
}

static void add_value(struct hash *h, const struct field *f, enum field_type type, const struct value *v)
{
    unsigned char kind = (unsigned char)v->kind;
    hash_add(h, &kind, 1);
    switch (v->kind) {
    case VALUE_NULL:
        break;
    case VALUE_BOOL:
        hash_number(h, v->boolean);
        break;
    case VALUE_INT:
        hash_number(h, (uint64_t)v->integer);
        break;
    case VALUE_NUMBER:
    case VALUE_TEXT:
        hash_text(h, v->text);
        break;
    case VALUE_LIST:
        if (f->key.n)
            add_keyed(h, f, v);
        else
            add_elements(h, f, v);
        break;
    case VALUE_MAP:
        if (type == FIELD_MAP)
            add_members(h, f, v);
        hash_number(h, v->count);
        break;
    }
}

uint64_t field_hash(const struct field *f, const struct value *v)
{
    struct hash h;
    hash_init(&h, false);
    add_value(&h, f, f->type, v);
    return hash_end64(&h);
}
