#include "schema_parts.h"

#include <stdlib.h>

static const char *const type_words[] = {
    [FIELD_TEXT] = "text",     [FIELD_DECIMAL] = "decimal", [FIELD_INT] = "int",   [FIELD_BOOL] = "bool",
    [FIELD_MOMENT] = "moment", [FIELD_DATE] = "date",       [FIELD_ENUM] = "enum", [FIELD_REF] = "ref",
    [FIELD_MAP] = "map",       [FIELD_LIST] = "list",
};

const char *field_type_word(enum field_type t)
{
    return type_words[t];
}

void schema_free(struct schema *s)
{
    if (!s)
        return;
    arena_release(&s->arena);
    free(s);
}

uint32_t schema_count(const struct schema *s)
{
    return s->count;
}

const struct entity *schema_at(const struct schema *s, uint32_t index)
{
    return index < s->count ? s->entities[index] : NULL;
}

const struct entity *schema_find(const struct schema *s, struct text name)
{
    int32_t place = names_get(s->names, name);
    return place < 0 ? NULL : s->entities[place];
}

const char *schema_hint(const struct schema *s, struct text name, char out[NEAREST_HINT_MAX])
{
    struct nearest meant = nearest_to(name);
    for (uint32_t i = 0; i < s->count; i++)
        nearest_look(&meant, s->entities[i]->name);
    return nearest_hint(&meant, out);
}

const char *entity_field_hint(const struct entity *e, struct text name, char out[NEAREST_HINT_MAX])
{
    struct nearest meant = nearest_to(name);
    for (uint32_t i = 0; i < e->field_count; i++)
        nearest_look(&meant, e->fields[i].name);
    return nearest_hint(&meant, out);
}

struct text field_name_at(const void *fields, uint32_t i)
{
    return ((const struct field *)fields)[i].name;
}

const struct field *entity_field(const struct entity *e, struct text name)
{
    int32_t place = names_get(e->lookup, name);
    return place < 0 ? NULL : &e->fields[place];
}

/* The references below one value. path is where the value stands, without the field's own name when it is one. */
struct walk {
    ref_fn *fn;
    void *ctx;
};

static int walk_value(const struct walk *w, const struct field *f, enum field_type type, struct value *v,
                      const struct path *path);

static int walk_members(const struct walk *w, const struct field *f, struct value *map, const struct path *path)
{
    uint32_t next = 0;
    for (uint32_t i = 0; map->kind == VALUE_MAP && i < map->count; i++) {
        struct member *m = &map->members[i];
        const struct field *below = field_among(f->fields, f->field_count, &next, m->name);
        struct path step = {.up = path, .name = m->name};
        int rc = below ? walk_value(w, below, below->type, &m->value, &step) : 0;
        if (rc)
            return rc;
    }
    return 0;
}

static int walk_elements(const struct walk *w, const struct field *f, struct value *list, const struct path *path)
{
    for (uint32_t i = 0; list->kind == VALUE_LIST && i < list->count; i++) {
        struct path step = {.up = path, .index = i};
        int rc = walk_value(w, f, f->of, &list->items[i], &step);
        if (rc)
            return rc;
    }
    return 0;
}

static int walk_value(const struct walk *w, const struct field *f, enum field_type type, struct value *v,
                      const struct path *path)
{
    char where[PATH_TEXT];
    switch (type) {
    case FIELD_REF:
        return v->kind == VALUE_TEXT ? w->fn(w->ctx, f, v, text_of(path_print(where, path))) : 0;
    case FIELD_MAP:
        return walk_members(w, f, v, path);
    case FIELD_LIST:
        return walk_elements(w, f, v, path);
    default:
        return 0;
    }
}

int field_each_ref(const struct field *f, struct value *v, ref_fn *fn, void *ctx)
{
    struct walk w = {.fn = fn, .ctx = ctx};
    struct path step = {.name = f->name};
    return walk_value(&w, f, f->type, v, &step);
}
