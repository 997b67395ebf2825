/* up: the whole node on one machine, in the order in which the parts need each other, until SIGTERM or Ctrl-C.
 *
 *   prove the configuration ▶ take the data folder ▶ start everything (up_start.c) ▶ watch ▶ stop, last started first
 *
 * Nothing is started with a configuration that `tidegate check` would complain about, and at most one `up` has a data
 * folder: it holds a lock that the kernel gives back however it ends. Each process is stopped with SIGTERM, a grace,
 * then SIGKILL. State lives in the data folder alone, so the next `up` goes on where this one stopped. */
#include "up.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/file.h>
#include <unistd.h>

#include "commands.h"
#include "edge/config.h"
#include "edge/os.h"

#define STOP_GRACE_MS 12000

void up_say(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vprintf(format, args);
    va_end(args);
    putchar('\n');
    fflush(stdout);
}

const char *up_join(struct up *u, const char *folder, const char *name)
{
    return arena_printf(&u->arena, "%s/%s", folder, name).p;
}

/* ---- starting ---- */

static void start(void *arg)
{
    struct up *u = arg;
    struct err err = {0};
    if (up_start_all(u, &err) == 0 || u->stopping)
        return;
    fprintf(stderr, "tidegate up: %s\n", err.text);
    u->exit_code = 1;
    raise(SIGTERM);
}

/* ---- stopping ---- */

static void stop_service(struct up *u, struct service *s)
{
    int64_t until = loop_uptime_us(u->loop) + STOP_GRACE_MS * 1000LL;
    service_stop(s);
    while (service_running(s)) {
        task_sleep(u->loop, 10);
        service_reap(s);
        if (loop_uptime_us(u->loop) > until) {
            up_say("  %s: did not stop within %d s and is killed", s->name, STOP_GRACE_MS / 1000);
            service_kill(s);
            until = INT64_MAX;
        }
    }
}

/* Nobody listens there any more. */
static void forget_ports(struct up *u)
{
    unlink(up_join(u, u->config.data, "ports/router"));
    for (size_t i = 0; i < u->config.system_count; i++)
        unlink(arena_printf(&u->arena, "%s/ports/%s", u->config.data, u->config.systems[i].name).p);
}

static void stop_all(void *arg)
{
    struct up *u = arg;
    struct err err = {0};
    up_say("stopping");
    for (size_t i = u->count; i > 0; i--)
        stop_service(u, &u->services[i - 1]);
    forget_ports(u);
    if (u->private_broker && up_broker(u, "stop", &err) < 0) {
        up_say("  broker: %s", err.text);
        u->exit_code = 1;
    }
    up_say(u->exit_code ? "stopped" : "stopped; nothing is lost, the next start goes on from here");
    loop_stop(u->loop);
}

static void on_signal(void *ctx, int signal_number)
{
    struct up *u = ctx;
    struct err err = {0};
    if (signal_number == SIGCHLD) {
        for (size_t i = 0; i < u->count; i++)
            service_reap(&u->services[i]);
        return;
    }
    if (u->stopping || (signal_number == SIGHUP && u->hangup_ignored))
        return;
    u->stopping = true;
    if (task_start(u->loop, stop_all, u, &err) < 0)
        loop_stop(u->loop);
}

/* ---- the data folder ---- */

static int complain_taken(const struct up *u, const char *path, struct err *err)
{
    char pid[16] = "";
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t n = fd < 0 ? -1 : read(fd, pid, sizeof pid - 1);
    pid[n > 0 ? n : 0] = '\0';
    if (fd >= 0)
        close(fd);
    return err_set(
        err, ERR_CONFLICT,
        "another `tidegate up` (process %s) works in %s. Stop that one first, or give this one a data folder "
        "of its own: the setting `data`, or TIDEGATE_DATA in the environment",
        pid[0] ? pid : "unknown", u->config.data);
}

/* The lock is the kernel's: it ends with the process, and no child inherits it. */
static int take_folder(struct up *u, struct err *err)
{
    char real[PATH_MAX];
    int rc = os_make_folders(up_join(u, u->config.data, "log"), err);
    if (rc < 0)
        return rc;
    if (realpath(u->config.data, real))
        u->config.data = arena_string(&u->arena, text_of(real));
    const char *path = up_join(u, u->config.data, "lock");
    u->lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
    if (u->lock < 0)
        return err_set(err, ERR_IO, "cannot write %s: %s", path, strerror(errno));
    if (flock(u->lock, LOCK_EX | LOCK_NB) != 0)
        return complain_taken(u, path, err);
    if (ftruncate(u->lock, 0) == 0)
        dprintf(u->lock, "%d", (int)getpid());
    return 0;
}

