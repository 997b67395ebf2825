/* loop: epoll for descriptors, a heap of timers, a signalfd, and the ready tasks, one round after the other.
 *
 * A round: wait (not at all while tasks are ready) → descriptors → due timers → ready tasks. Each step works on what
 * was there when it began, so that nothing can starve the others by feeding itself.
 *
 * A descriptor may be unwatched, closed, and its number given out and watched again within one step: each watch has a
 * generation, which epoll hands back with the event, and an event of an older one is dropped. */
#include "loop.h"
#include "tasks.h"
#include "timers.h"

#include <assert.h>
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/random.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#define EVENTS_MAX 64
#define DESCRIPTORS_MAX (1 << 20)
#define WAIT_MAX_MS (60 * 60 * 1000)

struct watcher {
    loop_fd_fn *fn; /* NULL: not watched */
    void *ctx;
    int events;
    uint32_t generation;
};

struct loop {
    int epoll_fd, signal_fd;
    struct watcher *watchers; /* by descriptor */
    size_t watcher_count;
    struct timers timers;
    struct tasks tasks;
    loop_signal_fn *on_signal;
    void *signal_ctx;
    sigset_t mask_before;
    bool stopping;
    uint64_t random;
};

/* ---- clock and chance ---- */

static int64_t clock_us(clockid_t which)
{
    struct timespec t;
    clock_gettime(which, &t);
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

moment_us loop_now(const struct loop *l)
{
    (void)l;
    return clock_us(CLOCK_REALTIME);
}

int64_t loop_uptime_us(const struct loop *l)
{
    (void)l;
    return clock_us(CLOCK_MONOTONIC);
}

uint64_t loop_random(struct loop *l) /* splitmix64 (Steele, Lea, Flood 2014) */
{
    uint64_t z = l->random += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

/* ---- life ---- */

int loop_new(struct loop **out, struct err *err)
{
    struct loop *l = calloc(1, sizeof *l);
    if (!l)
        return err_set(err, ERR_NOMEM, "no memory for the loop");
    l->signal_fd = -1;
    tasks_init(&l->tasks);
    l->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    if (l->epoll_fd < 0) {
        free(l);
        return err_set(err, ERR_IO, "epoll_create1: %s", strerror(errno));
    }
    if (getrandom(&l->random, sizeof l->random, GRND_NONBLOCK) != sizeof l->random)
        l->random = (uint64_t)clock_us(CLOCK_REALTIME) ^ (uint64_t)getpid() << 40;
    signal(SIGPIPE, SIG_IGN); /* a torn connection is an error code, not the end of the process */
    *out = l;
    return 0;
}

void loop_free(struct loop *l)
{
    if (!l)
        return;
    tasks_release(&l->tasks);
    timers_release(&l->timers);
    if (l->signal_fd >= 0) {
        close(l->signal_fd);
        sigprocmask(SIG_SETMASK, &l->mask_before, NULL);
    }
    close(l->epoll_fd);
    free(l->watchers);
    free(l);
}

struct tasks *loop_tasks(struct loop *l)
{
    return &l->tasks;
}

/* ---- descriptors ---- */

static bool watchers_reach(struct loop *l, int fd)
{
    size_t want = (size_t)fd + 1, count = l->watcher_count ? l->watcher_count : 64;
    if (want <= l->watcher_count)
        return true;
    if (want > DESCRIPTORS_MAX)
        return false;
    while (count < want)
        count *= 2;
    struct watcher *w = realloc(l->watchers, count * sizeof *w);
    if (!w)
        return false;
    memset(w + l->watcher_count, 0, (count - l->watcher_count) * sizeof *w);
    l->watchers = w;
    l->watcher_count = count;
    return true;
}

static int loop_unwatch(struct loop *l, int fd)
{
    if ((size_t)fd >= l->watcher_count || !l->watchers[fd].fn)
        return 0;
    l->watchers[fd].fn = NULL;
    epoll_ctl(l->epoll_fd, EPOLL_CTL_DEL, fd, NULL); /* fails when it was closed before: then it is gone already */
    return 0;
}

/* The kernel forgets a descriptor that is closed, so what we believe to be registered may need adding again. */
static int loop_register(struct loop *l, int fd, struct epoll_event *e)
{
    if (epoll_ctl(l->epoll_fd, EPOLL_CTL_MOD, fd, e) == 0)
        return 0;
    return errno == ENOENT && epoll_ctl(l->epoll_fd, EPOLL_CTL_ADD, fd, e) == 0 ? 0 : ERR_IO;
}

int loop_watch(struct loop *l, int fd, int events, loop_fd_fn *fn, void *ctx)
{
    assert(fd >= 0 && (fn || !events));
    if (!events)
        return loop_unwatch(l, fd);
    if (!watchers_reach(l, fd))
        return ERR_NOMEM;
    struct watcher *w = &l->watchers[fd];
    if (!w->fn)
        w->generation++;
    w->fn = fn;
    w->ctx = ctx;
    w->events = events;
    struct epoll_event e = {.data.u64 = (uint64_t)w->generation << 32 | (uint32_t)fd};
    e.events = (events & LOOP_READ ? EPOLLIN : 0u) | (events & LOOP_WRITE ? EPOLLOUT : 0u);
    int rc = loop_register(l, fd, &e);
    if (rc)
        w->fn = NULL;
    return rc;
}

static void loop_dispatch(struct loop *l, const struct epoll_event *e)
{
    uint32_t fd = (uint32_t)e->data.u64;
    struct watcher *w = &l->watchers[fd];
    if (!w->fn || w->generation != e->data.u64 >> 32)
        return;
    int events = (e->events & EPOLLIN ? LOOP_READ : 0) | (e->events & EPOLLOUT ? LOOP_WRITE : 0);
    if (e->events & (EPOLLERR | EPOLLHUP))
        events |= w->events; /* reading or writing will tell what is wrong */
    if (events & w->events)
        w->fn(w->ctx, events & w->events);
}

/* ---- timers ---- */

uint64_t loop_after(struct loop *l, int64_t delay_ms, loop_timer_fn *fn, void *ctx)
{
    int64_t delay_us = delay_ms > 0 ? delay_ms * 1000 : 0;
    return timers_add(&l->timers, loop_uptime_us(l) + delay_us, fn, ctx);
}

void loop_cancel(struct loop *l, uint64_t timer)
{
    timers_cancel(&l->timers, timer);
}

/* Milliseconds to wait at most, rounded up so that a round that wakes for a timer finds it due. */
static int loop_wait_ms(struct loop *l, int64_t wait_ms)
{
    int64_t next;
    if (tasks_any_ready(&l->tasks) || l->stopping)
        return 0;
    if (timers_next(&l->timers, &next)) {
        int64_t until = (next - loop_uptime_us(l) + 999) / 1000;
        if (until < wait_ms)
            wait_ms = until;
    }
    return wait_ms < 0 ? 0 : wait_ms > WAIT_MAX_MS ? WAIT_MAX_MS : (int)wait_ms;
}

/* ---- signals ---- */

static void loop_read_signals(void *ctx, int events)
{
    struct loop *l = ctx;
    struct signalfd_siginfo info;
    (void)events;
    while (l->signal_fd >= 0 && read(l->signal_fd, &info, sizeof info) == (ssize_t)sizeof info)
        l->on_signal(l->signal_ctx, (int)info.ssi_signo);
}

int loop_signals(struct loop *l, loop_signal_fn *fn, void *ctx, struct err *err)
{
    static const int caught[] = {SIGTERM, SIGINT, SIGHUP, SIGCHLD};
    sigset_t set;
    assert(fn && l->signal_fd < 0);
    sigemptyset(&set);
    for (size_t i = 0; i < sizeof caught / sizeof *caught; i++)
        sigaddset(&set, caught[i]);
    if (sigprocmask(SIG_BLOCK, &set, &l->mask_before) != 0)
        return err_set(err, ERR_IO, "sigprocmask: %s", strerror(errno));
    l->on_signal = fn;
    l->signal_ctx = ctx;
    l->signal_fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    if (l->signal_fd < 0 || loop_watch(l, l->signal_fd, LOOP_READ, loop_read_signals, l) != 0)
        return err_set(err, ERR_IO, "signalfd: %s", strerror(errno));
    return 0;
}

/* ---- rounds ---- */

int loop_run_once(struct loop *l, int64_t wait_ms, struct err *err)
{
    struct epoll_event events[EVENTS_MAX];
    assert(!l->tasks.current && "a task must not run the loop that runs it");
    int n = epoll_wait(l->epoll_fd, events, EVENTS_MAX, loop_wait_ms(l, wait_ms));
    if (n < 0 && errno != EINTR)
        return err_set(err, ERR_IO, "epoll_wait: %s", strerror(errno));
    for (int i = 0; i < n; i++)
        loop_dispatch(l, &events[i]);
    timers_fire(&l->timers, loop_uptime_us(l));
    tasks_run(&l->tasks);
    return 0;
}

int loop_run(struct loop *l, struct err *err)
{
    int rc = 0;
    while (!l->stopping && rc == 0)
        rc = loop_run_once(l, WAIT_MAX_MS, err);
    l->stopping = false;
    return rc;
}

void loop_stop(struct loop *l)
{
    l->stopping = true;
}
