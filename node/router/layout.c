/* layout: what the numbers in stored records mean. */
#include "record_codec.h"

static void add_names(struct buf *out, char before, struct text name)
{
    buf_char(out, before);
    buf_text(out, name);
}

void layout_write(struct buf *out, const struct entity *e, const char *const *systems, size_t system_count)
{
    buf_text(out, e->name);
    for (uint32_t i = 0; i < e->field_count; i++)
        add_names(out, i ? ',' : '|', e->fields[i].name);
    for (size_t i = 0; i < system_count; i++)
        add_names(out, i ? ',' : '|', text_of(systems[i]));
}

static int read_fields(struct layout *out, struct text names)
{
    struct text name, rest = names;
    for (bool more = names.n > 0; more; out->field_count++) {
        more = text_split(rest, ',', &name, &rest);
        if (!more)
            name = rest;
        if (out->field_count == SCHEMA_FIELDS_MAX)
            return ERR_INVALID;
        const struct field *f = out->entity ? entity_field(out->entity, name) : NULL;
        out->field[out->field_count] = f ? (int16_t)f->index : -1;
        out->same &= f && f->index == out->field_count;
    }
    return 0;
}

static int system_index(struct text name, const char *const *systems, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (text_is(name, systems[i]))
            return (int)i;
    return -1;
}

static int read_systems(struct layout *out, struct text names, const char *const *systems, size_t count)
{
    struct text name, rest = names;
    for (bool more = names.n > 0; more; out->system_count++) {
        more = text_split(rest, ',', &name, &rest);
        if (!more)
            name = rest;
        if (out->system_count == LAYOUT_SYSTEMS_MAX)
            return ERR_INVALID;
        out->system[out->system_count] = (int16_t)system_index(name, systems, count);
        out->same &= out->system[out->system_count] == (int)out->system_count;
    }
    return 0;
}

int layout_read(struct layout *out, struct text line, const struct schema *schema, const char *const *systems,
                size_t system_count, struct err *err)
{
    struct text entity, fields, names;
    *out = (struct layout){.same = true};
    if (!text_split(line, '|', &entity, &fields) || !text_split(fields, '|', &fields, &names))
        return err_set(err, ERR_INVALID, "a layout in the store is damaged: %.*s", TEXT_ARG(line));
    out->entity = schema_find(schema, entity);
    if (read_fields(out, fields) || read_systems(out, names, systems, system_count))
        return err_set(err, ERR_INVALID, "a layout in the store has too many names: %.*s", TEXT_ARG(line));
    return 0;
}