/* What is kept of a system (its objects' ids, what it was told) is wrong of any other. So the folder keeps the address
 * that a system had, and is not used for another one: a stand-in's, say, for the real shop. */
static int claim_folder_for(struct up *u, const struct node_system *system, struct err *err)
{
    const char *url = "", *path = arena_printf(&u->arena, "%s/systems/%s", u->config.data, system->name).p;
    struct text before;
    int rc = config_text(system->node, "url", &url, err);
    if (rc < 0)
        return rc;
    struct text now = arena_printf(&u->arena, "%s %s", system->adapter, url);
    rc = os_read_file(&u->arena, path, 4096, &before, err);
    if (rc == ERR_NOT_FOUND)
        return os_write_file(path, now, 0644, err);
    if (rc == 0 && !text_eq(before, now))
        return config_complain(
            system->node, err,
            "%s was used with another system \"%s\" (%.*s), whose objects it knows. Give this "
            "configuration a data folder of its own: `data`, or TIDEGATE_DATA. If it is the same system "
            "under a new address, delete %s",
            u->config.data, system->name, TEXT_ARG(before), path);
    return rc;
}

static int claim_folder(struct up *u, struct err *err)
{
    int rc = os_make_folders(up_join(u, u->config.data, "systems"), err);
    for (size_t i = 0; rc == 0 && i < u->config.system_count; i++)
        rc = claim_folder_for(u, &u->config.systems[i], err);
    return rc;
}

static int open_log(struct up *u, struct err *err)
{
    const char *path = up_join(u, u->config.data, "log/tidegate.log");
    rename(path, up_join(u, u->config.data, "log/tidegate.log.before"));
    u->log = fopen(path, "ae");
    return u->log ? 0 : err_set(err, ERR_IO, "cannot write %s: %s", path, strerror(errno));
}

/* ---- */

static int up_init(struct up *u, struct err *err)
{
    struct sigaction hangup;
    arena_init(&u->arena, 4u << 20);
    u->lock = -1;
    u->hangup_ignored = sigaction(SIGHUP, NULL, &hangup) == 0 && hangup.sa_handler == SIG_IGN; /* nohup */
    int rc = node_config_load(&u->config, u->config_path, err);
    if (rc == 0 && command_complaints(u->config_path) > 0)
        rc = err_set(err, ERR_INVALID, "nothing was started: see above (`tidegate check` says the same)");
    if (rc == 0)
        rc = take_folder(u, err);
    if (rc == 0)
        rc = claim_folder(u, err);
    if (rc == 0)
        rc = open_log(u, err);
    if (rc == 0)
        rc = loop_new(&u->loop, err);
    if (rc == 0)
        rc = loop_signals(u->loop, on_signal, u, err);
    return rc;
}

static void up_release(struct up *u)
{
    for (size_t i = 0; i < u->count; i++)
        service_release(&u->services[i]);
    if (u->log)
        fclose(u->log);
    if (u->loop)
        loop_free(u->loop);
    if (u->lock >= 0)
        close(u->lock);
    node_config_release(&u->config);
    arena_release(&u->arena);
}

static const char *const up_help =
    "usage: tidegate up [--config FILE] [--standins FOLDER [--demo PROGRAM]] [--verbose]\n"
    "\n"
    "Runs the whole node on this machine until Ctrl-C or SIGTERM: a private broker where broker.uri is \"private\",\n"
    "the router, one adapter a system, and stand-ins for systems that have no url.\n"
    "\n"
    "  --config FILE      default: config/tidegate.cfg\n"
    "  --standins FOLDER  where the program `standin` is, which plays a system\n"
    "  --demo PROGRAM     started last; what it prints is shown\n"
    "  --verbose          shows every line of every process, not warnings alone\n";

int command_up(int argc, char **argv)
{
    struct up u = {.config_path = COMMAND_CONFIG, .lock = -1};
    const struct command_option options[] = {{"--config", &u.config_path, NULL},
                                             {"--standins", &u.standins, NULL},
                                             {"--demo", &u.demo, NULL},
                                             {"--verbose", NULL, &u.verbose},
                                             {0}};
    struct err err = {0};
    int rc = command_options(argc, argv, options, up_help, &err);
    if (rc != 0)
        return command_end(rc, "up", &err);
    rc = up_init(&u, &err);
    if (rc == 0)
        rc = task_start(u.loop, start, &u, &err);
    if (rc == 0)
        rc = loop_run(u.loop, &err);
    rc = rc < 0 ? command_end(rc, "up", &err) : u.exit_code;
    up_release(&u);
    return rc;
}
