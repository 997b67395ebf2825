/* The loop and its tasks, on real time with waits of milliseconds: timers, descriptors, signals, and tasks that wait,
 * are woken early, twice, late or never. Under AddressSanitizer this also proves the switching of stacks. */
#include "base/err.h"
#include "edge/loop.h"

#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>
/* last, as its header wants the ones above */
#include <cmocka.h>

static struct loop *new_loop(void)
{
    struct loop *l;
    struct err err;
    if (loop_new(&l, &err) != 0)
        fail_msg("%s", err.text);
    return l;
}

static void rounds(struct loop *l, int count)
{
    struct err err;
    for (int i = 0; i < count; i++)
        assert_int_equal(loop_run_once(l, 0, &err), 0);
}

/* ---- timers ---- */

struct trace {
    struct loop *loop;
    char order[64];
    size_t n;
    uint64_t victim;
};

static void mark_a(void *ctx)
{
    struct trace *t = ctx;
    t->order[t->n++] = 'a';
}

static void mark_b(void *ctx)
{
    struct trace *t = ctx;
    t->order[t->n++] = 'b';
    loop_cancel(t->loop, t->victim);
}

static void mark_c_and_stop(void *ctx)
{
    struct trace *t = ctx;
    t->order[t->n++] = 'c';
    loop_stop(t->loop);
}

static void mark_again(void *ctx)
{
    struct trace *t = ctx;
    t->order[t->n++] = '.';
    loop_after(t->loop, 0, mark_again, t);
}

static void timers_fire_in_the_order_of_their_times(void **state)
{
    (void)state;
    struct trace t = {.loop = new_loop()};
    int64_t start = loop_uptime_us(t.loop);
    loop_after(t.loop, 15, mark_c_and_stop, &t);
    loop_after(t.loop, 5, mark_b, &t);
    loop_after(t.loop, 1, mark_a, &t);
    loop_after(t.loop, 1, mark_a, &t);
    t.victim = loop_after(t.loop, 10, mark_a, &t);
    assert_int_equal(loop_run(t.loop, NULL), 0);
    assert_string_equal(t.order, "aabc"); /* b cancelled the one at 10 ms */
    assert_true(loop_uptime_us(t.loop) - start >= 15000);
    loop_cancel(t.loop, t.victim); /* long gone */
    loop_free(t.loop);
}

static void a_timer_that_makes_itself_again_fires_once_a_round(void **state)
{
    (void)state;
    struct trace t = {.loop = new_loop()};
    loop_after(t.loop, 0, mark_again, &t);
    rounds(t.loop, 5);
    assert_string_equal(t.order, ".....");
    loop_free(t.loop);
}

static void count_up(void *ctx)
{
    ++*(int *)ctx;
}

static void thousands_of_timers_and_cancels_keep_the_heap(void **state)
{
    (void)state;
    enum { COUNT = 5000 };
    struct loop *l = new_loop();
    static uint64_t id[COUNT];
    int fired = 0;
    for (int i = 0; i < COUNT; i++)
        id[i] = loop_after(l, (int64_t)(loop_random(l) % 20), count_up, &fired);
    for (int i = 0; i < COUNT; i += 2)
        loop_cancel(l, id[i]);
    for (int i = 0; i < COUNT; i += 2)
        loop_cancel(l, id[i]);
    usleep(25000);
    rounds(l, 1);
    assert_int_equal(fired, COUNT / 2);
    loop_free(l);
}

/* ---- descriptors ---- */

struct pipe_seen {
    struct loop *loop;
    int fd[2];
    int calls, bytes, other;
};

static void read_one(void *ctx, int events)
{
    struct pipe_seen *p = ctx;
    char c;
    assert_int_equal(events, LOOP_READ);
    p->calls++;
    p->bytes += (int)read(p->fd[0], &c, 1);
    if (p->other >= 0)
        loop_watch(p->loop, p->other, 0, NULL, NULL);
}

static void a_descriptor_is_level_triggered_until_unwatched(void **state)
{
    (void)state;
    struct pipe_seen p = {.loop = new_loop(), .other = -1};
    assert_int_equal(pipe(p.fd), 0);
    assert_int_equal(write(p.fd[1], "xyz", 3), 3);
    assert_int_equal(loop_watch(p.loop, p.fd[0], LOOP_READ, read_one, &p), 0);
    rounds(p.loop, 2);
    assert_int_equal(p.bytes, 2);
    loop_watch(p.loop, p.fd[0], 0, NULL, NULL);
    rounds(p.loop, 2);
    assert_int_equal(p.bytes, 2);
    loop_watch(p.loop, p.fd[0], LOOP_READ, read_one, &p);
    close(p.fd[1]); /* one byte, then end of file, which is readable too */
    rounds(p.loop, 2);
    assert_int_equal(p.calls, 4);
    close(p.fd[0]);
    loop_free(p.loop);
}

