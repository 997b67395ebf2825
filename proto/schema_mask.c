/* What people and logs may see of fields. Masked: personal data, card numbers (a held message may have one), and what
 * the schema does not know, since nobody has said that it is no personal data. */
#include "base/json_text.h"
#include "schema_parts.h"

static void write_value(struct buf *out, const struct field *f, enum field_type type, const struct value *v);

static void write_members(struct buf *out, const struct field *fields, uint32_t count, const struct value *map)
{
    uint32_t next = 0;
    buf_char(out, '{');
    for (uint32_t i = 0; i < map->count; i++) {
        const struct member *m = &map->members[i];
        const struct field *f = field_among(fields, count, &next, m->name);
        if (i)
            buf_char(out, ',');
        json_write_string(out, m->name);
        buf_char(out, ':');
        if (f)
            write_value(out, f, f->type, &m->value);
        else
            buf_string(out, "\"‹unknown›\"");
    }
    buf_char(out, '}');
}

static void write_elements(struct buf *out, const struct field *f, const struct value *list)
{
    buf_char(out, '[');
    for (uint32_t i = 0; i < list->count; i++) {
        if (i)
            buf_char(out, ',');
        write_value(out, f, f->of, &list->items[i]);
    }
    buf_char(out, ']');
}

/* A message that nobody has checked may have anything anywhere. */
static bool fits(enum field_type type, enum value_kind kind)
{
    switch (type) {
    case FIELD_MAP:
        return kind == VALUE_MAP;
    case FIELD_LIST:
        return kind == VALUE_LIST;
    case FIELD_TEXT:
        return kind == VALUE_TEXT;
    default:
        return kind != VALUE_MAP && kind != VALUE_LIST;
    }
}

static void write_value(struct buf *out, const struct field *f, enum field_type type, const struct value *v)
{
    if (v->kind == VALUE_NULL)
        buf_string(out, "null");
    else if (f->personal)
        buf_string(out, "\"‹personal›\"");
    else if (!fits(type, v->kind))
        buf_string(out, "\"‹unknown›\"");
    else if (type == FIELD_MAP)
        write_members(out, f->fields, f->field_count, v);
    else if (type == FIELD_LIST)
        write_elements(out, f, v);
    else if (v->kind == VALUE_TEXT && type != FIELD_REF && text_has_card_number(v->text))
        buf_string(out, "\"‹card number›\"");
    else
        json_write(out, v);
}

void schema_write_masked(struct buf *out, const struct entity *e, const struct value *fields)
{
    if (fields->kind == VALUE_MAP)
        write_members(out, e ? e->fields : NULL, e ? e->field_count : 0, fields);
    else
        buf_string(out, "{}");
}
