/* service: one process under `tidegate up`: started, watched, its lines collected, restarted with back-off, stopped.
 *
 *   stopped ──start──▶ running ──ends by itself──▶ waiting (back-off 0.2 s doubling to 10 s) ──▶ running
 *      ▲                  │
 *      └──── ended ◀── stopping ◀── stop (SIGTERM; SIGKILL after the grace)
 *
 * Every line goes to the supervisor's log file under the service's name; `lines` says which of them reach the terminal
 * (notice.h says how often). When a process ends by itself, its last lines are shown if they have not been. */
#ifndef TIDEGATE_CLI_SERVICE_H
#define TIDEGATE_CLI_SERVICE_H

#include <stdio.h>
#include "base/buf.h"
#include "cli/notice.h"
#include "edge/child.h"
#include "edge/loop.h"

enum service_lines { LINES_ALL, LINES_NOTICES, LINES_LAST };

struct service {
    const char *name;
    const char *const *argv; /* NULL-ended; borrowed */
    enum service_lines lines;
    bool restarts; /* when it ends by itself; a demonstration does not */
    /* the service's own: */
    struct loop *loop;
    FILE *log; /* borrowed; may be NULL */
    struct child child;
    struct buf partial; /* a line without its end yet */
    struct buf last;    /* with LINES_LAST: the newest whole lines */
    struct notices notices;
    bool wanted;
    bool ended_cleanly;
    int failures;       /* in a row */
    int64_t started_us; /* uptime of the loop */
    uint64_t timer;
};

void service_init(struct service *s, struct loop *l, FILE *log);
int service_start(struct service *s, struct err *err);
bool service_running(const struct service *s);
void service_reap(struct service *s);      /* on SIGCHLD */
void service_stop(struct service *s);      /* SIGTERM now */
void service_kill(struct service *s);      /* SIGKILL now */
void service_show_last(struct service *s); /* its newest lines, which were not shown */
void service_release(struct service *s);

#endif