static void an_unwatched_descriptor_gets_no_event_of_the_same_round(void **state)
{
    (void)state;
    struct pipe_seen a = {.loop = new_loop()}, b = {.loop = a.loop};
    assert_int_equal(pipe(a.fd), 0);
    assert_int_equal(pipe(b.fd), 0);
    a.other = b.fd[0];
    b.other = a.fd[0];
    assert_int_equal(write(a.fd[1], "x", 1), 1);
    assert_int_equal(write(b.fd[1], "x", 1), 1);
    loop_watch(a.loop, a.fd[0], LOOP_READ, read_one, &a);
    loop_watch(a.loop, b.fd[0], LOOP_READ, read_one, &b);
    rounds(a.loop, 1);
    assert_int_equal(a.calls + b.calls, 1); /* whoever comes first unwatches the other */
    for (int i = 0; i < 2; i++) {
        close(a.fd[i]);
        close(b.fd[i]);
    }
    loop_free(a.loop);
}

static void a_descriptor_closed_while_watched_can_be_watched_again(void **state)
{
    (void)state;
    struct pipe_seen p = {.loop = new_loop(), .other = -1};
    assert_int_equal(pipe(p.fd), 0);
    loop_watch(p.loop, p.fd[0], LOOP_READ, read_one, &p);
    int old = p.fd[0];
    close(p.fd[0]);
    close(p.fd[1]);
    assert_int_equal(pipe(p.fd), 0);
    assert_int_equal(p.fd[0], old);
    assert_int_equal(loop_watch(p.loop, p.fd[0], LOOP_READ, read_one, &p), 0);
    assert_int_equal(write(p.fd[1], "x", 1), 1);
    rounds(p.loop, 1);
    assert_int_equal(p.bytes, 1);
    close(p.fd[0]);
    close(p.fd[1]);
    loop_free(p.loop);
}

/* ---- signals ---- */

static void remember_signal(void *ctx, int number)
{
    struct trace *t = ctx;
    t->order[t->n++] = number == SIGTERM ? 'T' : number == SIGHUP ? 'H' : number == SIGCHLD ? 'C' : '?';
}

static void signals_arrive_in_the_loop(void **state)
{
    (void)state;
    struct trace t = {.loop = new_loop()};
    struct err err;
    assert_int_equal(loop_signals(t.loop, remember_signal, &t, &err), 0);
    kill(getpid(), SIGHUP);
    kill(getpid(), SIGTERM);
    rounds(t.loop, 1);
    assert_string_equal(t.order, "HT"); /* lower numbers come first */
    pid_t child = fork();
    if (child == 0)
        _exit(0);
    assert_int_equal(loop_run_once(t.loop, 5000, &err), 0);
    assert_string_equal(t.order, "HTC");
    assert_int_equal(waitpid(child, NULL, 0), child);
    loop_free(t.loop);
}

/* ---- tasks ---- */

struct talk {
    struct loop *loop;
    struct task *task;
    char said[64];
    int turns;
};

static void suspend_twice(void *arg)
{
    struct talk *t = arg;
    t->task = task_current(t->loop);
    t->turns = 1;
    task_suspend(t->loop);
    t->turns = 2;
    task_suspend(t->loop);
    t->turns = 3;
}

static void a_task_waits_until_it_is_woken_and_two_wakes_are_one(void **state)
{
    (void)state;
    struct talk t = {.loop = new_loop()};
    assert_int_equal(task_start(t.loop, suspend_twice, &t, NULL), 0);
    assert_int_equal(t.turns, 0); /* not before the next turn of the loop */
    rounds(t.loop, 2);
    assert_int_equal(t.turns, 1);
    assert_null(task_current(t.loop));
    task_wake(t.task);
    task_wake(t.task);
    rounds(t.loop, 3);
    assert_int_equal(t.turns, 2);
    task_wake(t.task);
    rounds(t.loop, 1);
    assert_int_equal(t.turns, 3);
    loop_free(t.loop);
}

static void wake_self_then_suspend(void *arg)
{
    struct talk *t = arg;
    task_wake(task_current(t->loop));
    task_suspend(t->loop); /* returns at once */
    t->turns = 1;
    task_suspend(t->loop);
    t->turns = 2;
}

static void a_wake_before_the_suspend_is_remembered_once(void **state)
{
    (void)state;
    struct talk t = {.loop = new_loop()};
    task_start(t.loop, wake_self_then_suspend, &t, NULL);
    rounds(t.loop, 3);
    assert_int_equal(t.turns, 1);
    loop_free(t.loop); /* drops it while it waits */
}

struct crowd {
    struct loop *loop;
    int *done;
    int64_t ms;
};

static int deep(int n) /* uses a good part of the stack, and moves it about */
{
    char fill[512];
    memset(fill, n, sizeof fill);
    return n == 0 ? 0 : deep(n - 1) + (fill[n % 512] == (char)n);
}

static void sleep_and_count(void *arg)
{
    struct crowd *c = arg;
    struct loop *l = c->loop;
    char mine[32];
    snprintf(mine, sizeof mine, "%p", (void *)c);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(deep(100), 100);
        task_sleep(l, c->ms);
        char now[32];
        snprintf(now, sizeof now, "%p", (void *)c);
        assert_string_equal(mine, now);
    }
    ++*c->done;
    free(c);
}

