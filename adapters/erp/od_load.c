/* load(): creates or updates an object, with the lines below it, by external ids, in one transaction (odoo: models.py,
 * load; base/models/ir_fields.py, _str_to_one2many and O2MIdMapper). It takes a table of texts, as an import file
 * would: a column a field, "partner_id/.id" for a database id, "order_line/…" for lines, and a row for each line behind
 * the first. */
#include "od.h"

#include <stdio.h>

#define COLUMNS_MAX 128

struct table {
    struct arena *arena;
    struct text columns[COLUMNS_MAX];
    uint32_t count;
    struct value rows; /* list of lists */
};

static struct text cell(struct arena *a, const struct value *v)
{
    switch (v->kind) {
    case VALUE_BOOL:
        return text_of(v->boolean ? "True" : "False");
    case VALUE_INT:
        return arena_printf(a, "%lld", (long long)v->integer);
    case VALUE_TEXT:
    case VALUE_NUMBER:
        return v->text;
    default:
        return text_of("");
    }
}

/* Database ids stand in a column of their own kind. */
static struct text column_name(struct arena *a, const char *prefix, struct text field, const struct value *v)
{
    bool relation = v->kind == VALUE_INT && field.n > 3 && memcmp(field.p + field.n - 3, "_id", 3) == 0;
    return arena_printf(a, "%s%.*s%s", prefix, TEXT_ARG(field), relation ? "/.id" : "");
}

static uint32_t column(struct table *t, struct text name)
{
    for (uint32_t i = 0; i < t->count; i++)
        if (text_eq(t->columns[i], name))
            return i;
    if (t->count < COLUMNS_MAX)
        t->columns[t->count++] = name;
    return t->count - 1;
}

static struct value *new_row(struct table *t)
{
    struct value row = value_list(t->arena, COLUMNS_MAX);
    for (uint32_t i = 0; i < row.count; i++)
        row.items[i] = value_string("");
    value_append(t->arena, &t->rows, row);
    return &t->rows.items[t->rows.count - 1];
}

static void put(struct table *t, struct value *row, struct text name, struct text content)
{
    row->items[column(t, name)] = value_text(content);
}

static void put_all(struct table *t, struct value *row, const char *prefix, const struct value *vals)
{
    for (uint32_t i = 0; i < vals->count; i++) {
        const struct member *m = &vals->members[i];
        if (!text_is(m->name, "key") && m->name.p[0] != '_')
            put(t, row, column_name(t->arena, prefix, m->name, &m->value), cell(t->arena, &m->value));
    }
}

static void build(struct table *t, struct text key, const struct value *vals, const struct value *lines)
{
    struct arena *a = t->arena;
    struct value *row = new_row(t);
    put(t, row, text_of("id"), arena_printf(a, OD_MODULE ".%.*s", TEXT_ARG(od_name(a, key, (struct text){0}))));
    put_all(t, row, "", vals);
    for (uint32_t i = 0; lines && i < lines->count; i++) {
        row = i ? new_row(t) : &t->rows.items[0];
        struct text part = value_text_at(&lines->items[i], "key");
        put(t, row, text_of("order_line/id"), arena_printf(a, OD_MODULE ".%.*s", TEXT_ARG(od_name(a, key, part))));
        put_all(t, row, "order_line/", &lines->items[i]);
    }
    for (uint32_t i = 0; i < t->rows.count; i++)
        t->rows.items[i].count = t->count;
}

static struct value column_list(const struct table *t)
{
    struct value list = value_list(t->arena, t->count);
    for (uint32_t i = 0; i < list.count; i++)
        list.items[i] = value_text(t->columns[i]);
    return list;
}

