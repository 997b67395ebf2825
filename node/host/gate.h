/* gate: open while the system can be talked to.
 *
 *   CLOSED ──open() gives 0──▶ OPEN
 *     ▲                          │ a delivery or poll says outage
 *     └──────────────────────────┘
 *
 * Closed, nothing is consumed, polled or delivered; a task calls the adapter's open with back-off until it succeeds. */
#ifndef TIDEGATE_HOST_GATE_H
#define TIDEGATE_HOST_GATE_H

#include "base/err.h"
#include "base/moment.h"
#include "edge/loop.h"

#define GATE_WAITERS_MAX 64 /* feeds, of which there are fewer */

struct host;
struct gate {
    bool open, opening;
    struct err why; /* while closed */
    int64_t after_ms; /* what the system asked for */
    moment_us since;
    struct task *waiters[GATE_WAITERS_MAX];
    size_t waiting;
};

int gate_start(struct host *h, struct err *err); /* begins to open */
void gate_close(struct host *h, const struct err *why, int64_t after_ms);
int gate_wait(struct host *h); /* waits; 0 when open, ERR_STOPPING */
void gate_stop(struct host *h); /* everybody who waits gets ERR_STOPPING */

#endif
