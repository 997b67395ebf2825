#include "config_scan.h"

#include "config_grammar.h"

struct scanner {
    struct config_scan *to;
    const char *name;
    struct text rest;
    struct err *err;
    struct config_grammar grammar;
    int line, rc;
    bool in_text; /* the last token was a text: one that follows belongs to it */
};

static int fault(struct scanner *s, int line, int code, const char *sentence)
{
    return s->rc = err_set(s->err, code, "%s:%d: %s", s->name, line, sentence);
}

static char peek(const struct scanner *s, size_t ahead)
{
    return ahead < s->rest.n ? s->rest.p[ahead] : '\0';
}

static void skip(struct scanner *s, size_t n)
{
    for (size_t i = 0; i < n; i++)
        s->line += s->rest.p[i] == '\n';
    s->rest = (struct text){s->rest.p + n, s->rest.n - n};
}

static void copy(struct scanner *s, size_t n)
{
    buf_add(&s->to->source, s->rest.p, n);
    skip(s, n);
}

static int token(struct scanner *s, char kind)
{
    int at;
    const char *wrong = config_grammar_take(&s->grammar, kind, s->line, &at);
    if (wrong)
        return fault(s, at, ERR_INVALID, wrong);
    if (kind == TOKEN_TEXT || kind == TOKEN_INT || kind == TOKEN_BOOL)
        buf_add(&s->to->lines, &s->line, sizeof s->line);
    return 0;
}

