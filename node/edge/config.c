/* libconfig's tree is copied once into nodes of our own and let go; everything that may be wrong with a text is said
 * then. config_scan looks at the source first (see there for what
 * libconfig would let pass), so that libconfig has little left to complain of. */
#include "config.h"

#include <libconfig.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "config_expand.h"
#include "config_scan.h"
#include "os.h"

enum { source_max = 1 << 20, memory_max = 32 << 20 };

struct config {
    struct arena arena;
    struct config_node root;
};

struct copier {
    struct arena *arena;
    const char *file;
    const int *lines; /* of the scalars, in the text's order, where config_scan saw them */
    size_t line_count, next_line;
    struct err *err;
};

static int copy_setting(struct copier *c, const config_setting_t *from, struct config_node *to);

static int copy_children(struct copier *c, const config_setting_t *from, struct config_node *to)
{
    to->kind = config_setting_type(from) == CONFIG_TYPE_GROUP ? CONFIG_GROUP : CONFIG_LIST;
    to->count = (size_t)config_setting_length(from);
    to->children = arena_alloc(c->arena, to->count * sizeof *to->children);
    for (size_t i = 0; to->children && i < to->count; i++) {
        int rc = copy_setting(c, config_setting_get_elem(from, (unsigned)i), &to->children[i]);
        if (rc)
            return rc;
    }
    return 0;
}

static int copy_scalar(struct copier *c, const config_setting_t *from, struct config_node *to)
{
    if (c->next_line < c->line_count)
        to->line = c->lines[c->next_line++];
    switch (config_setting_type(from)) {
    case CONFIG_TYPE_STRING:
        to->kind = CONFIG_TEXT;
        return config_expand(to, config_setting_get_string(from), c->arena, c->err);
    case CONFIG_TYPE_INT:
    case CONFIG_TYPE_INT64:
        to->kind = CONFIG_INT;
        to->integer = config_setting_get_int64(from);
        return 0;
    case CONFIG_TYPE_BOOL:
        to->kind = CONFIG_BOOL;
        to->boolean = config_setting_get_bool(from);
        return 0;
    default:
        return config_complain(to, c->err, "a value that is neither text, whole number, true, false, list nor group");
    }
}

static int copy_setting(struct copier *c, const config_setting_t *from, struct config_node *to)
{
    const char *name = config_setting_name(from);
    to->name = name ? arena_string(c->arena, text_of(name)) : NULL;
    to->file = c->file;
    to->line = (int)config_setting_source_line(from);
    return config_setting_is_aggregate(from) ? copy_children(c, from, to) : copy_scalar(c, from, to);
}

static int complain_syntax(const config_t *parsed, const char *name, struct err *err)
{
    const char *why = config_error_text(parsed);
    if (strstr(why, "duplicate"))
        why = "this setting is given a second time in the same group";
    return err_set(err, ERR_INVALID, "%s:%d: %s", name, config_error_line(parsed), why);
}

static int parse(struct config *c, const char *name, struct config_scan *scan, struct err *err)
{
    config_t parsed;
    config_init(&parsed);
    struct copier copier = {.arena = &c->arena,
                            .file = arena_string(&c->arena, text_of(name)),
                            .lines = (const int *)(const void *)scan->lines.p,
                            .line_count = scan->lines.n / sizeof(int),
                            .err = err};
    int rc;
    if (!config_read_string(&parsed, buf_cstr(&scan->source)))
        rc = complain_syntax(&parsed, name, err);
    else
        rc = copy_setting(&copier, config_root_setting(&parsed), &c->root);
    config_destroy(&parsed);
    c->root.line = 1;
    if (rc == 0 && arena_failed(&c->arena))
        rc = err_set(err, ERR_TOO_LARGE, "%s: too many settings", name);
    return rc;
}

int config_parse(struct config **out, const char *name, struct text source, struct err *err)
{
    *out = NULL;
    if (source.n > source_max)
        return err_set(err, ERR_TOO_LARGE, "%s: larger than %d bytes", name, source_max);
    struct config *c = calloc(1, sizeof *c);
    if (!c)
        return err_set(err, ERR_NOMEM, "%s: no memory to read it", name);
    arena_init(&c->arena, memory_max);
    struct config_scan scan;
    int rc = config_scan(&scan, name, source, err);
    if (rc == 0)
        rc = parse(c, name, &scan, err);
    config_scan_release(&scan);
    if (rc)
        config_free(c);
    else
        *out = c;
    return rc;
}

int config_load(struct config **out, const char *path, struct err *err)
{
    struct arena arena;
    struct text source;
    *out = NULL;
    arena_init(&arena, 2 * source_max);
    int rc = os_read_file(&arena, path, source_max, &source, err);
    if (rc == 0)
        rc = config_parse(out, path, source, err);
    arena_release(&arena);
    return rc;
}

void config_free(struct config *c)
{
    if (!c)
        return;
    arena_release(&c->arena);
    free(c);
}

const struct config_node *config_root(const struct config *c)
{
    return &c->root;
}

const struct config_node *config_get(const struct config_node *group, const char *name)
{
    if (group->kind != CONFIG_GROUP)
        return NULL;
    for (size_t i = 0; i < group->count; i++)
        if (strcmp(group->children[i].name, name) == 0)
            return &group->children[i];
    return NULL;
}

int config_complain(const struct config_node *at, struct err *err, const char *format, ...)
{
    char sentence[sizeof err->text];
    va_list args;
    va_start(args, format);
    if (vsnprintf(sentence, sizeof sentence, format, args) < 0)
        sentence[0] = '\0';
    va_end(args);
    return err_set(err, ERR_INVALID, "%s:%d: %s", at->file, at->line, sentence);
}