/* {ids: [7], messages: []}, or {ids: false, messages: [{type: "error", message, field}]} */
static void read_answer(struct od_reply *out, int64_t *id)
{
    const struct value *ids = value_get(&out->result, "ids"), *messages = value_get(&out->result, "messages");
    if (ids && ids->kind == VALUE_LIST && ids->count) {
        *id = od_many2one(&ids->items[0]);
        return;
    }
    out->fault = OD_FAULT_REFUSED;
    out->refusal = REFUSAL_VALUE;
    snprintf(out->words, sizeof out->words, "load: no id and no message");
    for (uint32_t i = 0; messages && messages->kind == VALUE_LIST && i < messages->count; i++) {
        struct text words = value_text_at(&messages->items[i], "message"),
                    field = value_text_at(&messages->items[i], "field");
        snprintf(out->words, sizeof out->words, "%.*s%s%.*s", TEXT_ARG(field), field.n ? ": " : "", TEXT_ARG(words));
        if (text_is(value_text_at(&messages->items[i], "type"), "error"))
            break;
    }
    if (strstr(out->words, "You are not allowed to") || strstr(out->words, "enough rights"))
        out->refusal = REFUSAL_PERMISSION; /* load() gives no class; this in English alone */
    if (strstr(out->words, "could not serialize access") || strstr(out->words, "concurrent update"))
        out->fault = OD_FAULT_RETRY;
}

static int call_load(struct session *s, enum call_priority p, const char *model, struct table *t, struct od_reply *out,
                     int64_t *id, struct err *err)
{
    struct arena *a = t->arena;
    if (t->count == COLUMNS_MAX)
        return err_set(err, ERR_INVALID, "more than %d fields for %s", COLUMNS_MAX, model);
    struct value context = value_map(a, 0), kwargs = value_map(a, 0);
    value_set(a, &context, text_of("tz"), value_string("UTC")); /* load() reads times in the user's zone */
    value_set(a, &kwargs, text_of("context"), context);
    int rc = od_call(s, p, model, "load", od_list(a, 2, column_list(t), t->rows), &kwargs, a, out, err);
    if (rc == 0 && out->fault == OD_FAULT_NONE)
        read_answer(out, id);
    return rc;
}

int od_load(struct session *s, enum call_priority p, const char *model, struct text key, const struct value *vals,
            const struct value *lines, struct arena *a, struct od_reply *out, int64_t *id, struct err *err)
{
    struct table t = {.arena = a, .rows = value_list(a, 0)};
    build(&t, key, vals, lines);
    return call_load(s, p, model, &t, out, id, err);
}

static void build_child(struct table *t, const struct od_parent *parent, struct text key, const struct value *vals)
{
    struct arena *a = t->arena;
    struct value *row = new_row(t);
    struct text name = od_name(a, key, (struct text){0});
    const char *prefix = arena_printf(a, "%s/", parent->field).p;
    put(t, row, text_of(".id"), arena_printf(a, "%lld", (long long)parent->id));
    put(t, row, arena_printf(a, "%sid", prefix), arena_printf(a, OD_MODULE ".%.*s", TEXT_ARG(name)));
    put_all(t, row, prefix, vals);
    row->count = t->count;
}

/* [model, id] of an external id; any user may ask for what he may read. */
static int find_loaded(struct session *s, enum call_priority p, struct text key, struct arena *a, struct od_reply *out,
                       int64_t *id, struct err *err)
{
    struct value args = od_list(a, 2, value_string(OD_MODULE), value_text(od_name(a, key, (struct text){0})));
    int rc = od_call(s, p, "ir.model.data", "check_object_reference", args, NULL, a, out, err);
    if (rc == 0 && out->fault == OD_FAULT_NONE && out->result.kind == VALUE_LIST && out->result.count == 2)
        *id = od_many2one(&out->result.items[1]);
    return rc;
}

int od_find_loaded(struct session *s, enum call_priority p, struct text key, struct arena *a, int64_t *id,
                   struct err *err)
{
    struct od_reply reply;
    *id = 0; /* Odoo says by an exception that there is none */
    int rc = find_loaded(s, p, key, a, &reply, id, err);
    return rc == 0 && reply.fault == OD_FAULT_RETRY ? err_set(err, ERR_UNAVAILABLE, "%s", reply.words) : rc;
}

int od_load_child(struct session *s, enum call_priority p, const char *model, const struct od_parent *parent,
                  struct text key, const struct value *vals, struct arena *a, struct od_reply *out, int64_t *id,
                  struct err *err)
{
    struct table t = {.arena = a, .rows = value_list(a, 0)};
    int64_t ignored;
    build_child(&t, parent, key, vals);
    int rc = call_load(s, p, model, &t, out, &ignored, err);
    return rc < 0 || out->fault != OD_FAULT_NONE ? rc : find_loaded(s, p, key, a, out, id, err);
}
