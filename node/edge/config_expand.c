/* What comes from outside is taken as it is: a "${" in a variable's value or in a file means nothing, so a password
 * may have any characters, and no variable can name a file. */
#include "config_expand.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/buf.h"
#include "os.h"

static bool name_valid(struct text t)
{
    for (size_t i = 0; i < t.n; i++) {
        char c = t.p[i];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
        if (!letter && (i == 0 || c < '0' || c > '9'))
            return false;
    }
    return t.n > 0 && t.n < 128;
}

/* inside: what stands between "${" and "}". */
static int add_variable(struct config_node *at, struct text inside, struct buf *out, struct err *err)
{
    struct text name = inside, fallback = {0};
    bool has_fallback = text_split(inside, ':', &name, &fallback) && text_starts(fallback, "-");
    if (!name_valid(name) || (name.n != inside.n && !has_fallback))
        return config_complain(at, err,
                               "write ${NAME} or ${NAME:-default} for a variable of the environment, or "
                               "$${ where the two characters are meant");
    char c_name[128];
    snprintf(c_name, sizeof c_name, "%.*s", TEXT_ARG(name));
    const char *value = getenv(c_name);
    if (value && (value[0] || !has_fallback))
        buf_string(out, value);
    else if (has_fallback)
        buf_add(out, fallback.p + 1, fallback.n - 1);
    else
        return config_complain(at, err, "the environment variable %s is not set; set it, or give a default: ${%s:-…}",
                               c_name, c_name);
    return 0;
}

static int expand_variables(struct config_node *at, struct text raw, struct buf *out, struct err *err)
{
    while (raw.n > 0) {
        const char *mark = memmem(raw.p, raw.n, "${", 2);
        size_t before = mark ? (size_t)(mark - raw.p) : raw.n;
        bool plain = mark && before > 0 && mark[-1] == '$';
        buf_add(out, raw.p, plain ? before - 1 : before);
        if (!mark)
            break;
        raw = (struct text){mark + 2, raw.n - before - 2};
        if (plain) {
            buf_string(out, "${");
            continue;
        }
        struct text inside;
        if (!text_split(raw, '}', &inside, &raw))
            return config_complain(at, err, "a ${ without its }; write $${ where the two characters are meant");
        at->from_outside = true;
        int rc = add_variable(at, inside, out, err);
        if (rc)
            return rc;
    }
    return 0;
}

static int read_secret_file(struct config_node *at, const char *path, struct arena *a, struct err *err)
{
    struct text content;
    path = os_path_beside(a, at->file, path);
    struct err why = {0};
    int rc = os_read_file(a, path, CONFIG_TEXT_MAX, &content, &why);
    if (rc)
        return config_complain(at, err, "%s", why.text);
    if (content.n && memchr(content.p, '\0', content.n))
        return config_complain(at, err, "the file %s has a zero byte: it must be text", path);
    if (content.n && content.p[content.n - 1] == '\n')
        content.n -= content.n > 1 && content.p[content.n - 2] == '\r' ? 2 : 1;
    at->text = arena_string(a, content);
    at->from_outside = true;
    return 0;
}

static int keep(struct config_node *at, struct buf *out, struct arena *a, struct err *err)
{
    if (buf_failed(out))
        return config_complain(at, err, "the text is longer than %d bytes", CONFIG_TEXT_MAX);
    at->text = arena_string(a, buf_view(out));
    return 0;
}

int config_expand(struct config_node *at, const char *raw, struct arena *a, struct err *err)
{
    struct buf out;
    buf_init(&out, CONFIG_TEXT_MAX);
    int rc = expand_variables(at, text_of(raw), &out, err);
    if (rc == 0)
        rc = keep(at, &out, a, err);
    buf_release(&out);
    if (rc == 0 && strncmp(raw, "@file:", 6) == 0)
        rc = read_secret_file(at, at->text + 6, a, err);
    if (rc == 0 && text_utf8_fault(text_of(at->text)) >= 0)
        rc = config_complain(at, err, "the text is not valid UTF-8");
    return rc;
}
