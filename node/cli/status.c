/* status: asks every process of the node what it sees, and prints it for a person. */
#include "commands.h"

#include <stdio.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/json_text.h"
#include "ask.h"
#include "cli/status_words.h"

struct status {
    const char *config_path;
    bool json;
    struct node_config config;
    struct arena arena;
    struct value all;  /* program -> what it says, null when it does not answer */
    struct value held; /* the router's newest held items, or null */
    int silent;
};

/* ---- asking ---- */

static void ask_one(struct status *s, const char *name)
{
    struct err err = {0};
    struct value v = value_null();
    if (ask(&s->config, name, "/status", &s->arena, &v, &err) < 0) {
        s->silent++;
        if (!s->json)
            printf("%s: does not answer: %s\n", name, err.text);
    }
    value_set(&s->arena, &s->all, text_of(name), v);
}

static void ask_all(struct status *s)
{
    ask_one(s, ASK_ROUTER);
    if (ask(&s->config, ASK_ROUTER, "/held?limit=10", &s->arena, &s->held, &(struct err){0}) < 0)
        s->held = value_null();
    for (size_t i = 0; i < s->config.system_count; i++)
        ask_one(s, s->config.systems[i].name);
}

/* ---- printing ---- */

static void write_words(struct status *s, struct buf *out)
{
    for (uint32_t i = 0; i < s->all.count; i++) {
        const struct member *m = &s->all.members[i];
        if (m->value.kind != VALUE_MAP)
            continue;
        if (text_is(m->name, ASK_ROUTER))
            status_words_router(out, &m->value, &s->held);
        else
            status_words_adapter(out, &m->value);
    }
}

static void print_all(struct status *s)
{
    struct buf out;
    buf_init(&out, 16u << 20);
    if (s->json) {
        json_write(&out, &s->all);
        buf_char(&out, '\n');
    } else {
        write_words(s, &out);
    }
    fputs(buf_cstr(&out), stdout);
    buf_release(&out);
}

/* ---- */

static const char *const status_help =
    "usage: tidegate status [--config FILE] [--json]\n"
    "\n"
    "Asks the router and every adapter what they see: what was read, captured and delivered, what waits, the newest\n"
    "held items and why, what is left of each system's API budget. --json says all of it.\n"
    "Exit code 1 when one of them does not answer.\n";

int command_status(int argc, char **argv)
{
    struct status s = {.config_path = COMMAND_CONFIG};
    const struct command_option options[] = {{"--config", &s.config_path, NULL}, {"--json", NULL, &s.json}, {0}};
    struct err err = {0};
    int rc = command_options(argc, argv, options, status_help, &err);
    if (rc != 0)
        return command_end(rc, "status", &err);
    arena_init(&s.arena, 64u << 20);
    s.all = value_map(&s.arena, 0);
    rc = node_config_load(&s.config, s.config_path, &err);
    if (rc == 0) {
        ask_all(&s);
        print_all(&s);
    }
    node_config_release(&s.config);
    arena_release(&s.arena);
    return rc < 0 ? command_end(rc, "status", &err) : s.silent ? 1 : 0;
}
