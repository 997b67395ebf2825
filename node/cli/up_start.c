/* Starting: one task that reads from top to bottom; the loop meanwhile collects lines and reaps children.
 *
 *   broker (private) ▶ stand-ins ▶ router (declares the topology) ▶ adapters ▶ demonstration
 *
 * Each is awaited before the next: a program by the file in which it says where it listens. What they must know of each
 * other (the broker's address, a stand-in's address and credentials) goes through the environment that
 * config/tidegate.cfg names. */
#include "up.h"

#include <limits.h>
#include <stdlib.h>
#include <unistd.h>

#include "commands.h"
#include "edge/config.h"
#include "edge/os.h"

#define READY_MS 60000
#define BROKER_WATCH_MS 2000

static const char *sibling(struct up *u, const char *program)
{
    return up_join(u, os_program_folder(&u->arena), program);
}

/* argv in the arena from a NULL-ended list. */
static const char *const *words(struct up *u, const char *const *list)
{
    size_t n = 0;
    while (list[n])
        n++;
    const char **argv = arena_alloc(&u->arena, (n + 1) * sizeof *argv);
    if (argv)
        memcpy(argv, list, n * sizeof *argv);
    return argv;
}

/* ---- environment files: NAME=VALUE a line ---- */

static void set_line(struct up *u, struct text line)
{
    struct text name, value;
    if (text_split(line, '=', &name, &value) && name.n)
        setenv(arena_string(&u->arena, name), arena_string(&u->arena, value), 1);
}

static int set_environment(struct up *u, const char *path, struct err *err)
{
    struct text rest, line;
    int rc = os_read_file(&u->arena, path, 65536, &rest, err);
    if (rc < 0)
        return rc;
    while (text_split(rest, '\n', &line, &rest))
        set_line(u, line);
    set_line(u, rest);
    return 0;
}

/* ---- services ---- */

static struct service *add(struct up *u, const char *name, const char *const *argv)
{
    if (u->count == UP_SERVICES_MAX)
        return NULL;
    struct service *s = &u->services[u->count++];
    *s = (struct service){.name = name, .argv = words(u, argv), .restarts = true};
    s->lines = u->verbose ? LINES_ALL : LINES_NOTICES;
    service_init(s, u->loop, u->log);
    return s;
}

/* Waits until `path` is there. A service that keeps ending has said why in its own lines. */
static int await_file(struct up *u, const struct service *s, const char *path, struct err *err)
{
    int64_t until = loop_uptime_us(u->loop) + READY_MS * 1000LL;
    while (!os_exists(path)) {
        if (u->stopping)
            return err_set(err, ERR_STOPPING, "stopped while %s was starting", s->name);
        if (!service_running(s) && s->failures >= 3)
            return err_set(err, ERR_UNAVAILABLE, "%s does not start; its last lines are in %s/log/tidegate.log",
                           s->name, u->config.data);
        if (loop_uptime_us(u->loop) > until)
            return err_set(err, ERR_TIMEOUT, "%s is not ready after %d s; see %s/log/tidegate.log", s->name,
                           READY_MS / 1000, u->config.data);
        task_sleep(u->loop, 20);
    }
    return 0;
}

static int start_and_await(struct up *u, struct service *s, const char *ready, struct err *err)
{
    if (!s)
        return err_set(err, ERR_TOO_LARGE, "more than %d processes: use one `tidegate up` a group of systems",
                       UP_SERVICES_MAX);
    unlink(ready);
    int rc = service_start(s, err);
    return rc < 0 ? rc : await_file(u, s, ready, err);
}

/* Runs a short program to its end (waits). complains: its last lines are shown when it fails. */
static int run_to_end(struct up *u, const char *name, const char *const *argv, bool complains, struct err *err)
{
    struct service s = {.name = name, .argv = argv, .lines = LINES_LAST};
    service_init(&s, u->loop, u->log);
    int rc = service_start(&s, err);
    while (rc == 0 && service_running(&s)) {
        task_sleep(u->loop, 20);
        service_reap(&s);
    }
    if (rc == 0 && !s.ended_cleanly && complains)
        service_show_last(&s);
    if (rc == 0 && !s.ended_cleanly)
        rc = err_set(err, ERR_UNAVAILABLE, "%s failed; see %s/log/tidegate.log", name, u->config.data);
    service_release(&s);
    return rc;
}

/* ---- the private broker ---- */

int up_broker(struct up *u, const char *verb, struct err *err)
{
    struct arena a; /* its own: this is called for as long as the node runs */
    arena_init(&a, 64u << 10);
    const char *program = arena_printf(&a, "%s/private-broker", os_program_folder(&a)).p;
    const char *argv[] = {program, verb, arena_printf(&a, "%s/broker", u->config.data).p, NULL};
    int rc = arena_failed(&a) ? err_set(err, ERR_NOMEM, "out of memory")
                              : run_to_end(u, "broker", argv, strcmp(verb, "status") != 0, err);
    arena_release(&a);
    return rc;
}

/* A broker that has died is started again: its queues are on disk, and everybody reconnects. */
static void watch_broker(void *arg)
{
    struct up *u = arg;
    struct err err = {0};
    while (!u->stopping) {
        task_sleep(u->loop, BROKER_WATCH_MS);
        if (u->stopping || up_broker(u, "status", &err) == 0)
            continue;
        up_say("  broker: ended; it is started again");
        if (!u->stopping && up_broker(u, "start", &err) < 0)
            up_say("  broker: %s", err.text);
    }
}

