#include "budget.h"

#define DAY_S 86400.0

struct budget_waiter {
    struct budget_waiter *next;
    struct task *task;
    double cost;
    bool served;
};

void budget_init(struct budget *b, struct loop *l)
{
    *b = (struct budget){.loop = l, .counted_us = loop_uptime_us(l)};
}

static void refill(struct budget *b)
{
    int64_t now = loop_uptime_us(b->loop);
    double back = b->per_second * (double)(now - b->counted_us) / 1e6;
    b->counted_us = now;
    b->left = b->left + back < b->max ? b->left + back : b->max;
}

static double floor_of(const struct budget *b, enum call_priority p)
{
    return p == CALL_ORDER ? 0 : b->max * BUDGET_RESERVE;
}

/* How long until the call may be sent, in ms; 0: now. */
static int64_t wait_ms(struct budget *b, enum call_priority p, double cost)
{
    int64_t pause_us = b->paused_until_us - loop_uptime_us(b->loop);
    if (pause_us > 0)
        return pause_us / 1000 + 1;
    if (b->max <= 0)
        return 0;
    refill(b);
    double room = b->max - floor_of(b, p), want = cost < room ? cost : room;
    double missing = want - (b->left - floor_of(b, p));
    return missing <= 1e-6 ? 0 : (int64_t)(missing / b->per_second * 1000) + 1;
}

static void take(struct budget *b, double cost)
{
    if (b->max > 0)
        b->left -= cost;
}

static struct budget_waiter *pop(struct budget *b, int p)
{
    struct budget_waiter *w = b->first[p];
    b->first[p] = w->next;
    if (w->next == NULL)
        b->last[p] = NULL;
    b->waiting--;
    return w;
}

static void serve(void *ctx)
{
    struct budget *b = ctx;
    loop_cancel(b->loop, b->timer);
    b->timer = 0;
    for (int p = 0; p < CALL_PRIORITIES; p++)
        while (b->first[p] != NULL) {
            int64_t ms = wait_ms(b, (enum call_priority)p, b->first[p]->cost);
            if (ms > 0) { /* those behind it have no better right */
                b->timer = loop_after(b->loop, ms, serve, b);
                return;
            }
            struct budget_waiter *w = pop(b, p);
            take(b, w->cost);
            w->served = true;
            task_wake(w->task);
        }
}

static bool queue_before(const struct budget *b, enum call_priority p)
{
    for (int i = 0; i <= (int)p; i++)
        if (b->first[i] != NULL)
            return true;
    return false;
}

void budget_take(struct budget *b, enum call_priority p, int cost)
{
    if (!queue_before(b, p) && wait_ms(b, p, cost) == 0) {
        take(b, cost);
        return;
    }
    struct budget_waiter w = {.task = task_current(b->loop), .cost = cost};
    *(b->last[p] ? &b->last[p]->next : &b->first[p]) = &w;
    b->last[p] = &w;
    b->waiting++;
    serve(b);
    while (!w.served)
        task_suspend(b->loop);
}

void budget_says(struct budget *b, double left, double max, double per_second)
{
    b->left = left;
    b->max = max;
    b->per_second = per_second > 0 ? per_second : max / DAY_S;
    b->counted_us = loop_uptime_us(b->loop);
    if (b->waiting > 0)
        serve(b);
}

void budget_pause(struct budget *b, int64_t ms)
{
    int64_t until = loop_uptime_us(b->loop) + ms * 1000;
    if (until > b->paused_until_us)
        b->paused_until_us = until;
}

double budget_left(struct budget *b)
{
    if (b->max <= 0)
        return -1;
    refill(b);
    return b->left;
}
