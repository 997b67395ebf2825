/* check: proves what a node is configured to do before it runs: the configuration, the entity files, the rules, and
 * each system's settings and mapping; prints who sets what and who gets it. */
#include "commands.h"

#include <stdio.h>

#include "base/buf.h"
#include "base/nearest.h"
#include "describe.h"
#include "edge/config.h"
#include "edge/node_config.h"
#include "edge/os.h"
#include "proto/schema.h"
#include "router/rules.h"

#define SYSTEMS_MAX RULES_SYSTEMS_MAX

struct check {
    const char *config_path;
    bool markdown;
    struct node_config config;
    struct arena arena;
    struct schema *schema;
    struct rules *rules;
    const char *names[SYSTEMS_MAX];
    struct text described[SYSTEMS_MAX]; /* empty: the program could not say */
    struct buf complaints;
    int failures;
};

static void complain(struct check *c, const char *words)
{
    fprintf(stderr, "%s\n", words);
    c->failures++;
}

/* ---- what systems can do ---- */

static int system_index(const struct check *c, const char *name)
{
    for (size_t i = 0; i < c->config.system_count; i++)
        if (strcmp(name, c->names[i]) == 0)
            return (int)i;
    return -1;
}

static bool says(void *ctx, const char *system, const char *word1, const char *entity, struct text word3)
{
    struct check *c = ctx;
    int i = system_index(c, system);
    return i < 0 || !c->described[i].n || describe_has(c->described[i], word1, entity, word3);
}

static bool delivers(void *ctx, const char *system, const char *entity)
{
    return says(ctx, system, "entity", entity, text_of("delivered"));
}

static bool captures(void *ctx, const char *system, const char *entity)
{
    return says(ctx, system, "entity", entity, text_of("captured"));
}

static bool writes(void *ctx, const char *system, const char *entity, struct text field)
{
    return says(ctx, system, "writes", entity, field);
}

static bool reads(void *ctx, const char *system, const char *entity, struct text field)
{
    return says(ctx, system, "reads", entity, field);
}

/* The adapters are the programs beside this one. */
static const char *adapter_hint(struct check *c, const char *adapter)
{
    static const char prefix[] = "tidegate-";
    const char **names = NULL;
    size_t count = 0;
    char hint[NEAREST_HINT_MAX];
    struct nearest meant = nearest_to(text_of(adapter));
    if (os_list(&c->arena, os_program_folder(&c->arena), "", &names, &count, NULL) < 0)
        return "";
    for (size_t i = 0; i < count; i++)
        if (text_starts(text_of(names[i]), prefix) && strcmp(names[i], "tidegate-router") != 0)
            nearest_look(&meant, text_of(names[i] + sizeof prefix - 1));
    return arena_string(&c->arena, text_of(nearest_hint(&meant, hint)));
}

static void describe_systems(struct check *c)
{
    for (size_t i = 0; i < c->config.system_count; i++) {
        const struct node_system *s = &c->config.systems[i];
        struct err err = {0};
        const char *program = arena_printf(&c->arena, "%s/tidegate-%s", os_program_folder(&c->arena), s->adapter).p;
        if (!os_exists(program)) {
            config_complain(config_get(s->node, "adapter"), &err,
                            "system \"%s\": there is no adapter \"%s\"%s (no program %s)", s->name, s->adapter,
                            adapter_hint(c, s->adapter), program);
            complain(c, err.text);
        } else if (describe_run(program, c->config_path, s->name, &c->arena, &c->described[i], &err) < 0) {
            c->described[i] = (struct text){0};
            complain(c, err.text);
        }
    }
}

/* ---- */

static void print_complaints(struct check *c)
{
    struct text rest = buf_view(&c->complaints), line;
    while (text_split(rest, '\n', &line, &rest))
        complain(c, arena_string(&c->arena, line));
    buf_reset(&c->complaints);
}

static int load(struct check *c, struct err *err)
{
    int rc = node_config_load(&c->config, c->config_path, err);
    if (rc < 0)
        return rc;
    for (size_t i = 0; i < c->config.system_count && i < SYSTEMS_MAX; i++)
        c->names[i] = c->config.systems[i].name;
    rc = schema_load(&c->schema, c->config.entity_folders, c->config.entity_folder_count, err);
    if (rc == 0)
        rc = node_config_check_rules(&c->config, err);
    if (rc < 0)
        return rc;
    rc = rules_load(&c->rules, c->config.rules, c->schema, c->names, c->config.system_count, &c->complaints, err);
    if (rc < 0 && c->complaints.n) {
        print_complaints(c);
        return 1;
    }
    return rc;
}

static void prove(struct check *c)
{
    struct rules_capabilities can = {.delivers = delivers, .captures = captures, .writes = writes, .reads = reads, .ctx = c};
    struct err err = {0};
    describe_systems(c);
    if (rules_check(c->rules, &can, &c->complaints, &err) < 0 && !c->complaints.n)
        complain(c, err.text);
    print_complaints(c);
}

static void print_table(struct check *c)
{
    struct buf table;
    buf_init(&table, 1u << 20);
    rules_table(c->rules, c->markdown, &table);
    printf("%.*s", TEXT_ARG(buf_view(&table)));
    buf_release(&table);
}

static void release(struct check *c)
{
    rules_free(c->rules);
    schema_free(c->schema);
    buf_release(&c->complaints);
    node_config_release(&c->config);
    arena_release(&c->arena);
}

static void check_init(struct check *c, const char *config_path)
{
    *c = (struct check){.config_path = config_path};
    arena_init(&c->arena, 16u << 20);
    buf_init(&c->complaints, RULES_COMPLAINTS_MAX);
}

/* True when the rules could be read, so that there is a table to print. */
static bool run(struct check *c)
{
    struct err err = {0};
    int rc = load(c, &err);
    if (rc < 0)
        complain(c, err.text);
    if (rc == 0)
        prove(c);
    return rc == 0;
}

int command_complaints(const char *config_path)
{
    struct check c;
    check_init(&c, config_path);
    run(&c);
    int failures = c.failures;
    release(&c);
    return failures;
}

static const char *const check_help =
    "usage: tidegate check [--config FILE] [--markdown]\n"
    "\n"
    "Reads the configuration, the entity files, the rules and every system's settings and mapping, proves that they "
    "fit\n"
    "together, and prints which system sets what and which gets it (--markdown: the table for a page). Complaints name file\n"
    "and line. Exit code 1 when there is one.\n";

int command_check(int argc, char **argv)
{
    const char *config_path = COMMAND_CONFIG;
    bool markdown = false;
    struct check c;
    const struct command_option options[] = {{"--config", &config_path, NULL}, {"--markdown", NULL, &markdown}, {0}};
    struct err err = {0};
    int rc = command_options(argc, argv, options, check_help, &err);
    if (rc != 0)
        return command_end(rc, "check", &err);
    check_init(&c, config_path);
    c.markdown = markdown;
    if (run(&c))
        print_table(&c);
    if (c.failures)
        fprintf(stderr, "%d complaint%s\n", c.failures, c.failures == 1 ? "" : "s");
    else
        fprintf(markdown ? stderr : stdout, "\nno complaint: %s\n", c.config_path);
    int code = c.failures ? 1 : 0;
    release(&c);
    return code;
}