static void a_thousand_tasks_sleep_and_end_each_with_its_own_stack(void **state)
{
    (void)state;
    struct loop *l = new_loop();
    int done = 0;
    for (int wave = 1; wave <= 2; wave++) { /* the second runs on pooled stacks */
        for (int i = 0; i < 1000; i++) {
            struct crowd *c = malloc(sizeof *c);
            assert_non_null(c);
            *c = (struct crowd){l, &done, i % 7};
            assert_int_equal(task_start(l, sleep_and_count, c, NULL), 0);
        }
        for (int i = 0; done < 1000 * wave && i < 10000; i++)
            assert_int_equal(loop_run_once(l, 10, NULL), 0);
        assert_int_equal(done, 1000 * wave);
    }
    loop_free(l);
}

static void start_child(void *arg)
{
    struct talk *t = arg;
    assert_int_equal(task_start(t->loop, suspend_twice, t, NULL), 0);
    assert_int_equal(t->turns, 0);
}

static void a_task_may_start_a_task(void **state)
{
    (void)state;
    struct talk t = {.loop = new_loop()};
    task_start(t.loop, start_child, &t, NULL);
    rounds(t.loop, 2);
    assert_int_equal(t.turns, 1);
    loop_free(t.loop);
}

struct ranks {
    struct loop *loop;
    struct task *waiting[20000];
    int count, ended;
};

static void join_the_ranks(void *arg)
{
    struct ranks *r = arg;
    r->waiting[r->count++] = task_current(r->loop);
    task_suspend(r->loop);
    r->ended++;
}

static void the_number_of_tasks_is_bounded_and_all_of_them_end(void **state)
{
    (void)state;
    static struct ranks r;
    struct err err = {0};
    int rc = 0, started = 0;
    r.loop = new_loop();
    while ((rc = task_start(r.loop, join_the_ranks, &r, &err)) == 0 && started < 20000)
        started++;
    assert_int_equal(rc, ERR_TOO_LARGE);
    assert_non_null(strstr(err.text, "tasks"));
    rounds(r.loop, 1);
    assert_int_equal(r.count, started);
    for (int i = 0; i < r.count; i++)
        task_wake(r.waiting[i]);
    rounds(r.loop, 1);
    assert_int_equal(r.ended, started);
    assert_int_equal(task_start(r.loop, join_the_ranks, &r, &err), 0);
    loop_free(r.loop);
}

static void wait_for_ever(void *arg)
{
    char *mine = malloc(100);
    task_suspend(arg);
    free(mine);
}

static void tasks_that_still_wait_are_dropped_with_the_loop(void **state)
{
    (void)state;
    struct loop *l = new_loop();
    for (int i = 0; i < 10; i++)
        assert_int_equal(task_start(l, wait_for_ever, l, NULL), 0);
    rounds(l, 1);
    loop_free(l);
}

static int overflow(int n)
{
    volatile char fill[4096];
    fill[n % 4096] = (char)n;
    return n == 1000000 ? 0 : overflow(n + 1) + fill[0];
}

static void overflow_the_stack(void *arg)
{
    (void)arg;
    overflow(0);
}

static void an_overflow_of_a_stack_dies_on_its_guard_page(void **state)
{
    (void)state;
    pid_t child = fork();
    if (child == 0) {
        struct loop *l;
        int null = open("/dev/null", O_WRONLY);
        dup2(null, 2); /* AddressSanitizer's report */
        signal(SIGSEGV, SIG_DFL);
        if (loop_new(&l, NULL) || task_start(l, overflow_the_stack, NULL, NULL) || loop_run_once(l, 0, NULL))
            _exit(0);
        _exit(0);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status) || WEXITSTATUS(status) != 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(timers_fire_in_the_order_of_their_times),
        cmocka_unit_test(a_timer_that_makes_itself_again_fires_once_a_round),
        cmocka_unit_test(thousands_of_timers_and_cancels_keep_the_heap),
        cmocka_unit_test(a_descriptor_is_level_triggered_until_unwatched),
        cmocka_unit_test(an_unwatched_descriptor_gets_no_event_of_the_same_round),
        cmocka_unit_test(a_descriptor_closed_while_watched_can_be_watched_again),
        cmocka_unit_test(signals_arrive_in_the_loop),
        cmocka_unit_test(a_task_waits_until_it_is_woken_and_two_wakes_are_one),
        cmocka_unit_test(a_wake_before_the_suspend_is_remembered_once),
        cmocka_unit_test(a_thousand_tasks_sleep_and_end_each_with_its_own_stack),
        cmocka_unit_test(a_task_may_start_a_task),
        cmocka_unit_test(the_number_of_tasks_is_bounded_and_all_of_them_end),
        cmocka_unit_test(tasks_that_still_wait_are_dropped_with_the_loop),
        cmocka_unit_test(an_overflow_of_a_stack_dies_on_its_guard_page),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
