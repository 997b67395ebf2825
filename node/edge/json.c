/* json: reads JSON text (RFC 8259) into a value without losing a digit.
 *
 * Why a reader of our own: the libraries at hand turn a number into a double as they read it (libjq 1.6 and jansson),
 * or accept what is no JSON (libjq: nan, 01, lone control characters). A pass that hides numbers from them would have
 * to know strings, numbers and depth, which is all there is to JSON.
 *
 * Design: UTF-8 is checked in one pass over the whole; then recursive descent, no deeper than VALUE_DEPTH_MAX lists and
 * maps. The elements of the lists and maps that are still open lie on one stack, and are copied into the arena when
 * theirs closes, so that every list is one array of the right size. The stack is no larger than what the arena has
 * left, since more could not be copied.
 *
 * Of members with the same name the last one counts, as in jq, Python and JavaScript. Half of a surrogate pair in a
 * \u escape becomes U+FFFD, as in jq: one broken emoji must not hold up a page of orders. */
#include "json.h"

#include <stdlib.h>

#define FEW_MEMBERS 16 /* up to here comparing each with each is the quickest */

struct reader {
    struct arena *arena;
    const char *start, *p, *end;
    struct member *stack; /* elements of open lists and maps, names unused in lists */
    size_t n, cap, max;
    int depth;
    struct err *err;
};

static int read_value(struct reader *r, struct value *out);

/* ---- complaints ---- */

static int complain_at(struct reader *r, const char *at, const char *what)
{
    return err_set(r->err, ERR_INVALID, "JSON, byte %td: %s", at - r->start, what);
}

static int complain(struct reader *r, const char *wanted)
{
    if (r->p == r->end)
        return err_set(r->err, ERR_INVALID, "JSON, byte %td: it ends where %s is expected", r->p - r->start, wanted);
    unsigned char c = (unsigned char)*r->p;
    const char *format = c > ' ' && c <= '~' ? "JSON, byte %td: '%c' where %s is expected"
                                             : "JSON, byte %td: byte 0x%02x where %s is expected";
    return err_set(r->err, ERR_INVALID, format, r->p - r->start, c, wanted);
}

static int complain_room(struct reader *r)
{
    return err_set(r->err, ERR_TOO_LARGE, "JSON of %td bytes does not fit the memory set aside for it (%zu bytes)",
                   r->end - r->start, r->arena->max);
}

/* ---- the stack of elements ---- */

static int push(struct reader *r, const struct member *m)
{
    if (r->n == r->cap) {
        size_t cap = r->cap ? 2 * r->cap : 64;
        if (cap > r->max)
            cap = r->max;
        struct member *grown = cap > r->n ? realloc(r->stack, cap * sizeof *grown) : NULL;
        if (!grown)
            return complain_room(r);
        r->stack = grown;
        r->cap = cap;
    }
    r->stack[r->n++] = *m;
    return 0;
}

static int close_list(struct reader *r, size_t base, struct value *out)
{
    size_t count = r->n - base;
    *out = value_list(r->arena, (uint32_t)count);
    if (out->count != count)
        return complain_room(r);
    for (size_t i = 0; i < count; i++)
        out->items[i] = r->stack[base + i].value;
    r->n = base;
    return 0;
}

/* By name; of equal names the later member first. */
static int compare_members(const void *a, const void *b)
{
    const struct member *const *x = a, *const *y = b;
    int order = text_compare((*x)->name, (*y)->name);
    return order ? order : (*x < *y) - (*x > *y);
}

/* Empties the name of every member that a later one replaces (p NULL: a JSON name always has a p). Returns how many,
 * or -1 without memory. */
static int mark_replaced_few(struct member *m, size_t count)
{
    int replaced = 0;
    for (size_t i = 0; i < count; i++)
        for (size_t k = i + 1; k < count && m[i].name.p; k++)
            if (text_eq(m[i].name, m[k].name))
                m[i].name.p = NULL, replaced++;
    return replaced;
}

static int mark_replaced(struct member *m, size_t count)
{
    if (count <= FEW_MEMBERS)
        return mark_replaced_few(m, count);
    int replaced = 0;
    struct member **sorted = malloc(count * sizeof *sorted);
    if (!sorted)
        return -1;
    for (size_t i = 0; i < count; i++)
        sorted[i] = &m[i];
    qsort(sorted, count, sizeof *sorted, compare_members);
    for (size_t i = 1, kept = 0; i < count; i++) {
        if (text_eq(sorted[kept]->name, sorted[i]->name))
            sorted[i]->name.p = NULL, replaced++;
        else
            kept = i;
    }
    free(sorted);
    return replaced;
}

/* Closes the gaps; returns how many are left. */
static size_t drop_replaced(struct member *m, size_t count)
{
    size_t kept = 0;
    for (size_t i = 0; i < count; i++)
        if (m[i].name.p)
            m[kept++] = m[i];
    return kept;
}

