/* task: functions with stacks of their own, switched by hand on the loop's thread (ucontext).
 *
 *   NEW ──▶ RUNNING ──return──▶ pool
 *    ▲       │  ▲
 *  start     │  └── READY ◀─┐
 *            └─suspend─▶ SUSPENDED ─wake
 *
 * A stack is one mapping: a page that faults at its low end, so that an overflow dies at once instead of writing into
 * a neighbour; the stack; and at its high end the struct task itself. Finished mappings are pooled, since a task is
 * often one message long. A wake that comes while its task runs (or before its first turn) is kept in `woken`; so
 * task_suspend may return early, and whoever waits for a condition asks for it in a loop.
 *
 * AddressSanitizer must be told of every change of stack. Its leak check does not look into our mappings by itself, so
 * they are registered as roots; the stacks of tasks that are dropped at the end stay mapped there, since what such a
 * task owned was not lost by mistake. */
#include "tasks.h"

#include <assert.h>
#include <sys/mman.h>
#include <ucontext.h>
#include <unistd.h>

#if defined(__SANITIZE_ADDRESS__)
#define TASK_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define TASK_ASAN 1
#endif
#endif

#ifdef TASK_ASAN
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#include <sanitizer/lsan_interface.h>
#define STACK_BYTES (1024 * 1024)
/* A task's variables stay on its stack, where a leak check looks for pointers, and not in a heap of the sanitizer's. */
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
    return "detect_stack_use_after_return=0";
}
#else
#define STACK_BYTES (256 * 1024)
#endif

#define TASKS_MAX 10000
#define POOL_MAX 64

enum task_state { TASK_NEW, TASK_READY, TASK_RUNNING, TASK_SUSPENDED, TASK_DONE };

struct task {
    ucontext_t context, back; /* its own, and the loop's while it runs */
    struct tasks *tasks;
    task_fn *fn;
    void *arg;
    enum task_state state;
    bool woken;
    struct task *next;          /* in ready or pool */
    struct task *older, *newer; /* in all */
    char *mapping;
    size_t mapping_size, guard_size;
    void *fake_stack; /* AddressSanitizer's */
};

/* ---- stacks ---- */

static void *task_stack(const struct task *t)
{
    return t->mapping + t->guard_size;
}

static size_t task_stack_size(const struct task *t)
{
    return (size_t)((char *)t - (char *)task_stack(t));
}

static struct task *task_map(void)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    size_t size = page + STACK_BYTES;
    char *p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK | MAP_NORESERVE, -1, 0);
    if (p == MAP_FAILED)
        return NULL;
    if (mprotect(p, page, PROT_NONE) != 0) {
        munmap(p, size);
        return NULL;
    }
    size_t own = (sizeof(struct task) + 63) / 64 * 64;
    struct task *t = (struct task *)(void *)(p + size - own);
    t->mapping = p;
    t->mapping_size = size;
    t->guard_size = page;
#ifdef TASK_ASAN
    __lsan_register_root_region(task_stack(t), size - page);
#endif
    return t;
}

static void task_unmap(struct task *t)
{
#ifdef TASK_ASAN
    __lsan_unregister_root_region(task_stack(t), t->mapping_size - t->guard_size);
    ASAN_UNPOISON_MEMORY_REGION(task_stack(t), task_stack_size(t));
#endif
    munmap(t->mapping, t->mapping_size);
}

static struct task *task_take(struct tasks *tasks)
{
    struct task *t = tasks->pool;
    if (!t)
        return task_map();
    tasks->pool = t->next;
    tasks->pooled--;
    return t;
}

static void task_give_back(struct tasks *tasks, struct task *t)
{
    if (tasks->pooled >= POOL_MAX) {
        task_unmap(t);
        return;
    }
    t->next = tasks->pool;
    tasks->pool = t;
    tasks->pooled++;
}

/* ---- switching ---- */

static void task_before_switch(void **fake_stack, const void *to, size_t to_size)
{
#ifdef TASK_ASAN
    __sanitizer_start_switch_fiber(fake_stack, to, to_size);
#else
    (void)fake_stack, (void)to, (void)to_size;
#endif
}

static void task_after_switch(void *fake_stack, const void **from, size_t *from_size)
{
#ifdef TASK_ASAN
    __sanitizer_finish_switch_fiber(fake_stack, from, from_size);
#else
    (void)fake_stack, (void)from, (void)from_size;
#endif
}

/* Into the task, until it suspends or ends. */
static void task_enter(struct tasks *tasks, struct task *t)
{
    void *fake_stack = NULL;
    tasks->current = t;
    t->state = TASK_RUNNING;
    task_before_switch(&fake_stack, task_stack(t), task_stack_size(t));
    swapcontext(&t->back, &t->context);
    task_after_switch(fake_stack, NULL, NULL);
    tasks->current = NULL;
}

