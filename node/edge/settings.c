/* Reading settings by name and type: one by one, or a struct's worth by its table. Complaints name the setting, the
 * type that it must have and the type that it has, never its value. */
#include "config.h"

#include <assert.h>

#include "base/buf.h"
#include "base/nearest.h"
#include "base/url.h"
#include "node_config.h"
#include "os.h"

static const char *kind_words(enum config_kind kind)
{
    static const char *const words[] = {"a text", "a whole number", "true or false", "a list", "a group"};
    return words[kind];
}

static int complain_type(const struct config_node *at, const char *must, struct err *err)
{
    if (at->kind == CONFIG_TEXT && at->from_outside)
        return config_complain(at, err, "\"%s\" must be %s, but what the environment or the file gives is none",
                               at->name, must);
    return config_complain(at, err, "\"%s\" must be %s, but it is %s", at->name, must, kind_words(at->kind));
}

static int read_text(const struct config_node *at, const char **out, struct err *err)
{
    if (at->kind != CONFIG_TEXT)
        return complain_type(at, "a text in quotes", err);
    *out = at->text;
    return 0;
}

static int read_int(const struct config_node *at, int64_t *out, struct err *err)
{
    if (at->kind == CONFIG_INT)
        *out = at->integer;
    else if (at->kind != CONFIG_TEXT || !at->from_outside || !text_to_i64(text_of(at->text), out))
        return complain_type(at, "a whole number", err);
    return 0;
}

static bool text_to_bool(const char *s, bool *out)
{
    *out = strcasecmp(s, "true") == 0;
    return *out || strcasecmp(s, "false") == 0;
}

static int read_bool(const struct config_node *at, bool *out, struct err *err)
{
    bool value = at->boolean;
    if (at->kind != CONFIG_BOOL && (at->kind != CONFIG_TEXT || !at->from_outside || !text_to_bool(at->text, &value)))
        return complain_type(at, "true or false", err);
    *out = value;
    return 0;
}

int config_text(const struct config_node *group, const char *name, const char **out, struct err *err)
{
    const struct config_node *at = config_get(group, name);
    return at ? read_text(at, out, err) : 0;
}

int config_int(const struct config_node *group, const char *name, int64_t *out, struct err *err)
{
    const struct config_node *at = config_get(group, name);
    return at ? read_int(at, out, err) : 0;
}

int config_bool(const struct config_node *group, const char *name, bool *out, struct err *err)
{
    const struct config_node *at = config_get(group, name);
    return at ? read_bool(at, out, err) : 0;
}

static int complain_unknown(const struct config_node *at, const char *const *names, struct err *err)
{
    char hint[NEAREST_HINT_MAX];
    struct nearest meant = nearest_to(text_of(at->name));
    nearest_look_all(&meant, names);
    if (meant.name.n)
        return config_complain(at, err, "unknown setting \"%s\"%s", at->name, nearest_hint(&meant, hint));
    struct buf known;
    buf_init(&known, sizeof err->text);
    for (const char *const *name = names; *name; name++)
        buf_printf(&known, "%s%s", name == names ? "" : ", ", *name);
    int rc = config_complain(at, err, "unknown setting \"%s\"; known here: %.*s", at->name, TEXT_ARG(buf_view(&known)));
    buf_release(&known);
    return rc;
}

int config_range(const struct config_node *group, const char *name, int64_t value, int64_t least, int64_t most,
                 struct err *err)
{
    const struct config_node *at = config_get(group, name);
    if (value >= least && value <= most)
        return 0;
    return config_complain(at ? at : group, err, "\"%s\" must be from %lld to %lld", name, (long long)least,
                           (long long)most);
}

static bool is_pair(const struct config_node *n)
{
    return n->kind == CONFIG_LIST && n->count == 2 && n->children[0].kind == CONFIG_TEXT &&
           n->children[1].kind == CONFIG_TEXT && n->children[0].text[0];
}

int config_pairs(const struct config_node *group, const char *name, const char *form, struct config_pair *out,
                 size_t max, size_t *count, struct err *err)
{
    const struct config_node *list = config_get(group, name);
    *count = 0;
    if (!list)
        return 0;
    if (list->kind != CONFIG_LIST)
        return config_complain(list, err, "\"%s\" must be a list of pairs: ( %s, … )", name, form);
    for (size_t i = 0; i < list->count; i++) {
        const struct config_node *at = &list->children[i];
        if (!is_pair(at))
            return config_complain(at, err, "\"%s\" is a list of pairs, each %s", name, form);
        if (i == max)
            return config_complain(at, err, "\"%s\" has more than %zu pairs", name, max);
        for (size_t k = 0; k < i; k++)
            if (strcmp(out[k].first, at->children[0].text) == 0)
                return config_complain(at, err, "\"%s\" has a pair for \"%s\" already", name, out[k].first);
        out[i] = (struct config_pair){at, at->children[0].text, at->children[1].text};
        *count = i + 1;
    }
    return 0;
}

static bool is_among(const char *name, const char *const *names)
{
    for (; *names; names++)
        if (strcmp(name, *names) == 0)
            return true;
    return false;
}

int config_only(const struct config_node *group, const char *const *names, struct err *err)
{
    for (size_t i = 0; i < group->count; i++)
        if (group->children[i].name && !is_among(group->children[i].name, names))
            return complain_unknown(&group->children[i], names, err);
    return 0;
}

static size_t count_names(const char *const *names)
{
    size_t n = 0;
    while (names && names[n])
        n++;
    return n;
}

