/* Checking values against an entity's fields, and bringing them to their canonical form where they stand, so that
 * everybody behind this door may compare bytes: decimals and moments in their one form, the members of every map in
 * the schema's order, no member and no key of a list twice. A faulty value is named by its path; it is quoted only
 * when its field holds no personal data. */
#include "check.h"
#include "unique.h"

static int check_value(const struct check *c, const struct field *f, enum field_type type, struct value *v,
                       const struct path *path);

static int unknown(const struct check *c, const struct field *fields, uint32_t count, const struct path *path,
                   struct text name)
{
    char where[PATH_TEXT], quoted[QUOTE_TEXT], hint[NEAREST_HINT_MAX];
    struct nearest meant = nearest_to(name);
    for (uint32_t i = 0; i < count; i++)
        nearest_look(&meant, fields[i].name);
    path_print(where, path);
    text_quote(quoted, name);
    return err_set(c->err, ERR_INVALID, "%s has no field %s%s", where, quoted, nearest_hint(&meant, hint));
}

/* Keeps members[0..i] in the fields' order. False when the field is there already. */
static bool put_in_order(struct member *members, uint8_t *order, uint32_t i, uint32_t index)
{
    uint32_t k = i;
    if (i == 0 || order[i - 1] < index) { /* senders mostly keep it */
        order[i] = (uint8_t)index;
        return true;
    }
    struct member moved = members[i];
    for (; k > 0 && order[k - 1] > index; k--) {
        members[k] = members[k - 1];
        order[k] = order[k - 1];
    }
    members[k] = moved;
    order[k] = (uint8_t)index;
    return k == 0 || order[k - 1] != index;
}

/* lookup: an entity's; NULL for the fewer fields below, which are looked for in turn. */
static const struct field *find(const struct field *fields, uint32_t count, const struct names *lookup, uint32_t *next,
                                struct text name)
{
    if (!lookup || (*next < count && text_eq(fields[*next].name, name)))
        return field_among(fields, count, next, name);
    int32_t place = names_get(lookup, name);
    *next = (uint32_t)(place + 1);
    return place < 0 ? NULL : &fields[place];
}

static int check_members(const struct check *c, const struct field *fields, uint32_t count, const struct names *lookup,
                         struct value *map, const struct path *path)
{
    char where[PATH_TEXT];
    uint8_t order[SCHEMA_FIELDS_MAX];
    uint32_t next = 0;
    for (uint32_t i = 0; i < map->count; i++) {
        struct member *m = &map->members[i];
        struct path step = {.up = path, .name = m->name};
        const struct field *f = find(fields, count, lookup, &next, m->name);
        if (!f)
            return unknown(c, fields, count, path, m->name);
        int rc = check_value(c, f, f->type, &m->value, &step);
        if (rc)
            return rc;
        if (!put_in_order(map->members, order, i, f->index))
            return err_set(c->err, ERR_INVALID, "%s: the field is there twice", path_print(where, &step));
    }
    return 0;
}

static int check_keys(const struct check *c, const struct field *f, const struct value *list, const struct path *path)
{
    char where[PATH_TEXT], quoted[QUOTE_TEXT];
    struct text twice, *keys = arena_alloc(c->arena, list->count * sizeof *keys);
    for (uint32_t i = 0; keys && i < list->count; i++) {
        const struct value *key = value_get_text(&list->items[i], f->key);
        struct path step = {.up = path, .index = i};
        if (!key || key->kind != VALUE_TEXT || key->text.n == 0)
            return err_set(c->err, ERR_INVALID, "%s: without \"%s\", which names the elements of this list",
                           path_print(where, &step), f->key.p);
        keys[i] = key->text;
    }
    if (keys && unique_broken(c->arena, keys, sizeof *keys, list->count, &twice))
        return err_set(c->err, ERR_INVALID, "%s: two elements have the %s %s", path_print(where, path), f->key.p,
                       f->personal ? "of one another" : text_quote(quoted, twice));
    return arena_failed(c->arena) ? check_no_memory(c, path) : 0;
}

static int check_list(const struct check *c, const struct field *f, struct value *v, const struct path *path)
{
    char where[PATH_TEXT];
    if (v->kind != VALUE_LIST)
        return check_mismatch(c, f, path, v, "stands where a list belongs");
    if (v->count > f->max)
        return check_too_large(c, path, v->count, f->max, "elements");
    for (uint32_t i = 0; i < v->count; i++) {
        struct path step = {.up = path, .index = i};
        if (v->items[i].kind == VALUE_NULL)
            return err_set(c->err, ERR_INVALID, "%s: null; an element of a list is a value", path_print(where, &step));
        int rc = check_value(c, f, f->of, &v->items[i], &step);
        if (rc)
            return rc;
    }
    return f->key.n ? check_keys(c, f, v, path) : 0;
}

static int check_map(const struct check *c, const struct field *f, struct value *v, const struct path *path)
{
    if (v->kind != VALUE_MAP)
        return check_mismatch(c, f, path, v, "stands where a map belongs");
    return check_members(c, f->fields, f->field_count, NULL, v, path);
}

static int check_value(const struct check *c, const struct field *f, enum field_type type, struct value *v,
                       const struct path *path)
{
    if (v->kind == VALUE_NULL)
        return 0;
    if (type == FIELD_MAP)
        return check_map(c, f, v, path);
    if (type == FIELD_LIST)
        return check_list(c, f, v, path);
    return check_plain(c, f, type, v, path);
}

int schema_check(const struct entity *e, struct value *fields, struct arena *a, struct err *err)
{
    struct check c = {.arena = a, .err = err};
    struct path root = {.name = e->name};
    if (fields->kind != VALUE_MAP)
        return err_set(err, ERR_INVALID, "%.*s: fields is no map", TEXT_ARG(e->name));
    return check_members(&c, e->fields, e->field_count, e->lookup, fields, &root);
}
