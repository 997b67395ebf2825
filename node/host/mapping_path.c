/* mapping_path: plain paths, walked without jq; and setting a value at a path that jq gave, without jq, whose numbers
 * would lose digits. */
#include "mapping_entry.h"

#define INDEX_MAX 1000 /* of a list element that is written */

static bool step_char(char c, bool first)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || (!first && c >= '0' && c <= '9');
}

static size_t step_length(const char *p)
{
    size_t n = 0;
    while (step_char(p[n], n == 0))
        n++;
    return n;
}

struct text *mapping_path_parse(struct arena *a, const char *path, uint32_t *count)
{
    struct text steps[VALUE_DEPTH_MAX];
    uint32_t n = 0;
    for (const char *p = path; *p != '\0';) {
        size_t length = *p == '.' ? step_length(p + 1) : 0;
        if (length == 0 || n == VALUE_DEPTH_MAX)
            return NULL;
        steps[n++] = (struct text){p + 1, length};
        p += 1 + length;
    }
    struct text *out = n > 0 ? arena_alloc(a, n * sizeof *out) : NULL;
    if (out != NULL)
        memcpy(out, steps, n * sizeof *out);
    *count = n;
    return out;
}

int mapping_path_get(const struct value *root, const struct mapping_source *s, const struct value **out,
                     struct err *err)
{
    const struct value *v = root;
    for (uint32_t i = 0; i < s->step_count; i++) {
        if (v->kind == VALUE_NULL)
            break;
        if (v->kind != VALUE_MAP)
            return err_set(err, ERR_INVALID, "%s: there is no object but a %s before .%.*s", s->text,
                           value_kind_word(v->kind), TEXT_ARG(s->steps[i]));
        v = value_get_text(v, s->steps[i]);
        if (v == NULL)
            return 0;
    }
    *out = v;
    return 1;
}

static struct value *member_of(struct arena *a, struct value *map, struct text name)
{
    if (map->kind != VALUE_MAP)
        *map = value_map(a, 0);
    struct value *found = (struct value *)value_get_text(map, name);
    if (found != NULL)
        return found;
    value_set(a, map, name, value_null());
    return (struct value *)value_get_text(map, name);
}

void mapping_path_set(struct arena *a, struct value *root, const struct text *steps, uint32_t count, struct value v)
{
    struct value *at = root;
    for (uint32_t i = 0; i < count && at != NULL; i++)
        at = member_of(a, at, steps[i]);
    if (at != NULL)
        *at = v;
}

static struct value *element_of(struct arena *a, struct value *list, int64_t index)
{
    if (list->kind != VALUE_LIST)
        *list = value_list(a, 0);
    while (list->count <= index && !arena_failed(a))
        value_append(a, list, value_null());
    return list->count > index ? &list->items[index] : NULL;
}

int mapping_path_set_at(struct arena *a, struct value *root, const struct value *paths, struct value v, struct err *err)
{
    struct value *at = root;
    if (paths->kind != VALUE_LIST || paths->count != 1)
        return err_set(err, ERR_INVALID, "the path gives %u places to write to, one is wanted", paths->count);
    const struct value *path = &paths->items[0];
    if (path->count == 0)
        return err_set(err, ERR_INVALID, "the path is the whole object");
    for (uint32_t i = 0; i < path->count && at != NULL; i++) {
        const struct value *step = &path->items[i];
        if (step->kind == VALUE_TEXT)
            at = member_of(a, at, step->text);
        else if (step->kind == VALUE_INT && step->integer >= 0 && step->integer < INDEX_MAX)
            at = element_of(a, at, step->integer);
        else
            return err_set(err, ERR_INVALID, "a step of the path is no name and no index from 0 to %d", INDEX_MAX - 1);
    }
    if (at != NULL)
        *at = v;
    return 0;
}

void mapping_merge(struct arena *a, struct value *into, const struct value *from)
{
    for (uint32_t i = 0; i < from->count; i++) {
        const struct member *m = &from->members[i];
        struct value *at = member_of(a, into, m->name);
        if (at == NULL)
            return; /* the arena failed */
        if (at->kind == VALUE_MAP && m->value.kind == VALUE_MAP)
            mapping_merge(a, at, &m->value);
        else
            *at = m->value;
    }
}
