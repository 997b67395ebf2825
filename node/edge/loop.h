/* loop: the one loop of a process: descriptors, timers, signals, the clock, randomness. And task: a function with a
 * stack of its own that runs on the loop and may wait.
 *
 * Adapters talk to APIs in several steps (token, look-up, write, read back). Written as callbacks such a talk is a
 * state machine; as a task it reads from top to bottom, and one thread still serves everything. A task runs until it
 * waits; nothing else runs meanwhile. Only functions whose header says "waits" may be called from a task alone.
 *
 * The clock is here so that a simulator can be linked in its place. */
#ifndef TIDEGATE_EDGE_LOOP_H
#define TIDEGATE_EDGE_LOOP_H

#include "base/err.h"
#include "base/moment.h"

struct loop;
struct task;

int loop_new(struct loop **out, struct err *err);
void loop_free(struct loop *l); /* tasks that still wait are dropped without being resumed */
int loop_run(struct loop *l, struct err *err); /* until loop_stop */
int loop_run_once(struct loop *l, int64_t wait_ms, struct err *err); /* one round, waiting at most wait_ms (tests) */
void loop_stop(struct loop *l);

moment_us loop_now(const struct loop *l);        /* wall clock, UTC, for what is written down */
int64_t loop_uptime_us(const struct loop *l);    /* monotonic, for measuring and time-outs */
uint64_t loop_random(struct loop *l);            /* for jitter only; ids are derived */

enum { LOOP_READ = 1, LOOP_WRITE = 2 };
typedef void loop_fd_fn(void *ctx, int events);
typedef void loop_timer_fn(void *ctx);
/* Watches fd; events 0 stops watching. Level-triggered. One watcher a descriptor. */
int loop_watch(struct loop *l, int fd, int events, loop_fd_fn *fn, void *ctx);
/* Calls fn once after delay_ms; returns an id > 0 for loop_cancel, which forgives ids that have fired. */
uint64_t loop_after(struct loop *l, int64_t delay_ms, loop_timer_fn *fn, void *ctx);
void loop_cancel(struct loop *l, uint64_t timer);
/* Calls fn(ctx, signal number) from the loop on SIGTERM, SIGINT, SIGHUP and SIGCHLD. */
typedef void loop_signal_fn(void *ctx, int signal_number);
int loop_signals(struct loop *l, loop_signal_fn *fn, void *ctx, struct err *err);

typedef void task_fn(void *arg);
/* Starts fn(arg) in a task of its own at the next turn of the loop. */
int task_start(struct loop *l, task_fn *fn, void *arg, struct err *err);
struct task *task_current(struct loop *l); /* NULL outside of any task */
/* Waits until task_wake. The one who suspends must first have told somebody its task. A wake before the suspend is
 * remembered; waking twice is waking once. */
void task_suspend(struct loop *l);
void task_wake(struct task *t);
void task_sleep(struct loop *l, int64_t ms); /* waits */

#endif
