/* The words of a message, its routing key, and the ids that are derived from what it says. */
#include "message_parts.h"

#include <stdio.h>
#include "codec.h"

#define NAME(s)                                                                                                        \
    {                                                                                                                  \
        s, sizeof s - 1                                                                                                \
    }
const struct text attribute_names[AT_COUNT] = {
    [AT_SPECVERSION] = NAME("specversion"),
    [AT_ID] = NAME("id"),
    [AT_SOURCE] = NAME("source"),
    [AT_TYPE] = NAME("type"),
    [AT_SUBJECT] = NAME("subject"),
    [AT_TIME] = NAME("time"),
    [AT_TRACEPARENT] = NAME("traceparent"),
    [AT_REPLAYED] = NAME("replayed"),
    [AT_DATACONTENTTYPE] = NAME("datacontenttype"),
    [AT_DATA] = NAME("data"),
};
const struct text data_names[IN_COUNT] = {
    [IN_OP] = NAME("op"),           [IN_KEY] = NAME("key"),           [IN_TARGET] = NAME("target"),
    [IN_COMMAND] = NAME("command"), [IN_REVISION] = NAME("revision"), [IN_VERDICT] = NAME("verdict"),
    [IN_NATIVE] = NAME("native"),   [IN_VERSION] = NAME("version"),   [IN_CLASS] = NAME("class"),
    [IN_REASON] = NAME("reason"),   [IN_RETRY_AT] = NAME("retry_at"), [IN_FIELDS] = NAME("fields"),
};

const char *message_type_name(enum message_type t)
{
    static const char *const names[] = {"tidegate.change.v1", "tidegate.command.v1", "tidegate.outcome.v1"};
    return names[t];
}

const char *op_word(enum message_op op)
{
    static const char *const words[] = {"upsert", "delete", "snapshot"};
    return words[op];
}

const char *verdict_word(enum verdict v)
{
    static const char *const words[] = {"done", "retry", "refused", "stale"};
    return words[v];
}

const char *refusal_word(enum refusal r)
{
    static const char *const words[] = {"none",       "value",     "missing",  "duplicate",
                                        "permission", "too_large", "conflict", "unsupported"};
    return words[r];
}

void message_routing_key(char *out, size_t size, const struct message *m)
{
    struct text first = m->type == MESSAGE_COMMAND ? m->target : m->source;
    snprintf(out, size, "%.*s.%.*s.%s", TEXT_ARG(first), TEXT_ARG(m->entity), op_word(m->op));
}

struct text message_record_key(struct arena *a, struct text system, struct text entity, struct text native)
{
    return arena_printf(a, "%.*s:%.*s:%.*s", TEXT_ARG(system), TEXT_ARG(entity), TEXT_ARG(native));
}

/* ---- ids ---- */

/* The name that follows `last` in byte order, or NULL at the end: sorting without memory of its own. Maps that a schema
 * has checked have at most SCHEMA_FIELDS_MAX members. */
static const struct member *next_name(const struct value *map, const struct text *last)
{
    const struct member *best = NULL;
    for (uint32_t i = 0; i < map->count; i++) {
        const struct member *m = &map->members[i];
        if ((!last || text_compare(m->name, *last) > 0) && (!best || text_compare(m->name, best->name) < 0))
            best = m;
    }
    return best;
}

/* A kind's letter, then what it holds; every text with its length before it, every map by name. */
static void hash_value(struct hash *h, const struct value *v)
{
    static const char letters[] = {[VALUE_NULL] = 'n', [VALUE_BOOL] = 'b', [VALUE_INT] = 'i', [VALUE_NUMBER] = 't',
                                   [VALUE_TEXT] = 't', [VALUE_LIST] = 'l', [VALUE_MAP] = 'm'};
    hash_add(h, &letters[v->kind], 1);
    if (v->kind == VALUE_TEXT || v->kind == VALUE_NUMBER)
        hash_text(h, v->text);
    else if (v->kind != VALUE_NULL)
        hash_number(h, v->kind == VALUE_BOOL  ? (uint64_t)v->boolean
                       : v->kind == VALUE_INT ? (uint64_t)v->integer
                                              : v->count);
    for (uint32_t i = 0; v->kind == VALUE_LIST && i < v->count; i++)
        hash_value(h, &v->items[i]);
    const struct member *m = v->kind == VALUE_MAP ? next_name(v, NULL) : NULL;
    for (; m; m = next_name(v, &m->name)) {
        hash_text(h, m->name);
        hash_value(h, &m->value);
    }
}

struct text message_change_id(const struct message *m, char out[UUID_TEXT])
{
    struct hash h;
    hash_init(&h, true);
    hash_text(&h, text_of(message_type_name(MESSAGE_CHANGE)));
    hash_text(&h, m->source);
    hash_text(&h, m->entity);
    hash_text(&h, m->subject_id);
    hash_text(&h, text_of(op_word(m->op)));
    hash_text(&h, m->version);
    hash_value(&h, &m->fields);
    return uuid_derive(m->time, hash_end128(&h), out);
}

struct text message_command_id(struct text key, struct text target, int64_t revision, moment_us at, char out[UUID_TEXT])
{
    struct hash h;
    hash_init(&h, true);
    hash_text(&h, text_of(message_type_name(MESSAGE_COMMAND)));
    hash_text(&h, key);
    hash_text(&h, target);
    hash_number(&h, (uint64_t)revision);
    return uuid_derive(at, hash_end128(&h), out);
}
