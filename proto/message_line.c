/* A message as one line for people:
 *   2026-11-21T10:00:00.000000Z change  shop → router  order/1001 upsert {"number":"#1001", …}
 *   2026-11-21T10:00:00.100000Z command router → erp   order/shop:order:1001 upsert revision 3 native 55 {…}
 *   2026-11-21T10:00:00.300000Z outcome erp → router   order/shop:order:1001 done revision 3 native 55 {…}
 * What a system says in refusing may quote a person's data, so a refusal is shown by its class alone. */
#include "message_parts.h"

#include "base/json_text.h"

static const char *kind_word(enum message_type t)
{
    static const char *const words[] = {"change ", "command", "outcome"};
    return words[t];
}

static void write_way(struct buf *out, const struct message *m)
{
    struct text to = m->type == MESSAGE_COMMAND ? m->target : text_of("router");
    buf_printf(out, " %s %.*s → %.*s ", kind_word(m->type), TEXT_ARG(m->source), TEXT_ARG(to));
    buf_printf(out, " %.*s/%.*s ", TEXT_ARG(m->entity), TEXT_ARG(m->subject_id));
}

static void write_state(struct buf *out, const struct message *m)
{
    if (m->type != MESSAGE_OUTCOME || m->verdict == VERDICT_DONE)
        buf_printf(out, "%s ", op_word(m->op));
    if (m->type == MESSAGE_OUTCOME)
        buf_printf(out, "%s ", verdict_word(m->verdict));
    if (m->refusal != REFUSAL_NONE)
        buf_printf(out, "(%s) ", refusal_word(m->refusal));
    if (m->type != MESSAGE_CHANGE)
        buf_printf(out, "revision %lld ", (long long)m->revision);
    if (m->native.n)
        buf_printf(out, "native %.*s ", TEXT_ARG(m->native));
    if (m->replayed)
        buf_string(out, "replayed ");
}

void message_line(struct buf *out, const struct schema *schema, const struct message *m)
{
    char time[MOMENT_TEXT_MAX];
    buf_text(out, moment_format(m->time, time));
    write_way(out, m);
    write_state(out, m);
    schema_write_masked(out, schema ? schema_find(schema, m->entity) : NULL, &m->fields);
}

static void write_masked_members(struct buf *out, const struct entity *e, const struct message *m, const struct value *map)
{
    buf_char(out, '{');
    for (uint32_t i = 0; i < map->count; i++) {
        const struct member *member = &map->members[i];
        if (i)
            buf_char(out, ',');
        json_write_string(out, member->name);
        buf_char(out, ':');
        if (text_is(member->name, "data"))
            write_masked_members(out, e, m, &member->value);
        else if (text_is(member->name, "fields"))
            schema_write_masked(out, e, &m->fields);
        else if (text_is(member->name, "reason"))
            json_write_string(out, text_of(refusal_word(m->refusal))); /* a system's words may quote a person's data */
        else
            json_write(out, &member->value);
    }
    buf_char(out, '}');
}

void message_json(struct buf *out, const struct schema *schema, const struct message *m, struct arena *a)
{
    struct value root = message_value(a, m);
    if (root.kind == VALUE_MAP)
        write_masked_members(out, schema ? schema_find(schema, m->entity) : NULL, m, &root);
}