static int close_map(struct reader *r, size_t base, struct value *out)
{
    size_t count = r->n - base;
    struct member *m = count ? r->stack + base : NULL;
    int replaced = count > 1 ? mark_replaced(m, count) : 0;
    if (replaced < 0)
        return err_set(r->err, ERR_NOMEM, "JSON: out of memory for an object of %zu members", count);
    if (replaced)
        count = drop_replaced(m, count);
    *out = value_map(r->arena, (uint32_t)count);
    if (out->count != count)
        return complain_room(r);
    if (count)
        memcpy(out->members, m, count * sizeof *m);
    r->n = base;
    return 0;
}

/* ---- words, numbers, strings ---- */

static void skip_space(struct reader *r)
{
    while (r->p < r->end && (*r->p == ' ' || *r->p == '\n' || *r->p == '\r' || *r->p == '\t'))
        r->p++;
}

static bool accept(struct reader *r, char c)
{
    if (r->p == r->end || *r->p != c)
        return false;
    r->p++;
    return true;
}

static int read_word(struct reader *r, const char *word, struct value v, struct value *out)
{
    size_t n = strlen(word);
    if ((size_t)(r->end - r->p) < n || memcmp(r->p, word, n) != 0)
        return complain(r, "a value");
    r->p += n;
    *out = v;
    return 0;
}

static bool skip_digits(struct reader *r)
{
    const char *from = r->p;
    while (r->p < r->end && *r->p >= '0' && *r->p <= '9')
        r->p++;
    return r->p > from;
}

static int read_number(struct reader *r, struct value *out)
{
    const char *from = r->p;
    bool integer = true;
    accept(r, '-');
    if (!accept(r, '0') && !skip_digits(r))
        return complain(r, "a digit");
    if (accept(r, '.')) {
        integer = false;
        if (!skip_digits(r))
            return complain(r, "a digit");
    }
    if (accept(r, 'e') || accept(r, 'E')) {
        integer = false;
        if (!accept(r, '+'))
            accept(r, '-');
        if (!skip_digits(r))
            return complain(r, "a digit");
    }
    struct text literal = {from, (size_t)(r->p - from)};
    *out = (struct value){.kind = VALUE_INT};
    if (integer && text_to_i64(literal, &out->integer))
        return 0;
    *out = (struct value){.kind = VALUE_NUMBER, .text = arena_text(r->arena, literal)};
    return 0;
}

static int hex4(const char *p, const char *end)
{
    int code = 0;
    if (end - p < 4)
        return -1;
    for (int i = 0; i < 4; i++) {
        int c = p[i], low = c | 0x20;
        int digit = c >= '0' && c <= '9' ? c - '0' : low >= 'a' && low <= 'f' ? low - 'a' + 10 : -1;
        if (digit < 0)
            return -1;
        code = code << 4 | digit;
    }
    return code;
}

static char *put_utf8(char *out, unsigned code)
{
    if (code < 0x80) {
        *out++ = (char)code;
        return out;
    }
    int more = code < 0x800 ? 1 : code < 0x10000 ? 2 : 3;
    static const unsigned char lead[] = {0, 0xC0, 0xE0, 0xF0};
    *out++ = (char)(lead[more] | code >> 6 * more);
    while (more--)
        *out++ = (char)(0x80 | (code >> 6 * more & 0x3F));
    return out;
}

/* After "\u" at *p. */
static int read_code(struct reader *r, const char **p, const char *end, unsigned *code)
{
    int unit = hex4(*p, end);
    if (unit < 0)
        return complain_at(r, *p, "no four hexadecimal digits after \\u");
    *p += 4;
    *code = (unsigned)unit;
    if (unit < 0xD800 || unit > 0xDFFF)
        return 0;
    int low = unit < 0xDC00 && end - *p >= 6 && (*p)[0] == '\\' && (*p)[1] == 'u' ? hex4(*p + 2, end) : -1;
    *code = 0xFFFD;
    if (low >= 0xDC00 && low <= 0xDFFF) {
        *code = 0x10000u + ((unsigned)(unit - 0xD800) << 10) + (unsigned)(low - 0xDC00);
        *p += 6;
    }
    return 0;
}

static int read_escape(struct reader *r, const char **p, const char *end, char **out)
{
    static const char names[] = "\"\\/bfnrt", bytes[] = "\"\\/\b\f\n\r\t";
    const char *name;
    unsigned code = 0;
    char c = *(*p)++;
    if (c != 'u') {
        if (!c || !(name = strchr(names, c)))
            return complain_at(r, *p - 1, "no such escape");
        *(*out)++ = bytes[name - names];
        return 0;
    }
    int rc = read_code(r, p, end, &code);
    if (!rc)
        *out = put_utf8(*out, code);
    return rc;
}

