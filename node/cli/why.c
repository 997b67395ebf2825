/* why: "why is this value here?": one record as the router knows it. */
#include "commands.h"

#include <stdio.h>

#include "ask.h"
#include "base/json_text.h"
#include "cli/why_words.h"
#include "edge/http_client.h"

#define ARENA_BYTES (64u << 20)

struct why {
    const char *config_path, *entity, *key, *field;
    bool json;
    struct node_config config;
    struct arena arena;
};

static const char *const why_help =
    "usage: tidegate why ENTITY KEY [FIELD] [--config FILE] [--json]\n"
    "\n"
    "Per field the value, which system set it, when, by which message and rule, and what each system has of it; then what\n"
    "is held about the record. KEY is the record's key (shop:order:1001), SYSTEM:ID, an id in any system, or the value of\n"
    "a field that the rules match by (a SKU, an e-mail address). Personal data is masked.\n";

static int print_record(const struct why *w, const struct value *record, struct err *err)
{
    struct buf out;
    int rc = 0;
    buf_init(&out, ARENA_BYTES);
    if (w->json) {
        json_write(&out, record);
        buf_char(&out, '\n');
    } else if (!why_words(&out, record, w->field)) {
        rc = err_set(err, ERR_NOT_FOUND, "%s %s has no value in a field \"%s\"", w->entity, w->key, w->field);
    }
    if (!rc)
        fputs(buf_cstr(&out), stdout);
    buf_release(&out);
    return rc;
}

static int look(struct why *w, struct err *err)
{
    struct value record;
    int rc = node_config_load(&w->config, w->config_path, err);
    if (rc)
        return rc;
    struct text entity = http_escape(&w->arena, text_of(w->entity)), key = http_escape(&w->arena, text_of(w->key));
    const char *path = arena_printf(&w->arena, "/record?entity=%.*s&key=%.*s", TEXT_ARG(entity), TEXT_ARG(key)).p;
    rc = ask(&w->config, ASK_ROUTER, path, &w->arena, &record, err);
    return rc ? rc : print_record(w, &record, err);
}

int command_why(int argc, char **argv)
{
    struct why w = {.config_path = COMMAND_CONFIG};
    const struct command_option options[] = {{"--config", &w.config_path, NULL}, {"--json", NULL, &w.json}, {0}};
    const char *words[3] = {NULL};
    struct err err = {0};
    int rc = command_words(&argc, argv, options, words, 3, &err);
    if (rc >= 0)
        rc = command_options(argc, argv, options, why_help, &err);
    w.entity = words[0];
    w.key = words[1];
    w.field = words[2];
    if (rc == 0 && !w.key)
        rc = err_set(&err, ERR_INVALID, "which record? tidegate why ENTITY KEY [FIELD]");
    if (rc != 0)
        return command_end(rc, "why", &err);
    arena_init(&w.arena, ARENA_BYTES);
    rc = look(&w, &err);
    node_config_release(&w.config);
    arena_release(&w.arena);
    return command_end(rc, "why", &err);
}
