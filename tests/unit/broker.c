#include "broker.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
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
