#include "why_words.h"

#include "base/json_text.h"

static const struct value *map_at(const struct value *v, const char *name)
{
    static const struct value none = {.kind = VALUE_MAP};
    const struct value *map = value_get(v, name);
    return map && map->kind == VALUE_MAP ? map : &none;
}

static void one_system(struct buf *out, const struct member *m)
{
    struct text native = value_text_at(&m->value, "native"), version = value_text_at(&m->value, "version");
    const struct value *flight = value_get(&m->value, "in_flight");
    buf_printf(out, "  %-12.*s ", TEXT_ARG(m->name));
    if (native.n)
        buf_text(out, native);
    else
        buf_string(out, "has no object of it");
    if (version.n)
        buf_printf(out, ", version %.*s", TEXT_ARG(version));
    if (flight && flight->kind == VALUE_INT && flight->integer)
        buf_printf(out, ", told revision %lld and not answered yet", (long long)flight->integer);
    buf_char(out, '\n');
}

static void one_field(struct buf *out, const struct value *record, const struct member *m)
{
    const struct value *by = value_get_text(map_at(record, "set_by"), m->name);
    buf_printf(out, "\n%.*s = ", TEXT_ARG(m->name));
    json_write(out, &m->value);
    buf_char(out, '\n');
    if (!by)
        return;
    struct text rule = value_text_at(by, "rule");
    buf_printf(out, "  set by %.*s at %.*s, message %.*s", TEXT_ARG(value_text_at(by, "system")),
               TEXT_ARG(value_text_at(by, "time")), TEXT_ARG(value_text_at(by, "message")));
    if (rule.n)
        buf_printf(out, "  [%.*s]", TEXT_ARG(rule));
    buf_char(out, '\n');
    const struct value *at = map_at(by, "at");
    for (uint32_t i = 0; i < at->count; i++)
        if (!text_is(at->members[i].value.text, "said it"))
            buf_printf(out, "  %.*s %.*s\n", TEXT_ARG(at->members[i].name), TEXT_ARG(at->members[i].value.text));
}

static void held_items(struct buf *out, const struct value *record)
{
    const struct value *held = value_get(record, "held");
    if (!held || held->kind != VALUE_LIST || !held->count)
        return;
    buf_string(out, "\nheld\n");
    for (uint32_t i = 0; i < held->count; i++) {
        const struct value *h = &held->items[i];
        struct text rule = value_text_at(h, "rule");
        buf_printf(out, "  %.*s %.*s: %.*s", TEXT_ARG(value_text_at(h, "time")), TEXT_ARG(value_text_at(h, "reason")),
                   TEXT_ARG(value_text_at(h, "cause")));
        if (rule.n)
            buf_printf(out, "  [%.*s]", TEXT_ARG(rule));
        buf_char(out, '\n');
    }
}

bool why_words(struct buf *out, const struct value *record, const char *field)
{
    const struct value *revision = value_get(record, "revision"), *systems = map_at(record, "systems");
    const struct value *fields = map_at(record, "fields");
    bool found = !field;
    buf_printf(out, "%.*s %.*s, revision %lld\n", TEXT_ARG(value_text_at(record, "entity")),
               TEXT_ARG(value_text_at(record, "key")),
               revision && revision->kind == VALUE_INT ? (long long)revision->integer : 0);
    for (uint32_t i = 0; i < systems->count; i++)
        one_system(out, &systems->members[i]);
    for (uint32_t i = 0; i < fields->count; i++) {
        if (field && !text_is(fields->members[i].name, field))
            continue;
        one_field(out, record, &fields->members[i]);
        found = true;
    }
    held_items(out, record);
    return found;
}
