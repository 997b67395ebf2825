/* jq_value: see its header. A jv is counted by references; libjq's functions consume theirs unless said otherwise, so
 * whoever keeps one copies it first. */
#include "jq_value.h"

#include <assert.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define DOUBLE_INT_END 9007199254740992.0 /* 2^53: below it a double counts without gaps, and 2^53 may be 2^53 + 1 */

/* ---- into jq ---- */

static int from_value(const struct value *v, int depth, jv *out, struct err *err);

static int from_text(struct text t, jv *out, struct err *err)
{
    bool marked = t.n && (t.p[0] == JQ_MARK_NUMBER || t.p[0] == JQ_MARK_TEXT);
    if (t.n >= INT_MAX / 2)
        return err_set(err, ERR_TOO_LARGE, "a text of %zu bytes is too large for jq", t.n);
    if (text_utf8_fault(t) >= 0)
        return err_set(err, ERR_INVALID, "a text is no valid UTF-8");
    if (!marked) {
        *out = jv_string_sized(t.n ? t.p : "", (int)t.n);
        return 0;
    }
    static const char mark[] = {JQ_MARK_TEXT};
    *out = jv_string_append_buf(jv_string_sized(mark, 1), t.p, (int)t.n);
    return 0;
}

static int from_int(int64_t i, jv *out)
{
    char digits[24];
    if (i >= -JQ_INT_MAX && i <= JQ_INT_MAX) {
        *out = jv_number((double)i);
        return 0;
    }
    int n = snprintf(digits, sizeof digits, "%lld", (long long)i);
    *out = jv_string_sized(digits, n);
    return 0;
}

static int from_list(const struct value *v, int depth, jv *out, struct err *err)
{
    jv list = jv_array_sized((int)v->count);
    for (uint32_t i = 0; i < v->count; i++) {
        jv item;
        int rc = from_value(&v->items[i], depth, &item, err);
        if (rc) {
            jv_free(list);
            return rc;
        }
        list = jv_array_append(list, item);
    }
    *out = list;
    return 0;
}

static int from_member(jv *map, const struct member *m, int depth, struct err *err)
{
    jv value;
    int rc = from_value(&m->value, depth, &value, err);
    if (rc)
        return rc;
    if (m->name.n >= INT_MAX / 2 || text_utf8_fault(m->name) >= 0) {
        jv_free(value);
        return err_set(err, ERR_INVALID, "a member's name is no valid UTF-8");
    }
    *map = jv_object_set(*map, jv_string_sized(m->name.n ? m->name.p : "", (int)m->name.n), value);
    return 0;
}

static int from_map(const struct value *v, int depth, jv *out, struct err *err)
{
    jv map = jv_object();
    for (uint32_t i = 0; i < v->count; i++) {
        int rc = from_member(&map, &v->members[i], depth, err);
        if (rc) {
            jv_free(map);
            return rc;
        }
    }
    *out = map;
    return 0;
}

static int from_value(const struct value *v, int depth, jv *out, struct err *err)
{
    if (depth > VALUE_DEPTH_MAX)
        return err_set(err, ERR_TOO_LARGE, "lists and maps within another are over %d deep", VALUE_DEPTH_MAX);
    switch (v->kind) {
    case VALUE_NULL:
        *out = jv_null();
        return 0;
    case VALUE_BOOL:
        *out = jv_bool(v->boolean);
        return 0;
    case VALUE_INT:
        return from_int(v->integer, out);
    case VALUE_NUMBER:
    case VALUE_TEXT:
        return from_text(v->text, out, err);
    case VALUE_LIST:
        return from_list(v, depth + 1, out, err);
    case VALUE_MAP:
        return from_map(v, depth + 1, out, err);
    }
    assert(!"a value of no kind");
    return ERR_INVALID;
}

int jq_from_value(const struct value *v, jv *out, struct err *err)
{
    return from_value(v, 0, out, err);
}

/* ---- out of jq ---- */

static int to_value(jv j, int depth, struct arena *a, struct value *out, struct err *err);

static int to_number(double d, struct arena *a, struct value *out, struct err *err)
{
    char digits[32];
    if (!isfinite(d))
        return err_set(err, ERR_INVALID, "the result of a calculation is no finite number");
    if (d == trunc(d)) {
        if (fabs(d) >= DOUBLE_INT_END)
            return err_set(
                err, ERR_INVALID,
                "an integer of 2^53 or more may have lost digits in jq: pass it as text, or marked by as_number");
        *out = value_int((int64_t)d);
        return 0;
    }
    int n = 0; /* the fewest of 15 to 17 digits that give this very double */
    for (int digits_count = 15; digits_count <= 17 && (!n || strtod(digits, NULL) != d); digits_count++)
        n = snprintf(digits, sizeof digits, "%.*g", digits_count, d);
    *out = (struct value){.kind = VALUE_NUMBER, .text = arena_text(a, (struct text){digits, (size_t)n})};
    return 0;
}

