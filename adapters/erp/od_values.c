/* Small values as Odoo writes them: domains, [id, name], ids; and keys as external ids. */
#include "od.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>

#include "base/buf.h"

struct value od_list(struct arena *a, uint32_t n, ...)
{
    struct value list = value_list(a, n);
    va_list args;
    va_start(args, n);
    for (uint32_t i = 0; i < n && i < list.count; i++)
        list.items[i] = va_arg(args, struct value);
    va_end(args);
    return list;
}

struct value od_term(struct arena *a, const char *field, const char *operator, struct value v)
{
    return od_list(a, 3, value_string(field), value_string(operator), v);
}

struct value od_ids(struct arena *a, int64_t id)
{
    return od_list(a, 1, value_int(id));
}

int64_t od_many2one(const struct value *v)
{
    if (v && v->kind == VALUE_INT)
        return v->integer;
    if (!v || v->kind != VALUE_LIST || !v->count || v->items[0].kind != VALUE_INT)
        return 0;
    return v->items[0].integer;
}

struct text od_many2one_name(const struct value *v)
{
    if (!v || v->kind != VALUE_LIST || v->count < 2 || v->items[1].kind != VALUE_TEXT)
        return (struct text){0};
    return v->items[1].text;
}

bool od_id(struct text native, int64_t *id)
{
    return text_to_i64(native, id) && *id > 0;
}

bool od_decimal(const struct value *v, char out[DECIMAL_MAX])
{
    if (v && v->kind == VALUE_INT) {
        snprintf(out, DECIMAL_MAX, "%lld", (long long)v->integer);
        return true;
    }
    return v && (v->kind == VALUE_NUMBER || v->kind == VALUE_TEXT) && decimal_from_number(v->text, out);
}

static void add_encoded(struct buf *b, struct text t)
{
    for (size_t i = 0; i < t.n; i++) {
        unsigned char c = (unsigned char)t.p[i];
        if (c < 128 && (isalnum(c) || c == '_'))
            buf_char(b, (char)c);
        else
            buf_printf(b, "-%02x", c);
    }
}

struct text od_name(struct arena *a, struct text key, struct text part)
{
    struct buf b;
    buf_init(&b, 4096);
    add_encoded(&b, key);
    if (part.n) {
        buf_string(&b, "--");
        add_encoded(&b, part);
    }
    struct text name = arena_text(a, buf_view(&b));
    buf_release(&b);
    return name;
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Decodes up to the end or to "--"; *used says how far. */
static bool decode(struct arena *a, struct text in, struct text *out, size_t *used)
{
    char *p = arena_alloc(a, in.n + 1);
    size_t n = 0, i = 0;
    for (; p && i < in.n; i++) {
        if (in.p[i] != '-') {
            p[n++] = in.p[i];
            continue;
        }
        if (i + 1 < in.n && in.p[i + 1] == '-')
            break;
        int high = i + 2 < in.n ? hex_digit(in.p[i + 1]) : -1, low = i + 2 < in.n ? hex_digit(in.p[i + 2]) : -1;
        if (high < 0 || low < 0)
            return false;
        p[n++] = (char)(high * 16 + low);
        i += 2;
    }
    *used = i;
    *out = (struct text){p, n};
    return p != NULL;
}

bool od_name_parse(struct arena *a, struct text name, struct text *key, struct text *part)
{
    size_t used, rest;
    *part = (struct text){0};
    if (!decode(a, name, key, &used) || !key->n)
        return false;
    if (used == name.n)
        return true;
    struct text tail = {name.p + used + 2, name.n - used - 2};
    return decode(a, tail, part, &rest) && rest == tail.n && part->n;
}
