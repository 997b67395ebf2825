/* Plain values: what each type takes, and its canonical form. */
#include "check.h"

#include <stdio.h>

#include "base/decimal.h"
#include "base/moment.h"

int check_mismatch(const struct check *c, const struct field *f, const struct path *path, const struct value *v,
                   const char *is)
{
    char where[PATH_TEXT], found[QUOTE_TEXT] = "", digits[24];
    const char *kind = value_kind_word(v->kind);
    path_print(where, path);
    if (f->personal)
        return err_set(c->err, ERR_INVALID, "%s: %s %s", where, kind, is);
    snprintf(digits, sizeof digits, "%lld", v->kind == VALUE_INT ? (long long)v->integer : 0);
    if (v->kind == VALUE_TEXT)
        text_quote(found, v->text);
    else if (v->kind == VALUE_INT || v->kind == VALUE_NUMBER)
        text_plain(found, v->kind == VALUE_INT ? text_of(digits) : v->text);
    return err_set(c->err, ERR_INVALID, "%s: %s %s%s%s", where, kind, found, found[0] ? " " : "", is);
}

int check_too_large(const struct check *c, const struct path *path, size_t found, size_t max, const char *unit)
{
    char where[PATH_TEXT];
    return err_set(c->err, ERR_TOO_LARGE, "%s: %zu %s, at most %zu", path_print(where, path), found, unit, max);
}

int check_no_memory(const struct check *c, const struct path *path)
{
    char where[PATH_TEXT];
    return err_set(c->err, ERR_TOO_LARGE, "%s: the message needs more memory than one may have",
                   path_print(where, path));
}

static bool has_nul(struct text t)
{
    return t.n && memchr(t.p, '\0', t.n);
}

/* A GTIN has up to 14 digits, and its check digit is not Luhn's: every tenth one looks like an old card number. */
static bool is_bar_code(const struct field *f, struct text t)
{
    int64_t digits;
    return f->code && t.n <= 14 && text_to_i64(t, &digits) && digits >= 0;
}

static int check_text(const struct check *c, const struct field *f, size_t max, struct value *v,
                      const struct path *path)
{
    char where[PATH_TEXT];
    if (v->kind != VALUE_TEXT)
        return check_mismatch(c, f, path, v, "stands where a text belongs");
    if (v->text.n > max && text_characters(v->text) > max)
        return check_too_large(c, path, text_characters(v->text), max, "characters");
    if (has_nul(v->text))
        return err_set(c->err, ERR_INVALID, "%s: the text holds a NUL character", path_print(where, path));
    if (v->text.n >= 13 && !f->is_key && !is_bar_code(f, v->text) && text_has_card_number(v->text))
        return err_set(c->err, ERR_DENIED, "%s: holds a payment card number", path_print(where, path));
    return 0;
}

/* Takes over the canonical form in `form`, unless that is what the value is already. */
static int replace(const struct check *c, struct value *v, struct text form, const struct path *path)
{
    if (v->kind == VALUE_TEXT && text_eq(v->text, form))
        return 0;
    *v = value_text(arena_text(c->arena, form));
    return arena_failed(c->arena) ? check_no_memory(c, path) : 0;
}

static struct text format_int(int64_t i, char out[DECIMAL_MAX])
{
    char *p = out + DECIMAL_MAX;
    uint64_t rest = i < 0 ? 0 - (uint64_t)i : (uint64_t)i;
    do
        *--p = (char)('0' + rest % 10);
    while (rest /= 10);
    if (i < 0)
        *--p = '-';
    return (struct text){p, (size_t)(out + DECIMAL_MAX - p)};
}

static int check_decimal(const struct check *c, const struct field *f, struct value *v, const struct path *path)
{
    char form[DECIMAL_MAX];
    if (v->kind == VALUE_TEXT && decimal_is_canonical(v->text))
        return 0;
    if (v->kind == VALUE_TEXT && decimal_valid(v->text))
        return replace(c, v, decimal_canonical(v->text, form), path);
    if (v->kind == VALUE_INT)
        return replace(c, v, format_int(v->integer, form), path);
    if (v->kind == VALUE_NUMBER && decimal_from_number(v->text, form))
        return replace(c, v, text_of(form), path);
    return check_mismatch(c, f, path, v, "is no decimal (\"-12.50\", at most 38 digits)");
}

