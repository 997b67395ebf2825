/* host: main() of every adapter program: put together, run, take apart. */
#include "host.h"

#include <assert.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include "describe.h"
#include "edge/os.h"
#include "edge/topology.h"
#include "status.h"
#include "webhook.h"

#define ARENA_MAX (8u << 20)
#define STOP_LOOK_MS 20
#define RESTS 3
#define TRIM_MS 30000

int64_t host_backoff_ms(struct host *h, unsigned attempt, int64_t max_ms)
{
    int64_t ms = attempt < 20 ? 250LL << attempt : max_ms;
    if (ms > max_ms)
        ms = max_ms;
    return ms - ms / 5 + (int64_t)(loop_random(h->loop) % (uint64_t)(2 * (ms / 5) + 1));
}

/* Sleeps in steps, so that a stop is heard soon. */
bool host_sleep(struct host *h, int64_t ms)
{
    int64_t until_us = loop_uptime_us(h->loop) + ms * 1000;
    while (!h->stopping) {
        int64_t left_ms = (until_us - loop_uptime_us(h->loop) + 999) / 1000;
        if (left_ms <= 0)
            return true;
        task_sleep(h->loop, left_ms < 500 ? left_ms : 500);
    }
    return false;
}

const struct adapter_entity *host_entity(const struct host *h, struct text name)
{
    for (const struct adapter_entity *e = h->session.adapter->entities; e->name != NULL; e++)
        if (text_is(name, e->name))
            return e;
    return NULL;
}

/* ---- put together ---- */

static int complain_system(const struct host *h, const char *name, struct err *err)
{
    char hint[NEAREST_HINT_MAX];
    struct nearest meant = nearest_to(text_of(name));
    for (size_t i = 0; i < h->config.system_count; i++)
        nearest_look(&meant, text_of(h->config.systems[i].name));
    return err_set(err, ERR_NOT_FOUND, "%s: there is no system \"%s\"%s", h->config.file, name,
                   nearest_hint(&meant, hint));
}

static int load_config(struct host *h, const struct host_arguments *args, struct err *err)
{
    const struct adapter *adapter = h->session.adapter;
    int rc = node_config_load(&h->config, args->config, err);
    if (rc != 0)
        return rc;
    const struct node_system *system = node_config_system(&h->config, args->system);
    if (system == NULL)
        return complain_system(h, args->system, err);
    h->session.system = system->name;
    h->session.config = system->node;
    h->session.settings = arena_alloc(&h->arena, adapter->settings_size);
    h->session.state = arena_alloc(&h->arena, adapter->state_size);
    rc = host_settings_read(&h->settings, h->session.settings, adapter, system->node, &h->arena, err);
    if (rc == 0)
        rc = host_log_level(&h->settings, system->node, &h->log.level, err);
    h->log.program = arena_printf(&h->arena, "%s/%s", adapter->program, system->name).p;
    return rc;
}

static int load_mapping(struct host *h, struct err *err)
{
    const char *file = h->settings.mapping;
    struct err why = {0};
    if (file[0] == '\0')
        file = node_config_path(&h->config, arena_printf(&h->arena, "systems/%s", h->session.adapter->mapping).p);
    if (os_check_readable(file, false, &why) != 0)
        return config_complain(h->session.config, err, "system %s: no \"mapping\" is set, and: %s", h->session.system,
                               why.text);
    int rc = schema_load(&h->schema, h->config.entity_folders, h->config.entity_folder_count, err);
    if (rc == 0)
        rc = mapping_load(&h->session.mapping, file, h->schema, err);
    if (rc == 0 && h->session.adapter->given != NULL)
        rc = mapping_lint(h->session.mapping, h->session.adapter->given, err);
    return rc;
}

/* Settings and mapping, without touching the world: all that --describe needs. */
static int host_load(struct host *h, const struct host_arguments *args, struct err *err)
{
    const struct adapter *adapter = h->session.adapter;
    int rc = load_config(h, args, err);
    if (rc == 0)
        rc = load_mapping(h, err);
    return rc != 0 || adapter->init == NULL ? rc : adapter->init(&h->session, err);
}

static int open_memory(struct host *h, struct err *err)
{
    int rc = os_make_folders(h->config.data, err);
    if (rc == 0)
        rc = memory_open(&h->memory, arena_printf(&h->arena, "%s/%s.db", h->config.data, h->session.system).p, err);
    if (rc == 0)
        rc = refresh_load(h, err);
    return rc;
}

static int open_client(struct host *h, struct err *err)
{
    struct http_client_settings s = {.user_agent = "Tidegate/" TIDEGATE_VERSION};
    if (h->settings.ca_file[0] != '\0')
        s.ca_file = h->settings.ca_file;
    return http_client_new(&h->client, h->loop, &s, err);
}

static int open_server(struct host *h, struct err *err)
{
    struct http_server_settings s = {.address = h->settings.http};
    int rc = http_server_new(&h->server, h->loop, &h->log, &s, err);
    if (rc != 0)
        return rc;
    if (status_routes(h) != 0 || http_server_route(h->server, "POST", "/webhooks/", webhook_handle, h) != 0)
        return err_set(err, ERR_NOMEM, "out of memory");
    return node_config_write_port(&h->config, h->session.system, http_server_port(h->server), err);
}

static void on_up(void *ctx)
{
    struct host *h = ctx;
    log_line(&h->log, LOG_LEVEL_INFO, "broker-up", NULL);
}

static void on_down(void *ctx, const struct err *why)
{
    struct host *h = ctx;
    log_say(&h->log, LOG_LEVEL_WARN, "broker-down", "%s", why->text);
    lanes_connection_lost(h);
}

static void on_delivery(void *ctx, const struct amqp_delivery *d)
{
    lanes_delivery(ctx, d);
}

