/* Members are searched one after the other: a map of a message has a dozen, and comparing lengths first settles most.
 * Trees are no deeper than their reader let them be (VALUE_DEPTH_MAX), so recursion is safe. */
#include "value.h"

const char *value_kind_word(enum value_kind kind)
{
    static const char *const words[] = {"null", "bool", "int", "number", "text", "list", "map"};
    return (size_t)kind < sizeof words / sizeof words[0] ? words[kind] : "unknown";
}

struct value value_null(void)
{
    return (struct value){.kind = VALUE_NULL};
}

struct value value_bool(bool b)
{
    return (struct value){.kind = VALUE_BOOL, .boolean = b};
}

struct value value_int(int64_t i)
{
    return (struct value){.kind = VALUE_INT, .integer = i};
}

struct value value_text(struct text t)
{
    return (struct value){.kind = VALUE_TEXT, .text = t};
}

struct value value_string(const char *s)
{
    return value_text(text_of(s));
}

struct value value_list(struct arena *a, uint32_t count)
{
    struct value v = {.kind = VALUE_LIST};
    v.items = count ? arena_alloc(a, count * sizeof *v.items) : NULL;
    v.count = v.items ? count : 0;
    return v;
}

struct value value_map(struct arena *a, uint32_t count)
{
    struct value v = {.kind = VALUE_MAP};
    v.members = count ? arena_alloc(a, count * sizeof *v.members) : NULL;
    v.count = v.members ? count : 0;
    return v;
}

static struct member *find(const struct value *map, struct text name)
{
    if (!map || map->kind != VALUE_MAP)
        return NULL;
    for (uint32_t i = 0; i < map->count; i++) {
        struct member *m = &map->members[i];
        if (m->name.n == name.n && (name.n == 0 || memcmp(m->name.p, name.p, name.n) == 0))
            return m;
    }
    return NULL;
}

const struct value *value_get_text(const struct value *map, struct text name)
{
    const struct member *m = find(map, name);
    return m ? &m->value : NULL;
}

const struct value *value_get(const struct value *map, const char *name)
{
    return value_get_text(map, text_of(name));
}

static const struct value *step(const struct value *v, struct text name)
{
    int64_t index;
    if (v->kind != VALUE_LIST)
        return value_get_text(v, name);
    if (!text_to_i64(name, &index) || index < 0 || index >= v->count)
        return NULL;
    return &v->items[index];
}

const struct value *value_at(const struct value *v, const char *dotted_path)
{
    struct text rest = text_of(dotted_path), head;
    while (v && text_split(rest, '.', &head, &rest))
        v = step(v, head);
    return v ? step(v, rest) : NULL;
}

struct text value_text_at(const struct value *v, const char *dotted_path)
{
    const struct value *at = value_at(v, dotted_path);
    return at && at->kind == VALUE_TEXT ? at->text : (struct text){"", 0};
}

void value_set(struct arena *a, struct value *map, struct text name, struct value v)
{
    struct member *m = find(map, name);
    if (m) {
        m->value = v;
        return;
    }
    struct value wider = value_map(a, map->count + 1);
    if (wider.count == 0)
        return;
    if (map->count)
        memcpy(wider.members, map->members, map->count * sizeof *m);
    wider.members[map->count] = (struct member){name, v};
    *map = wider;
}

/* A list that is the newest thing in the arena grows where it is, so that a long one costs its own size and no square
 * of it. A copy of the struct keeps its count, and so does not see what is behind it. */
void value_append(struct arena *a, struct value *list, struct value v)
{
    size_t size = list->count * sizeof v;
    if (list->count && arena_extend(a, list->items, size, size + sizeof v)) {
        list->items[list->count++] = v;
        return;
    }
    struct value longer = value_list(a, list->count + 1);
    if (longer.count == 0)
        return;
    if (list->count)
        memcpy(longer.items, list->items, size);
    longer.items[list->count] = v;
    *list = longer;
}

struct value value_copy(struct arena *a, const struct value *v)
{
    struct value out = *v;
    switch (v->kind) {
    case VALUE_NUMBER:
    case VALUE_TEXT:
        out.text = arena_text(a, v->text);
        break;
    case VALUE_LIST:
        out = value_list(a, v->count);
        for (uint32_t i = 0; i < out.count; i++)
            out.items[i] = value_copy(a, &v->items[i]);
        break;
    case VALUE_MAP:
        out = value_map(a, v->count);
        for (uint32_t i = 0; i < out.count; i++)
            out.members[i] = (struct member){arena_text(a, v->members[i].name), value_copy(a, &v->members[i].value)};
        break;
    default:
        break;
    }
    return out;
}

static bool lists_equal(const struct value *a, const struct value *b)
{
    for (uint32_t i = 0; i < a->count; i++)
        if (!value_equal(&a->items[i], &b->items[i]))
            return false;
    return true;
}

static bool maps_equal(const struct value *a, const struct value *b)
{
    for (uint32_t i = 0; i < a->count; i++) {
        const struct member *m = &a->members[i];
        bool same_place = text_eq(m->name, b->members[i].name);
        const struct value *other = same_place ? &b->members[i].value : value_get_text(b, m->name);
        if (!other || !value_equal(&m->value, other))
            return false;
    }
    return true;
}

bool value_equal(const struct value *a, const struct value *b)
{
    if (a->kind != b->kind)
        return false;
    switch (a->kind) {
    case VALUE_NULL:
        return true;
    case VALUE_BOOL:
        return a->boolean == b->boolean;
    case VALUE_INT:
        return a->integer == b->integer;
    case VALUE_NUMBER:
    case VALUE_TEXT:
        return text_eq(a->text, b->text);
    case VALUE_LIST:
        return a->count == b->count && lists_equal(a, b);
    case VALUE_MAP:
        return a->count == b->count && maps_equal(a, b);
    }
    return false;
}
