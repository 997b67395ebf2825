/* budget: how many API calls may be sent, and whose turn it is.
 *
 * One pool of units a system. Until the system says what it allows (session_budget) nothing is counted. What it says
 * replaces what was counted. A tenth is kept for CALL_ORDER. Who has to wait is served by priority, then in order of
 * arrival. Where the system does not say how fast units come back, a day's worth a day is assumed, so that an exhausted
 * budget heals by itself. */
#ifndef TIDEGATE_HOST_BUDGET_H
#define TIDEGATE_HOST_BUDGET_H

#include "adapter.h"

#define BUDGET_RESERVE 0.1 /* of max, for CALL_ORDER */

struct budget_waiter;
struct budget {
    struct loop *loop;
    double left, max, per_second; /* max 0: unknown, nothing is counted */
    int64_t counted_us;           /* uptime at which `left` was right */
    int64_t paused_until_us;      /* uptime */
    struct budget_waiter *first[CALL_PRIORITIES], *last[CALL_PRIORITIES];
    unsigned waiting;
    uint64_t timer;
};

void budget_init(struct budget *b, struct loop *l);
void budget_take(struct budget *b, enum call_priority p, int cost); /* waits until the call may be sent */
void budget_says(struct budget *b, double left, double max, double per_second);
void budget_pause(struct budget *b, int64_t ms);
double budget_left(struct budget *b); /* -1: unknown */

#endif
