/* Writing a message. Bytes and JSON come from one and the same tree, so that the two cannot say different things; for
 * bytes the tree stands on the stack. */
#include "codec.h"
#include "message_parts.h"

struct envelope {
    struct member attributes[AT_COUNT], in[IN_COUNT];
    struct value data, root;
    char time[MOMENT_TEXT_MAX], retry_at[MOMENT_TEXT_MAX];
    char subject[SCHEMA_NAME_MAX + 1 + MESSAGE_KEY_MAX + 1];
};

static void add(struct value *map, struct text name, struct value v)
{
    map->members[map->count++] = (struct member){.name = name, .value = v};
}

static void add_text(struct value *map, struct text name, struct text t)
{
    if (t.n)
        add(map, name, value_text(t));
}

static void add_word(struct value *map, struct text name, const char *word)
{
    add(map, name, value_string(word));
}

/* At most max bytes, cut at a character. */
static struct text cut(struct text t, size_t max)
{
    if (t.n <= max)
        return t;
    while (max > 0 && ((unsigned char)t.p[max] & 0xC0) == 0x80)
        max--;
    return (struct text){t.p, max};
}

/* "entity/id", as much of it as there is room for. */
static struct text join(char *out, size_t room, struct text entity, struct text id)
{
    struct text parts[] = {entity, {"/", 1}, id};
    size_t n = 0;
    for (size_t i = 0; i < 3; i++) {
        struct text part = cut(parts[i], room - n);
        if (part.n)
            memcpy(out + n, part.p, part.n);
        n += part.n;
    }
    return (struct text){out, n};
}

static void fill_outcome(struct envelope *e, const struct message *m)
{
    struct value *in = &e->data;
    add_text(in, data_names[IN_COMMAND], m->command);
    add(in, data_names[IN_REVISION], value_int(m->revision));
    add_word(in, data_names[IN_VERDICT], verdict_word(m->verdict));
    add_text(in, data_names[IN_NATIVE], m->native);
    add_text(in, data_names[IN_VERSION], m->version);
    if (m->refusal != REFUSAL_NONE)
        add_word(in, data_names[IN_CLASS], refusal_word(m->refusal));
    add_text(in, data_names[IN_REASON], cut(m->reason, MESSAGE_REASON_MAX));
    if (m->retry_at)
        add(in, data_names[IN_RETRY_AT], value_text(moment_format(m->retry_at, e->retry_at)));
    if (m->fields.count)
        add(in, data_names[IN_FIELDS], m->fields);
}

static void fill_data(struct envelope *e, const struct message *m)
{
    struct value *in = &e->data;
    *in = (struct value){.kind = VALUE_MAP, .members = e->in};
    add_word(in, data_names[IN_OP], op_word(m->op));
    add_text(in, data_names[IN_KEY], m->key);
    if (m->type == MESSAGE_OUTCOME) {
        fill_outcome(e, m);
        return;
    }
    if (m->type == MESSAGE_COMMAND) {
        add_text(in, data_names[IN_TARGET], m->target);
        add(in, data_names[IN_REVISION], value_int(m->revision));
        add_text(in, data_names[IN_NATIVE], m->native);
    } else {
        if (m->stamped)
            add(in, data_names[IN_REVISION], value_int(m->revision));
        add_text(in, data_names[IN_VERSION], m->version);
    }
    add(in, data_names[IN_FIELDS], m->fields);
}

/* content_type: of `data`, which is JSON in a message that is shown as JSON (CloudEvents JSON format 1.0.2, 3.1). */
static void fill(struct envelope *e, const struct message *m, const char *content_type)
{
    struct value *root = &e->root;
    struct text subject = join(e->subject, sizeof e->subject, m->entity, m->subject_id);
    *root = (struct value){.kind = VALUE_MAP, .members = e->attributes};
    add_word(root, attribute_names[AT_SPECVERSION], "1.0");
    add_text(root, attribute_names[AT_ID], m->id);
    add_text(root, attribute_names[AT_SOURCE], m->source);
    add_word(root, attribute_names[AT_TYPE], message_type_name(m->type));
    add_text(root, attribute_names[AT_SUBJECT], subject);
    add(root, attribute_names[AT_TIME], value_text(moment_format(m->time, e->time)));
    add_text(root, attribute_names[AT_TRACEPARENT], m->traceparent);
    if (m->replayed)
        add(root, attribute_names[AT_REPLAYED], value_bool(true));
    add_word(root, attribute_names[AT_DATACONTENTTYPE], content_type);
    fill_data(e, m);
    add(root, attribute_names[AT_DATA], e->data);
}

void message_write(struct buf *out, const struct message *m)
{
    struct envelope e;
    fill(&e, m, MESSAGE_CONTENT_TYPE);
    codec_write(out, &e.root);
}

struct value message_value(struct arena *a, const struct message *m)
{
    struct envelope *e = arena_alloc(a, sizeof *e);
    if (!e)
        return value_null();
    fill(e, m, "application/json");
    return e->root;
}
