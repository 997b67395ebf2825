/* mapping_words: the words of a jq expression, without understanding it: enough to see a name that is read and that
 * nobody gives. */
#include "mapping_lint.h"

struct scanner {
    const char *p;
    int depth;   /* of objects within objects */
    bool result; /* what comes next may be the result */
    bool named;  /* the last word was "def", or a "$" stands before the next */
    jq_word_fn *fn;
    void *ctx;
};

static bool letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static void take_word(struct scanner *s, bool read, bool in_text)
{
    const char *from = s->p;
    while (letter(*s->p) || (*s->p >= '0' && *s->p <= '9'))
        s->p++;
    const char *behind = s->p + strspn(s->p, " \t\r\n");
    struct jq_word w = {.name = {from, (size_t)(s->p - from)},
                        .depth = s->depth,
                        .read = read && !in_text,
                        .key = !read && !in_text && !s->named && *behind == ':' && behind[1] != ':'};
    s->named = text_is(w.name, "def");
    s->result = !read && (text_is(w.name, "then") || text_is(w.name, "else"));
    s->fn(s->ctx, &w);
}

static void scan(struct scanner *s, bool within);

/* Whether a result that stands before p ends there. */
static bool result_ends(const char *p)
{
    static const char *const words[] = {"end", "elif", "else"};
    p += strspn(p, " \t\r\n");
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strncmp(p, words[i], strlen(words[i])) == 0)
            return true;
    return *p == '\0' || *p == ',' || *p == '}';
}

static void scan_text(struct scanner *s)
{
    struct jq_word whole = {.name.p = s->p + 1, .given = s->result};
    for (s->p++; *s->p && *s->p != '"';) {
        whole.given &= *s->p != '\\';
        if (s->p[0] == '\\' && s->p[1] == '(') {
            s->p += 2;
            scan(s, true);
        } else if (s->p[0] == '\\' && s->p[1]) {
            s->p += 2;
        } else if (letter(*s->p)) {
            take_word(s, false, true);
        } else {
            s->p++;
        }
    }
    whole.name.n = (size_t)(s->p - whole.name.p);
    s->p += *s->p == '"';
    if (whole.given && result_ends(s->p))
        s->fn(s->ctx, &whole);
    s->result = false;
}

/* Up to the end of all, or of the brackets that are open. */
static void scan(struct scanner *s, bool within)
{
    for (size_t open = 1; *s->p && (!within || open > 0);) {
        char c = *s->p;
        if (c == '"') {
            scan_text(s);
        } else if (c == '#') {
            s->p += strcspn(s->p, "\n");
        } else if (c == '.' && letter(s->p[1])) {
            s->p++;
            take_word(s, true, false);
        } else if (letter(c)) {
            take_word(s, false, false);
        } else {
            s->depth += c == '{' ? 1 : c == '}' ? -1 : 0;
            open += c == '(' ? 1 : c == ')' ? (size_t)-1 : 0;
            bool space = strchr(" \t\r\n", c) != NULL;
            s->named = c == '$' || (s->named && space);
            s->result = c == ':' || c == '/' || (s->result && space);
            s->p++;
        }
    }
}

void jq_words(const char *expression, jq_word_fn *fn, void *ctx)
{
    struct scanner s = {.p = expression, .fn = fn, .ctx = ctx, .result = true};
    scan(&s, false);
}