/* Between the quotes, with escapes; what comes out is never longer than what stands there. */
static int unescape(struct reader *r, const char *p, const char *end, struct text *out)
{
    char *to = arena_alloc(r->arena, (size_t)(end - p) + 1), *at = to;
    if (!to)
        return complain_room(r);
    while (p < end) {
        if (*p != '\\') {
            *at++ = *p++;
            continue;
        }
        p++;
        int rc = read_escape(r, &p, end, &at);
        if (rc)
            return rc;
    }
    *at = '\0';
    *out = (struct text){to, (size_t)(at - to)};
    return 0;
}

static int read_string(struct reader *r, struct text *out)
{
    const char *from = ++r->p;
    bool escaped = false;
    for (; r->p < r->end && *r->p != '"'; r->p++) {
        if ((unsigned char)*r->p < 0x20)
            return complain_at(r, r->p, "a control character within a string");
        if (*r->p == '\\' && r->p + 1 < r->end) {
            escaped = true;
            r->p++;
        }
    }
    if (r->p >= r->end)
        return complain_at(r, from - 1, "a string that does not end");
    const char *end = r->p++;
    if (escaped)
        return unescape(r, from, end, out);
    *out = arena_text(r->arena, (struct text){from, (size_t)(end - from)});
    return 0;
}

/* ---- lists and maps ---- */

/* After an element: 1 when another follows, 0 when `close` came. */
static int another(struct reader *r, char close, const char *wanted)
{
    skip_space(r);
    if (accept(r, ','))
        return 1;
    return accept(r, close) ? 0 : complain(r, wanted);
}

static int read_list(struct reader *r, struct value *out)
{
    size_t base = r->n;
    int rc = 1;
    r->p++;
    skip_space(r);
    if (accept(r, ']'))
        rc = 0;
    while (rc == 1) {
        struct member m = {0};
        rc = read_value(r, &m.value);
        if (!rc)
            rc = push(r, &m);
        if (!rc)
            rc = another(r, ']', "',' or ']'");
    }
    return rc ? rc : close_list(r, base, out);
}

static int read_member(struct reader *r, struct member *m)
{
    skip_space(r);
    if (r->p == r->end || *r->p != '"')
        return complain(r, "a name in quotes");
    int rc = read_string(r, &m->name);
    if (rc)
        return rc;
    skip_space(r);
    return accept(r, ':') ? read_value(r, &m->value) : complain(r, "':'");
}

static int read_map(struct reader *r, struct value *out)
{
    size_t base = r->n;
    int rc = 1;
    r->p++;
    skip_space(r);
    if (accept(r, '}'))
        rc = 0;
    while (rc == 1) {
        struct member m = {0};
        rc = read_member(r, &m);
        if (!rc)
            rc = push(r, &m);
        if (!rc)
            rc = another(r, '}', "',' or '}'");
    }
    return rc ? rc : close_map(r, base, out);
}

static int read_nested(struct reader *r, struct value *out)
{
    if (r->depth == VALUE_DEPTH_MAX)
        return err_set(r->err, ERR_TOO_LARGE, "JSON, byte %td: lists and maps within another are over %d deep",
                       r->p - r->start, VALUE_DEPTH_MAX);
    r->depth++;
    int rc = *r->p == '{' ? read_map(r, out) : read_list(r, out);
    r->depth--;
    return rc;
}

static int read_value(struct reader *r, struct value *out)
{
    skip_space(r);
    switch (r->p < r->end ? *r->p : '\0') {
    case '{':
    case '[':
        return read_nested(r, out);
    case '"':
        *out = (struct value){.kind = VALUE_TEXT};
        return read_string(r, &out->text);
    case 't':
        return read_word(r, "true", value_bool(true), out);
    case 'f':
        return read_word(r, "false", value_bool(false), out);
    case 'n':
        return read_word(r, "null", value_null(), out);
    case '-':
    case '0' ... '9':
        return read_number(r, out);
    }
    return complain(r, "a value");
}

int json_parse(struct arena *a, struct text json, struct value *out, struct err *err)
{
    if (!json.p)
        json.p = "";
    struct reader r = {.arena = a, .start = json.p, .p = json.p, .end = json.p + json.n, .err = err};
    r.max = (a->max - a->used) / sizeof(struct value);
    *out = value_null();
    ptrdiff_t fault = text_utf8_fault(json);
    if (fault >= 0)
        return complain_at(&r, json.p + fault, "no valid UTF-8");
    int rc = read_value(&r, out);
    skip_space(&r);
    if (!rc && r.p != r.end)
        rc = complain(&r, "the end");
    if (!rc && arena_failed(a))
        rc = complain_room(&r);
    free(r.stack);
    return rc;
}