static void task_leave(struct task *t)
{
    bool ends = t->state == TASK_DONE;
    task_before_switch(ends ? NULL : &t->fake_stack, t->tasks->loop_stack, t->tasks->loop_stack_size);
    swapcontext(&t->context, &t->back);
    task_after_switch(t->fake_stack, &t->tasks->loop_stack, &t->tasks->loop_stack_size);
}

/* makecontext passes ints, so the pointer comes in two halves. */
static void task_main(unsigned high, unsigned low)
{
    struct task *t = (struct task *)((uintptr_t)high << 32 | (uintptr_t)low);
    task_after_switch(NULL, &t->tasks->loop_stack, &t->tasks->loop_stack_size);
    t->fn(t->arg);
    t->state = TASK_DONE;
    task_leave(t);
    assert(!"a finished task was entered");
}

static void task_prepare(struct task *t)
{
#ifdef TASK_ASAN
    ASAN_UNPOISON_MEMORY_REGION(task_stack(t), task_stack_size(t));
#endif
    getcontext(&t->context);
    t->context.uc_stack.ss_sp = task_stack(t);
    t->context.uc_stack.ss_size = task_stack_size(t);
    t->context.uc_link = NULL;
    uint64_t self = (uintptr_t)t;
    makecontext(&t->context, (void (*)(void))task_main, 2, (unsigned)(self >> 32), (unsigned)self);
}

/* ---- the set ---- */

static void tasks_link(struct tasks *tasks, struct task *t)
{
    t->older = tasks->all;
    t->newer = NULL;
    if (tasks->all)
        tasks->all->newer = t;
    tasks->all = t;
    tasks->count++;
}

static void tasks_unlink(struct tasks *tasks, struct task *t)
{
    if (t->older)
        t->older->newer = t->newer;
    if (t->newer)
        t->newer->older = t->older;
    else
        tasks->all = t->older;
    tasks->count--;
}

static void tasks_make_ready(struct tasks *tasks, struct task *t)
{
    t->next = NULL;
    *tasks->ready_tail = t;
    tasks->ready_tail = &t->next;
}

void tasks_init(struct tasks *tasks)
{
    *tasks = (struct tasks){.ready_tail = &tasks->ready};
}

void tasks_release(struct tasks *tasks)
{
    while (tasks->pool) {
        struct task *t = tasks->pool;
        tasks->pool = t->next;
        task_unmap(t);
    }
#ifndef TASK_ASAN
    while (tasks->all) {
        struct task *t = tasks->all;
        tasks_unlink(tasks, t);
        task_unmap(t);
    }
#endif
}

bool tasks_any_ready(const struct tasks *tasks)
{
    return tasks->ready != NULL;
}

void tasks_run(struct tasks *tasks)
{
    assert(!tasks->current);
    struct task *t = tasks->ready, *next;
    tasks->ready = NULL;
    tasks->ready_tail = &tasks->ready;
    for (; t; t = next) {
        next = t->next;
        task_enter(tasks, t);
        if (t->state == TASK_DONE) {
            tasks_unlink(tasks, t);
            task_give_back(tasks, t);
        }
    }
}

/* ---- loop.h ---- */

int task_start(struct loop *l, task_fn *fn, void *arg, struct err *err)
{
    struct tasks *tasks = loop_tasks(l);
    assert(fn);
    if (tasks->count >= TASKS_MAX)
        return err_set(err, ERR_TOO_LARGE, "more than %d tasks would wait at once", TASKS_MAX);
    struct task *t = task_take(tasks);
    if (!t)
        return err_set(err, ERR_NOMEM, "no memory for the stack of a task (%d KiB)", STACK_BYTES / 1024);
    t->tasks = tasks;
    t->fn = fn;
    t->arg = arg;
    t->state = TASK_NEW;
    t->woken = false;
    t->fake_stack = NULL;
    task_prepare(t);
    tasks_link(tasks, t);
    tasks_make_ready(tasks, t);
    return 0;
}

struct task *task_current(struct loop *l)
{
    return loop_tasks(l)->current;
}

void task_suspend(struct loop *l)
{
    struct task *t = task_current(l);
    assert(t && "only a task may wait");
    if (!t->woken) {
        t->state = TASK_SUSPENDED;
        task_leave(t);
    }
    t->woken = false;
}

void task_wake(struct task *t)
{
    if (t->state == TASK_SUSPENDED) {
        t->state = TASK_READY;
        tasks_make_ready(t->tasks, t);
    } else if (t->state != TASK_READY) {
        t->woken = true;
    }
}

struct task_nap {
    struct task *task;
    bool over;
};

static void task_nap_over(void *ctx)
{
    struct task_nap *nap = ctx;
    nap->over = true;
    task_wake(nap->task);
}

void task_sleep(struct loop *l, int64_t ms)
{
    struct task_nap nap = {.task = task_current(l)};
    assert(nap.task && "only a task may sleep");
    if (!loop_after(l, ms, task_nap_over, &nap))
        return; /* no memory for a timer: not sleeping is the lesser harm */
    while (!nap.over)
        task_suspend(l);
}
