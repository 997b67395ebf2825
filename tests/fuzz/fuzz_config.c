/* A configuration from memory: whatever the text, there is a tree within its bounds or a complaint that names the file,
 * and reading settings from that tree by a table is safe. */
#include <stdlib.h>

#include "edge/config.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool truth)
{
    if (!truth)
        abort();
}

static void walk(const struct config_node *node, bool named, int depth)
{
    must(depth <= 33 && node->line >= 1 && text_is(text_of(node->file), "fuzz.cfg"));
    must((node->name != NULL) == named);
    if (node->kind == CONFIG_TEXT)
        must(text_utf8_fault(text_of(node->text)) == -1);
    if (node->kind != CONFIG_LIST && node->kind != CONFIG_GROUP)
        must(node->count == 0);
    for (size_t i = 0; i < node->count; i++) {
        walk(&node->children[i], node->kind == CONFIG_GROUP, depth + 1);
        if (node->kind == CONFIG_GROUP)
            must(config_get(node, node->children[i].name) == &node->children[i]); /* no name twice */
    }
}

struct settings {
    const char *text, *secret, **list;
    int64_t integer;
    bool boolean;
};

static const struct setting table[] = {
    {"text", SETTING_TEXT, "none", offsetof(struct settings, text), ""},
    {"secret", SETTING_SECRET, "", offsetof(struct settings, secret), ""},
    {"list", SETTING_LIST, "a,b", offsetof(struct settings, list), ""},
    {"integer", SETTING_INT, "7", offsetof(struct settings, integer), ""},
    {"boolean", SETTING_BOOL, "true", offsetof(struct settings, boolean), ""},
    {0},
};

static void try_settings(const struct config_node *root)
{
    struct arena arena;
    struct settings out = {0};
    struct err err = {0};
    arena_init(&arena, 1 << 20);
    if (settings_read(root, table, NULL, &arena, &out, &err) == 0)
        must(out.text && out.secret && out.list);
    else
        must(err.code == ERR_INVALID && text_starts(text_of(err.text), "fuzz.cfg:"));
    arena_release(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct config *config;
    struct err err = {0};
    if (size > 8192)
        return 0;
    int rc = config_parse(&config, "fuzz.cfg", (struct text){(const char *)data, size}, &err);
    must((rc == 0) == (config != NULL));
    if (rc) {
        must(err.code == rc && text_starts(text_of(err.text), "fuzz.cfg:"));
        return 0;
    }
    walk(config_root(config), false, 0);
    try_settings(config_root(config));
    config_free(config);
    return 0;
}