static bool looks_like_number(struct text t)
{
    return t.n && (t.p[0] == '-' || (t.p[0] >= '0' && t.p[0] <= '9')) && t.p[t.n - 1] >= '0' && t.p[t.n - 1] <= '9';
}

static int to_marked_number(struct text t, struct arena *a, struct value *out, struct err *err)
{
    if (looks_like_number(t) && json_parse(a, t, out, NULL) == 0)
        return 0;
    return err_set(err, ERR_INVALID, "as_number was given a text of %zu bytes that is no number", t.n);
}

static int to_text(jv j, struct arena *a, struct value *out, struct err *err)
{
    struct text t = {jv_string_value(j), (size_t)jv_string_length_bytes(jv_copy(j))};
    int rc = 0;
    char first = t.n ? t.p[0] : '\0';
    if (first == JQ_MARK_NUMBER || first == JQ_MARK_TEXT)
        t.p++, t.n--;
    if (first == JQ_MARK_NUMBER)
        rc = to_marked_number(t, a, out, err);
    else
        *out = value_text(arena_text(a, t));
    jv_free(j);
    return rc;
}

static int to_list(jv j, int depth, struct arena *a, struct value *out, struct err *err)
{
    int rc = 0, count = jv_array_length(jv_copy(j));
    *out = value_list(a, (uint32_t)count);
    for (uint32_t i = 0; i < out->count && !rc; i++) {
        rc = to_value(jv_array_get(jv_copy(j), (int)i), depth, a, &out->items[i], err);
        if (rc)
            err_prefix(err, "[%u]", i);
    }
    jv_free(j);
    return rc;
}

static struct text key_text(jv key, struct arena *a)
{
    struct text t = arena_text(a, (struct text){jv_string_value(key), (size_t)jv_string_length_bytes(jv_copy(key))});
    jv_free(key);
    return t;
}

static int to_map(jv j, int depth, struct arena *a, struct value *out, struct err *err)
{
    int rc = 0, at = jv_object_iter(j);
    *out = value_map(a, (uint32_t)jv_object_length(jv_copy(j)));
    for (uint32_t i = 0; i < out->count && !rc; i++) {
        struct member *m = &out->members[i];
        m->name = key_text(jv_object_iter_key(j, at), a);
        rc = to_value(jv_object_iter_value(j, at), depth, a, &m->value, err);
        if (rc)
            err_prefix(err, "\"%.*s\"", TEXT_ARG(m->name));
        at = jv_object_iter_next(j, at);
    }
    jv_free(j);
    return rc;
}

static int to_nested(jv j, int depth, struct arena *a, struct value *out, struct err *err)
{
    if (depth > VALUE_DEPTH_MAX) {
        jv_free(j);
        return err_set(err, ERR_TOO_LARGE, "lists and maps within another are over %d deep", VALUE_DEPTH_MAX);
    }
    return jv_get_kind(j) == JV_KIND_ARRAY ? to_list(j, depth, a, out, err) : to_map(j, depth, a, out, err);
}

static int to_value(jv j, int depth, struct arena *a, struct value *out, struct err *err)
{
    int rc = 0;
    *out = value_null();
    switch (jv_get_kind(j)) {
    case JV_KIND_FALSE:
    case JV_KIND_TRUE:
        *out = value_bool(jv_get_kind(j) == JV_KIND_TRUE);
        break;
    case JV_KIND_NUMBER:
        rc = to_number(jv_number_value(j), a, out, err);
        break;
    case JV_KIND_STRING:
        return to_text(j, a, out, err);
    case JV_KIND_ARRAY:
    case JV_KIND_OBJECT:
        return to_nested(j, depth + 1, a, out, err);
    case JV_KIND_NULL:
    case JV_KIND_INVALID:
        break;
    }
    jv_free(j);
    return rc;
}

int jq_to_value(jv j, struct arena *a, struct value *out, struct err *err)
{
    int rc = to_value(j, 0, a, out, err);
    if (!rc && arena_failed(a))
        rc = err_set(err, ERR_TOO_LARGE, "the result does not fit the memory set aside for it (%zu bytes)", a->max);
    return rc;
}
