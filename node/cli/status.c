/* status: asks every process of the node what it sees, and prints it for a person. A process is found by the address
 * that it wrote below data/ports. */
#include "commands.h"

#include <stdio.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/json_text.h"
#include "cli/status_words.h"
#include "edge/http_client.h"
#include "edge/json.h"
#include "edge/loop.h"
#include "edge/node_config.h"
#include "edge/os.h"

#define TIMEOUT_MS 3000
#define ROUTER "router" /* no system has this name */

struct status {
    const char *config_path;
    bool json;
    struct node_config config;
    struct arena arena;
    struct loop *loop;
    struct http_client *client;
    struct value all;  /* program -> what it says, null when it does not answer */
    struct value held; /* the router's newest held items, or null */
    int silent;
};

/* ---- asking ---- */

static int get(struct status *s, const char *name, const char *path, struct value *out, struct err *err)
{
    struct text address;
    const char *file = arena_printf(&s->arena, "%s/ports/%s", s->config.data, name).p;
    int rc = os_read_file(&s->arena, file, 256, &address, err);
    if (rc < 0)
        return err_set(err, ERR_NOT_FOUND, "not started (there is no %s)", file);
    while (address.n && address.p[address.n - 1] == '\n')
        address.n--;
    struct http_request r = {.method = "GET", .timeout_ms = TIMEOUT_MS};
    struct http_response answer;
    r.url = arena_printf(&s->arena, "http://%.*s%s", TEXT_ARG(address), path).p;
    rc = http_send(s->client, &r, &s->arena, &answer, err);
    return rc < 0 ? rc : json_parse(&s->arena, answer.body, out, err);
}

static void ask(struct status *s, const char *name)
{
    struct err err = {0};
    struct value v = value_null();
    if (get(s, name, "/status", &v, &err) < 0) {
        s->silent++;
        if (!s->json)
            printf("%s: does not answer: %s\n", name, err.text);
    }
    value_set(&s->arena, &s->all, text_of(name), v);
}

static void ask_all(void *arg)
{
    struct status *s = arg;
    ask(s, ROUTER);
    if (get(s, ROUTER, "/held?limit=10", &s->held, &(struct err){0}) < 0)
        s->held = value_null();
    for (size_t i = 0; i < s->config.system_count; i++)
        ask(s, s->config.systems[i].name);
    loop_stop(s->loop);
}

/* ---- printing ---- */

static void write_words(struct status *s, struct buf *out)
{
    for (uint32_t i = 0; i < s->all.count; i++) {
        const struct member *m = &s->all.members[i];
        if (m->value.kind != VALUE_MAP)
            continue;
        if (text_is(m->name, ROUTER))
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

static int ask_and_print(struct status *s, struct err *err)
{
    int rc = node_config_load(&s->config, s->config_path, err);
    if (rc == 0)
        rc = loop_new(&s->loop, err);
    if (rc == 0)
        rc = http_client_new(&s->client, s->loop, &(struct http_client_settings){.user_agent = "tidegate"}, err);
    if (rc == 0)
        rc = task_start(s->loop, ask_all, s, err);
    if (rc == 0)
        rc = loop_run(s->loop, err);
    if (rc == 0)
        print_all(s);
    return rc;
}

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
    rc = ask_and_print(&s, &err);
    if (s.client)
        http_client_free(s.client);
    if (s.loop)
        loop_free(s.loop);
    node_config_release(&s.config);
    arena_release(&s.arena);
    return rc < 0 ? command_end(rc, "status", &err) : s.silent ? 1 : 0;
}
