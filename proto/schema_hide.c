/* What a system says of a refusal may quote what it was told ("invalid e-mail address: ines@harbour.example"). Its
 * words are logged and held, so the personal values among the command's fields are taken out of them first, whatever
 * their letters' case. A value of less than three bytes says too little to be found in a sentence, and is left. */
#include "schema_parts.h"

#include <strings.h>

#define VALUES_MAX 256
#define LENGTH_LEAST 3

struct values {
    struct text texts[VALUES_MAX];
    size_t count;
};

static void collect(struct values *found, const struct field *f, const struct value *v, bool personal);

static void collect_members(struct values *found, const struct field *fields, uint32_t count, const struct value *map,
                            bool personal)
{
    uint32_t next = 0;
    for (uint32_t i = 0; i < map->count; i++) {
        const struct field *f = field_among(fields, count, &next, map->members[i].name);
        if (f)
            collect(found, f, &map->members[i].value, personal);
    }
}

static void collect(struct values *found, const struct field *f, const struct value *v, bool personal)
{
    personal = personal || f->personal;
    if (v->kind == VALUE_MAP)
        collect_members(found, f->fields, f->field_count, v, personal);
    for (uint32_t i = 0; v->kind == VALUE_LIST && i < v->count; i++)
        collect(found, f, &v->items[i], personal);
    if (personal && v->kind == VALUE_TEXT && v->text.n >= LENGTH_LEAST && found->count < VALUES_MAX)
        found->texts[found->count++] = v->text;
}

/* The length of the longest personal value that stands at the beginning of t, or 0. */
static size_t value_at_start(const struct values *found, struct text t)
{
    size_t longest = 0;
    for (size_t i = 0; i < found->count; i++) {
        struct text v = found->texts[i];
        if (v.n > longest && v.n <= t.n && strncasecmp(v.p, t.p, v.n) == 0)
            longest = v.n;
    }
    return longest;
}

void schema_hide_personal(struct buf *out, const struct entity *e, const struct value *fields, struct text words)
{
    struct values found = {.count = 0};
    collect_members(&found, e->fields, e->field_count, fields, false);
    while (words.n) {
        size_t n = value_at_start(&found, words);
        if (n)
            buf_string(out, "‹personal›");
        else
            buf_char(out, words.p[0]);
        n += !n;
        words = (struct text){words.p + n, words.n - n};
    }
}
