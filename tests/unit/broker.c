#include "broker.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define SERVER "/usr/lib/rabbitmq/bin/rabbitmq-server"

bool broker_installed(void)
{
    return access(SERVER, X_OK) == 0;
}

bool broker_call(const struct broker *b, const char *verb, const char *arguments)
{
    char line[512];
    snprintf(line, sizeof line, "tests/broker %s '%s' %s >/dev/null", verb, b->folder, arguments);
    return system(line) == 0;
}

static bool read_line(const struct broker *b, const char *file, const char *format, char *out)
{
    char path[128];
    snprintf(path, sizeof path, "%s/%s", b->folder, file);
    FILE *f = fopen(path, "r");
    bool read = f && fscanf(f, format, out) == 1;
    if (f)
        fclose(f);
    return read;
}

bool broker_start(struct broker *b)
{
    if (!b->folder[0]) {
        snprintf(b->folder, sizeof b->folder, "/tmp/tidegate-test-XXXXXX");
        if (!mkdtemp(b->folder))
            return false;
    }
    return broker_call(b, "start", "") && read_line(b, "env", "TIDEGATE_BROKER_URI=%255s", b->uri);
}

void broker_signal(const struct broker *b, int signal_number)
{
    char pid[32];
    if (read_line(b, "node.pid", "%31s", pid))
        kill((pid_t)strtol(pid, NULL, 10), signal_number);
}

void broker_remove(struct broker *b)
{
    char line[128];
    if (!b->folder[0])
        return;
    broker_call(b, "stop", "");
    snprintf(line, sizeof line, "rm -rf '%s'", b->folder);
    if (system(line) != 0)
        fprintf(stderr, "could not remove %s\n", b->folder);
}

pid_t broker_tls_start(const struct broker *b, char *port, size_t size)
{
    char script[] = "tests/unit/tls_proxy.py", path[128], target[8] = "";
    const char *digits = strrchr(b->uri, ':') + 1;
    snprintf(target, sizeof target, "%.*s", (int)strcspn(digits, "/"), digits);
    snprintf(path, sizeof path, "%s/port", b->folder);
    pid_t child = fork();
    if (child == 0) {
        prctl(PR_SET_PDEATHSIG, SIGTERM);
        execl("/usr/bin/python3", "python3", script, b->folder, target, (char *)NULL);
        _exit(127);
    }
    for (int i = 0; i < 200; i++, usleep(50000)) {
        FILE *f = fopen(path, "r");
        bool read = f && fgets(port, (int)size, f);
        if (f)
            fclose(f);
        if (read)
            return child;
    }
    if (child > 0) {
        kill(child, SIGTERM);
        waitpid(child, NULL, 0);
    }
    return -1;
}

void broker_tls_uri(const struct broker *b, const char *host, const char *port, char *out, size_t size)
{
    const char *user = b->uri + strlen("amqp://");
    snprintf(out, size, "amqps://%.*s@%s:%s/tidegate", (int)strcspn(user, "@"), user, host, port);
}
