#include "router.h"

#include <stdlib.h>
#include <stdio.h>

#include "edge/os.h"
#include "edge/topology.h"

#define JOURNAL_BYTES ((int64_t)10 << 30)
#define JOURNAL_DAYS 90
#define OVERDUE_EVERY_MS 1000
#define TRIM_EVERY_MS 30000

/* ---- what the broker and the loop tell ---- */

static void on_up(void *ctx)
{
    struct router *r = ctx;
    log_line(r->log, LOG_LEVEL_INFO, "broker-up", NULL);
}

static void on_down(void *ctx, const struct err *why)
{
    struct router *r = ctx;
    r->generation++;
    delivery_list_clear(&r->outcomes); /* unacked, so the broker gives them again */
    delivery_list_clear(&r->changes);
    log_line(r->log, LOG_LEVEL_WARN, "broker-down", "cause", why->text, NULL);
}

static void on_delivery(void *ctx, const struct amqp_delivery *d)
{
    struct router *r = ctx;
    bool outcome = strcmp(d->queue, TOPOLOGY_OUTCOME_QUEUE) == 0;
    if (!delivery_list_add(outcome ? &r->outcomes : &r->changes, d))
        amqp_reject(r->amqp, d->epoch, d->tag, true);
    router_wake(r);
}

static void on_tick(void *ctx)
{
    struct router *r = ctx;
    r->overdue = true;
    router_wake(r);
    loop_after(r->loop, OVERDUE_EVERY_MS, on_tick, r);
}

static void on_signal(void *ctx, int number)
{
    struct router *r = ctx;
    (void)number;
    if (r->stopping)
        loop_stop(r->loop); /* asked twice: without waiting for the batch under way */
    r->stopping = true;
    if (r->http)
        http_server_drain(r->http);
    router_wake(r);
}

/* ---- starting ---- */

/* After a burst the records of its batches are free, and lie between what is not. */
static void trim(void *ctx)
{
    struct router *r = ctx;
    os_trim_memory();
    loop_after(r->loop, TRIM_EVERY_MS, trim, r);
}

static int load_rules(struct router *r, struct err *err)
{
    const char *systems[RULES_SYSTEMS_MAX];
    struct buf complaints;
    if (r->config->system_count > RULES_SYSTEMS_MAX)
        return err_set(err, ERR_TOO_LARGE, "%s: more than %d systems", r->config->file, RULES_SYSTEMS_MAX);
    for (size_t i = 0; i < r->config->system_count; i++)
        systems[i] = r->config->systems[i].name;
    int rc = schema_load(&r->schema, r->config->entity_folders, r->config->entity_folder_count, err);
    if (!rc)
        rc = node_config_check_rules(r->config, err);
    if (rc)
        return rc;
    buf_init(&complaints, RULES_COMPLAINTS_MAX);
    rc = rules_load(&r->rules, r->config->rules, r->schema, systems, r->config->system_count, &complaints, err);
    if (!rc)
        rc = rules_check(r->rules, NULL, &complaints, err);
    if (rc)
        fprintf(stderr, "%s", buf_cstr(&complaints));
    buf_release(&complaints);
    return rc;
}

/* The rules may match by other fields than when the records were written. */
static int index_matches(struct router *r, struct err *err)
{
    struct field_mask matched[SCHEMA_ENTITIES_MAX];
    int64_t records = 0;
    for (uint32_t i = 0; i < schema_count(r->schema); i++)
        matched[i] = rules_matched(r->rules, schema_at(r->schema, i));
    int rc = store_sqlite_match(r->store, matched, &records, err);
    if (!rc && records)
        log_say(r->log, LOG_LEVEL_INFO, "match-changed",
                "the rules match by other fields than before: %lld records were read", (long long)records);
    return rc;
}

static int open_store(struct router *r, struct err *err)
{
    const char *systems[RULES_SYSTEMS_MAX];
    char path[4096];
    for (size_t i = 0; i < r->config->system_count; i++)
        systems[i] = r->config->systems[i].name;
    snprintf(path, sizeof path, "%s/router.db", r->config->data);
    int rc = os_make_folders(r->config->data, err);
    if (!rc)
        rc = store_sqlite_open(&r->store, path, r->schema, systems, r->config->system_count, err);
    return rc ? rc : index_matches(r, err);
}

