/* held: what was set aside and why, grouped by its cause. */
#include "commands.h"

#include <stdio.h>

#include "ask.h"
#include "base/json_text.h"
#include "cli/held_words.h"

#define ARENA_BYTES (256u << 20)
#define NEWEST "2000"
#define SHOWN 5        /* items of a group, unless --all */

static const char *const held_help =
    "usage: tidegate held [--config FILE] [--reason R] [--entity E] [--system S] [--all] [--json]\n"
    "\n"
    "What was set aside and why (docs/operations.md, \"Held items\"), grouped by cause, the newest first: how many, and the\n"
    "newest five of each, or --all. Of the newest " NEWEST ". `tidegate why` shows one record with what is held about it.\n";

struct held {
    const char *config_path;
    struct held_filter filter;
    bool all, json;
    struct node_config config;
    struct arena arena;
};

static void print_held(const struct held *h, const struct value *held)
{
    struct buf out;
    buf_init(&out, ARENA_BYTES);
    if (h->json) {
        json_write(&out, held);
        buf_char(&out, '\n');
    } else if (held_words(&out, held, &h->filter, h->all ? SIZE_MAX : SHOWN) == 0) {
        buf_string(&out, "nothing is held\n");
    }
    fputs(buf_cstr(&out), stdout);
    buf_release(&out);
}

int command_held(int argc, char **argv)
{
    struct held h = {.config_path = COMMAND_CONFIG};
    const struct command_option options[] = {{"--config", &h.config_path, NULL},   {"--reason", &h.filter.reason, NULL},
                                             {"--entity", &h.filter.entity, NULL}, {"--system", &h.filter.system, NULL},
                                             {"--all", NULL, &h.all},              {"--json", NULL, &h.json},
                                             {0}};
    struct err err = {0};
    struct value held;
    int rc = command_options(argc, argv, options, held_help, &err);
    if (rc)
        return command_end(rc, "held", &err);
    arena_init(&h.arena, ARENA_BYTES);
    rc = node_config_load(&h.config, h.config_path, &err);
    if (!rc)
        rc = ask(&h.config, ASK_ROUTER, "/held?limit=" NEWEST, &h.arena, &held, &err);
    if (!rc)
        print_held(&h, &held);
    node_config_release(&h.config);
    arena_release(&h.arena);
    return command_end(rc, "held", &err);
}
