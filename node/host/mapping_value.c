/* mapping_value: what happens to one value between the API's form and the canonical one.
 *
 * In: value table, then what an API writes differently without meaning anything else: an integer id for a text, a JSON
 * number for a decimal, false for "empty" (Odoo). What is still wrong after that the schema's check refuses.
 * Out: value table, (jq,) then `as`. Values of personal fields never get into a complaint. */
#include "mapping_entry.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include "base/buf.h"
#include "base/decimal.h"
#include "base/json_text.h"

int mapping_complain(const struct mapping_field *f, struct err *err, const char *format, ...)
{
    char words[400];
    va_list args;
    va_start(args, format);
    vsnprintf(words, sizeof words, format, args);
    va_end(args);
    return err_set(err, ERR_INVALID, "%s:%d: field %.*s: %s", f->at->file, f->at->line, TEXT_ARG(f->field->name),
                   words);
}

/* ---- in ---- */

static struct value as_text(struct arena *a, const struct value *v)
{
    if (v->kind == VALUE_INT)
        return value_text(arena_printf(a, "%" PRId64, v->integer));
    if (v->kind == VALUE_NUMBER)
        return value_text(v->text);
    return *v;
}

static struct value as_decimal(struct arena *a, const struct value *v)
{
    char plain[DECIMAL_MAX];
    if ((v->kind == VALUE_NUMBER || v->kind == VALUE_TEXT) && decimal_from_number(v->text, plain))
        return value_text(arena_text(a, text_of(plain)));
    return *v;
}

static struct value as_int(const struct value *v)
{
    char plain[DECIMAL_MAX], canonical[DECIMAL_MAX];
    int64_t i;
    if ((v->kind == VALUE_NUMBER || v->kind == VALUE_TEXT) && decimal_from_number(v->text, plain) &&
        text_to_i64(decimal_canonical(text_of(plain), canonical), &i))
        return value_int(i);
    return *v;
}

static void plain_in(enum field_type type, struct value *v, struct arena *a)
{
    switch (type) {
    case FIELD_TEXT:
    case FIELD_REF:
    case FIELD_ENUM:
        *v = as_text(a, v);
        break;
    case FIELD_DECIMAL:
        *v = as_decimal(a, v);
        break;
    case FIELD_INT:
        *v = as_int(v);
        break;
    default:
        break;
    }
}

static bool is_empty(const struct mapping *m, enum field_type type, const struct value *v)
{
    return m->empty_is_null && type != FIELD_BOOL && v->kind == VALUE_BOOL && !v->boolean;
}

static const struct field *member_field(const struct field *f, struct text name)
{
    for (uint32_t i = 0; i < f->field_count; i++)
        if (text_eq(f->fields[i].name, name))
            return &f->fields[i];
    return NULL; /* the schema's check says so */
}

static void tree_in(const struct mapping *m, const struct field *f, struct value *v, struct arena *a);

static void members_in(const struct mapping *m, const struct field *f, struct value *map, struct arena *a)
{
    for (uint32_t i = 0; map->kind == VALUE_MAP && i < map->count; i++) {
        const struct field *below = member_field(f, map->members[i].name);
        if (below != NULL)
            tree_in(m, below, &map->members[i].value, a);
    }
}

static void tree_in(const struct mapping *m, const struct field *f, struct value *v, struct arena *a)
{
    if (is_empty(m, f->type, v))
        *v = value_null();
    else if (f->type == FIELD_MAP)
        members_in(m, f, v, a);
    else if (f->type != FIELD_LIST)
        plain_in(f->type, v, a);
    else
        for (uint32_t i = 0; v->kind == VALUE_LIST && i < v->count; i++) {
            if (f->field_count > 0)
                members_in(m, f, &v->items[i], a);
            else
                plain_in(f->of, &v->items[i], a);
        }
}

static const char *shown(const struct mapping_field *f, const struct value *v, struct buf *out)
{
    if (f->field->personal)
        return "a value (not shown: personal data)";
    buf_init(out, 128);
    json_write(out, v);
    return buf_failed(out) ? value_kind_word(v->kind) : buf_cstr(out);
}

static int unknown_value(const struct mapping_field *f, const struct value *v, const char *side, struct err *err)
{
    struct buf b = {0};
    int rc = mapping_complain(f, err, "%s is not among the %s values of the table: add it to `values`", shown(f, v, &b),
                              side);
    buf_release(&b);
    return rc;
}

int mapping_value_in(const struct mapping *m, const struct mapping_field *f, struct value *v, struct arena *a,
                     struct err *err)
{
    for (uint32_t i = 0; i < f->pair_count; i++)
        if (value_equal(&f->pairs[i].native, v)) {
            *v = f->pairs[i].canonical;
            return 0;
        }
    if (v->kind == VALUE_NULL || is_empty(m, f->field->type, v)) {
        *v = value_null();
        return 0;
    }
    if (f->pair_count > 0)
        return unknown_value(f, v, "native", err);
    tree_in(m, f->field, v, a);
    return 0;
}

/* ---- out ---- */

int mapping_value_pairs_out(const struct mapping_field *f, struct value *v, struct err *err)
{
    if (f->pair_count == 0 || v->kind == VALUE_NULL)
        return 0;
    for (uint32_t i = 0; i < f->pair_count; i++)
        if (value_equal(&f->pairs[i].canonical, v)) {
            *v = f->pairs[i].native;
            return 0;
        }
    return unknown_value(f, v, "canonical", err);
}

static int to_number(const struct mapping_field *f, struct value *v, struct arena *a, struct err *err)
{
    char plain[DECIMAL_MAX];
    int64_t whole;
    if (v->kind == VALUE_INT || v->kind == VALUE_NUMBER)
        return 0;
    if (v->kind != VALUE_TEXT || !decimal_valid(v->text))
        return mapping_complain(f, err, "as = \"number\" needs a decimal, not a %s", value_kind_word(v->kind));
    struct text canonical = decimal_canonical(v->text, plain);
    if (text_to_i64(canonical, &whole))
        *v = value_int(whole);
    else
        *v = (struct value){.kind = VALUE_NUMBER, .text = arena_text(a, canonical)};
    return 0;
}

static int to_bool(const struct mapping_field *f, struct value *v, struct err *err)
{
    if (v->kind == VALUE_BOOL)
        return 0;
    bool yes = (v->kind == VALUE_INT && v->integer == 1) || (v->kind == VALUE_TEXT && text_is(v->text, "true"));
    bool no = (v->kind == VALUE_INT && v->integer == 0) || (v->kind == VALUE_TEXT && text_is(v->text, "false"));
    if (!yes && !no)
        return mapping_complain(f, err, "as = \"bool\" needs true, false, 1 or 0");
    *v = value_bool(yes);
    return 0;
}

static int to_text(const struct mapping_field *f, struct value *v, struct arena *a, struct err *err)
{
    if (v->kind == VALUE_BOOL)
        *v = value_string(v->boolean ? "true" : "false");
    *v = as_text(a, v);
    if (v->kind != VALUE_TEXT)
        return mapping_complain(f, err, "as = \"text\" needs a plain value, not a %s", value_kind_word(v->kind));
    return 0;
}

int mapping_value_as(const struct mapping_field *f, struct value *v, struct arena *a, struct err *err)
{
    if (v->kind == VALUE_NULL)
        return 0;
    switch (f->as) {
    case AS_NUMBER:
        return to_number(f, v, a, err);
    case AS_TEXT:
        return to_text(f, v, a, err);
    case AS_BOOL:
        return to_bool(f, v, err);
    case AS_IS:
        break;
    }
    return 0;
}