/* "amqp://user:password@…" -> the user, or nothing. */
static struct text user_of(const char *uri)
{
    struct text t = text_of(uri), head, tail, user, rest;
    if (!text_split(t, '/', &head, &tail) || !tail.n ||
        !text_split((struct text){tail.p + 1, tail.n - 1}, '@', &user, &rest))
        return (struct text){NULL, 0};
    text_split(user, ':', &user, &rest);
    return user;
}

static int open_desk(struct router *r, const char *uri, struct err *err)
{
    struct desk_settings s = {.shared_user = user_of(uri),
                              .echo_wait_us = r->config->router_echo_wait_ms * 1000,
                              .users_are_systems = r->config->users_are_systems};
    int rc = metrics_init(&r->metrics, schema_count(r->schema), err);
    return rc ? rc : desk_init(&r->desk, r->rules, r->store, r->log, &r->metrics, &s, err);
}

static int declare(const struct router *r, const struct amqp_settings *broker, struct err *err)
{
    const char *systems[RULES_SYSTEMS_MAX];
    for (size_t i = 0; i < r->config->system_count; i++)
        systems[i] = r->config->systems[i].name;
    return topology_declare(broker,
                            &(struct topology_settings){.systems = systems,
                                                        .system_count = r->config->system_count,
                                                        .journal_max_bytes = JOURNAL_BYTES,
                                                        .journal_max_age_days = JOURNAL_DAYS},
                            err);
}

static int connect_broker(struct router *r, const char *uri, bool with_declare, struct err *err)
{
    struct amqp_settings s = {
        .uri = uri, .ca_file = r->config->broker_ca, .name = "tidegate-router", .prefetch = ROUTER_PREFETCH};
    struct amqp_handler h = {.up = on_up, .down = on_down, .delivery = on_delivery, .ctx = r};
    int rc = with_declare ? declare(r, &s, err) : 0;
    if (!rc)
        rc = amqp_new(&r->amqp, r->loop, r->log, &s, &h, err);
    if (!rc)
        rc = amqp_consume(r->amqp, TOPOLOGY_OUTCOME_QUEUE, 0, NULL, err);
    return rc ? rc : amqp_consume(r->amqp, TOPOLOGY_ROUTER_QUEUE, 0, NULL, err);
}

static int start(struct router *r, const struct router_options *o, struct err *err)
{
    const char *uri;
    int rc = node_config_broker(r->config, &uri, err);
    if (!rc)
        rc = load_rules(r, err);
    if (!rc)
        rc = open_store(r, err);
    if (!rc)
        rc = open_desk(r, uri, err);
    if (!rc)
        rc = loop_new(&r->loop, err);
    if (!rc)
        rc = loop_signals(r->loop, on_signal, r, err);
    if (!rc)
        rc = task_start(r->loop, router_batches, r, err);
    if (!rc)
        rc = connect_broker(r, uri, o->declare, err);
    if (!rc)
        rc = router_http_start(r, err);
    if (rc)
        return rc;
    on_tick(r);
    loop_after(r->loop, TRIM_EVERY_MS, trim, r);
    return 0;
}

static void stop(struct router *r)
{
    http_server_free(r->http);
    amqp_free(r->amqp);
    delivery_list_clear(&r->outcomes);
    delivery_list_clear(&r->changes);
    loop_free(r->loop);
    if (r->desk.store)
        desk_release(&r->desk);
    metrics_release(&r->metrics);
    if (r->store)
        r->store->ops->close(r->store);
    rules_free(r->rules);
    schema_free(r->schema);
    node_config_release(r->config);
}

int router_run(const struct router_options *o, const struct log *log, struct err *err)
{
    struct node_config config;
    struct router r = {.config = &config, .log = log};
    int rc = node_config_load(&config, o->config, err);
    if (rc)
        return rc;
    delivery_list_init(&r.outcomes);
    delivery_list_init(&r.changes);
    rc = start(&r, o, err);
    if (!rc) {
        log_line(log, LOG_LEVEL_INFO, "started", NULL);
        rc = loop_run(r.loop, err);
        log_line(log, LOG_LEVEL_INFO, "stopped", NULL);
    }
    stop(&r);
    return rc;
}
