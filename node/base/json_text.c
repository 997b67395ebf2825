/* What comes out is always valid JSON in valid UTF-8: a byte that is none becomes U+FFFD. */
#include "json_text.h"

static void write_escape(struct buf *out, unsigned char c)
{
    static const char letters[] = "btn\0fr"; /* 8 to 13 */
    static const char hex[] = "0123456789abcdef";
    if (c == '"' || c == '\\') {
        char two[] = {'\\', (char)c};
        buf_add(out, two, sizeof two);
    } else if (c >= 8 && c <= 13 && letters[c - 8]) {
        char two[] = {'\\', letters[c - 8]};
        buf_add(out, two, sizeof two);
    } else {
        char six[] = {'\\', 'u', '0', '0', hex[c >> 4], hex[c & 15]};
        buf_add(out, six, sizeof six);
    }
}

static void write_valid(struct buf *out, struct text t)
{
    size_t from = 0;
    for (size_t i = 0; i < t.n; i++) {
        unsigned char c = (unsigned char)t.p[i];
        if (c >= 0x20 && c != '"' && c != '\\')
            continue;
        buf_add(out, t.p + from, i - from);
        write_escape(out, c);
        from = i + 1;
    }
    if (t.n > from)
        buf_add(out, t.p + from, t.n - from);
}

void json_write_string(struct buf *out, struct text t)
{
    buf_char(out, '"');
    for (ptrdiff_t fault; (fault = text_utf8_fault(t)) >= 0;) {
        write_valid(out, (struct text){t.p, (size_t)fault});
        buf_string(out, "\xEF\xBF\xBD");
        t = (struct text){t.p + fault + 1, t.n - (size_t)fault - 1};
    }
    write_valid(out, t);
    buf_char(out, '"');
}

static void write_int(struct buf *out, int64_t i)
{
    char digits[20], *p = digits + sizeof digits;
    uint64_t rest = i < 0 ? 0 - (uint64_t)i : (uint64_t)i;
    do
        *--p = (char)('0' + rest % 10);
    while (rest /= 10);
    if (i < 0)
        *--p = '-';
    buf_add(out, p, (size_t)(digits + sizeof digits - p));
}

static void write_list(struct buf *out, const struct value *v)
{
    buf_char(out, '[');
    for (uint32_t i = 0; i < v->count; i++) {
        if (i)
            buf_char(out, ',');
        json_write(out, &v->items[i]);
    }
    buf_char(out, ']');
}

static void write_map(struct buf *out, const struct value *v)
{
    buf_char(out, '{');
    for (uint32_t i = 0; i < v->count; i++) {
        if (i)
            buf_char(out, ',');
        json_write_string(out, v->members[i].name);
        buf_char(out, ':');
        json_write(out, &v->members[i].value);
    }
    buf_char(out, '}');
}

void json_write(struct buf *out, const struct value *v)
{
    switch (v->kind) {
    case VALUE_NULL:
        buf_string(out, "null");
        break;
    case VALUE_BOOL:
        buf_string(out, v->boolean ? "true" : "false");
        break;
    case VALUE_INT:
        write_int(out, v->integer);
        break;
    case VALUE_NUMBER:
        buf_text(out, v->text);
        break;
    case VALUE_TEXT:
        json_write_string(out, v->text);
        break;
    case VALUE_LIST:
        write_list(out, v);
        break;
    case VALUE_MAP:
        write_map(out, v);
        break;
    }
}