static int refuse_others(const struct config_node *group, const struct setting *table, const char *const *also,
                         struct arena *a, struct err *err)
{
    size_t own = 0, others = count_names(also);
    while (table[own].name)
        own++;
    const char **names = arena_alloc(a, (own + others + 1) * sizeof *names);
    if (!names)
        return config_complain(group, err, "no memory to read the settings");
    for (size_t i = 0; i < own; i++)
        names[i] = table[i].name;
    for (size_t i = 0; i < others; i++)
        names[own + i] = also[i];
    return config_only(group, names, err);
}

static int read_list(const struct config_node *at, struct arena *a, const char ***out, struct err *err)
{
    if (at->kind != CONFIG_LIST)
        return complain_type(at, "a list of texts: [\"…\", \"…\"]", err);
    const char **list = arena_alloc(a, (at->count + 1) * sizeof *list);
    if (!list)
        return config_complain(at, err, "no memory to read \"%s\"", at->name);
    for (size_t i = 0; i < at->count; i++) {
        if (at->children[i].kind != CONFIG_TEXT)
            return config_complain(&at->children[i], err, "\"%s\" must be a list of texts, but one element is %s",
                                   at->name, kind_words(at->children[i].kind));
        list[i] = at->children[i].text;
    }
    *out = list;
    return 0;
}

/* What is called must be verified, except on this machine (docs/security.md). */
static const char *url_fault(const char *text)
{
    struct url url;
    const char *fault = url_split(text_of(text), &url);
    if (fault)
        return fault;
    bool plain = text_is(url.scheme, "http");
    if (!plain && !text_is(url.scheme, "https"))
        return "its scheme is neither https nor http";
    if (plain && !url_host_is_loopback(url.host))
        return "plain http:// is for 127.0.0.1, [::1] and localhost alone; use https://";
    if (url.user.n)
        return "a user before the host is not sent: leave it and its @ away";
    if (url.path.n && memchr(url.path.p, '?', url.path.n))
        return "there is a ? in it: leave it and what follows away";
    if (url.path.n && memchr(url.path.p, '#', url.path.n))
        return "there is a # in it: leave it and what follows away";
    return url.path.n && url.path.p[url.path.n - 1] == '/' ? "leave the / at its end away" : NULL;
}

static int read_url(const struct config_node *at, bool standin, const char **out, struct err *err)
{
    char hint[NEAREST_HINT_MAX];
    int rc = read_text(at, out, err);
    if (rc || !(*out)[0] || (standin && strcmp(*out, NODE_URL_STANDIN) == 0))
        return rc;
    const char *fault = url_fault(*out);
    struct nearest meant = nearest_to(text_of(*out));
    if (standin)
        nearest_look(&meant, text_of(NODE_URL_STANDIN));
    return fault ? config_complain(at, err, "\"%s\" must be an address such as https://shop.example.com, but %s%s",
                                   at->name, fault, nearest_hint(&meant, hint))
                 : 0;
}

static int read_address(const struct config_node *at, const char **out, struct err *err)
{
    int rc = read_text(at, out, err);
    const char *fault = rc ? NULL : url_address_fault(text_of(*out));
    return fault ? config_complain(at, err, "\"%s\" must be an address to listen on, such as 127.0.0.1:8080, but %s",
                                   at->name, fault)
                 : rc;
}

static int read_file_name(const struct config_node *at, struct arena *a, const char **out, struct err *err)
{
    struct err why = {0};
    int rc = read_text(at, out, err);
    if (rc || !(*out)[0])
        return rc;
    *out = os_path_beside(a, at->file, *out);
    if (os_check_readable(*out, false, &why))
        return config_complain(at, err, "\"%s\": %s", at->name, why.text);
    return 0;
}

static int read_setting(const struct config_node *at, const struct setting *s, struct arena *a, void *field,
                        struct err *err)
{
    switch (s->type) {
    case SETTING_TEXT:
    case SETTING_SECRET:
        return read_text(at, field, err);
    case SETTING_INT:
        return read_int(at, field, err);
    case SETTING_BOOL:
        return read_bool(at, field, err);
    case SETTING_LIST:
        return read_list(at, a, field, err);
    case SETTING_URL:
    case SETTING_SYSTEM_URL:
        return read_url(at, s->type == SETTING_SYSTEM_URL, field, err);
    case SETTING_ADDRESS:
        return read_address(at, field, err);
    case SETTING_FILE:
        return read_file_name(at, a, field, err);
    }
    return 0;
}

/* The fallback as if it stood in the file; a list's is its texts with commas between them. */
static void use_fallback(const struct setting *s, struct arena *a, void *field)
{
    struct config_node as_text = {.kind = CONFIG_TEXT, .text = s->fallback, .from_outside = true, .name = s->name};
    if (s->type != SETTING_LIST) {
        int rc = read_setting(&as_text, s, a, field, NULL);
        assert(rc == 0); /* the table is wrong */
        (void)rc;
        return;
    }
    struct text rest = text_of(s->fallback), head;
    const char **list = arena_alloc(a, (rest.n + 2) * sizeof *list);
    size_t n = 0;
    while (list && text_split(rest, ',', &head, &rest))
        list[n++] = arena_string(a, head);
    if (list && rest.n)
        list[n] = arena_string(a, rest);
    *(const char ***)field = list;
}

int settings_read(const struct config_node *group, const struct setting *table, const char *const *also,
                  struct arena *a, void *out, struct err *err)
{
    if (group->kind != CONFIG_GROUP)
        return complain_type(group, "a group: { … }", err);
    int rc = refuse_others(group, table, also, a, err);
    for (const struct setting *s = table; rc == 0 && s->name; s++) {
        const struct config_node *at = config_get(group, s->name);
        void *field = (char *)out + s->offset;
        if (at)
            rc = read_setting(at, s, a, field, err);
        else if (s->fallback)
            use_fallback(s, a, field);
        else
            rc = config_complain(group, err, "the setting \"%s\" is missing: %s", s->name, s->help ? s->help : "");
    }
    return rc;
}