static int check_int(const struct check *c, const struct field *f, struct value *v, const struct path *path)
{
    char form[DECIMAL_MAX];
    int64_t i;
    if (v->kind == VALUE_INT)
        return 0;
    if (v->kind != VALUE_NUMBER || !decimal_from_number(v->text, form) || !text_to_i64(text_of(form), &i))
        return check_mismatch(c, f, path, v, "is no int of 64 bits");
    *v = value_int(i);
    return 0;
}

static int check_moment(const struct check *c, const struct field *f, struct value *v, const struct path *path)
{
    char form[MOMENT_TEXT_MAX];
    moment_us at;
    if (v->kind != VALUE_TEXT || !moment_parse(v->text, &at))
        return check_mismatch(c, f, path, v, "is no moment (\"2026-11-21T10:00:00.000000Z\")");
    return replace(c, v, moment_format(at, form), path);
}

static int check_date(const struct check *c, const struct field *f, struct value *v, const struct path *path)
{
    char moment[] = "YYYY-MM-DDT00:00:00Z";
    moment_us at;
    if (v->kind == VALUE_TEXT && v->text.n == 10) {
        memcpy(moment, v->text.p, 10);
        if (moment_parse(text_of(moment), &at))
            return 0;
    }
    return check_mismatch(c, f, path, v, "is no date (\"2026-11-21\")");
}

/* "is none of draft, placed, …", as far as there is room. */
static void list_values(const struct field *f, char *out, size_t size)
{
    size_t n = (size_t)snprintf(out, size, "is none of");
    for (uint32_t i = 0; i < f->value_count; i++) {
        bool last = i + 1 == f->value_count;
        if (n + f->values[i].n + sizeof " , …" > size) {
            snprintf(out + n, size - n, " …");
            return;
        }
        n += (size_t)snprintf(out + n, size - n, " %.*s%s", TEXT_ARG(f->values[i]), last ? "" : ",");
    }
}

static int check_enum(const struct check *c, const struct field *f, struct value *v, const struct path *path)
{
    char is[300];
    for (uint32_t i = 0; v->kind == VALUE_TEXT && i < f->value_count; i++)
        if (text_eq(v->text, f->values[i]))
            return 0;
    list_values(f, is, sizeof is);
    return check_mismatch(c, f, path, v, is);
}

static int check_ref(const struct check *c, const struct field *f, struct value *v, const struct path *path)
{
    if (v->kind != VALUE_TEXT)
        return check_mismatch(c, f, path, v, "stands where a reference belongs (a native id, as text)");
    if (v->text.n == 0)
        return check_mismatch(c, f, path, v, "is no reference; null says that there is none");
    if (v->text.n > SCHEMA_REF_MAX)
        return check_too_large(c, path, v->text.n, SCHEMA_REF_MAX, "bytes");
    if (text_has_control(v->text))
        return check_mismatch(c, f, path, v, "is no reference: it holds a control character");
    return 0;
}

int check_plain(const struct check *c, const struct field *f, enum field_type type, struct value *v,
                const struct path *path)
{
    switch (type) {
    case FIELD_TEXT:
        return check_text(c, f, f->type == FIELD_TEXT ? f->max : SCHEMA_TEXT_DEFAULT, v, path);
    case FIELD_DECIMAL:
        return check_decimal(c, f, v, path);
    case FIELD_INT:
        return check_int(c, f, v, path);
    case FIELD_BOOL:
        return v->kind == VALUE_BOOL ? 0 : check_mismatch(c, f, path, v, "stands where true or false belongs");
    case FIELD_MOMENT:
        return check_moment(c, f, v, path);
    case FIELD_DATE:
        return check_date(c, f, v, path);
    case FIELD_ENUM:
        return check_enum(c, f, v, path);
    case FIELD_REF:
        return check_ref(c, f, v, path);
    default:
        return 0;
    }
}