static int open_broker(struct host *h, struct err *err)
{
    const char *uri;
    int rc = node_config_broker(&h->config, &uri, err);
    if (rc != 0)
        return rc;
    struct amqp_settings s = {
        .uri = uri,
        .ca_file = h->config.broker_ca,
        .name = h->log.program,
        .prefetch = (int)h->settings.prefetch,
    };
    struct amqp_handler handler = {on_up, on_down, on_delivery, h};
    topology_target_queue(h->queue, sizeof h->queue, h->session.system);
    publisher_init(&h->publisher, h, uri);
    return amqp_new(&h->amqp, h->loop, &h->log, &s, &handler, err);
}

static void on_signal(void *ctx, int signal_number)
{
    if (signal_number == SIGTERM || signal_number == SIGINT)
        host_stop(ctx);
}

static void trim(void *ctx)
{
    struct host *h = ctx;
    memory_trim(h->memory);
    os_trim_memory();
    loop_after(h->loop, TRIM_MS, trim, h);
}

static int host_init(struct host *h, const struct host_arguments *args, struct err *err)
{
    const char *uri;
    int rc = host_load(h, args, err);
    if (rc != 0 || (rc = host_settings_runnable(h->session.config, err)) != 0)
        return rc;
    if ((rc = node_config_broker(&h->config, &uri, err)) != 0 || (rc = loop_new(&h->loop, err)) != 0)
        return rc;
    h->session.loop = h->loop;
    objects_init(&h->objects, h->loop);
    budget_init(&h->budget, h->loop);
    lanes_init(&h->lanes);
    if (arena_failed(&h->arena))
        return err_set(err, ERR_NOMEM, "out of memory");
    if ((rc = open_memory(h, err)) != 0 || (rc = open_client(h, err)) != 0 || (rc = open_broker(h, err)) != 0 ||
        (rc = open_server(h, err)) != 0 || (rc = loop_signals(h->loop, on_signal, h, err)) != 0 ||
        (rc = gate_start(h, err)) != 0)
        return rc;
    loop_after(h->loop, TRIM_MS, trim, h);
    return feeds_start(h, err);
}

/* ---- take apart ---- */

static bool at_rest(const struct host *h)
{
    return h->lanes.running == 0 && h->pushes == 0;
}

static void stop_when_at_rest(void *ctx)
{
    struct host *h = ctx;
    bool late = loop_uptime_us(h->loop) >= h->stop_by_us;
    h->rested = at_rest(h) ? h->rested + 1 : 0;
    if (h->rested < RESTS && !late) { /* the last answer of a push has to leave the process, too */
        loop_after(h->loop, STOP_LOOK_MS, stop_when_at_rest, h);
        return;
    }
    if (late && !at_rest(h))
        log_say(&h->log, LOG_LEVEL_WARN, "stop", "%u deliveries and %u pushes are left to the next start",
                h->lanes.running, h->pushes);
    loop_stop(h->loop);
}

void host_stop(struct host *h)
{
    if (h->stopping)
        return;
    log_line(&h->log, LOG_LEVEL_INFO, "stopping", NULL);
    h->stopping = true;
    h->stop_by_us = loop_uptime_us(h->loop) + HOST_STOP_MS * 1000LL;
    intake_look(h);
    http_server_drain(h->server);
    gate_stop(h);
    stop_when_at_rest(h);
}

static void host_release(struct host *h)
{
    if (h->server != NULL)
        http_server_free(h->server);
    if (h->amqp != NULL)
        amqp_free(h->amqp);
    if (h->client != NULL)
        http_client_free(h->client);
    lanes_release(&h->lanes);
    refresh_release(&h->refresher);
    objects_release(&h->objects);
    publisher_release(&h->publisher);
    if (h->loop != NULL)
        loop_free(h->loop);
    memory_close(h->memory);
    mapping_free(h->session.mapping);
    if (h->schema != NULL)
        schema_free(h->schema);
    arena_release(&h->arena);
    node_config_release(&h->config);
}

static int describe(struct host *h, const struct host_arguments *args, struct err *err)
{
    int rc = host_load(h, args, err);
    if (rc == 0)
        describe_print(&h->session, h->schema);
    else
        fprintf(stderr, "%s\n", err->text);
    return rc;
}

static int run(struct host *h, const struct host_arguments *args, struct err *err)
{
    if (args->describe)
        return describe(h, args, err);
    int rc = host_init(h, args, err);
    if (rc == 0) {
        log_say(&h->log, LOG_LEVEL_INFO, "started", "http on port %d", http_server_port(h->server));
        rc = loop_run(h->loop, err);
    }
    if (rc != 0)
        log_line(&h->log, LOG_LEVEL_ERROR, "failed", "reason", err->text, NULL);
    else
        log_line(&h->log, LOG_LEVEL_INFO, "stopped", NULL);
    return rc;
}

int host_main(const struct adapter *adapter, int argc, char **argv)
{
    struct host_arguments args;
    struct err err = {0};
    os_give_memory_back();
    int rc = host_arguments_read(&args, adapter, argc, argv, &err);
    if (rc <= 0) {
        if (rc < 0)
            fprintf(stderr, "%s: %s (--help explains)\n", adapter->program, err.text);
        return rc < 0 ? 2 : 0;
    }
    struct host *h = calloc(1, sizeof *h);
    if (h == NULL)
        return 1;
    arena_init(&h->arena, ARENA_MAX);
    h->log = os_log(adapter->program, LOG_LEVEL_INFO);
    h->session = (struct session){.adapter = adapter, .host = h, .log = &h->log};
    rc = run(h, &args, &err);
    host_release(h);
    free(h);
    return rc == 0 ? 0 : 1;
}