static int start_broker(struct up *u, struct err *err)
{
    if (strcmp(u->config.broker_uri, NODE_BROKER_PRIVATE) != 0)
        return 0;
    up_say("  %-12s a private RabbitMQ, on loopback, in %s/broker", "broker", u->config.data);
    u->private_broker = true;
    int rc = up_broker(u, "start", err);
    if (rc == 0)
        rc = set_environment(u, up_join(u, u->config.data, "broker/env"), err);
    return rc < 0 ? rc : task_start(u->loop, watch_broker, u, err);
}

/* ---- stand-ins, router, adapters, demonstration ---- */

static bool plays_standin(const struct node_system *s)
{
    const char *url = NULL;
    return config_text(s->node, "url", &url, NULL) == 0 && url && strcmp(url, NODE_URL_STANDIN) == 0;
}

static int complain_alone(const struct node_system *system, struct err *err)
{
    return config_complain(
        system->node, err,
        "system \"%s\" has no url. Give it its address, or run `./run`, which plays it by a stand-in", system->name);
}

/* Its page is for a person: what it holds, and how to make it misbehave. */
static void say_standin(struct up *u, const char *name, const char *folder)
{
    struct text port;
    if (os_read_file(&u->arena, up_join(u, folder, "port"), 16, &port, &(struct err){0}) < 0)
        port = (struct text){0};
    while (port.n && port.p[port.n - 1] == '\n')
        port.n--;
    up_say("  %-12s a stand-in, nothing real is touched; look into it at http://127.0.0.1:%.*s/_control/", name,
           TEXT_ARG(port));
}

static int start_standin(struct up *u, const struct node_system *system, struct err *err)
{
    if (!u->standins)
        return complain_alone(system, err);
    const char *folder = arena_printf(&u->arena, "%s/standins/%s", u->config.data, system->adapter).p;
    const char *argv[] = {up_join(u, u->standins, "standin"), system->adapter, folder, NULL};
    int rc = os_make_folders(folder, err);
    if (rc < 0)
        return rc;
    struct service *s = add(u, arena_printf(&u->arena, "standin-%s", system->name).p, argv);
    if (s && !u->verbose)
        s->lines = LINES_LAST;
    rc = start_and_await(u, s, up_join(u, folder, "ready"), err);
    if (rc == 0)
        rc = set_environment(u, up_join(u, folder, "env"), err);
    if (rc == 0)
        say_standin(u, system->name, folder);
    return rc;
}

/* A stand-in's address goes through the one environment variable of its kind, so there can be one of a kind. */
static bool kind_is_played_before(const struct up *u, size_t system)
{
    for (size_t i = 0; i < system; i++)
        if (plays_standin(&u->config.systems[i]) &&
            strcmp(u->config.systems[i].adapter, u->config.systems[system].adapter) == 0)
            return true;
    return false;
}

static int start_standins(struct up *u, struct err *err)
{
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < u->config.system_count; i++) {
        const struct node_system *system = &u->config.systems[i];
        const char *url = NULL;
        if (!plays_standin(system))
            up_say("  %-12s %s", system->name, config_text(system->node, "url", &url, NULL) == 0 && url ? url : "");
        else if (kind_is_played_before(u, i))
            rc = config_complain(system->node, err, "only one system of adapter \"%s\" can be played by a stand-in",
                                 system->adapter);
        else
            rc = start_standin(u, system, err);
    }
    return rc;
}

static int start_router(struct up *u, struct err *err)
{
    const char *argv[] = {sibling(u, "tidegate-router"), "--config", u->config_path, "--declare", NULL};
    return start_and_await(u, add(u, "router", argv), up_join(u, u->config.data, "ports/router"), err);
}

static int start_adapter(struct up *u, const struct node_system *system, struct err *err)
{
    const char *program = arena_printf(&u->arena, "%s/tidegate-%s", os_program_folder(&u->arena), system->adapter).p;
    if (!os_exists(program))
        return config_complain(system->node, err, "system \"%s\": there is no adapter program %s", system->name,
                               program);
    const char *argv[] = {program, "--config", u->config_path, "--system", system->name, NULL};
    const char *ready = arena_printf(&u->arena, "%s/ports/%s", u->config.data, system->name).p;
    return start_and_await(u, add(u, system->name, argv), ready, err);
}

static int start_adapters(struct up *u, struct err *err)
{
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < u->config.system_count; i++)
        rc = start_adapter(u, &u->config.systems[i], err);
    return rc;
}

static int start_demo(struct up *u, struct err *err)
{
    if (!u->demo)
        return 0;
    const char *argv[] = {u->demo, u->config.data, NULL};
    struct service *s = add(u, "demo", argv);
    if (!s)
        return 0;
    s->lines = LINES_ALL;
    s->restarts = false;
    return service_start(s, err);
}

/* As a person in this folder would call it. */
static const char *own_command(struct up *u)
{
    char here[PATH_MAX];
    const char *command = sibling(u, "tidegate");
    size_t n = getcwd(here, sizeof here) ? strlen(here) : 0;
    return n && strncmp(command, here, n) == 0 && command[n] == '/' ? command + n + 1 : command;
}

static void say_running(struct up *u)
{
    bool other = strcmp(u->config_path, COMMAND_CONFIG) != 0;
    const char *option = other ? " --config " : "", *file = other ? u->config_path : "", *command = own_command(u);
    up_say("Everything runs. The log is %s/log/tidegate.log. In another terminal, from this folder:", u->config.data);
    up_say("  %s status%s%s    what was delivered, what waits, what is held", command, option, file);
    up_say("  %s tail%s%s      the messages as they travel", command, option, file);
}

int up_start_all(struct up *u, struct err *err)
{
    int rc = start_broker(u, err);
    if (rc == 0)
        rc = start_standins(u, err);
    if (rc == 0)
        rc = start_router(u, err);
    if (rc == 0)
        rc = start_adapters(u, err);
    if (rc < 0)
        return rc;
    say_running(u);
    return start_demo(u, err);
}