static bool is_one_of(char c, const char *set)
{
    return c != '\0' && strchr(set, c);
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static void scan_line_comment(struct scanner *s)
{
    const char *end = memchr(s->rest.p, '\n', s->rest.n);
    skip(s, end ? (size_t)(end - s->rest.p) : s->rest.n);
}

static int scan_comment(struct scanner *s)
{
    const char *end = memmem(s->rest.p + 2, s->rest.n - 2, "*/", 2);
    if (!end)
        return fault(s, s->line, ERR_INVALID, "the comment that begins here never ends: */ is missing");
    for (size_t i = 0, n = (size_t)(end - s->rest.p); i < n; i++)
        if (s->rest.p[i] == '\n')
            buf_char(&s->to->source, '\n');
    skip(s, (size_t)(end - s->rest.p) + 2);
    buf_char(&s->to->source, ' ');
    return 0;
}

/* The length of the escape sequence that begins here, or 0 when it is none that all versions read alike. */
static size_t escape_length(const struct scanner *s)
{
    char kind = peek(s, 1);
    if (kind == 'x' || kind == 'X')
        return is_one_of(peek(s, 2), "01234567") && !(peek(s, 2) == '0' && peek(s, 3) == '0') ? 4 : 0;
    return is_one_of(kind, "abv") ? 0 : 2;
}

static int scan_text(struct scanner *s)
{
    int from = s->line;
    if (!s->in_text && token(s, TOKEN_TEXT))
        return s->rc;
    for (copy(s, 1); s->rest.n > 0;) {
        char c = peek(s, 0);
        size_t n = c == '\\' ? escape_length(s) : 1;
        if (n == 0)
            return fault(s, s->line, ERR_INVALID,
                         "libconfig does not know this \\ sequence everywhere: use \\n \\t \\r "
                         "\\f \\\" \\\\ or \\x01 to \\x7F, and \\\\ for a backslash");
        if (n > s->rest.n)
            break;
        copy(s, n);
        if (c == '"')
            return 0;
    }
    return fault(s, from, ERR_INVALID, "the text that begins here never ends: \" is missing");
}

static size_t number_length(const struct scanner *s, bool *is_float)
{
    size_t n = is_one_of(peek(s, 0), "+-");
    bool hex = peek(s, n) == '0' && is_one_of(peek(s, n + 1), "xX");
    *is_float = false;
    for (;; n++) {
        char c = peek(s, n);
        bool exponent = !hex && is_one_of(c, "eE");
        if (c == '.' || exponent)
            *is_float = true;
        else if (!is_digit(c) && !is_letter(c))
            return n;
        if (exponent && is_one_of(peek(s, n + 1), "+-"))
            n++;
    }
}

static int digit_value(char c)
{
    return is_digit(c) ? c - '0' : 10 + ((c | 0x20) - 'a');
}

/* [-+]?digits(L(L)?)? or 0xdigits(L(L)?)?. False when it is none or needs more than 64 bits. */
static bool whole_number(struct text t, int64_t *out)
{
    bool negative = t.n > 0 && t.p[0] == '-';
    size_t i = t.n > 0 && is_one_of(t.p[0], "+-"), end = t.n;
    for (int k = 0; k < 2 && end > i && t.p[end - 1] == 'L'; k++)
        end--;
    int base = end - i > 2 && t.p[i] == '0' && is_one_of(t.p[i + 1], "xX") ? 16 : 10;
    i += base == 16 ? 2 : 0;
    int64_t sum = 0;
    if (i == end)
        return false;
    for (; i < end; i++) {
        int d = digit_value(t.p[i]);
        if (d >= base || __builtin_mul_overflow(sum, base, &sum) ||
            __builtin_add_overflow(sum, negative ? -d : d, &sum))
            return false;
    }
    *out = sum;
    return true;
}

static int scan_number(struct scanner *s)
{
    bool is_float;
    int64_t value;
    size_t n = number_length(s, &is_float);
    if (is_float)
        return fault(s, s->line, ERR_INVALID,
                     "a number with a point or exponent would be rounded: write it as a text, as in \"12.50\"");
    if (!whole_number((struct text){s->rest.p, n}, &value))
        return fault(s, s->line, ERR_INVALID,
                     "this is no whole number between -2^63 and 2^63-1; put anything else in quotes");
    if (token(s, TOKEN_INT))
        return s->rc;
    buf_printf(&s->to->source, "%lldL", (long long)value);
    skip(s, n);
    return 0;
}

static int scan_word(struct scanner *s)
{
    size_t n = 1;
    while (is_letter(peek(s, n)) || is_digit(peek(s, n)) || is_one_of(peek(s, n), "_*-"))
        n++;
    bool boolean =
        (n == 4 && strncasecmp(s->rest.p, "true", n) == 0) || (n == 5 && strncasecmp(s->rest.p, "false", n) == 0);
    if (token(s, boolean ? TOKEN_BOOL : TOKEN_NAME))
        return s->rc;
    copy(s, n);
    return 0;
}

static int scan_mark(struct scanner *s, char c)
{
    if (c == '\0')
        return fault(s, s->line, ERR_INVALID, "a zero byte: this is no text file");
    if (c == '@')
        return fault(s, s->line, ERR_INVALID, "@include is not supported: put the settings into this file");
    if (!is_one_of(c, "=:;,{}()[]"))
        return fault(s, s->line, ERR_INVALID, "a character that means nothing here; a text stands in double quotes");
    if (is_one_of(c, "({[") && s->grammar.depth == CONFIG_DEPTH_MAX)
        return fault(s, s->line, ERR_TOO_LARGE, "more than 32 brackets within one another");
    if (token(s, c))
        return s->rc;
    copy(s, 1);
    return 0;
}

static bool number_begins(const struct scanner *s)
{
    char c = peek(s, 0), next = peek(s, 1);
    return is_digit(c) || (is_one_of(c, "+-.") && is_digit(next)) || (is_one_of(c, "+-") && next == '.');
}

static int scan_token(struct scanner *s)
{
    char c = peek(s, 0);
    if (is_one_of(c, " \t\r\f\n")) {
        copy(s, 1);
        return 0;
    }
    if (c == '#' || (c == '/' && peek(s, 1) == '/')) {
        scan_line_comment(s);
        return 0;
    }
    if (c == '/' && peek(s, 1) == '*')
        return scan_comment(s);
    int rc = 0;
    if (c == '"')
        rc = scan_text(s);
    else if (number_begins(s))
        rc = scan_number(s);
    else if (is_letter(c) || c == '*')
        rc = scan_word(s);
    else
        rc = scan_mark(s, c);
    s->in_text = c == '"';
    return rc;
}

static int line_of(struct text source, ptrdiff_t offset)
{
    int line = 1;
    for (ptrdiff_t i = 0; i < offset; i++)
        line += source.p[i] == '\n';
    return line;
}

int config_scan(struct config_scan *to, const char *name, struct text source, struct err *err)
{
    struct scanner s = {.to = to, .name = name, .rest = source, .err = err, .line = 1};
    buf_init(&to->source, 4 * source.n + 64); /* the longest growth is "1" to "1L" and "0xF…" to decimal */
    buf_init(&to->lines, (source.n + 1) * sizeof(int));
    ptrdiff_t bad = text_utf8_fault(source);
    if (bad >= 0)
        return fault(&s, line_of(source, bad), ERR_INVALID, "a byte that is not UTF-8");
    if (text_starts(s.rest, "\xEF\xBB\xBF"))
        skip(&s, 3);
    while (s.rest.n > 0 && s.rc == 0)
        s.rc = scan_token(&s);
    if (s.rc == 0)
        s.rc = token(&s, TOKEN_END);
    if (s.rc == 0 && (buf_failed(&to->source) || buf_failed(&to->lines)))
        s.rc = err_set(err, ERR_NOMEM, "%s: no memory to read it", name);
    return s.rc;
}

void config_scan_release(struct config_scan *s)
{
    buf_release(&s->source);
    buf_release(&s->lines);
}
